"""Whether the door tells who works here by the time that it takes: addresses that are known and others, asked for in turn of a real server."""

from __future__ import annotations

import os
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2
from sqlalchemy import Connection, insert

from api.migrations.run import upgrade
from cases.clock import SystemClock
from cases.database import Scope, connect
from cases.identifiers import new_id
from cases.tables.people import person

ROOT: Final = Path(__file__).parent.parent
PAUSE: Final = 0.1
"""Seconds between two: what the last one left to do is done."""
_TOKEN: Final = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Doors:
    """Median times of an answer, in milliseconds, and how far they are from each other."""

    tries: int
    known_ms: float
    unknown_ms: float
    apart: float
    alike: bool


def knock(folder: str, tries: int) -> Doors:
    """Ask for a way in with so many known addresses and as many unknown ones, one after the other."""
    url = f"sqlite:///{folder}/doors.db"
    upgrade(url)
    database = connect(url)
    database.write(lambda db: _people(db, tries), Scope.worker())
    database.close()
    took: dict[str, list[float]] = {"known": [], "unknown": []}
    with _serving(url) as address, httpx2.Client(base_url=address) as client:
        for number in range(tries + 5):
            for kind in ("known", "unknown") if number % 2 else ("unknown", "known"):
                took[kind].append(
                    _knock(client, f"{kind}{number}@example.org", f"198.51.{number % 250}.{len(took[kind]) % 250}")
                )
    known, unknown = (statistics.median(took[kind][5:]) * 1000 for kind in ("known", "unknown"))
    apart = abs(known - unknown) / min(known, unknown)
    return Doors(tries, round(known, 3), round(unknown, 3), round(apart, 4), apart <= 0.1)


def _people(db: Connection, tries: int) -> None:
    now = SystemClock().now()
    rows = [
        {"id": new_id(now), "name": "Alice", "email": f"known{number}@example.org", "created_at": now}
        for number in range(tries + 5)
    ]
    db.execute(insert(person), rows)


def _knock(client: httpx2.Client, email: str, network: str) -> float:
    """What one asking takes, in seconds. The form is another request, and waits until what the last one left is done."""
    time.sleep(PAUSE)
    token = _TOKEN.findall(client.get("/connexion").text)[0]
    headers = {"Origin": str(client.base_url).rstrip("/"), "X-Forwarded-For": network}
    began = time.perf_counter()
    answer = client.post("/connexion", data={"csrf": token, "email": email}, headers=headers)
    took = time.perf_counter() - began
    if answer.status_code != 303:
        raise RuntimeError(f"the door answered {answer.status_code}")
    return took


@contextmanager
def _serving(url: str) -> Iterator[str]:
    """`qp serve` on a port of its own, ended by its id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "QP_DATABASE_URL": url, "QP_SECRET_KEY": "k" * 32, "QP_SMTP_URL": ""}
    command = [sys.executable, "-m", "api.cli", "serve", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(f"http://127.0.0.1:{port}/healthz")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _wait_for(address: str) -> None:
    for _ in range(600):
        try:
            httpx2.get(address)
            return
        except httpx2.HTTPError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start")
