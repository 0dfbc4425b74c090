"""Settings: the only reader of the environment (prefix `QP_`, and `.env`)."""

from __future__ import annotations

from functools import cache

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What a deployment may choose. `qp doctor` prints them, secrets hidden."""

    model_config = SettingsConfigDict(env_prefix="QP_", env_file=".env", extra="ignore")

    env: str = "development"
    database_url: str = "sqlite:///quartiers.db"
    base_url: str = "http://127.0.0.1:8000"
    secret_key: SecretStr = SecretStr("")
    database_owner_url: str = ""
    trusted_hosts: str = "*"

    @property
    def owner_url(self) -> str:
        """Where migrations run: the owner's address, or the only one there is."""
        return self.database_owner_url or self.database_url


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
