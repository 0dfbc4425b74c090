"""The words of the rules: roles, kinds of machine, states, steps, guards, deadlines, marks and messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from engine.effects import Effect
    from engine.facts import ArmedDeadline, Situation

NEW: Final = "*new*"
"""The state of what is about to be created."""

CASE_TRACK: Final = "case"
TERRITORY_TRACK: Final = "territory"


class Role(StrEnum):
    """Who acts, as a relation to the case or to the track, never as a rank."""

    ADVISER = "adviser"
    MANAGER = "manager"
    ADMIN = "admin"
    OPERATOR = "operator"
    OPERATOR_MANAGER = "operator_manager"
    MENTOR = "mentor"
    ENTREPRENEUR = "entrepreneur"
    OBSERVER = "observer"
    API_CLIENT = "api_client"
    SYSTEM = "system"
    OWNER = "owner"
    """Whoever owns the track: a recipient of marks, never an actor."""


ROLES_INCLUDE: Final[Mapping[Role, tuple[Role, ...]]] = {
    Role.MANAGER: (Role.ADVISER,),
    Role.OPERATOR_MANAGER: (Role.OPERATOR,),
}
"""A manager may do what an adviser may, an operator's manager what its agents may."""


def acts_as(role: Role) -> frozenset[Role]:
    """Every role that somebody with this role may act as."""
    return frozenset((role, *ROLES_INCLUDE.get(role, ())))


class Kind(StrEnum):
    """The five machines."""

    CASE = "case"
    REFERRAL = "referral"
    MENTORING_PAIR = "mentoring_pair"
    TRANSITION_PLAN = "transition_plan"
    TERRITORY = "territory"


TRACK_KINDS: Final = (Kind.REFERRAL, Kind.MENTORING_PAIR, Kind.TRANSITION_PLAN)


class MailClass(StrEnum):
    """When a message may leave: at once always, at once by day, or on working mornings."""

    REQUESTED = "requested"
    DIRECT = "direct"
    REMINDER = "reminder"


class RefusedBy(StrEnum):
    """What refuses a step."""

    EVENT = "event"
    STATE = "state"
    ROLE = "role"
    GUARD = "guard"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a step is not possible: a code for machines, a French sentence that says what to do.

    `field` names the input it is about; `settled_by` an input that would lift it, so that the screen offers the way out.
    """

    code: str
    message: str
    by: RefusedBy = RefusedBy.GUARD
    field: str | None = None
    settled_by: str | None = None


Guard = Callable[["Situation"], Refusal | None]
"""A condition of a step: None when it holds, its sentence when it does not."""

EffectRule = Callable[["Situation"], "Iterable[Effect]"]
"""What follows of a step, as data."""


class InputKind(StrEnum):
    """What a step asks of the person who takes it; the forms and the JSON schema are made from it."""

    CHOICE = "choice"
    TEXT = "text"
    DAY = "day"
    FLAG = "flag"
    NUMBER = "number"
    MONEY = "money"
    AGENT = "agent"
    MENTOR = "mentor"
    REFERENT = "referent"
    TERRITORY = "territory"
    BRANCH = "branch"
    OFFER = "offer"
    NEED = "need"
    NEEDS = "needs"
    OUTCOMES = "outcomes"
    AIDS = "aids"
    ACTIONS = "actions"
    ACTION = "action"
    SCORE = "score"
    CASE = "case"
    TRACKS = "tracks"
    DEADLINE = "deadline"
    AXES = "axes"
    LEVERS = "levers"
    INDICATORS = "indicators"
    OBJECTIVES = "objectives"
    APPOINTMENT = "appointment"


@dataclass(frozen=True, slots=True)
class Input:
    """One thing that a step asks for. Free words (`TEXT`) are kept beside the journal, where they can be erased."""

    name: str
    kind: InputKind
    label: str
    required: bool = False
    choices: Mapping[str, str] | None = None
    missing: str = ""
    """The French sentence said when it is required and absent."""


@dataclass(frozen=True, slots=True)
class Notify:
    """A message that a step sends: its key is the e-mail's file name. `after` is in minutes, so that an undo can call it back."""

    key: str
    to: Role
    mail: MailClass = MailClass.DIRECT
    after: int = 0
    when: Callable[[Situation], bool] | None = None


class Leaving(StrEnum):
    """What becomes of the open deadlines of a track when a step moves it."""

    CANCEL = "cancel"
    PAUSE = "pause"
    RESUME = "resume"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Step:
    """What a person may do: it fires an event of a machine, or is a record when `record` is set.

    `to` is None when no state moves. `guard_says` and `effect_says` are the rule in words, as `qp workflow show` prints it.
    """

    event: str
    label: str
    by: frozenset[Role]
    to: str | None = None
    inputs: tuple[Input, ...] = ()
    guards: tuple[Guard, ...] = ()
    effects: tuple[EffectRule, ...] = ()
    tells: tuple[Notify, ...] = ()
    proposes: str | None = None
    leaving: Leaving = Leaving.CANCEL
    arms_entry: bool = True
    answers: bool = False
    """An operator's answer: what it met can be given back by `undo_answer`."""
    record: bool = False
    guard_says: str = ""
    effect_says: str = ""


