"""Messages leave: taken, written and marked many at a time, sent side by side outside of any transaction; at least once, always under one Message-ID."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, Final, TypeVar

import structlog

from cases.clock import Clock
from cases.database import Database, Scope
from notifications import lease
from notifications.errors import Closed, LetterRefused, TryLater
from notifications.lanes import Lanes
from notifications.lease import Asked
from notifications.letters import domain_of
from notifications.links import keep_links
from notifications.smtp import WHOLE, Carrier
from notifications.writing import Ready, Unwritten, Writing, write_all

T = TypeVar("T")
_log = structlog.get_logger(__name__)

_LOOKS_AGAIN: Final = 0.5
"""Seconds after which a worker that waits for answers looks whether a letter is long on its way, and a lane free for others."""


@dataclass(frozen=True, slots=True)
class Post:
    """How mails leave: who carries them, from which address, with links to where."""

    carrier: Carrier
    sender: str
    base_url: str
    worker: str = "worker"
    reply_domain: str = ""
    """The domain at which a mail can be answered; empty when nobody listens there."""
    key: str = field(default="", repr=False)
    """Signs the codes to sign in: that of the forms."""

    @property
    def domain(self) -> str:
        """The domain of the messages' identities."""
        return domain_of(self.sender)


async def send_due(
    database: Database, clock: Clock, post: Post, *, stopping: Callable[[], bool] = lambda: False
) -> int:
    """Send everything that is due; give how many letters left. `stopping` is asked before each letter.

    Any number of workers may send at once. A message that fails stops no other, nor does a slow domain; a server that is away stops them all,
    until later.
    """
    run = _Run(database, clock, post, stopping)
    try:
        await run.until_nothing_is_due()
    finally:
        await post.carrier.rest()
    if run.away:
        _log.warning("mail_server_away", error=run.away)
    return run.sent


class _Run:
    """One worker at work: messages are taken, others are on their way, others are being marked, all at the same time."""

    def __init__(self, database: Database, clock: Clock, post: Post, stopping: Callable[[], bool]) -> None:
        self._database, self._clock, self._post, self._stopping = database, clock, post, stopping
        self._lanes: Lanes[Ready] = Lanes(post.carrier.lanes)
        self._tasks: set[asyncio.Task[None]] = set()
        self._more, self._is_open, self._taking, self._marking = True, False, False, False
        self._left: list[Ready] = []
        self.sent, self.away = 0, ""

    async def until_nothing_is_due(self) -> None:
        """Go on until nothing is due, or the server is away, or this worker is to stop: then what is on its way is still marked."""
        try:
            while self._begin_what_can_be():
                done, _ = await asyncio.wait(self._tasks, timeout=_LOOKS_AGAIN, return_when=asyncio.FIRST_COMPLETED)
                self._tasks -= done
                for task in done:
                    task.result()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def _is_over(self) -> bool:
        return bool(self.away) or self._stopping()

    def _begin_what_can_be(self) -> bool:
        """Begin all that can be; whether anything is under way."""
        if self._is_over:
            self._begin(*(self._give_back(ready.row) for ready in self._lanes.empty()))
        else:
            now = asyncio.get_running_loop().time()
            while (started := self._lanes.start(now)) is not None:
                self._begin(self._send(*started))
            if self._more and not self._taking and self._lanes.room() > 0:
                self._taking = True
                self._begin(self._take())
        if self._left and not self._marking:
            self._marking = True
            self._begin(self._mark())
        return bool(self._tasks)

    def _begin(self, *works: Coroutine[Any, Any, None]) -> None:
        self._tasks.update(asyncio.create_task(work) for work in works)

    async def _write(self, unit: Callable[..., T], **given: Any) -> T:
        """Do a unit in a transaction of its own, in a thread."""
        return await asyncio.to_thread(
            self._database.write, partial(unit, now=self._clock.now(), **given), Scope.worker()
        )

    # -- what is done at the same time --------------------------------------------------------------------------------------------

    async def _take(self) -> None:
        """Take the next messages, and write their letters; none before there is a server to take them."""
        if not self._is_open and not await self._opens():
            self._more, self._taking = False, False
            return
        room = min(lease.AT_ONCE, self._lanes.room())
        asked = Asked(self._post.worker, self._post.domain, room, self._lanes.full())
        taken = await self._write(lease.take, asked=asked)
        if taken.rows:
            await self._make_ready(taken.rows)
        self._more, self._taking = taken.seen > 0, False

    async def _opens(self) -> bool:
        """Whether something is due, and the server there."""
        due = partial(lease.is_anything_due, now=self._clock.now())
        if await asyncio.to_thread(self._database.read, due, Scope.worker()):
            try:
                await self._post.carrier.open()
                self._is_open = True
            except Closed as error:
                self.away = str(error)
        return self._is_open

    async def _make_ready(self, rows: tuple[dict[str, Any], ...]) -> None:
        post = self._post
        writing = Writing(post.sender, post.base_url, self._clock.now(), post.reply_domain, post.key)
        found = await asyncio.to_thread(write_all, self._database, rows, writing)
        links = [link for one in found if isinstance(one, Ready) for link in one.links]
        await self._write(lambda db, now: keep_links(db, links))
        for one in found:
            if isinstance(one, Unwritten):
                await self._fail(one.row, one.error, broken=True)
            else:
                self._lanes.put(one.letter.domain, one)

    async def _send(self, number: int, ready: Ready) -> None:
        """Send one letter, and keep what became of it."""
        try:
            if self._is_over or self._is_late(ready):
                await self._give_back(ready.row)
                return
            await self._post.carrier.carry(ready.letter)
        except Closed as error:
            self.away = str(error)
            await self._give_back(ready.row)
        except Exception as error:  # a worker's loop: whatever became of one letter, the others leave
            await self._fail(ready.row, error)
        else:
            self._left.append(ready)
            self.sent += 1
        finally:
            self._more |= self._lanes.end(number, asyncio.get_running_loop().time())

    def _is_late(self, ready: Ready) -> bool:
        """Whether its minute could end on the way: this process was stopped, or its lane was slow. Another worker may have it by then."""
        late = bool(self._clock.now() + timedelta(seconds=WHOLE) > ready.row["leased_until"])
        self._more |= late
        return late

    async def _mark(self) -> None:
        """Mark all that left since the last time."""
        left, self._left = self._left, []
        await self._write(lease.mark_sent, sent=[(ready.row, ready.kept) for ready in left])
        self._marking = False

    async def _give_back(self, row: Any) -> None:
        await self._write(lease.give_back, row=row)

    async def _fail(self, row: Any, error: Exception, *, broken: bool = False) -> None:
        if isinstance(error, LetterRefused):
            await self._write(lease.bury, row=row, refused=error)
            return
        known = isinstance(error, TryLater)
        if not (known or broken):
            _log.error("not_sent", message=row["id"], error=type(error).__name__)
        words = str(error) if known else type(error).__name__
        await self._write(lease.postpone, row=row, error=words, broken=broken)
