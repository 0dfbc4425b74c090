"""What every command needs: the database of the settings, and the clock."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Annotated, Literal

import typer

from api.encrypted import refuse_what_is_in_clear
from api.settings import settings
from cases import definitions
from cases.clock import SystemClock
from cases.database import Database, Scope, connect
from cases.errors import CasesError

CLOCK = SystemClock()
Spoken = Annotated[
    Literal["fr", "en"],
    typer.Option("--language", help="The language of the words of ours; codes are the same in both."),
]


@contextmanager
def opened_database() -> Iterator[Database]:
    """The database of the settings; what goes wrong is said in one line, and the exit code is 1."""
    try:
        refuse_what_is_in_clear(settings())
        with closing(connect(settings().database_url)) as database:
            yield database
    except CasesError as error:
        print(error)
        raise typer.Exit(1) from None


@contextmanager
def running_database() -> Iterator[Database]:
    """The same, once this version's definition was let start on it."""
    with opened_database() as database:
        database.write(lambda db: definitions.start(db, CLOCK.now()), Scope.worker())
        gc.freeze()  # what was built to start lives as long as the process: the collector need not look at it again
        yield database
