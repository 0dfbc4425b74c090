"""The same statements without the product: the standard library's sqlite3, and PostgreSQL's own pgbench."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from psycopg.types.json import Json, Jsonb

from bench.ground import Ground, beginnings
from bench.tape import Statement
from bench.timing import Run, run_of

_PLACES = Path("/usr/lib/postgresql")
_PARAMETER = re.compile(r"%\((\w+)\)s")


def play_on_sqlite(path: str, steps: list[list[Statement]], clients: int) -> Run:
    """Play steps on plain connections, a thread and a connection for each client, a transaction for each step."""
    took: list[list[float]] = [[] for _ in range(clients)]

    def play(client: int) -> None:
        db = sqlite3.connect(path, isolation_level=None, timeout=30)
        db.execute("PRAGMA synchronous=FULL")
        db.execute("PRAGMA foreign_keys=ON")
        for step in steps[client::clients]:
            started = time.perf_counter()
            db.execute("BEGIN IMMEDIATE")
            for sql, values in step:
                db.execute(sql, values).fetchall()
            db.execute("COMMIT")
            took[client].append(time.perf_counter() - started)
        db.close()

    threads = [threading.Thread(target=play, args=(client,)) for client in range(clients)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return run_of(time.perf_counter() - started, [one for client in took for one in client])


# -- pgbench --------------------------------------------------------------------------------------------------------------


def play_on_postgresql(url: str, script: str, *, first: int, steps: int, clients: int) -> Run:
    """Play a script from that case on, with pgbench's prepared statements."""
    each = steps // clients
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "step.sql").write_text(script, encoding="utf-8")
        known = [
            word for name, value in (("i", 0), ("base", first), ("each", each)) for word in ("-D", f"{name}={value}")
        ]
        options = [
            "-n",
            "-M",
            "prepared",
            "-c",
            str(clients),
            "-j",
            "2",
            "-t",
            str(each),
            "-l",
            "-f",
            "step.sql",
            *known,
            url,
        ]
        done = subprocess.run([_pgbench(), *options], cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode or "number of failed transactions: 0" not in done.stdout:
            raise PgbenchFailed(done.stderr[-2000:])
        lines = [line.split() for log in Path(folder).glob("pgbench_log.*") for line in log.read_text().splitlines()]
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    took = [int(line[2]) / 1_000_000 for line in lines]
    return run_of(len(took) / float(found[1] if found else 1), took)


class PgbenchFailed(Exception):
    """pgbench stopped, and says why."""


def script_of(step: list[Statement], ground: Ground) -> str:
    """A step of the first case as a script of pgbench, which takes the next case each time."""
    counted = ("\\set n :base + :client_id * :each + :i", "\\set i :i + 1", "BEGIN;")
    lines = [_PARAMETER.sub(partial(_in_sql, values, ground), sql) for sql, values in step]
    return "\n".join((*counted, *(f"{' '.join(line.split())};" for line in lines), "COMMIT;", ""))


def _in_sql(values: Mapping[str, Any], ground: Ground, found: re.Match[str]) -> str:
    """A value as SQL, where what belongs to the first case is that of case :n."""
    value = values[found[1]]
    if value is None or isinstance(value, int):
        return "NULL" if value is None else str(value).upper()
    text = json.dumps(value.obj) if isinstance(value, Json | Jsonb) else str(value)
    moved = {
        **{begin: f"lpad(to_hex(:n::int / {size}), 8, '0')" for begin, size in beginnings()},
        ground.reference: "'QP-' || lpad((:n::int / 10000)::text, 4, '0') || '-' || lpad((:n::int % 10000)::text, 4, '0')",
    }
    parts = re.split(f"({'|'.join(moved)})", text)
    return "(" + " || ".join(moved.get(part) or _quoted(part) for part in parts if part or text == "") + ")"


def _quoted(text: str) -> str:
    """A literal without a colon: pgbench takes one for the beginning of a variable's name."""
    return "E'" + text.replace("\\", "\\\\").replace("'", "''").replace(":", "\\072") + "'"


def _pgbench() -> str:
    found = shutil.which("pgbench") or next(iter(sorted(_PLACES.glob("*/bin/pgbench"), reverse=True)), None)
    if found is None:
        raise PgbenchFailed("pgbench is not installed: apt-get install postgresql")
    return str(found)
