"""What follows of a decision, as data: a closed union that the memory applies in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from engine.facts import Actor, ArmedDeadline
from engine.model import MailClass, Refusal, Role


class How(StrEnum):
    """What happened to a deadline."""

    ARMED = "armed"
    MET = "met"
    CANCELLED = "cancelled"
    PAUSED = "paused"
    RESUMED = "resumed"
    MOVED = "moved"
    RESTORED = "restored"
    MISSED = "missed"
    """A repeated deadline passed without being met; the next period begins."""
    ADVANCED = "advanced"
    """One of its marks fired."""


@dataclass(frozen=True, slots=True)
class Clocked:
    """A deadline started, ended, stood still, went on or moved: `deadline` is what it is now."""

    how: How
    deadline: ArmedDeadline


@dataclass(frozen=True, slots=True)
class Tell:
    """Somebody is to be told; `after` minutes, so that an undo can call it back."""

    key: str
    to: Role
    mail: MailClass
    track: str
    after: int = 0
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Put:
    """Fields of the case, of the territory or of a track take these values."""

    track: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PutNeed:
    """A need has an outcome, or is open again when it is None."""

    need: str
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Later:
    """The system will take this step at that instant, if it is possible then."""

    track: str
    event: str
    at: datetime
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Forget:
    """What the system meant to do later on this track is dropped, and what was to be told later is not told."""

    track: str
    event: str | None = None


@dataclass(frozen=True, slots=True)
class Follow:
    """The system takes another step in the same transaction. `quiet`: its own messages are replaced by the cause's."""

    track: str
    event: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class ArmNow:
    """A deadline of the machine starts now, in any state; `working_days` overrides its length, `on` gives its date."""

    track: str
    name: str
    working_days: int | None = None
    item: str = ""
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Halve:
    """Working-day deadlines still open are halved."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Every open deadline of the case, or of one track, stands still for a cause: hold, closure."""

    cause: str
    tracks: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """What stood still for this cause goes on with what was left."""

    cause: str
    tracks: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Extend:
    """One deadline has a new date."""

    deadline: ArmedDeadline
    to: date


@dataclass(frozen=True, slots=True)
class TakeLength:
    """Deadlines of a rule that still run take the length that is their territory's now."""

    family: str


@dataclass(frozen=True, slots=True)
class GiveBack:
    """Deadlines that an answer met are open again, with their dates."""

    track: str


@dataclass(frozen=True, slots=True)
class MoveTrack:
    """A track goes to the case that is kept, with its clocks."""

    track: str


@dataclass(frozen=True, slots=True)
class Route:
    """A routing proposal is computed and frozen."""


@dataclass(frozen=True, slots=True)
class Freeze:
    """The territory's indicators are frozen in a dated snapshot."""

    reason: str


Effect = (
    Clocked
    | Tell
    | Put
    | PutNeed
    | Later
    | Forget
    | Follow
    | ArmNow
    | Halve
    | Hold
    | Release
    | Extend
    | TakeLength
    | GiveBack
    | MoveTrack
    | Route
    | Freeze
)


@dataclass(frozen=True, slots=True)
class Cascade:
    """What a track's step proposed to its case: taken, or skipped and why."""

    event: str
    taken: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """One line of the journal and all that comes with it. `cause` is the position, in the decision, of the move that led to it."""

    track: str
    event: str
    actor: Actor
    from_state: str
    to_state: str
    record: bool
    facts: Mapping[str, Any]
    words: Mapping[str, str]
    effects: tuple[Effect, ...]
    cause: int | None = None
    cascade: Cascade | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to an act: why not, or all that follows of it and the facts as they are then."""

    reasons: tuple[Refusal, ...]
    moves: tuple[Move, ...]
    facts: Any

    @property
    def allowed(self) -> bool:
        """Whether the step is possible."""
        return not self.reasons
