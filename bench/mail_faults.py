"""What must hold of mails when workers die, stop and come back, when nothing worked for three days, and when some are poisoned."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, func, select, update

from bench.ground import NOW
from bench.mail import SENDER, RunningClock, due_messages
from bench.sink import Sink, running_sink
from cases.access import Grant, Identity
from cases.clock import FixedClock
from cases.database import Database, Scope, Unit, connect
from cases.tables.memory import deadline, mark_fired
from engine.model import Role
from notifications import lease
from notifications.clock import tick
from notifications.lease import LEASE
from notifications.mailer import Post, send_due
from notifications.outgoing import Tray, outgoing
from notifications.smtp import CONNECTIONS, SmtpCarrier, read_server
from notifications.tables import mail_count, message

T = TypeVar("T")
A_MINUTE_LATER = LEASE + timedelta(seconds=1)
A_ROUND = 2 * A_MINUTE_LATER
"""From one kill to the next: two hundred of them stay within the hours of one working day, as mails wait in the evening."""
DUE_A_KILL = 5
"""Messages that are due when a worker is killed."""
WORKERS = 4
OUTAGE = timedelta(hours=72)
ADMIN = Identity(name="Programme", grants=(Grant(Role.ADMIN),))


@dataclass(frozen=True, slots=True)
class Killed:
    """Workers killed between the server's 250 and their commit: mails due, lost, repeated once, repeated more, and under another Message-ID."""

    kills: int
    due: int
    lost: int
    repeated_once: int
    repeated_more: int
    under_another_id: int

    @property
    def held(self) -> bool:
        """Whether each mail came, once more at the most, under its own identity."""
        return not (self.lost or self.repeated_more or self.under_another_id)


@dataclass(frozen=True, slots=True)
class Stopped:
    """Four workers, one stopped for longer than its lease and resumed: the same; `unmarked` did not end as sent."""

    workers: int
    due: int
    stopped_for_seconds: float
    lost: int
    repeated_once: int
    repeated_more: int
    under_another_id: int
    unmarked: int
    seconds: float

    @property
    def held(self) -> bool:
        """Whether each mail came, once more at the most, under its own identity, and is known to have left."""
        return not (self.lost or self.repeated_more or self.under_another_id or self.unmarked)


@dataclass(frozen=True, slots=True)
class Outage:
    """Nothing worked for three days: marks that fired late, deadlines left, reminders of which each person got how many mails at most."""

    hours: float
    marks: int
    left: int
    reminders: int
    people_written_to: int
    mails_a_person_at_most: int

    @property
    def held(self) -> bool:
        """Whether everything late fired, and nobody got more than one reminder."""
        return bool(self.marks) and not self.left and self.mails_a_person_at_most == 1


@dataclass(frozen=True, slots=True)
class Poisoned:
    """One broken template and one broken address among the others: how many left, and the incidents that who is in charge sees."""

    due: int
    left: int
    seen: int

    @property
    def held(self) -> bool:
        """Whether all the others left, and both incidents are seen."""
        return (self.left, self.seen) == (self.due - 2, 2)


def kill_workers(database: str, kills: int) -> Killed:
    """Each time a few mails are due, a worker is killed at its first mark, and another comes after the lease."""
    with (
        tempfile.TemporaryDirectory() as folder,
        due_messages(database, folder, kills * DUE_A_KILL) as url,
        running_sink() as sink,
    ):
        ids = _later_by_rounds(url, DUE_A_KILL)
        for number in range(kills):
            at = NOW + number * A_ROUND
            _live(url, sink, at, dies=True)
            _live(url, sink, at + A_MINUTE_LATER)
        once, more, lost, strange = _compared(sink.taken(), ids)
    return Killed(kills, len(ids), lost, once, more, strange)


