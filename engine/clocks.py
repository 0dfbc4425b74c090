"""How a deadline starts, stands still, goes on, moves, and when its marks come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from math import ceil

from engine.facts import ArmedDeadline
from engine.model import Deadline, Do, From, Mark, Span, Unit
from engine.working_days import EVENING, MORNING, Calendar, months_after

_MORNING_MARKS = (Do.REMIND, Do.TELL)


def arm(
    rule: Deadline,
    name: str,
    track: str,
    day: date,
    calendar: Calendar,
    *,
    urgent: bool = False,
    span: Span | None = None,
    on: date | None = None,
    item: str = "",
    missed: int = 0,
    source: str = "default",
) -> ArmedDeadline:
    """A deadline that starts on a local day. `name` is `machine.state.rule`; `on` its date where the step gives one.

    N working days end at 18:00 of the Nth working day strictly after the day; days and months are calendar, moved to the next
    working day. An urgent case has half, rounded up, at least 1.
    """
    span = span or rule.within
    length = max(1, ceil(span.value / 2)) if urgent and span.unit is Unit.WORKING_DAYS else span.value
    due_on = _due_on(span.unit, length, day, calendar, on)
    armed = ArmedDeadline(
        track=track,
        rule=name,
        armed_on=day,
        due_on=due_on,
        unit=span.unit,
        item=item,
        missed=missed,
        length=length if span.unit is not Unit.DATE else None,
        source=source,
    )
    return replace(armed, next_mark=_first_mark(rule, armed, calendar, after=day, start=0))


def _due_on(unit: Unit, length: int, day: date, calendar: Calendar, on: date | None) -> date:
    """The local day on which a span that starts on `day` ends."""
    if unit is Unit.WORKING_DAYS:
        return calendar.shift(day, length)
    if unit is Unit.DAYS:
        return calendar.roll(day + timedelta(days=length))
    if unit is Unit.MONTHS:
        return calendar.roll(months_after(day, length))
    if on is None:
        raise ValueError("a deadline whose length is a date needs that date")
    return calendar.roll(on)


def marks_of(rule: Deadline) -> tuple[Mark, ...]:
    """The marks of a rule in the order in which they come, those of a missed period apart."""
    known = _IN_ORDER.get(id(rule))
    if known is None or known[0] is not rule:
        known = _IN_ORDER[id(rule)] = (rule, _in_order(rule))
    return known[1]


_IN_ORDER: dict[int, tuple[Deadline, tuple[Mark, ...]]] = {}
"""The marks of a rule, put in order once: a rule is as long as its whole text to be told from another."""


def _in_order(rule: Deadline) -> tuple[Mark, ...]:
    length = rule.within.value if rule.within.unit is Unit.WORKING_DAYS else 0

    def order(mark: Mark) -> tuple[int, bool]:
        offset = mark.at.offset - (length if mark.at.origin is From.ENTRY else 0)
        return offset, mark.do not in _MORNING_MARKS

    return tuple(sorted((m for m in rule.marks if m.at.origin is not From.MISSED), key=order))


def begins_again_when_missed(rule: Deadline) -> bool:
    """Whether a repeated deadline starts its next period at its due moment although it was missed: the logbook."""
    return any(mark.at.origin is From.MISSED for mark in rule.marks)


def missed_marks(rule: Deadline, count: int) -> tuple[Mark, ...]:
    """What happens when it has been missed this often in a row."""
    return tuple(m for m in rule.marks if m.at.origin is From.MISSED and m.at.offset == count)


def offset_of(mark: Mark, armed: ArmedDeadline) -> int | None:
    """Working days between the due day and a mark; None when this mark is not set on this deadline.

    `entry+N` moves with the due day, and is not set when it would not come before it, nor once the date was extended.
    """
    if mark.at.origin is From.DUE:
        return mark.at.offset
    if armed.extended or armed.unit != Unit.WORKING_DAYS or armed.length is None or mark.at.offset >= armed.length:
        return None
    return mark.at.offset - armed.length


def moment(mark: Mark, armed: ArmedDeadline, calendar: Calendar) -> datetime | None:
    """The instant of a mark: 08:30 local for reminders and tellings, 18:00 for escalations and acts."""
    offset = offset_of(mark, armed)
    if offset is None:
        return None
    return calendar.at(calendar.shift(armed.due_on, offset), MORNING if mark.do in _MORNING_MARKS else EVENING)


def due_at(armed: ArmedDeadline, calendar: Calendar) -> datetime:
    """The instant at which it is due: 18:00 of its due day, local."""
    return calendar.at(armed.due_on, EVENING)


def next_at(rule: Deadline, armed: ArmedDeadline, calendar: Calendar) -> datetime | None:
    """When something happens next by itself: its next mark, or the next period of one that begins again when missed."""
    marks = marks_of(rule)
    if armed.next_mark is not None and armed.next_mark < len(marks):
        return moment(marks[armed.next_mark], armed, calendar)
    if begins_again_when_missed(rule):
        return due_at(armed, calendar) + timedelta(seconds=1)
    return None


def advance(rule: Deadline, armed: ArmedDeadline, calendar: Calendar) -> ArmedDeadline:
    """The same deadline once its next mark has fired."""
    start = len(marks_of(rule)) if armed.next_mark is None else armed.next_mark + 1
    return replace(armed, next_mark=_first_mark(rule, armed, calendar, after=None, start=start))


def _first_mark(
    rule: Deadline, armed: ArmedDeadline, calendar: Calendar, *, after: date | None, start: int
) -> int | None:
    """The position of the first mark that is set: one before the due day only if it comes after that day."""
    for position, mark in list(enumerate(marks_of(rule)))[start:]:
        offset = offset_of(mark, armed)
        if offset is None:
            continue
        if after is not None and offset < 0 and calendar.shift(armed.due_on, offset) <= after:
            continue
        return position
    return None


def pause(armed: ArmedDeadline, day: date, cause: str, calendar: Calendar) -> ArmedDeadline:
    """The same deadline standing still from that day on, with what is left in its own unit (working or calendar days)."""
    if armed.status == "paused":
        return replace(armed, paused_by=armed.paused_by | {cause})
    left = calendar.between(day, armed.due_on) if armed.unit == Unit.WORKING_DAYS else (armed.due_on - day).days
    return replace(armed, status="paused", left=max(0, left), paused_by=frozenset({cause}))


def resume(armed: ArmedDeadline, day: date, cause: str, calendar: Calendar) -> ArmedDeadline:
    """The same deadline once a cause of its pause is over: it goes on after that day, unless another cause remains."""
    remaining = armed.paused_by - {cause}
    if remaining:
        return replace(armed, paused_by=remaining)
    left = armed.left or 0
    ends = calendar.shift(day, left) if armed.unit == Unit.WORKING_DAYS else day + timedelta(days=left)
    due_on = calendar.roll(ends)
    return replace(armed, status="open", due_on=due_on, left=None, paused_by=frozenset())


def halve(rule: Deadline, armed: ArmedDeadline, day: date, calendar: Calendar) -> ArmedDeadline:
    """An open working-day deadline with half of what was left, rounded up, at least 1, counted from that day."""
    left = max(1, ceil(calendar.between(day, armed.due_on) / 2))
    halved = replace(armed, due_on=calendar.shift(day, left))
    start = len(marks_of(rule)) if armed.next_mark is None else armed.next_mark
    return replace(halved, next_mark=_first_mark(rule, halved, calendar, after=day, start=start))


def extend(rule: Deadline, armed: ArmedDeadline, due_on: date, day: date, calendar: Calendar) -> ArmedDeadline:
    """The same deadline with another date: marks around the due day are set anew, those after its entry no more."""
    return marked_anew(rule, replace(armed, due_on=calendar.roll(due_on), extended=True), day, calendar)


def moved_by(armed: ArmedDeadline, count: int, calendar: Calendar) -> date:
    """The day on which it would be due so much later, or sooner, in its own unit."""
    if armed.unit == Unit.WORKING_DAYS:
        return calendar.shift(armed.due_on, count)
    return calendar.roll(armed.due_on + timedelta(days=count))


def marked_anew(rule: Deadline, armed: ArmedDeadline, day: date, calendar: Calendar) -> ArmedDeadline:
    """A deadline that has another date since that day: all its marks that come after it will fire."""
    return replace(armed, next_mark=_first_mark(rule, armed, calendar, after=day, start=0))


def upcoming(rule: Deadline, armed: ArmedDeadline, calendar: Calendar) -> Iterator[tuple[datetime, Mark]]:
    """Every mark that is still to come, with its instant: what will happen if nobody does anything."""
    if armed.next_mark is None:
        return
    for mark in marks_of(rule)[armed.next_mark :]:
        at = moment(mark, armed, calendar)
        if at is not None:
            yield at, mark
