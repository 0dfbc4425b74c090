"""Settings: the only reader of the environment (prefix `QP_`, and `.env`)."""

from __future__ import annotations

import os
import secrets
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pydantic import SecretStr
from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource, SettingsConfigDict

from cases.webhooks import ANYWHERE

KEY_FILE: Final = Path(".secret-key")


class Settings(BaseSettings):
    """What a deployment may choose. docs/reference/settings.md is made from here."""

    model_config = SettingsConfigDict(env_prefix="QP_", env_file=".env", extra="ignore", use_attribute_docstrings=True)

    env: str = "development"
    """`production` where people's real data is: cookies over TLS alone, and a secret key is required."""
    database_url: str = "sqlite:///quartiers.db"
    """`sqlite:///file` or `postgresql://…`, as the application's role."""
    base_url: str = "http://127.0.0.1:8000"
    """The public address: every link in a mail begins with it."""
    secret_key: SecretStr = SecretStr("")
    """Signs the forms. In development one is made, once, in `.secret-key`."""
    database_owner_url: str = ""
    """PostgreSQL: the owner's address, for `qp db` alone. Without it, `QP_DATABASE_URL`."""
    trusted_hosts: str = ""
    """The names by which the application may be called, separated by commas. Without it: in production that of `QP_BASE_URL`, elsewhere any."""
    trusted_proxies: str = "127.0.0.1"
    """The addresses of the proxies whose `X-Forwarded-For` is believed, separated by commas; of nobody else. Never `*`."""
    metrics_token: SecretStr = SecretStr("")
    """What a monitor gives to read `/metrics` (`Authorization: Bearer …`). Without it, they are read from the machine itself alone."""
    log_format: str = "text"
    """How `qp serve` and `qp worker` write their lines on the standard output: `json` for tools, `text` for people."""
    webhook_hosts: str = ""
    """The hosts at which webhooks may tell other tools, separated by commas; `*`: any that is public. Without it: in production none, elsewhere any."""
    oidc_issuer: str = ""
    """The identity provider that lets people in beside mail (OpenID Connect, ProConnect): its address. Without it there is none."""
    oidc_client_id: str = ""
    """The name under which the provider knows this installation."""
    oidc_client_secret: SecretStr = SecretStr("")
    """What this installation proves itself with to the provider."""
    oidc_name: str = "ProConnect"
    """The provider's name, on its button."""
    oidc_scope: str = "openid email"
    """What is asked of the provider: nothing but the address is used."""
    oidc_vouches: bool = False
    """Whether the provider gives only addresses that it has verified, and says so nowhere (ProConnect). Otherwise `email_verified` must be true."""
    name: str = "Quartiers productifs"
    """The product's name on every page."""
    theme_css: str = ""
    """The address of one more style sheet, which comes last."""
    logo: str = ""
    """The address of a picture that takes the place of the logo."""
    files_dir: Path = Path("files")
    """The folder of the documents that people add to their cases, the same for every process; back it up with the database."""
    smtp_url: SecretStr = SecretStr("")
    """`smtp://[user:pass@]host[:port][?starttls=required|off][&connections=10]` or `smtps://…`. Without it mails wait."""
    inbound_listen: str = ""
    """Where answers to mails come in: `lmtp://host:port` or `smtp://host:port`. Without it, they go to the case's adviser."""
    inbound_domain: str = ""
    """The domain of the addresses at which mails are answered; its mail exchanger hands them to `QP_INBOUND_LISTEN`."""
    sirene_url: str = ""
    """The API « Recherche d’entreprises » that completes a SIRET. Without it, nothing is asked."""
    geocode_url: str = ""
    """The geocoding API of the Géoplateforme that completes an address. Without it, nothing is asked."""
    mail_from: str = "Quartiers productifs <bonjour@localhost>"
    """The sender of every mail; its domain is that of the `Message-ID`."""

    @property
    def owner_url(self) -> str:
        """Where migrations run: the owner's address, or the only one there is."""
        return self.database_owner_url or self.database_url

    @property
    def in_production(self) -> bool:
        """Whether people's real data is here: cookies are sent over TLS alone, and a secret key is required."""
        return self.env == "production"

    @property
    def hosts(self) -> list[str]:
        """The names by which the application may be called."""
        given = [name.strip() for name in self.trusted_hosts.split(",") if name.strip()]
        own = urlsplit(self.base_url).hostname
        return given or ([own] if self.in_production and own else ["*"])

    @property
    def tool_hosts(self) -> frozenset[str]:
        """The hosts at which webhooks may tell other tools."""
        given = frozenset(name.strip().lower() for name in self.webhook_hosts.split(",") if name.strip())
        return given or (frozenset() if self.in_production else ANYWHERE)

    @property
    def proxies(self) -> list[str]:
        """The proxies whose word on a request's origin is believed."""
        return [one.strip() for one in self.trusted_proxies.split(",") if one.strip() not in ("", "*")]

    @property
    def return_address(self) -> str:
        """Where the identity provider sends people back to."""
        return f"{self.base_url.rstrip('/')}/connexion/fournisseur/retour"


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()


def origins() -> dict[str, str]:
    """Where each setting comes from: the environment, the file `.env`, or nowhere, and then it is as the product has it."""
    here, kept = EnvSettingsSource(Settings)(), DotEnvSettingsSource(Settings)()
    return {
        name: "environment" if name in here else ".env" if name in kept else "default" for name in Settings.model_fields
    }


def with_kept_key(chosen: Settings, file: Path = KEY_FILE) -> Settings:
    """The same with a key: in development one is made once and kept in a file, so that open forms outlive a restart."""
    if chosen.secret_key.get_secret_value() or chosen.in_production:
        return chosen
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as kept:
            kept.write(secrets.token_urlsafe(32))
    except FileExistsError:
        pass
    return chosen.model_copy(update={"secret_key": SecretStr(file.read_text().strip())})
