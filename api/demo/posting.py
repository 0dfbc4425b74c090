"""The mails of the demo's history: planned, composed and caught at their virtual instants; the oldest are known to have left, without their words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Self

from sqlalchemy import Connection, update

from cases.clock import FixedClock
from cases.database import Database, Scope
from notifications.mailer import Post, send_due
from notifications.planner import plan
from notifications.tables import message

WORDS_KEPT: Final = timedelta(days=8)
"""How far back the letters of the demo can be read."""


class Posting:
    """What becomes of the mails of a history that ends at `until`; used with `with`, for the loop in which they leave."""

    def __init__(self, post: Post, until: datetime, words_kept: timedelta = WORDS_KEPT) -> None:
        self._post, self._since = post, until - words_kept
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.close()

    def __call__(self, database: Database, at: datetime) -> None:
        """Plan what is to be told by an instant, and let what is due leave."""
        plan(database, at, domain=self._post.domain)
        if at >= self._since:
            self._runner.run(send_due(database, FixedClock(at), self._post))
        else:
            database.write(_left(at), Scope.worker())


def _left(at: datetime) -> Callable[[Connection], None]:
    """Mails of long ago: they left, and their words were erased since."""
    due = (message.c.status == "waiting", message.c.send_at <= at)

    def unit(db: Connection) -> None:
        db.execute(update(message).where(*due).values(status="sent", sent_at=message.c.send_at, attempts=1))

    return unit
