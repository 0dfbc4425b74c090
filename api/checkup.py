"""Whether an installation has what it needs: where each setting comes from, and what does not work, with what to do about it."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import SecretStr
from sqlalchemy import Connection, create_engine, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from api.encrypted import InClear, refuse_what_is_in_clear
from api.migrations.run import is_newest
from api.receiving import ListenUnreadable, read_listen
from api.settings import Settings, origins
from cases.clock import Clock
from cases.database import Database, DatabaseRefused, Scope, connect
from cases.tables.territories import territory
from notifications.clock import worker_is_alive
from notifications.errors import Closed, ServerUnreadable
from notifications.smtp import SmtpCarrier, read_server
from notifications.tables import heartbeat

OFF_BY: Final = timedelta(minutes=1)
"""How far two clocks may be apart."""
HIDDEN: Final = "(hidden)"
_PASSWORDS: Final = ((re.compile(r"(://[^:@/]*):.*@"), r"\1:***@"), (re.compile(r"([?&]password=)[^&]*"), r"\1***"))
_OF_NOBODY: Final = frozenset({"", "localhost", "example.org", "example.com"})


@dataclass(frozen=True, slots=True)
class Told:
    """A setting as it may be shown: its variable, its value without a secret, and where it comes from."""

    name: str
    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, and how it is: `wrong` is to be mended, `note` is good to know."""

    about: str
    state: Literal["ok", "note", "wrong"]
    sentence: str


def shown_settings(chosen: Settings) -> list[Told]:
    """Every setting, its secrets hidden."""
    found = origins()
    return [Told(f"QP_{name.upper()}", _shown(getattr(chosen, name)), found[name]) for name in Settings.model_fields]


def findings(chosen: Settings, clock: Clock) -> Iterator[Finding]:
    """Everything that is looked at, one after the other: a service that does not answer is waited for."""
    yield from _production(chosen)
    yield from _databases(chosen, clock)
    yield from _mail(chosen)
    yield _folder(chosen.files_dir)


def _ok(about: str, sentence: str) -> Finding:
    return Finding(about, "ok", sentence)


def _note(about: str, sentence: str) -> Finding:
    return Finding(about, "note", sentence)


def _wrong(about: str, sentence: str) -> Finding:
    return Finding(about, "wrong", sentence)


def _shown(value: object) -> str:
    if isinstance(value, SecretStr):
        return HIDDEN if value.get_secret_value() else ""
    text = str(value)
    for pattern, instead in _PASSWORDS:
        text = pattern.sub(instead, text)
    return text


# -- what production asks ---------------------------------------------------------------------------------------------------


def _production(chosen: Settings) -> Iterator[Finding]:
    if chosen.env not in ("development", "production"):
        yield _wrong("environment", f"QP_ENV is « {chosen.env} »: write development or production.")
    elif not chosen.in_production:
        yield _note(
            "environment",
            "Development: a key is made, and links may be in clear. Where people’s real data is: QP_ENV=production.",
        )
    else:
        yield from _of_production(chosen)


def _of_production(chosen: Settings) -> Iterator[Finding]:
    if chosen.secret_key.get_secret_value():
        yield _ok("secret key", "Forms are signed with a key of this installation.")
    else:
        yield _wrong("secret key", "Production needs a key: set QP_SECRET_KEY to 32 random characters or more.")
    try:
        refuse_what_is_in_clear(chosen)
        yield _ok("encryption", "Everything travels over TLS.")
    except InClear as error:
        yield _wrong("encryption", str(error))


# -- the database, and the time ---------------------------------------------------------------------------------------------


def _databases(chosen: Settings, clock: Clock) -> Iterator[Finding]:
    if (missing := _no_file(chosen.database_url)) is not None:
        yield _wrong("database", f"There is no file {missing} yet: ./qp db upgrade makes it.")
        return
    try:
        with closing(connect(chosen.database_url)) as database:
            yield _ok("database", f"It answers ({database.dialect}).")
            yield from _inside(database, clock)
    except DatabaseRefused as error:
        yield _wrong("database", str(error))
    except (SQLAlchemyError, ImportError, ValueError) as error:
        yield _wrong(
            "database",
            f"QP_DATABASE_URL leads to no database that answers ({type(error).__name__}): start the server, or correct the address.",
        )
    if chosen.database_owner_url:
        yield _owner(chosen.database_owner_url)


