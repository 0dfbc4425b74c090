"""A private PostgreSQL server for the tests: made once, shared by the test processes, ended by its id."""

from __future__ import annotations

import fcntl
import os
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

OWNER, APPLICATION = "qp_owner", "qp_app"
_numbers = count()


class PostgresUnavailable(Exception):
    """No PostgreSQL server is installed on this machine."""


@dataclass(frozen=True)
class PostgresUrls:
    """A database as its owner sees it (migrations) and as the application does (row-level security in force)."""

    owner_url: str
    app_url: str


@dataclass(frozen=True)
class PostgresServer:
    """A server that listens on 127.0.0.1."""

    port: int

    def url(self, role: str, database: str) -> str:
        return f"postgresql://{role}@127.0.0.1:{self.port}/{database}"

    def new_database(self, template: str = "template1") -> PostgresUrls:
        """A fresh database, copied from a template."""
        name = f"qp_{os.getpid()}_{next(_numbers)}"
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as server:
            server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER {OWNER}')
        return PostgresUrls(self.url(OWNER, name), self.url(APPLICATION, name))


@contextmanager
def shared_server(folder: Path) -> Iterator[PostgresServer]:
    """The server of this test session: the first process starts it, the last one ends it."""
    users, port_file, pid_file = folder / "postgres.users", folder / "postgres.port", folder / "postgres.data"
    with _locked(folder):
        known = int(users.read_text()) if users.exists() else 0
        if not known:
            data, port = _start()
            port_file.write_text(str(port))
            pid_file.write_text(str(data))
        users.write_text(str(known + 1))
        server = PostgresServer(int(port_file.read_text()))
    try:
        yield server
    finally:
        with _locked(folder):
            left = int(users.read_text()) - 1
            users.write_text(str(left))
            if not left:
                _stop(Path(pid_file.read_text()))


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _start() -> tuple[Path, int]:
    binaries = _binaries()
    data = Path(tempfile.mkdtemp(prefix="qp-postgres-"))
    shell = _as_another_user(data)
    subprocess.run(
        [
            *shell,
            str(binaries / "initdb"),
            "-D",
            str(data / "db"),
            "-U",
            "postgres",
            "-A",
            "trust",
            "--no-sync",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        ],
        check=True,
        capture_output=True,
        cwd=data,
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = [
        "listen_addresses=127.0.0.1",
        f"port={port}",
        f"unix_socket_directories={data}",
        "fsync=off",
        "full_page_writes=off",
        "max_connections=200",
        "shared_buffers=64MB",
        "synchronous_commit=off",
    ]
    options = [word for setting in settings for word in ("-c", setting)]
    subprocess.Popen(
        [*shell, str(binaries / "postgres"), "-D", str(data / "db"), *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=data,
        start_new_session=True,
    )
    _wait_for(port)
    with psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres", autocommit=True) as server:
        server.execute(f"CREATE ROLE {OWNER} LOGIN CREATEDB NOSUPERUSER")
        server.execute(f"CREATE ROLE {APPLICATION} LOGIN NOSUPERUSER NOBYPASSRLS")
    return data, port


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    anywhere = shutil.which("initdb")
    if not found and not anywhere:
        raise PostgresUnavailable("PostgreSQL is not installed: apt-get install postgresql")
    return found[0].parent if found else Path(str(anywhere)).parent


def _as_another_user(data: Path) -> list[str]:
    """PostgreSQL refuses to run as root: then it runs as its own user, to whom the folder is given."""
    if os.geteuid() != 0:
        return []
    shutil.chown(data, "postgres", "postgres")
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres", connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise PostgresUnavailable("the PostgreSQL server did not start within ten seconds")


def _stop(data: Path) -> None:
    pid = int((data / "db" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGINT)
    for _ in range(200):
        if not (data / "db" / "postmaster.pid").exists():
            break
        time.sleep(0.05)
    shutil.rmtree(data, ignore_errors=True)
