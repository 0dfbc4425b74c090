"""In production nothing leads out in clear: a setting that would is named at the start, and nothing starts."""

from __future__ import annotations

import re
import ssl
from pathlib import Path
from typing import Any

import pytest

from api.encrypted import InClear, refuse_what_is_in_clear
from api.settings import Settings
from tests.test_house_rules import ROOT
from tests.web_proxy import documented

GOOD = {
    "env": "production", "base_url": "https://quartiers.example", "database_url": "postgresql://qp_app:x@db.example/quartiers?sslmode=verify-full",
    "smtp_url": "smtp://mail.example:587?starttls=required", "oidc_issuer": "https://provider.example", "sirene_url": "https://register.example",
}  # fmt: skip


@pytest.mark.asvs("12.2.1", "12.3.1")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("base_url", "http://quartiers.example"), ("oidc_issuer", "http://provider.example"), ("sirene_url", "http://register.example"),
        ("geocode_url", "http://places.example"), ("smtp_url", "smtp://mail.example"), ("smtp_url", "smtp://mail.example?starttls=off"),
        ("database_url", "postgresql://qp_app:x@db.example/quartiers"), ("database_url", "postgresql://a:b@db.example/q?sslmode=prefer"),
        ("database_owner_url", "postgresql://qp_owner:x@10.0.0.2/quartiers"),
    ],
)  # fmt: skip
def test_a_setting_that_leads_out_in_clear_is_named_and_nothing_starts(name: str, value: str) -> None:
    with pytest.raises(InClear, match=f"QP_{name.upper()}"):
        refuse_what_is_in_clear(Settings(**{**GOOD, name: value}))


@pytest.mark.parametrize(
    "changes",
    [
        {}, {"smtp_url": "smtps://mail.example"}, {"smtp_url": "smtp://127.0.0.1:1025"}, {"smtp_url": ""}, {"database_url": "sqlite:///cases.db"},
        {"database_url": "postgresql:///quartiers?host=/run/postgresql"}, {"database_url": "postgresql://a:b@localhost/q"},
        {"database_url": "postgresql://a:b@[::1]/q"}, {"env": "development", "base_url": "http://127.0.0.1:8000"},
    ],
)  # fmt: skip
def test_what_is_encrypted_or_stays_on_the_machine_starts(changes: dict[str, Any]) -> None:
    refuse_what_is_in_clear(Settings(**{**GOOD, **changes}))


@pytest.mark.asvs("12.1.1", "12.2.1", "12.2.2", "4.1.3")
def test_the_proxy_that_the_installation_is_told_to_take_speaks_tls_of_today_alone() -> None:
    [protocols] = re.findall(r"ssl_protocols ([^;]+);", documented())
    assert set(protocols.split()) == {"TLSv1.2", "TLSv1.3"}
    assert re.search(r"listen 80;.*return 308 https://", documented(), re.DOTALL)
    assert "ssl_certificate     /etc/letsencrypt/live/quartiers.example/fullchain.pem;" in documented()
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in documented()
    assert "proxy_set_header X-Forwarded-Proto $scheme;" in documented()


@pytest.mark.asvs("12.1.2")
def test_its_ciphers_are_authenticated_and_keep_what_was_said_secret_afterwards() -> None:
    [written] = re.findall(r"ssl_ciphers ([^;]+);", documented())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers(written)
    kept = [one for one in context.get_ciphers() if one["protocol"] != "TLSv1.3"]
    assert len(kept) == len(written.split(":"))
    assert all(one["aead"] and one["kea"] == "kx-ecdhe" for one in kept)


@pytest.mark.asvs("12.1.1")
def test_what_the_product_asks_itself_is_asked_over_tls_of_today() -> None:
    assert ssl.create_default_context().minimum_version >= ssl.TLSVersion.TLSv1_2
    made = [
        path
        for package in ("api", "cases", "notifications")
        for path in Path(ROOT / package).rglob("*.py")
        if "import ssl" in path.read_text()
    ]
    assert [path.name for path in made] == ["webhooks.py"]
    assert "minimum_version" not in made[0].read_text()
