"""The one hop: a route hands its whole unit of work to a small pool of threads, and gets plain data back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, TypeVar, cast

from fastapi import Depends, Request
from sqlalchemy import Connection

from cases.clock import Clock
from cases.database import Database, Scope

T = TypeVar("T")
THREADS = 4


class Worker:
    """Where units of work are done: a database, a clock, a few threads."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self.clock = database, clock
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="unit")

    async def write(self, unit: Callable[[Connection], T]) -> T:
        """Do a unit that changes something: what it gives back is committed."""
        return await self._hop(lambda: self.database.write(unit, Scope.worker()))

    async def read(self, unit: Callable[[Connection], T]) -> T:
        """Do a unit that only reads."""
        return await self._hop(lambda: self.database.read(unit, Scope.worker()))

    async def _hop(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    def close(self) -> None:
        """Let the threads and the database go."""
        self._threads.shutdown()
        self.database.close()


def _worker(request: Request) -> Worker:
    return cast(Worker, request.app.state.worker)


Work = Annotated[Worker, Depends(_worker)]
