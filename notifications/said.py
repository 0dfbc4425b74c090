"""What a mail can say: its case, its track, its line of the journal, as its template names them. Every text is empty when it is not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from engine.definition import RULES
from engine.model import CASE_TRACK, Do, From, Kind, Role
from engine.sentences import small
from engine.state_names import ReferralState
from engine.working_days import Calendar
from notifications.grammar import Days, first_name, short_name
from notifications.languages import said_again, shown
from notifications.typography import euros

WORDS: Final = ("text", "question", "answer", "rather", "reason", "source")
"""The words of a line that mails repeat."""
DAYS: Final = ("from", "to", "to_date")
"""The days of a line that mails repeat."""
_ASKED: Final = tuple(state for state in ReferralState if state is not ReferralState.DRAFT)
_CALLED: Final = (ReferralState.ACCEPTED, ReferralState.ENGAGED)
_SILENT: Final = (ReferralState.SENT, ReferralState.EXPIRED)


@dataclass(frozen=True, slots=True)
class Someone:
    """Somebody, as far as they are known; false when their name is not."""

    name: str = ""
    phone: str = ""
    email: str = ""

    @property
    def first(self) -> str:
        """« Samir »."""
        return first_name(self.name)

    @property
    def short(self) -> str:
        """« Samir L. »."""
        return short_name(self.name)

    def __bool__(self) -> bool:
        return bool(self.name)


@dataclass(frozen=True, slots=True)
class NeedSaid:
    """A need: in the person's own words, else by its subject. The amount is in euros."""

    words: str
    label: str
    amount: Decimal | None

    @property
    def short(self) -> str:
        """« une hotte, 12 000 € »."""
        return small(shown(self.words)) + (f", {euros(self.amount)}" if self.amount else "")


@dataclass(frozen=True, slots=True)
class Running:
    """A deadline that runs or stands still. Days are local."""

    track: str
    rule: str
    due_on: date
    armed_on: date

    @property
    def label(self) -> str:
        """What it is: « Premier échange »."""
        return RULES[self.rule].label if self.rule in RULES else ""

    @property
    def todo(self) -> str:
        """What must be done: « Appeler »."""
        return RULES[self.rule].todo if self.rule in RULES else ""

    def marks(self, do: str, origin: str = From.DUE) -> list[int]:
        """How many working days after its due day, or its entry, the rule does that: `escalate`, `act`, `tell`."""
        rule = RULES.get(self.rule)
        return [mark.at.offset for mark in rule.marks if mark.do == do and mark.at.origin == origin] if rule else []

    def next_news(self, days: Days) -> date | None:
        """When somebody who waits hears of it again: at the next telling, at the latest when it is due; None once that is past."""
        told = (days.after(self.armed_on, count) for count in self.marks(Do.TELL, From.ENTRY))
        return days.next_of([self.due_on, *told])


@dataclass(frozen=True, slots=True)
class Asked:
    """An operator that was asked to help, and how that stands."""

    operator: str
    state: str
    number: int
    branch_id: str
    agent_id: str | None
    agent: Someone = Someone()

    @property
    def track(self) -> str:
        """Its name: « referral-1 »."""
        return f"{Kind.REFERRAL}-{self.number}"


@dataclass(frozen=True, slots=True)
class CaseSaid:
    """The case: whom it helps, with what, who follows it. Every text is empty when it is not known."""

    reference: str = ""
    person: Someone = Someone()
    business: str = ""
    activity: str = ""
    address: str = ""
    city: str = ""
    quartier: str = ""
    language: str = "fr"
    """The language that the person chose to read in, else the one that they speak."""
    referent: Someone = Someone()
    referent_id: str | None = None
    away_until: date | None = None
    """Until when the referent is away."""
    hold_until: date | None = None
    needs: tuple[NeedSaid, ...] = ()
    asked: tuple[Asked, ...] = ()
    mentors: tuple[Someone, ...] = ()

    @property
    def who(self) -> str:
        """Whom it helps, in short: « Nadia B. », or the business."""
        return self.person.short or self.business

    @property
    def need(self) -> NeedSaid | None:
        """What it is about first."""
        return self.needs[0] if self.needs else None

    @property
    def operators(self) -> list[str]:
        """The operators that were asked, once each, in the order in which they were."""
        return list(dict.fromkeys(one.operator for one in self.asked if one.state in _ASKED))

    @property
    def callers(self) -> list[Asked]:
        """Those who said that they would call."""
        return [one for one in self.asked if one.state in _CALLED]

    @property
    def silent(self) -> list[str]:
        """The operators that did not answer."""
        return list(dict.fromkeys(one.operator for one in self.asked if one.state in _SILENT))


