"""A demo of a few lives: they are lived once for all the processes of a run, and each who asks has a copy."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from api.demo.place import How, place_in, prepare
from cases.database import Database, connect
from cases.lives import LIVES
from tests.once import locked, shared_folder

TUESDAY: Final = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
A_FEW: Final = tuple((tell, 1, least, most) for tell, _, least, most in LIVES)[::3]


@contextmanager
def a_few_lives(base: Path, folder: Path) -> Iterator[Database]:
    """Its database in that folder, which is made; `base` is the folder of the tests of this process."""
    shutil.copytree(_lived(shared_folder(base)), folder)
    with closing(connect(place_in(folder).url)) as database:
        yield database


def _lived(shared: Path) -> Path:
    """The folder in which they were lived: copied, never opened by a test."""
    lived = shared / "few-lives"
    with locked(shared, "few-lives"):
        if not lived.exists():
            half_made = shared / "few-lives-half-made"
            shutil.rmtree(half_made, ignore_errors=True)
            how = How("http://demo.example", timedelta(days=3), A_FEW)
            prepare(place_in(half_made), TUESDAY, how)[0].close()
            half_made.rename(lived)
    return lived
