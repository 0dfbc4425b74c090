"""A large sheet imported while look-alikes are searched: the process is killed half-way, and a second one goes on. Exactly as many cases as lines."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Table, func, insert, select
from stdnum.luhn import calc_check_digit

from api.migrations.run import upgrade
from bench.write_path import migrated
from cases.database import Scope, connect
from cases.identifiers import new_id
from cases.tables.case import case_file
from cases.tables.memory import import_line
from cases.tables.territories import territory
from tests.postgres import shared_server

NOW = datetime(2027, 2, 2, 9, 0, tzinfo=UTC)
ROOT = Path(__file__).parent.parent
HEADER = "Enseigne;Gérant;Téléphone;Mail;Adresse;CP;Ville;SIRET;Besoins;D'accord pour être recontacté\r\n"
_NEEDS = ("site internet", "prêt", "local", "comptabilité", "embauche", "énergie")
_PHONES = ("06 39 98", "01 99 00", "02 61 91")
"""Numbers that are kept for fiction."""
_LOOKED_EVERY = 0.25


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of it: lines, cases, how many there were at the kill; seconds of both processes, the most memory of either."""

    database: str
    lines: int
    cases: int
    kept: int
    """Lines with their verdict: each once."""
    at_the_kill: int
    seconds: float
    cpu_seconds: float
    megabytes: int

    @property
    def exact(self) -> bool:
        """Whether each line is one case, and was kept once."""
        return self.cases == self.kept == self.lines and 0 < self.at_the_kill < self.lines


def sheet(lines: int) -> bytes:
    """As many businesses, all different, each with a name, a phone, a mail, an address, a SIRET and a need."""
    return (HEADER + "".join(_line(number) for number in range(lines))).encode("cp1252")


def _line(number: int) -> str:
    phone = f"{_PHONES[number // 10_000 % len(_PHONES)]} {number // 100 % 100:02d} {number % 100:02d}"
    street = f"{number % 180 + 1} rue {_word(number // 180)}"
    return (
        f"Commerce {_word(number)};{_word(number + 7)} {_word(number * 3 + 1)};{phone};"
        f"commerce{number}@example.org;{street};59100;Roubaix;{_siret(number)};{_NEEDS[number % len(_NEEDS)]};oui\r\n"
    )


def _word(number: int) -> str:
    """A word of its own for each number: syllables."""
    said = ""
    for _ in range(4):
        number, place = divmod(number, 20)
        said += "bcdfghjklmnprstvwxyz"[place] + "aeiou"[place % 5]
    return said.capitalize()


def _siret(number: int) -> str:
    """Fourteen digits whose two check digits are right."""
    siren = f"8{number:07d}"
    siren += calc_check_digit(siren)
    return f"{siren}0001{calc_check_digit(f'{siren}0001')}"


def import_on(kind: str, lines: int) -> Imported:
    """The measure on a new database of that kind."""
    with tempfile.TemporaryDirectory() as folder:
        if kind == "sqlite":
            url = f"sqlite:///{folder}/cases.db"
            upgrade(url)
            return import_killed(kind, url, Path(folder), lines)
        with shared_server(Path(folder)) as server:
            return import_killed(kind, migrated(server).app_url, Path(folder), lines)


def import_killed(kind: str, url: str, folder: Path, lines: int) -> Imported:
    """Import the sheet by the command line, kill it at half, and import it again."""
    database = connect(url)
    named = {"slug": "roubaix", "name": "Roubaix", "kind": "commune", "state": "acceleration", "axes": []}
    row = {"id": new_id(NOW), "state_since": NOW, "created_at": NOW, **named}
    database.write(lambda db: db.execute(insert(territory).values(**row)), Scope.worker())
    file = folder / "reperage.csv"
    file.write_bytes(sheet(lines))

    def counted(table: Table) -> int:
        def read(db: Connection) -> int:
            return int(db.execute(select(func.count()).select_from(table)).scalar_one())

        return database.read(read, Scope.worker())

    started = time.monotonic()
    used = [_run(url, file, until=lambda: counted(import_line) >= lines // 2)]
    killed_at = counted(import_line)
    used.append(_run(url, file))
    seconds = round(time.monotonic() - started, 1)
    cases, kept = counted(case_file), counted(import_line)
    database.close()
    return Imported(
        kind, lines, cases, kept, killed_at, seconds,
        round(sum(cpu_seconds for cpu_seconds, _ in used), 1), max(megabytes for _, megabytes in used),
    )  # fmt: skip


def _run(url: str, file: Path, until: Callable[[], bool] = lambda: False) -> tuple[float, int]:
    """Run `qp import`; kill it as soon as `until` says so. Its seconds of a processor, and the most memory it held, in MB."""
    command = [sys.executable, "-m", "api.cli", "import", str(file), "--territory", "roubaix", "--json"]
    environment = {**os.environ, "QP_DATABASE_URL": url}
    megabytes = 0
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=said, stderr=subprocess.STDOUT)
        while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            megabytes = max(megabytes, _held(process.pid))
            if until():
                process.send_signal(signal.SIGKILL)
                break
            time.sleep(_LOOKED_EVERY)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, -signal.SIGKILL):
            said.seek(0)
            raise ImportStopped(said.read().decode(errors="replace")[-2_000:])
    return used.ru_utime + used.ru_stime, megabytes


def _held(process_id: int) -> int:
    """The most memory that process has held, in MB. `ru_maxrss` would count the memory of the process that started it too."""
    status = Path(f"/proc/{process_id}/status").read_text(encoding="ascii")
    return max((int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM:")), default=0)


class ImportStopped(Exception):
    """An import that nobody killed did not end well; what it said last."""
