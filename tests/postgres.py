"""A private PostgreSQL server for the tests: made once, shared by the test processes, ended by its id."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg

from tests.once import locked

OWNER, APPLICATION = "qp_owner", "qp_app"
PLACES = Path("/usr/lib/postgresql")
SECONDS = 20
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "fsync": "off",  # the data of a test need not outlive a power cut
    "full_page_writes": "off",
    "synchronous_commit": "off",
}
SHORT_LIVED = {
    "autovacuum": "off",  # it wakes up once a minute: no database of a test is that old
    "jit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "128MB",
}
"""Settings for databases that a test makes, fills a little and drops."""
_numbers = count()


class PostgresUnavailable(Exception):
    """No PostgreSQL server is installed on this machine: the tests that need one are skipped."""


class PostgresDidNotStart(Exception):
    """PostgreSQL is installed and does not start: the tests that need it fail."""


@dataclass(frozen=True)
class PostgresUrls:
    """A database as its owner sees it (migrations) and as the application does (row-level security in force)."""

    owner_url: str
    app_url: str


@dataclass(frozen=True)
class PostgresServer:
    """A server that listens on 127.0.0.1, with its superuser `postgres`, an owner and an application's role."""

    port: int

    def url(self, role: str, database: str) -> str:
        """The address of a database for a role: `postgres`, the owner or the application."""
        return f"postgresql://{role}@127.0.0.1:{self.port}/{database}"

    def new_database(self, template: str = "template1") -> PostgresUrls:
        """A fresh database, copied from a template."""
        name = f"qp_{os.getpid()}_{next(_numbers)}"
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as server:
            server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER {OWNER} STRATEGY file_copy')
        return PostgresUrls(self.url(OWNER, name), self.url(APPLICATION, name))

    def drop(self, urls: PostgresUrls) -> None:
        """Remove a database that its test has left, whoever else is still in it."""
        name = urls.app_url.rpartition("/")[2]
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as server:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def shared_server(folder: Path, *, data_in: Path | None = None, **settings: str) -> Iterator[PostgresServer]:
    """The server of this test session: the first process to need it starts it, with these settings too, the last to leave ends it.

    Its data are in a folder of their own, in `data_in` when told.
    """
    users, place = folder / "postgres.users", folder / "postgres.place"
    with locked(folder, "postgres"):
        known = int(users.read_text()) if users.exists() else 0
        if not known:
            data, port = _start(SETTINGS | settings, data_in)
            place.write_text(f"{port} {data}")
        users.write_text(str(known + 1))
        port_there, data_there = place.read_text().split(" ", 1)
    try:
        yield PostgresServer(int(port_there))
    finally:
        with locked(folder, "postgres"):
            left = int(users.read_text()) - 1
            users.write_text(str(left))
            if not left:
                _stop(Path(data_there))


def _start(chosen: dict[str, str], data_in: Path | None) -> tuple[Path, int]:
    """Make a cluster and start it: its folder and its port."""
    binaries = _binaries()
    data = Path(tempfile.mkdtemp(prefix="qp-postgres-", dir=data_in))
    as_user = _as_another_user(data)
    make = [*as_user, str(binaries / "initdb"), "-D", str(data / "db"), "-U", "postgres"]
    choices = ["-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"]
    subprocess.run([*make, *choices], check=True, capture_output=True, cwd=data)
    port = _free_port()
    settings = {**chosen, "port": str(port), "unix_socket_directories": str(data)}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    server = subprocess.Popen(
        [*as_user, str(binaries / "postgres"), "-D", str(data / "db"), *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=data,
        start_new_session=True,
    )
    _make_roles(server, port)
    return data, port


def _binaries() -> Path:
    newest = sorted(PLACES.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]), reverse=True)
    found = shutil.which("initdb")
    if not newest and not found:
        raise PostgresUnavailable("PostgreSQL is not installed: apt-get install postgresql")
    return newest[0].parent if newest else Path(str(found)).resolve().parent


def _as_another_user(data: Path) -> list[str]:
    """PostgreSQL refuses to run as root: then it runs as another user, to whom the folder is given."""
    if os.geteuid() != 0:
        return []
    known = {user.pw_name: user for user in pwd.getpwall()}
    user = known.get("postgres") or known["nobody"]
    shutil.chown(data, user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _make_roles(server: subprocess.Popen[bytes], port: int) -> None:
    """Wait for the server and make its roles; one that never answers is ended."""
    until = time.monotonic() + SECONDS
    while server.poll() is None and time.monotonic() < until:
        try:
            with psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres", autocommit=True) as db:
                db.execute(f"CREATE ROLE {OWNER} LOGIN CREATEDB NOSUPERUSER NOBYPASSRLS")
                db.execute(f"CREATE ROLE {APPLICATION} LOGIN NOSUPERUSER NOBYPASSRLS")
                return
        except psycopg.OperationalError:
            time.sleep(0.05)
    server.kill()
    raise PostgresDidNotStart(f"no answer on port {port} within {SECONDS} seconds (exit code {server.wait()})")


def _stop(data: Path) -> None:
    """End the server by its process id, and remove its folder once it has gone."""
    written = data / "db" / "postmaster.pid"
    os.kill(int(written.read_text().splitlines()[0]), signal.SIGINT)
    until = time.monotonic() + SECONDS
    while written.exists() and time.monotonic() < until:
        time.sleep(0.05)
    shutil.rmtree(data, ignore_errors=True)
