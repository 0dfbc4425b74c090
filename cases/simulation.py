"""A territory in the middle of its work, as acts: who does what, on which case, at which virtual instant. The same seed gives the same acts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, Final

from cases.lives import LIVES, Life, Lives, Telling
from engine.lists import DIMENSIONS
from engine.working_days import Calendar

OPENS: Final = time(9, 10)
"""When the first act of a day takes place, local time."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that somebody does. Who and what are named by keys, which the player resolves: `@need`, `@first`, `@agent`, `@mentor` …

    `track` is a kind of track when the event creates one. `by` is a person's key, `branch` (an agent of the referral's branch), `mentor`
    (of the pair) or `entrepreneur`.
    """

    at: datetime
    case: int
    by: str
    event: str
    track: str = "case"
    given: Mapping[str, Any] = field(default_factory=dict)
    record: bool = False
    on_behalf_of: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the lives take place: the advisers by their keys, the calendar, and which lives are lived."""

    advisers: Sequence[str]
    calendar: Calendar
    lives: Sequence[Lives] = LIVES


def acts(today: date, stage: Stage, seed: int = 59) -> Iterator[Act]:
    """Every act of every life up to yesterday, in the order of their instants."""
    chance = chance_of(seed)
    kinds = [(tell, ago) for tell, count, least, most in stage.lives for ago in [(least, most)] * count]
    chance.shuffle(kinds)
    told = [act for case, (tell, ago) in enumerate(kinds) for act in _lived(tell, ago, case, today, stage, chance)]
    return iter(sorted(told, key=lambda act: (act.at, act.case)))


def _lived(tell: Telling, ago: tuple[int, int], case: int, today: date, stage: Stage, chance: Random) -> Iterator[Act]:
    life = Life(case, stage.advisers[case % len(stage.advisers)], chance)
    tell(life)
    last = life.day
    end = chance.randint(*ago)
    minute, before = chance.randint(0, 400), -1
    for day, told in life.told:
        minute = minute + chance.randint(3, 12) if day == before else chance.randint(0, 400)
        before = day
        on = stage.calendar.shift(today, -(last - day) - end)
        at = stage.calendar.at(on, OPENS) + timedelta(minutes=minute, milliseconds=case)
        yield Act(at, case, **told)


def chance_of(seed: int | str) -> Random:
    """A chance that falls the same on every run: for stories, never for secrets."""
    return Random(seed)  # a story is drawn, not a secret  # nosec B311


def score(lever: str, *, high: bool) -> dict[str, int]:
    """A score before, or after the work: 0 to 4 on each dimension of the lever."""
    return {name: (3 + place % 2) if high else place % 3 for place, name in enumerate(DIMENSIONS[lever])}