@dataclass(frozen=True, slots=True)
class TrackSaid:
    """The track: who works on it."""

    name: str = CASE_TRACK
    kind: str = "case"
    state: str = ""
    operator: str = ""
    branch: str = ""
    branch_phone: str = ""
    agent: Someone = Someone()
    mentor: Someone = Someone()
    lever: str = ""
    opened_on: date | None = None
    until: date | None = None
    """Until when a pair pauses."""
    message: tuple[str, ...] = ()
    """What the adviser wrote to the branch in their own words, a paragraph each; empty for what is prepared."""


@dataclass(frozen=True, slots=True)
class LineSaid:
    """What happened: the step or the record, who took it, why, in which words."""

    event: str = ""
    label: str = ""
    role: str = ""
    actor: Someone = Someone()
    at: datetime | None = None
    reason: str = ""
    """The code of the reason."""
    why: str = ""
    """The reason in words."""
    words: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys(WORDS, ""))
    days: Mapping[str, date | None] = field(default_factory=lambda: dict.fromkeys(DAYS))
    """The days that were given, by their name."""
    deadline: str = ""
    """What the deadline is that the step names: « Premier échange »."""
    how: str = ""
    """How the business goes, by its entrepreneur: « Ça va »."""
    call_me: bool = False
    """Whether the entrepreneur wants to be called."""


@dataclass(frozen=True, slots=True)
class NextOne:
    """Who could be asked next, and the two best reasons why; false when there is nobody."""

    name: str = ""
    reasons: tuple[str, ...] = ()
    """As they were kept with the proposal."""

    @property
    def why(self) -> str:
        """The reasons, one after the other."""
        return " ".join(map(said_again, self.reasons))

    def __bool__(self) -> bool:
        return bool(self.name)


@dataclass(frozen=True, slots=True)
class AppointmentSaid:
    """An appointment with the entrepreneur, on a local day; `time` is HH:MM, empty when it is not known."""

    id: str
    day: date
    time: str = ""
    place: str = ""
    changes: int = 0
    cancelled: bool = False

    @property
    def hour(self) -> str:
        """« 14 h 30 »."""
        hours, _, minutes = self.time.partition(":")
        return f"{int(hours)} h {minutes}".removesuffix(" 00") if self.time else ""


@dataclass(frozen=True, slots=True)
class PlaceSaid:
    """The territory."""

    name: str = ""
    slug: str = ""
    town: bool = False
    """Whether it is a town, with a town hall."""


@dataclass(frozen=True, slots=True)
class TokenSaid:
    """A token of the JSON interface that ends soon."""

    name: str = ""
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """Everything that one mail can say."""

    to: Someone
    role: str
    calendar: Calendar
    place: PlaceSaid = PlaceSaid()
    case: CaseSaid = CaseSaid()
    track: TrackSaid = TrackSaid()
    line: LineSaid = LineSaid()
    deadlines: tuple[Running, ...] = ()
    own: Running | None = None
    """The deadline that the mail is about."""
    item: str = ""
    """The name of the action that the deadline is about."""
    next_one: NextOne = NextOne()
    token: TokenSaid = TokenSaid()
    appointment: AppointmentSaid | None = None
    reads_in: str | None = None
    """The language that its reader chose, when they work here."""

    def due(self, name: str, track: str = "") -> date | None:
        """The day of a deadline that runs, by its rule's last word: on that track; by default on the mail's own, else on the case."""
        found = {d.track: d.due_on for d in self.deadlines if d.rule.rpartition(".")[2] == name}
        return found.get(track) if track else found.get(self.track.name) or found.get(CASE_TRACK)

    @property
    def is_team(self) -> bool:
        """Whether the reader works for the territory or the programme."""
        return self.role in (Role.ADVISER, Role.MANAGER, Role.ADMIN)
