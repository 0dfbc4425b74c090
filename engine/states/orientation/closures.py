"""A branch that said when it closes: what is asked of it afterwards stands still on those days too."""

from __future__ import annotations

from collections.abc import Iterator

from engine.effects import Effect, Follow, Forget, Later
from engine.facts import Situation
from engine.working_days import EVENING


def closures_stop_its_clocks(at: Situation) -> Iterator[Effect]:
    """The clocks stop on the last evening before each closure, at once when no working day is left, and go on after its last day.

    What was planned for closures when the track was asked before is dropped first.
    """
    track, calendar = at.act.track, at.case.calendar
    yield Forget(track, "closure")
    for first, last in at.referral.closures:
        eve, days = calendar.shift(first, -1), {"from": first, "to": last}
        if eve > at.day:
            yield Later(track, "closure", calendar.at(eve, EVENING), days)
        else:
            yield Follow(track, "closure", days)
        yield Later(track, "closure", max(calendar.at(last, EVENING), at.act.now), {"over": True})
