"""The one thread that writes to a SQLite file: units that wait share a commit, each in a savepoint of its own."""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Never, TypeVar, cast

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import SQLAlchemyError

from cases.errors import CasesError

T = TypeVar("T")
AT_ONCE: Final = 64
"""Units that share one commit, at the most."""


class NestedWrite(CasesError):
    """A unit of work began another one: the inner one belongs in the same unit."""

    def __init__(self) -> None:
        super().__init__("Une écriture ne peut pas en contenir une autre.")


class RolledBack(CasesError):
    """The database undid the transaction (the disk is full, perhaps): nothing was kept."""

    def __init__(self) -> None:
        super().__init__(
            "Rien n’a été enregistré : le disque est plein ou refuse d’écrire. Libérez de la place, puis recommencez."
        )


class TransactionTaken(CasesError):
    """A unit tried to commit or roll back: the transaction belongs to whoever runs the unit."""

    def __init__(self) -> None:
        super().__init__("Une écriture ne peut pas clore elle-même sa transaction.")


class WriterClosed(CasesError):
    """The database was closed: start again to write."""

    def __init__(self) -> None:
        super().__init__("La base de données est fermée : relancez le programme.")


class SQLiteWriter:
    """Takes whole units from any thread; gives their answers once they are committed.

    A unit may be done twice (its whole batch was rolled back), so that it changes nothing but the database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False

    def write(self, unit: Callable[[Connection], T]) -> T:
        """Do a unit and wait for its commit. What the unit raises is raised here, and only its own changes are undone.

        Raises NestedWrite from inside a unit, RolledBack when the database kept nothing, WriterClosed after `close`.
        """
        if threading.current_thread() is self._thread:
            raise NestedWrite
        job = _Job(unit)
        with self._lock:
            if self._closed:
                raise WriterClosed
            self._start()
            self._jobs.put(job)
        return cast(T, job.wait())

    def close(self) -> None:
        """Finish what waits, then stop."""
        with self._lock:
            self._closed = True
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join()

    def _start(self) -> None:
        """Open the connection here, so that a file which cannot be opened is told to the caller."""
        if self._thread is None:
            db = self._engine.connect()
            event.listen(db, "commit", _refuse)
            event.listen(db, "rollback", _refuse)
            self._thread = threading.Thread(target=self._work, args=(db,), name="sqlite-writer", daemon=True)
            self._thread.start()

    def _work(self, db: Connection) -> None:
        while (batch := self._next_batch()) is not None:
            if not _do(db, batch):
                for job in batch:
                    if not _do(db, [job]):
                        job.fail()
        event.remove(db, "commit", _refuse)
        event.remove(db, "rollback", _refuse)
        db.close()

    def _next_batch(self) -> list[_Job] | None:
        """The units that wait, at least one; None when it is time to stop."""
        first = self._jobs.get()
        if first is None:
            return None
        batch = [first]
        while len(batch) < AT_ONCE:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                self._jobs.put(None)
                break
            batch.append(job)
        return batch


class _Job:
    """A unit that waits, and its answer once there is one."""

    def __init__(self, unit: Callable[[Connection], Any]) -> None:
        self.unit = unit
        self.answer: Any = None
        self.error: BaseException | None = None
        self.gone: BaseException | None = None
        self._answered = threading.Lock()
        self._answered.acquire()

    def wait(self) -> Any:
        """The answer, once it is committed; or what the unit raised, or RolledBack."""
        self._answered.acquire()
        if self.error is not None:
            raise self.error
        return self.answer

    def reply(self) -> None:
        """Committed: let go whoever waits."""
        self._answered.release()

    def fail(self) -> None:
        """Not kept: say so, and what the database said."""
        error = RolledBack()
        error.__cause__ = self.gone or self.error
        self.error = error
        self._answered.release()


def _do(db: Connection, batch: list[_Job]) -> bool:
    """Do a batch in one transaction and answer; False when the database rolled it back, so that nobody is answered wrongly."""
    try:
        _say(db, "BEGIN IMMEDIATE")
        kept = all(_do_one(db, job, alone=len(batch) == 1) for job in batch) and _in_transaction(db)
        if kept:
            _say(db, "COMMIT")
    except BaseException as error:  # a worker's loop: whoever waits must be answered, whatever happened
        kept = False
        for job in batch:
            job.gone = error
    if not kept:
        _leave(db)
        return False
    for job in batch:
        job.reply()
    return True


def _do_one(db: Connection, job: _Job, *, alone: bool) -> bool:
    """Do one unit, in its savepoint unless it is alone: the database copies each page that it changes for one. False when the transaction is gone."""
    job.answer, job.error, job.gone = None, None, None
    if not db.in_transaction():
        db.begin()  # SQLAlchemy's own, which says nothing to the database
    if not alone:
        _say(db, "SAVEPOINT unit")
    try:
        job.answer = job.unit(db)
    except BaseException as error:  # a worker's loop: the error belongs to the unit's caller
        job.error = error
        _let_go(db)
    if not _in_transaction(db):
        return False
    for word in _undone(alone=alone) if job.error is not None else ():
        _say(db, word)
    if not alone:
        _say(db, "RELEASE unit")
    return _in_transaction(db)


def _undone(*, alone: bool) -> tuple[str, ...]:
    """What undoes one unit, and leaves a transaction to commit."""
    return ("ROLLBACK", "BEGIN") if alone else ("ROLLBACK TO unit",)


def _let_go(db: Connection) -> None:
    """After a refused commit SQLAlchemy holds a transaction of which nothing can come; the database's own goes on."""
    transaction = db.get_transaction()
    if transaction is not None and not transaction.is_active:
        with suppress(TransactionTaken):
            transaction.rollback()


def _leave(db: Connection) -> None:
    """Roll back what is left; where even that fails, the next BEGIN says so to whoever waits."""
    with suppress(SQLAlchemyError, sqlite3.Error):
        if _in_transaction(db):
            _say(db, "ROLLBACK")


def _say(db: Connection, word: str) -> None:
    """A word about the transaction goes to the driver itself: SQLAlchemy has nothing to add."""
    driver: Any = db.connection.driver_connection
    driver.execute(word)


def _in_transaction(db: Connection) -> bool:
    """What the driver itself knows: a full disk ends the transaction without a word."""
    driver: Any = db.connection.driver_connection
    return bool(driver.in_transaction)


def _refuse(_: Connection) -> Never:
    raise TransactionTaken
