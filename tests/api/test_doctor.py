"""`qp doctor`: an operator learns what is missing, where it was set and what to do, and no secret is shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert
from typer.testing import CliRunner

from api.checkup import Finding, findings
from api.cli import app
from api.migrations.run import downgrade
from api.settings import Settings
from cases.clock import FixedClock, SystemClock
from cases.database import Database, Scope
from cases.tables.territories import territory
from notifications.tables import heartbeat
from tests.api.test_cli import told
from tests.cases.conftest import database
from tests.notifications.mail_server import MailServer, free_port

__all__ = ["database"]
SECRETS = ("hunter2", "of-the-owner", "0123456789abcdef0123456789abcdef")


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with MailServer().running() as server:
        yield server


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without a `.env`, where the process is."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def address_of(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")


def looked_at(**chosen: object) -> dict[str, Finding]:
    return {one.about: one for one in findings(Settings(**chosen), SystemClock())}


def wrong(**chosen: object) -> dict[str, str]:
    return {about: one.sentence for about, one in looked_at(**chosen).items() if one.state == "wrong"}


def test_an_installation_that_has_what_it_needs_is_told_so(
    database: Database, mail_server: MailServer, tmp_path: Path
) -> None:
    found = looked_at(
        database_url=address_of(database), smtp_url=f"smtp://127.0.0.1:{mail_server.port}", mail_from="bonjour@quartiers.example",
        files_dir=tmp_path / "files", inbound_listen="lmtp://127.0.0.1:2400", inbound_domain="quartiers.example",
    )  # fmt: skip
    assert not [one for one in found.values() if one.state == "wrong"]
    assert {"database", "migrations", "clock", "time zones", "mail", "answers by mail", "documents"} <= {
        about for about, one in found.items() if one.state == "ok"
    }
    assert found["worker"].state == "note"
    assert mail_server.letters == []
    assert not (tmp_path / "files").exists()


def test_a_worker_that_works_is_heard_of(database: Database) -> None:
    row = {"name": "worker", "at": SystemClock().now()}
    database.write(lambda db: db.execute(insert(heartbeat).values(**row)), Scope.worker())
    assert looked_at(database_url=address_of(database))["worker"].state == "ok"


def test_looking_for_a_database_makes_none(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/none.db"
    done = told(url, "doctor")
    assert done.exit_code == 1
    assert "./qp db upgrade" in done.stdout
    assert not (tmp_path / "none.db").exists()


def test_a_database_behind_this_version_is_told_to_be_upgraded(database: Database) -> None:
    downgrade(address_of(database).replace("qp_app@", "qp_owner@"), "0014")
    assert "./qp db upgrade" in wrong(database_url=address_of(database))["migrations"]


@pytest.mark.parametrize("kind", ["database_url", "database_owner_url"])
def test_a_server_that_does_not_answer_is_named(database: Database, kind: str) -> None:
    chosen = {
        "database_url": address_of(database),
        kind: f"postgresql://qp_app:hunter2@127.0.0.1:{free_port()}/quartiers",
    }
    said = "\n".join(wrong(**chosen).values())
    assert f"QP_{kind.upper()}" in said
    assert "hunter2" not in said


def test_a_role_that_no_wall_holds_is_refused(database: Database) -> None:
    if database.dialect == "postgresql":
        assert "NOSUPERUSER" in wrong(database_url=address_of(database).replace("qp_app@", "postgres@"))["database"]
    else:
        assert "SQLite" in wrong(database_url="sqlite:///:memory:")["database"]


@pytest.mark.parametrize(
    "address", ["smtp://127.0.0.1:{port}", "smtps://127.0.0.1:{port}", "mail.example", "smtp://x?starttls=maybe"]
)
def test_a_mail_server_that_does_not_answer_is_told(address: str) -> None:
    assert "QP_SMTP_URL" in wrong(smtp_url=address.format(port=free_port()))["mail"]


def test_mails_need_a_sender_of_their_own_and_answers_a_domain(mail_server: MailServer) -> None:
    found = wrong(smtp_url=f"smtp://127.0.0.1:{mail_server.port}", inbound_listen="lmtp://127.0.0.1:2400")
    assert "QP_MAIL_FROM" in found["sender"]
    assert "QP_INBOUND_DOMAIN" in found["answers by mail"]


def test_production_asks_for_a_key_for_mail_and_for_encryption(tmp_path: Path) -> None:
    bare = wrong(env="production", database_url=f"sqlite:///{tmp_path}/none.db")
    assert "QP_SECRET_KEY" in bare["secret key"]
    assert "QP_BASE_URL" in bare["encryption"]
    assert "QP_SMTP_URL" in bare["mail"]
    whole = wrong(env="production", secret_key=SECRETS[2], base_url="https://quartiers.example")
    assert not {"secret key", "encryption"} & whole.keys()
    assert "QP_ENV" in wrong(env="prod")["environment"]


def test_a_folder_that_cannot_be_written_in_is_told(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("in the way")
    assert "QP_FILES_DIR" in wrong(files_dir=tmp_path / "files")["documents"]


def test_a_clock_that_is_behind_is_told(database: Database) -> None:
    now = SystemClock().now()
    database.write(lambda db: db.execute(insert(heartbeat).values(name="worker", at=now)), Scope.worker())
    chosen = Settings(database_url=address_of(database))
    found = {one.about: one for one in findings(chosen, FixedClock(now - timedelta(hours=1)))}
    assert found["clock"].state == "wrong"
    assert "NTP" in found["clock"].sentence


def test_a_time_zone_that_nobody_knows_is_told(database: Database) -> None:
    now = SystemClock().now()
    row = {"id": "mars", "slug": "mars", "name": "Mars", "kind": "commune", "state": "acceleration", "axes": []}
    row |= {"state_since": now, "created_at": now, "timezone": "Mars/Olympus"}
    database.write(lambda db: db.execute(insert(territory).values(**row)), Scope.worker())
    assert "Mars/Olympus" in wrong(database_url=address_of(database))["time zones"]


def test_each_setting_says_where_it_comes_from_and_no_secret_is_shown(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (nowhere / ".env").write_text(f"QP_SECRET_KEY={SECRETS[2]}\nQP_NAME=from the file\nQP_LOGO=/logo.svg\n")
    monkeypatch.setenv("QP_NAME", "from the environment")
    monkeypatch.setenv(
        "QP_DATABASE_URL", f"postgresql://qp_app:hunter2@127.0.0.1:{free_port()}/quartiers?password=hunter2"
    )
    monkeypatch.setenv(
        "QP_DATABASE_OWNER_URL", f"postgresql://qp_owner:of-the-owner/@127.0.0.1:{free_port()}/quartiers"
    )
    monkeypatch.setenv("QP_SMTP_URL", f"smtp://us:hunter2@127.0.0.1:{free_port()}")

    told = CliRunner().invoke(app, ["doctor"])
    data = CliRunner().invoke(app, ["doctor", "--json"])

    assert (told.exit_code, data.exit_code) == (1, 1)
    assert not [secret for secret in SECRETS if secret in told.output + data.output]
    settings = {one["name"]: (one["value"], one["origin"]) for one in json.loads(data.output)["settings"]}
    assert settings["QP_NAME"] == ("from the environment", "environment")
    assert settings["QP_LOGO"] == ("/logo.svg", ".env")
    assert settings["QP_SECRET_KEY"] == ("(hidden)", ".env")
    assert settings["QP_BASE_URL"] == ("http://127.0.0.1:8000", "default")
    assert "qp_app:***@" in settings["QP_DATABASE_URL"][0]
    assert {one["about"] for one in json.loads(data.output)["checks"] if one["state"] == "wrong"} >= {
        "database",
        "mail",
    }


def test_a_setting_that_cannot_be_read_is_named(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QP_OIDC_VOUCHES", "perhaps")
    said = CliRunner().invoke(app, ["doctor"])
    assert said.exit_code == 1
    assert "QP_OIDC_VOUCHES" in said.output