def stop_one_of_four(database: str, due: int, speed: float = 1) -> Stopped:
    """Four workers send; one is stopped as soon as it has begun, and goes on when its lease is over and the others have finished."""
    with tempfile.TemporaryDirectory() as folder, due_messages(database, folder, due) as url, running_sink() as sink:
        ids, began = _ids(url), time.monotonic()
        together = _forks()
        workers = [
            together.Process(target=_work_on, args=(url, sink.url(CONNECTIONS), began, speed, f"worker {n}"))
            for n in range(WORKERS)
        ]
        for worker in workers:
            worker.start()
        stopped_at = _stop_when_at_work(workers[0].pid or 0, url)
        for worker in workers[1:]:
            worker.join()
        time.sleep(max(0.0, A_MINUTE_LATER.total_seconds() / speed - (time.monotonic() - stopped_at)))
        _work_on(url, sink.url(CONNECTIONS), began, speed, "after the lease")
        stopped_for = time.monotonic() - stopped_at
        os.kill(workers[0].pid or 0, signal.SIGCONT)
        workers[0].join()
        seconds = time.monotonic() - began
        once, more, lost, strange = _compared(sink.taken(), ids)
        unmarked = _read(url, lambda db: _count(db, message.c.status != "sent"))
    return Stopped(
        WORKERS, len(ids), round(stopped_for * speed, 1), lost, once, more, strange, unmarked, round(seconds, 1)
    )


def come_back_after_three_days(database: str, cases: int) -> Outage:
    """What was due at first leaves; then nothing works for 72 hours; then one tick."""
    with (
        tempfile.TemporaryDirectory() as folder,
        due_messages(database, folder, 2 * cases) as url,
        running_sink() as sink,
    ):
        _live(url, sink, NOW)
        sink.taken()
        later = NOW + OUTAGE
        db = connect(url)
        asyncio.run(tick(db, FixedClock(later), _post(sink, "back")))
        db.close()
        late = (deadline.c.status == "open", deadline.c.next_at <= later)
        written = _read(url, lambda db: _mails_of_each(db))
        left = _read(
            url, lambda db: int(db.execute(select(func.count()).select_from(deadline).where(*late)).scalar_one())
        )
        marks = _read(url, lambda db: int(db.execute(select(func.count()).select_from(mark_fired)).scalar_one()))
        reminders = _read(url, lambda db: _count(db, message.c.mail_class == "reminder", message.c.kind == "mail"))
    return Outage(OUTAGE.total_seconds() / 3600, marks, left, reminders, len(written), max(written.values(), default=0))


def poison_two(database: str, due: int) -> Poisoned:
    """One message has no template any more, the address of another is none."""
    with tempfile.TemporaryDirectory() as folder, due_messages(database, folder, due) as url, running_sink() as sink:
        first, second = _ids(url)[:2]
        _write(
            url, lambda db: db.execute(update(message).where(message.c.id == _own(first)).values(key="no_such_words"))
        )
        _write(
            url,
            lambda db: db.execute(update(message).where(message.c.id == _own(second)).values(to_email="nobody at all")),
        )
        _live(url, sink, NOW)
        counts = _read(url, lambda db: outgoing(db, ADMIN, Tray.DEAD, NOW).counts)
        return Poisoned(due, len(set(sink.taken())), counts[Tray.DEAD] + counts[Tray.AGAIN])


# -- workers --------------------------------------------------------------------------------------------------------------


def _forks() -> multiprocessing.context.ForkServerContext:
    """New processes come from one that has read the program already: two hundred of them in a minute."""
    together = multiprocessing.get_context("forkserver")
    together.set_forkserver_preload(["bench.mail_faults"])
    return together


def _live(url: str, sink: Sink, at: datetime, *, dies: bool = False) -> None:
    """The life of one worker, as a process, at an instant: it ends when nothing is due, or is killed."""
    worker = _forks().Process(target=_work_at, args=(url, sink.url(CONNECTIONS), at, dies))
    worker.start()
    worker.join()
    if worker.exitcode != (-signal.SIGKILL if dies else 0):
        raise WorkerFailed(worker.exitcode)


class WorkerFailed(Exception):
    """A worker that nobody killed ended by itself, or one that was to be killed did not."""


