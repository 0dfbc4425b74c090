"""The whole database in one file, and back again: each database's own tools, called so that no row is left out."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess  # PostgreSQL's own tools write and read its backups  # nosec B404
from contextlib import closing
from pathlib import Path
from typing import Final

from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import create_engine, inspect
from sqlalchemy.engine import make_url

from api.migrations import run
from cases.errors import CasesError

_SQLITE: Final = b"SQLite format 3\x00"
_EVERYTHING: Final = "-c qp.scope=worker"
"""Row-level security holds the owner too: what is not said to be everybody's would leave rows out, or fail."""


class BackupRefused(CasesError):
    """A backup that cannot be made, or not be restored here; the message says what to do."""


def back_up(owner_url: str, file: Path) -> None:
    """Write the database into a file that is not there yet, while it is used. Raises BackupRefused."""
    if file.exists():
        raise BackupRefused(f"{file} existe déjà : choisissez un autre nom, rien n’est écrasé.")
    half = file.with_name(f"{file.name}.half")
    half.unlink(missing_ok=True)
    half.touch(mode=0o600)
    if owner_url.startswith("sqlite"):
        _from_sqlite(_file_of(owner_url), half)
    else:
        _call("pg_dump", owner_url, "--format=custom", "--enable-row-security", f"--file={half}")
    half.replace(file)


def restore(owner_url: str, file: Path) -> None:
    """Bring a backup into a database that is empty, up to this version, and count what its tables hold. Raises BackupRefused.

    Without that count PostgreSQL reads whole tables where an index would do, until it counts by itself.
    """
    if not file.is_file():
        raise BackupRefused(f"{file} n’est pas un fichier : donnez celui que « qp backup » a écrit.")
    if owner_url.startswith("sqlite"):
        _into_sqlite(file, _file_of(owner_url))
    else:
        _into_postgresql(file, owner_url)
    run.upgrade(owner_url)
    _count(owner_url)


# -- SQLite ---------------------------------------------------------------------------------------------------------------


def _file_of(url: str) -> Path:
    return Path(make_url(url).database or "")


def _from_sqlite(database: Path, half: Path) -> None:
    if not database.is_file():
        raise BackupRefused(f"Il n’y a pas de base à {database} : vérifiez QP_DATABASE_URL.")
    half.unlink()
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as db:
        db.execute("VACUUM INTO ?", (str(half),))
    half.chmod(0o600)


def _into_sqlite(file: Path, database: Path) -> None:
    there = [path for path in (database, *(Path(f"{database}{end}") for end in ("-wal", "-shm"))) if path.exists()]
    if there:
        raise BackupRefused(f"{there[0]} est déjà là : arrêtez le produit, mettez la base de côté, puis recommencez.")
    with file.open("rb") as opened:
        if opened.read(len(_SQLITE)) != _SQLITE:
            raise BackupRefused(f"{file} n’est pas une sauvegarde SQLite.")
    half = database.with_name(f"{database.name}.half")
    shutil.copy(file, half)
    half.replace(database)


# -- PostgreSQL -----------------------------------------------------------------------------------------------------------


def _into_postgresql(file: Path, owner_url: str) -> None:
    engine = create_engine(_for_psycopg(owner_url))
    with closing(engine.connect()) as db:
        there = inspect(db).get_table_names()
    engine.dispose()
    if there:
        raise BackupRefused(
            "Cette base n’est pas vide : créez-en une nouvelle, du même propriétaire, puis recommencez."
        )
    name = str(conninfo_to_dict(owner_url).get("dbname", ""))
    alone = ("--no-owner", "--no-comments", "--exit-on-error", "--single-transaction")
    _call("pg_restore", owner_url, *alone, f"--dbname={name}", str(file))


def _call(program: str, url: str, *words: str) -> None:
    """Run a tool of PostgreSQL on a database, whose password stands in no command line."""
    if shutil.which(program) is None:
        raise BackupRefused(
            f"« {program} » n’est pas installé : ajoutez le paquet postgresql-client, puis recommencez."
        )
    known = {f"PG{name.upper()}": str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    known["PGDATABASE"] = known.pop("PGDBNAME", "")
    done = subprocess.run(  # one of two programs that are named here, each word apart  # nosec B603
        [program, "--no-password", *words], env={**os.environ, **known, "PGOPTIONS": _EVERYTHING}, capture_output=True, text=True, check=False
    )  # fmt: skip
    if done.returncode:
        raise BackupRefused(f"{program} s’est arrêté : {done.stderr.strip()[-600:]}")


def _for_psycopg(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1).replace("postgres://", "postgresql+psycopg://", 1)


def _count(owner_url: str) -> None:
    engine = create_engine(_for_psycopg(owner_url))
    with closing(engine.connect()) as db:
        db.exec_driver_sql("ANALYZE")
        db.commit()
    engine.dispose()
