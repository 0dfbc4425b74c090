"""Building the demo: the stage, then a year of work in virtual time up to this morning, a few transactions for all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection, update

from api.demo.cast import ADVISERS
from api.demo.playing import Player, Together, days_of
from api.demo.stage import Set, set_the_stage
from cases import simulation
from cases.database import Database, Scope
from cases.identifiers import drawn_from
from cases.lives import LIVES, Lives
from cases.simulation import Act, Stage
from cases.sweep import next_due, sweep
from cases.tables.case import task
from engine.working_days import EVENING, MORNING, ONE_DAY, Calendar

SEED = 59
DAYS_TOGETHER = 10
"""Days that share a transaction."""
CALLED_WITHIN = timedelta(days=3)
"""How long the people of the demo take to call somebody."""
CALENDAR = Calendar()

Days = Sequence[date]
Track = Callable[[Sequence[Days]], Iterable[Days]]
"""What shows how far the building has come, as it goes through the days."""
Post = Callable[[Database, datetime], None]
"""What is done with what is to be told by an instant: planned, composed, sent."""


@dataclass(frozen=True, slots=True)
class Built:
    """What was built: who plays, how many acts were played, which lives stopped early and why."""

    made: Set
    cases: int
    played: int
    stopped: dict[int, str]


def build(
    database: Database, now: datetime, post: Post, *, lives: Sequence[Lives] = LIVES, track: Track = iter
) -> Built:
    """Play everything on an empty database, as if it had happened until this morning. The same day and seed give the same demo."""
    today = CALENDAR.day_of(now)
    chance = simulation.chance_of(SEED)

    def stage(db: Connection) -> Set:
        with drawn_from(chance):
            return set_the_stage(db, CALENDAR.at(today, time(8)))

    player = Player(database.write(stage, Scope.worker()), CALENDAR)
    acts = days_of(simulation.acts(today, Stage(ADVISERS, CALENDAR, lives), SEED), CALENDAR)
    days = _every_day(min(acts), today)
    for some in track([days[first : first + DAYS_TOGETHER] for first in range(0, len(days), DAYS_TOGETHER)]):

        def unit(db: Connection, some: Days = some) -> None:
            with drawn_from(chance):
                for day in some:
                    _live(Together(db, database.engine), player, day, acts.get(day, []), now, post)

        database.write(unit, Scope.worker())
    return Built(player.made, len(player.cases), player.played, player.stopped)


def _every_day(first: date, last: date) -> list[date]:
    return [first + ONE_DAY * count for count in range((last - first).days + 1)]


def _live(together: Together, player: Player, day: date, acts: Sequence[Act], now: datetime, post: Post) -> None:
    """A day: what falls due in the morning, what people do, what falls due in the evening; nothing after `now`."""
    for at, act in [
        (CALENDAR.at(day, MORNING), None),
        *((act.at, act) for act in acts),
        (CALENDAR.at(day, EVENING), None),
    ]:
        if at > now:
            return
        if act is not None:
            player.play(together, act)
        else:
            _let_it_fall_due(together, at)
            _make_calls(together, at)
        post(together, at)


def _let_it_fall_due(together: Together, at: datetime) -> None:
    """Every mark and planned step up to that instant, each at its own."""
    while (due := next_due(together)) is not None and due <= at:
        sweep(together, due + timedelta(seconds=1))


def _make_calls(together: Together, at: datetime) -> None:
    """Whoever is to call people without an address has called them a few days later."""
    due = (task.c.done_at.is_(None), task.c.due_on <= CALENDAR.day_of(at) - CALLED_WITHIN)
    together.write(lambda db: db.execute(update(task).where(*due).values(done_at=at)), Scope.worker())