def _work_at(url: str, smtp_url: str, at: datetime, dies: bool) -> None:
    database = connect(url)
    carrier = SmtpCarrier(read_server(smtp_url))
    asyncio.run(
        send_due(
            _DiesBeforeCommit(database) if dies else database,
            FixedClock(at),
            Post(carrier, SENDER, "https://quartiers.example"),
        )
    )
    database.close()


def _work_on(url: str, smtp_url: str, began: float, speed: float, name: str) -> None:
    """Send until nothing is due and nothing is leased by anybody who is at work."""
    database, clock = connect(url), RunningClock(began, speed=speed)
    carrier = SmtpCarrier(read_server(smtp_url))
    asyncio.run(send_due(database, clock, Post(carrier, SENDER, "https://quartiers.example", name)))
    database.close()


class _DiesBeforeCommit:
    """A database whose process is killed when letters that left are being marked: the statements are sent, and never committed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.dialect, self.engine = database.dialect, database.engine

    def write(self, unit: Unit[T], scope: Scope) -> T:
        """Do the unit; where it marks, do not come back from it."""
        if getattr(unit, "func", None) is lease.mark_sent:
            return self._database.write(lambda db: _die_after(unit, db), scope)
        return self._database.write(unit, scope)

    def read(self, unit: Unit[T], scope: Scope) -> T:
        """The database's own."""
        return self._database.read(unit, scope)

    def close(self) -> None:
        """The database's own."""
        self._database.close()


def _die_after(unit: Callable[[Connection], T], db: Connection) -> T:
    done = unit(db)
    os.kill(os.getpid(), signal.SIGKILL)
    return done


def _stop_when_at_work(pid: int, url: str) -> float:
    """Stop a worker as soon as it has leased something; give when."""
    with _opened(url) as database:
        while not database.read(lambda db: _count(db, message.c.leased_by == "worker 0"), Scope.worker()):
            time.sleep(0.01)
        os.kill(pid, signal.SIGSTOP)
    return time.monotonic()


# -- what came of it ------------------------------------------------------------------------------------------------------


def _compared(taken: list[str], ids: list[str]) -> tuple[int, int, int, int]:
    """Of the letters that arrived: how many were repeated once, and more; how many never came, and how many bear another Message-ID."""
    arrived = Counter(taken)
    once = sum(count == 2 for count in arrived.values())
    more = sum(count > 2 for count in arrived.values())
    return once, more, len(set(ids) - set(arrived)), len(set(arrived) - set(ids))


def _later_by_rounds(url: str, each: int) -> list[str]:
    """Have so many messages be due at each round, a few minutes after the one before; give their Message-IDs."""
    ids = _ids(url)

    def unit(db: Connection) -> None:
        for place, message_id in enumerate(ids):
            at = NOW + place // each * A_ROUND
            db.execute(update(message).where(message.c.id == _own(message_id)).values(send_at=at))

    _write(url, unit)
    return ids


def _own(message_id: str) -> str:
    return message_id.strip("<>").partition("@")[0]


def _ids(url: str) -> list[str]:
    due = select(message.c.message_id).where(message.c.status == "waiting").order_by(message.c.id)
    return _read(url, lambda db: list(db.execute(due).scalars()))


def _count(db: Connection, *where: ColumnElement[bool]) -> int:
    return int(db.execute(select(func.count()).select_from(message).where(*where)).scalar_one())


def _mails_of_each(db: Connection) -> dict[str, int]:
    """How many reminders each person got on one day, at most."""
    counts = select(mail_count.c.person_key, func.max(mail_count.c.sent)).where(mail_count.c.sent > 0)
    return {key: sent for key, sent in db.execute(counts.group_by(mail_count.c.person_key))}


def _post(sink: Sink, name: str) -> Post:
    return Post(SmtpCarrier(read_server(sink.url(CONNECTIONS))), SENDER, "https://quartiers.example", name)


def _read(url: str, unit: Callable[[Connection], T]) -> T:
    with _opened(url) as database:
        return database.read(unit, Scope.worker())


def _write(url: str, unit: Callable[[Connection], object]) -> None:
    with _opened(url) as database:
        database.write(unit, Scope.worker())


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    database = connect(url)
    try:
        yield database
    finally:
        database.close()
