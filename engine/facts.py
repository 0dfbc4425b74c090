"""What a decision may read: a case with its tracks and open deadlines, or a territory; and the situation that is asked about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Self

from engine.armed import ArmedDeadline as ArmedDeadline
from engine.de_minimis import Granted
from engine.model import CASE_TRACK, NEW, TERRITORY_TRACK, Kind, Role, acts_as
from engine.state_names import Phase
from engine.working_days import Calendar


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, in the relation that they have to this case or this track."""

    role: Role
    person: str | None = None
    name: str = ""
    branch: str | None = None
    via: str = "system"
    """The door: page, api, mail_link, reply, import or system."""
    on_behalf_of: Mapping[str, str] | None = None
    """For whom an adviser answers: role, channel and person."""

    def acts_as(self, role: Role) -> bool:
        """Whether this actor may do what `role` may."""
        return role in acts_as(self.role)


SYSTEM = Actor(Role.SYSTEM, name="Quartiers productifs")


@dataclass(frozen=True, slots=True)
class Need:
    """What the entrepreneur needs, and how it came out."""

    id: str
    axis: str | None = None
    levers: tuple[str, ...] = ()
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A person whom the step names: a new referent, an agent, a mentor."""

    id: str
    name: str
    active: bool = True
    territories: frozenset[str] = frozenset()
    """Where they are adviser or manager."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """What all tracks have."""

    name: str
    kind: Kind
    state: str = NEW
    opened_on: date | None = None

    @property
    def number(self) -> int:
        """Its number within the case."""
        return int(self.name.rsplit("-", 1)[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral(Track):
    """One request to one branch of an operator."""

    kind: Kind = Kind.REFERRAL
    branch: str = ""
    branch_name: str = ""
    operator_name: str = ""
    agents: frozenset[str] = frozenset()
    agent: str | None = None
    needs: tuple[str, ...] = ()
    targeted: bool = False
    kept_by_routing: bool = False
    exclusive_group: str | None = None
    questions: int = 0
    answered_on: date | None = None
    answered_at: datetime | None = None
    touched: bool = False
    attempts: int = 0
    withdrawn_for: str | None = None
    reachable: bool = True
    closed_until: date | None = None
    closures: tuple[tuple[date, date], ...] = ()
    """The first and last day of each closure of the branch that is not over."""
    free_places: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair(Track):
    """A mentor and an entrepreneur."""

    kind: Kind = Kind.MENTORING_PAIR
    mentor: str = ""
    mentor_name: str = ""
    free_places: int | None = None
    conflict: bool = False
    began_on: date | None = None
    mentor_signed: bool = False
    entrepreneur_signed: bool = False
    reviewed: bool = False
    paused_until: date | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """One action of a transition plan."""

    id: str
    name: str
    day: date
    done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Track):
    """A digital or ecological transition plan."""

    kind: Kind = Kind.TRANSITION_PLAN
    lever: str | None = None
    owner: str | None = None
    branch: str | None = None
    score_before: Mapping[str, int] | None = None
    score_after: Mapping[str, int] | None = None
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What both subjects have: a calendar, deadlines, and states to be asked by track."""

    calendar: Calendar = field(default_factory=Calendar)
    phase: str = Phase.ACCELERATION
    deadlines: tuple[ArmedDeadline, ...] = ()
    people: Mapping[str, Named] = field(default_factory=dict)
    lengths: Mapping[str, int] = field(default_factory=dict)
    """Lengths that the territory chose for itself, by the rule's family and in its unit."""
    state: str = NEW
    urgent: bool = False
    on_hold_until: date | None = None

    def changed(self, **values: Any) -> Self:
        """`dataclasses.replace`, without asking each of thirty fields what it is. Raises TypeError for a field that there is not."""
        if not values.keys() <= self.__dict__.keys():
            raise TypeError(f"{type(self).__name__} has no {', '.join(sorted(values.keys() - self.__dict__.keys()))}")
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__ | values)
        return other

    def kind_of(self, track: str) -> Kind:
        """The machine of a track."""
        if track in (CASE_TRACK, TERRITORY_TRACK):
            return Kind(track)
        return Kind(track.rsplit("-", 1)[0])

    def state_of(self, track: str) -> str:
        """The state of a track; `*new*` for one that is not there yet."""
        return self.state

    def with_state(self, track: str, state: str, day: date) -> Self:
        """The same facts once the track is in that state."""
        return self.changed(state=state)

    def open_tracks(self) -> tuple[Track, ...]:
        """Tracks that are not over, the oldest first."""
        return ()


