"""How many requests came by the JSON interface: counted here by handfuls, and in the database by all processes together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from api.rate_limits import LIMITS, Counted, TooOften, begun, count, left
from api.work import Worker
from cases.database import Scope

HANDFUL: Final = 20
"""Requests that a process counts by itself before it writes them down: what a limit may be passed by, for each process."""


@dataclass(slots=True)
class _Tally:
    begun: datetime
    known: int = 0
    """How many there were, for every process, when they were last written down."""
    here: int = 0


class Meter:
    """What this process has counted since it last wrote it down. A read costs no write, but one in a handful."""

    def __init__(self) -> None:
        self._tallies: dict[tuple[Counted, str], _Tally] = {}

    async def spend(self, work: Worker, who: Mapping[Counted, str], now: datetime) -> None:
        """Count one request of each of these. Raises TooOften when one of them has come too often."""
        asked = [*who.items(), *((what, "") for what in who if LIMITS[what].of_all)]
        tallies = {one: self._tally(one, now) for one in asked}
        for one, tally in tallies.items():
            if tally.known + tally.here >= _most(*one):
                raise TooOften(left(now, LIMITS[one[0]].window))
        for tally in tallies.values():
            tally.here += 1
        full = {one: tally for one, tally in tallies.items() if not tally.known or tally.here >= HANDFUL}
        if full:
            await self._write_down(work, full, now)

    def _tally(self, one: tuple[Counted, str], now: datetime) -> _Tally:
        since = begun(now, LIMITS[one[0]].window)
        found = self._tallies.get(one)
        if found is None or found.begun != since:
            self._forget(now)
            found = self._tallies[one] = _Tally(since)
        return found

    def _forget(self, now: datetime) -> None:
        """What is of an hour or a day that is over."""
        over = [one for one, tally in self._tallies.items() if tally.begun != begun(now, LIMITS[one[0]].window)]
        for one in over:
            del self._tallies[one]

    async def _write_down(self, work: Worker, full: Mapping[tuple[Counted, str], _Tally], now: datetime) -> None:
        times = {one: tally.here for one, tally in full.items()}
        for tally in full.values():
            tally.here = 0

        def unit(db: Connection) -> dict[tuple[Counted, str], int]:
            return {one: count(db, *one, now, times[one]) for one in sorted(times)}

        for one, total in (await work.write(unit, Scope.nothing())).items():
            full[one].known = total


def _most(what: Counted, who: str) -> int:
    limit = LIMITS[what]
    return limit.most if who else limit.of_all or limit.most
