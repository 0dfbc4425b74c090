"""The one hop: a route hands its whole unit of work to a small pool of threads, and gets plain data back."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, TypeVar, cast

from fastapi import Depends, Request
from sqlalchemy import Connection

from cases.clock import Clock
from cases.database import Database, Scope

T = TypeVar("T")
THREADS = 4
REMEMBERED = 10_000
"""Things that a process remembers to have noted already."""
NOBODY = Scope.nothing()


class Worker:
    """Where units of work are done: a database, a clock, a few threads."""

    def __init__(self, database: Database, clock: Clock, *, unfiltered: bool = False) -> None:
        self.database, self.clock, self.unfiltered = database, clock, unfiltered
        self._done_lately: OrderedDict[Hashable, None] = OrderedDict()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="unit")

    async def write(self, unit: Callable[[Connection], T], scope: Scope = NOBODY) -> T:
        """Do a unit that changes something: what it gives back is committed. Without a scope it sees no case."""
        return await self._hop(lambda: self.database.write(unit, scope))

    async def read(self, unit: Callable[[Connection], T], scope: Scope = NOBODY) -> T:
        """Do a unit that only reads. Without a scope it sees no case."""
        return await self._hop(lambda: self.database.read(unit, scope))

    async def run(self, job: Callable[[Database], T]) -> T:
        """Do work of several transactions, which opens each by itself."""
        return await self._hop(lambda: job(self.database))

    def first_time(self, what: Hashable) -> bool:
        """Whether this process is asked for the first time to note that; the oldest of many are forgotten, and noted once more."""
        if what in self._done_lately:
            return False
        self._done_lately[what] = None
        if len(self._done_lately) > REMEMBERED:
            self._done_lately.popitem(last=False)
        return True

    async def _hop(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    def close(self) -> None:
        """Let the threads and the database go."""
        self._threads.shutdown()
        self.database.close()


def _worker(request: Request) -> Worker:
    return cast(Worker, request.app.state.worker)


Work = Annotated[Worker, Depends(_worker)]
