"""The one thread that writes to a SQLite file: units that wait share a commit, each in a savepoint of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final, TypeVar, cast

from sqlalchemy import Connection, Engine

from cases.errors import CasesError

T = TypeVar("T")
AT_ONCE: Final = 64
"""Units that share one commit, at the most."""


class NestedWrite(CasesError):
    """A unit of work began another one: the inner one belongs in the same unit."""

    def __init__(self) -> None:
        super().__init__("Une écriture ne peut pas en contenir une autre.")


class RolledBack(CasesError):
    """The disk refused the write (it is full, perhaps): nothing was kept. Free some room, then try again."""

    def __init__(self) -> None:
        super().__init__(
            "Rien n’a été enregistré : le disque est plein ou refuse d’écrire. Libérez de la place, puis recommencez."
        )


class _Job:
    """A unit that waits, and where its answer goes."""

    def __init__(self, unit: Callable[[Connection], Any]) -> None:
        self.unit = unit
        self.future: Future[Any] = Future()
        self.answer: Any = None
        self.error: BaseException | None = None


class SQLiteWriter:
    """Takes whole units from any thread; gives their answers once they are committed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: queue.Queue[_Job | None] = queue.Queue()
        self._thread = threading.Thread(target=self._work, name="sqlite-writer", daemon=True)
        self._started = threading.Lock()

    def write(self, unit: Callable[[Connection], T]) -> T:
        """Do a unit and wait for its commit. What the unit raises is raised here, and only its own changes are undone."""
        if threading.current_thread() is self._thread:
            raise NestedWrite
        self._start()
        job = _Job(unit)
        self._jobs.put(job)
        return cast(T, job.future.result())

    def close(self) -> None:
        """Finish what waits, then stop."""
        if self._thread.is_alive():
            self._jobs.put(None)
            self._thread.join()

    def _start(self) -> None:
        with self._started:
            if not self._thread.is_alive():
                self._thread.start()

    def _work(self) -> None:
        with self._engine.connect() as db:
            while (batch := self._next_batch()) is not None:
                if not self._do(db, batch):
                    for job in batch:
                        if not self._do(db, [job]):
                            job.future.set_exception(job.error or RolledBack())

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

    def _do(self, db: Connection, batch: list[_Job]) -> bool:
        """Do a batch in one transaction and answer; False when the database rolled it back, so that nobody is answered wrongly."""
        try:
            db.exec_driver_sql("BEGIN IMMEDIATE")
            kept = all(self._do_one(db, job) for job in batch)
            kept = kept and _in_transaction(db)
            db.exec_driver_sql("COMMIT" if kept else "ROLLBACK") if _in_transaction(db) else None
        except Exception as error:  # a worker's loop: whoever waits must be answered, whatever happened
            if _in_transaction(db):
                db.exec_driver_sql("ROLLBACK")
            for job in batch:
                job.error = job.error or error
            return False
        if kept:
            for job in batch:
                _answer(job)
        return kept

    def _do_one(self, db: Connection, job: _Job) -> bool:
        """Do one unit in its savepoint; False when the whole transaction is gone."""
        job.answer, job.error = None, None
        db.exec_driver_sql("SAVEPOINT unit")
        try:
            job.answer = job.unit(db)
        except Exception as error:  # a worker's loop: the error belongs to the unit's caller
            job.error = error
            if not _in_transaction(db):
                return False
            db.exec_driver_sql("ROLLBACK TO unit")
        if not _in_transaction(db):
            return False
        db.exec_driver_sql("RELEASE unit")
        return True


def _in_transaction(db: Connection) -> bool:
    """What the driver itself knows: a full disk ends the transaction without a word."""
    driver: Any = db.connection.driver_connection
    return bool(driver.in_transaction)


def _answer(job: _Job) -> None:
    if job.error is not None:
        job.future.set_exception(job.error)
    else:
        job.future.set_result(job.answer)