def _no_file(url: str) -> Path | None:
    """The file of SQLite that the address names, when it is not there: looking must not make one."""
    try:
        named = make_url(url).database if url.startswith("sqlite") else None
    except ArgumentError:
        return None
    return Path(named) if named and named != ":memory:" and not Path(named).exists() else None


def _inside(database: Database, clock: Clock) -> Iterator[Finding]:
    if not database.read(is_newest, Scope.worker()):
        yield _wrong("migrations", "The database is not at the newest migration: ./qp db upgrade.")
        return
    yield _ok("migrations", "The database is at the newest migration.")
    yield database.read(lambda db: _clocks(db, clock.now()), Scope.worker())
    yield database.read(_zones, Scope.worker())
    if database.read(lambda db: worker_is_alive(db, clock), Scope.worker()):
        yield _ok("worker", "A worker is at work.")
    else:
        starts = "./qp serve" if database.dialect == "sqlite" else "./qp worker"
        yield _note("worker", f"No worker was heard of lately: mails and deadlines wait until {starts} runs.")


def _owner(url: str) -> Finding:
    try:
        engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=NullPool)
        with engine.connect():
            return _ok("owner of the database", "It answers.")
    except (SQLAlchemyError, ImportError, ValueError) as error:
        said = f"QP_DATABASE_OWNER_URL does not let its owner in ({type(error).__name__}): nothing can be migrated. Correct it."
        return _wrong("owner of the database", said)


def _clocks(db: Connection, now: datetime) -> Finding:
    """This machine's clock beside the server's, and beside the last time that a worker was heard of."""
    known = db.execute(select(func.max(heartbeat.c.at))).scalar()
    there = db.execute(select(func.clock_timestamp())).scalar() if db.dialect.name == "postgresql" else now
    behind = known is not None and known > now + OFF_BY
    if behind or there is None or abs(there - now) > OFF_BY:
        return _wrong(
            "clock",
            f"This machine’s clock says {now:%Y-%m-%d %H:%M} UTC, and others say otherwise: set it by NTP, or mails leave at the wrong hours.",
        )
    return _ok("clock", f"It is {now:%Y-%m-%d %H:%M} UTC.")


def _zones(db: Connection) -> Finding:
    unknown = [name for (name,) in db.execute(select(territory.c.timezone).distinct()) if not _is_known(name)]
    if unknown:
        return _wrong(
            "time zones", f"Nothing is known of the time zone {', '.join(unknown)}: install the package tzdata."
        )
    return _ok("time zones", "The time zone of every territory is known.")


def _is_known(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True


# -- mail, and the documents ------------------------------------------------------------------------------------------------


def _mail(chosen: Settings) -> Iterator[Finding]:
    yield _sending(chosen)
    if parseaddr(chosen.mail_from)[1].rpartition("@")[2] in _OF_NOBODY and chosen.smtp_url.get_secret_value():
        yield _wrong("sender", "Mails would come from nobody’s address: set QP_MAIL_FROM to one of your own domain.")
    if chosen.inbound_listen or chosen.inbound_domain:
        yield _tried("answers by mail", lambda: read_listen(chosen), "Answers to mails come in.")


def _sending(chosen: Settings) -> Finding:
    address = chosen.smtp_url.get_secret_value()
    if not address:
        return Finding("mail", "wrong" if chosen.in_production else "note", "No mail leaves: set QP_SMTP_URL.")
    return _tried("mail", lambda: asyncio.run(_greet(address)), "The mail server answers.")


def _tried(about: str, tried: Callable[[], object], well: str) -> Finding:
    try:
        tried()
    except (ServerUnreadable, ListenUnreadable) as error:
        return Finding(about, "wrong", str(error))
    except Closed as error:
        return Finding(
            about,
            "wrong",
            f"The mail server of QP_SMTP_URL does not let us in ({error}): correct the address, the name or the password, or start it.",
        )
    return Finding(about, "ok", well)


async def _greet(address: str) -> None:
    carrier = SmtpCarrier(read_server(address))
    await carrier.open()
    await carrier.rest()


def _folder(folder: Path) -> Finding:
    there = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return _ok("documents", f"{folder} can be written in.")
    return _wrong(
        "documents", f"{folder} cannot be written in: give it to the user of this process, or set QP_FILES_DIR."
    )