class Armed(StrEnum):
    """When a deadline starts, in words."""

    ENTRY = "entry"
    ENTRY_BUT_LABELLISATION = "entry, unless the territory is in labellisation"
    LAST_TRACK_ENDS = "when the last open track ends"
    LAST_CHECK = "when the 12-month check is recorded"
    PAIR_BEGINS = "start of the pair"
    PAIR_BEGINS_ONCE = "start of the pair, once"
    SCORE_BEFORE = "when the score before is recorded"
    EACH_ACTION = "each action"
    LAST_ACTION_PASSED = "when the last action's date has passed"
    DIAGNOSTIC_PUBLISHED = "when the diagnostic is published"
    EFFECT = "effect"


ENTRY_ARMED: Final = frozenset({Armed.ENTRY, Armed.ENTRY_BUT_LABELLISATION, Armed.PAIR_BEGINS, Armed.PAIR_BEGINS_ONCE})


class Unit(StrEnum):
    """How a deadline's length is counted."""

    WORKING_DAYS = "wd"
    DAYS = "days"
    MONTHS = "months"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time: working days, calendar days or calendar months; or a date that the step names."""

    value: int
    unit: Unit
    words: str = ""

    def __str__(self) -> str:
        return self.words or f"{self.value} {self.unit}"


def working_days(count: int) -> Span:
    """A length in working days of the territory."""
    return Span(count, Unit.WORKING_DAYS)


def days(count: int) -> Span:
    """A length in calendar days, moved to the next working day."""
    return Span(count, Unit.DAYS)


def months(count: int) -> Span:
    """A length in calendar months, moved to the next working day."""
    return Span(count, Unit.MONTHS)


def until(words: str) -> Span:
    """A date that the step itself gives."""
    return Span(0, Unit.DATE, words)


class Do(StrEnum):
    """What a mark does. Reminders and tellings happen at 08:30, escalations and acts at 18:00."""

    REMIND = "remind"
    TELL = "tell"
    ESCALATE = "escalate"
    ACT = "act"


class From(StrEnum):
    """What a mark counts from."""

    DUE = "due"
    ENTRY = "entry"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of a deadline, in working days around its due day or after its entry; or how often it was missed in a row."""

    origin: From
    offset: int = 0
    words: str = ""

    def __add__(self, count: int) -> Moment:
        return Moment(self.origin, self.offset + count)

    def __sub__(self, count: int) -> Moment:
        return Moment(self.origin, self.offset - count)

    def __str__(self) -> str:
        return self.words or (f"{self.origin}{self.offset:+d}" if self.offset else str(self.origin))


due: Final = Moment(From.DUE)
entry: Final = Moment(From.ENTRY)


def missed(count: int, words: str) -> Moment:
    """The moment when a repeated deadline has been missed this often in a row."""
    return Moment(From.MISSED, count, words)


@dataclass(frozen=True, slots=True)
class Mark:
    """One moment of a deadline: whom it reminds, tells or alerts, or what it does by itself.

    `key` is the message it sends; `event` the system's step or record that an act fires.
    """

    at: Moment
    do: Do
    to: tuple[Role, ...] = ()
    key: str = ""
    act: str = ""
    event: str = ""


def remind(at: Moment, *to: Role, key: str = "deadline_due") -> Mark:
    """A reminder to those who must act, at 08:30."""
    return Mark(at, Do.REMIND, to, key)


def tell(at: Moment, *to: Role, key: str) -> Mark:
    """News for somebody who waits, at 08:30."""
    return Mark(at, Do.TELL, to, key)


def escalate(at: Moment, *to: Role, key: str = "deadline_missed") -> Mark:
    """An alert one rung up the ladder, at 18:00."""
    return Mark(at, Do.ESCALATE, to, key)


def act(at: Moment, words: str, *, event: str) -> Mark:
    """Something that the system does by itself, at 18:00."""
    return Mark(at, Do.ACT, act=words, event=event)


@dataclass(frozen=True, slots=True)
class MetBy:
    """What meets a deadline: steps (`machine.event`) and records, on its own track unless `anywhere`."""

    words: str
    steps: frozenset[str] = frozenset()
    records: frozenset[str] = frozenset()
    anywhere: bool = False
    condition: Callable[[Situation, ArmedDeadline], bool] | None = None


def met_by(
    words: str,
    *what: str,
    records: Iterable[str] = (),
    anywhere: bool = False,
    condition: Callable[[Situation, ArmedDeadline], bool] | None = None,
) -> MetBy:
    """What meets a deadline; without `what` and `records` the words themselves name the steps: "send or withdraw"."""
    return MetBy(words, frozenset(what), frozenset(records), anywhere, condition)


@dataclass(frozen=True, slots=True)
class Deadline:
    """What must happen by when, and what is done about it. `todo` is said to its owner, as a button is: verb first."""

    rule: str
    label: str
    todo: str
    within: Span
    marks: tuple[Mark, ...]
    met_by: MetBy
    armed: Armed = Armed.ENTRY
    repeat: Span | None = None
    items: tuple[Span, ...] = ()
    """Several lengths at once, each an item of its own: the checks at 3, 6 and 12 months."""
    owner: Role | None = None
    """Who must act when it is not the state's owner."""


@dataclass(frozen=True, slots=True)
class State:
    """One state of a machine and everything about it."""

    code: str
    french: str
    owner: Role | None
    enters_when: str
    steps: tuple[Step, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    owner_says: str | None = None
    """The owner in words, where it depends on the case."""


@dataclass(frozen=True, slots=True)
class Journey:
    """A machine: its states in the order of its life, the steps that create it, the states where it is over."""

    kind: Kind
    french: str
    initial: str
    over: tuple[str, ...]
    creations: tuple[Step, ...]
    states: tuple[State, ...]
    extra_deadlines: tuple[Deadline, ...] = field(default=())
    """Deadlines that an effect arms in any state."""