@dataclass(frozen=True, kw_only=True)
class CaseFacts(Facts):
    """A case as a decision sees it. Days are local to its territory."""

    reference: str = ""
    territory: str | None = None
    hold_days_used: int = 0
    referent: str | None = None
    entrepreneur: str | None = None
    legal_basis: bool = False
    informed: bool = False
    consent_to_share: bool = False
    consent_to_contact: bool = False
    situation: str | None = None
    real_contact: bool = False
    """A real exchange since the case was logged or reopened."""
    attempts: tuple[tuple[date, str], ...] = ()
    """Day and channel of each attempt since the case was logged or reopened."""
    needs: tuple[Need, ...] = ()
    tracks: Mapping[str, Track] = field(default_factory=dict)
    over: Mapping[Kind, frozenset[str]] = field(default_factory=dict)
    """The states where each machine is over; given by the definition."""
    closed_on: date | None = None
    closed_reason: str | None = None
    anonymised: bool = False
    nobody_called_on: date | None = None
    surveyed_on: date | None = None
    kept_case: str | None = None
    """The state of the case that a duplicate names as the one to keep; None when it names none that is known."""
    taken_in_kept_case: frozenset[tuple[str, str]] = frozenset()
    """Branch and need subject of the referrals that the kept case has already."""
    with_branch: bool = False
    """The actor's branch has a referral of this case that is accepted or engaged."""
    de_minimis: tuple[Granted, ...] = ()
    """The de minimis aid of the undertaking, in all its cases; read where a plan may be validated."""

    def state_of(self, track: str) -> str:
        """The state of the case or of one of its tracks."""
        if track == CASE_TRACK:
            return self.state
        known = self.tracks.get(track)
        return known.state if known else NEW

    def with_state(self, track: str, state: str, day: date) -> CaseFacts:
        """The same facts once the case or the track is in that state."""
        if track == CASE_TRACK:
            return self.changed(state=state)
        known = self.tracks[track]
        opened = day if known.state == NEW else known.opened_on
        return self.with_track(replace(known, state=state, opened_on=opened))

    def with_track(self, track: Track) -> CaseFacts:
        """The same facts with this track in the place of the one of its name."""
        return self.changed(tracks={**self.tracks, track.name: track})

    def open_tracks(self, kind: Kind | None = None) -> tuple[Track, ...]:
        """Tracks that exist and are not over, the oldest first."""
        found = [
            t
            for t in self.tracks.values()
            if t.state != NEW and t.state not in self.over.get(t.kind, ()) and kind in (None, t.kind)
        ]
        return tuple(sorted(found, key=lambda t: (t.opened_on or date.min, t.kind, t.number)))

    def siblings(self, referral: Referral, *states: str) -> tuple[Referral, ...]:
        """Referrals of the same exclusive group, in one of these states: whoever answers first takes it."""
        if referral.exclusive_group is None:
            return ()
        others = (t for t in self.tracks.values() if isinstance(t, Referral) and t.name != referral.name)
        return tuple(t for t in others if t.exclusive_group == referral.exclusive_group and t.state in states)

    def pending_needs(self) -> tuple[Need, ...]:
        """The needs that have no outcome yet."""
        return tuple(need for need in self.needs if need.outcome is None)

    def need(self, need_id: str) -> Need | None:
        """One of its needs."""
        return next((n for n in self.needs if n.id == need_id), None)


@dataclass(frozen=True, kw_only=True)
class TerritoryFacts(Facts):
    """A territory as a decision sees it."""

    slug: str = ""
    perimeter: bool = True
    quartiers: int = 0
    managers: int = 0
    convention_signed: bool = False
    diagnostic_published: bool = False
    roadmap_version: int = 0
    roadmap_at_phase: int = 0
    """The roadmap's version when the present phase began."""
    axes: tuple[str, ...] = ()
    evaluation_end: date | None = None
    report_recorded: bool = False
    open_cases: int = 0
    limits: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """The shortest and the longest length of each rule that a territory may change; given by the definition."""


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody asks to do: an event, or a record, on a track. `payload` is None while only asking what is possible."""

    track: str
    event: str
    actor: Actor
    now: datetime
    payload: Mapping[str, Any] | None = field(default_factory=dict)
    day: date | None = None
    """The local day of the event, where it is not that of `now`: a form filled in offline."""


@dataclass(frozen=True, slots=True)
class Situation:
    """An act and the facts that it meets: what guards and effects read."""

    facts: Any
    act: Act
    day: date
    before: Any = None
    """The facts before the step, for effects."""

    @property
    def case(self) -> CaseFacts:
        """The facts of the case."""
        if not isinstance(self.facts, CaseFacts):
            raise TypeError("this rule is about a case")
        return self.facts

    @property
    def territory(self) -> TerritoryFacts:
        """The facts of the territory."""
        if not isinstance(self.facts, TerritoryFacts):
            raise TypeError("this rule is about a territory")
        return self.facts

    @property
    def asking(self) -> bool:
        """Only asking what is possible: what the person will enter is not known yet."""
        return self.act.payload is None

    @property
    def actor(self) -> Actor:
        """Who acts."""
        return self.act.actor

    def given(self, name: str) -> Any:
        """What was entered under this name, or None."""
        return (self.act.payload or {}).get(name)

    @property
    def referral(self) -> Referral:
        """The referral that the act is about."""
        track = self.case.tracks.get(self.act.track)
        if not isinstance(track, Referral):
            raise TypeError("this rule is about a referral")
        return track

    @property
    def pair(self) -> Pair:
        """The mentoring pair that the act is about."""
        track = self.case.tracks.get(self.act.track)
        if not isinstance(track, Pair):
            raise TypeError("this rule is about a mentoring pair")
        return track

    @property
    def plan(self) -> Plan:
        """The transition plan that the act is about."""
        track = self.case.tracks.get(self.act.track)
        if not isinstance(track, Plan):
            raise TypeError("this rule is about a transition plan")
        return track

    @property
    def creating(self) -> bool:
        """Asking about a track that nobody has begun yet: there is nothing to read on it."""
        return (
            self.asking
            and self.act.track not in (CASE_TRACK, TERRITORY_TRACK)
            and self.act.track not in self.case.tracks
        )
