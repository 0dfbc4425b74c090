"""A case with tracks made on the fly, the people who act on it, and what they would enter: for walks through the rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from engine import clocks
from engine.decision import decide
from engine.definition import MACHINES, OVER, rule_of
from engine.effects import Clocked, Decision, Forget, Later
from engine.facts import SYSTEM, Act, Action, Actor, CaseFacts, Named, Need, Pair, Plan, Referral, TerritoryFacts
from engine.lists import DIMENSIONS
from engine.marks import fire
from engine.model import CASE_TRACK, NEW, TRACK_KINDS, Input, InputKind, Kind, Role, Step
from engine.records import CASE_RECORDS
from engine.working_days import Calendar

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BRANCH, MENTOR, AGENT = "cma", "yann", "karim"
PLACES = (Calendar(), Calendar("FR-974", "Indian/Reunion"), Calendar("FR-57", "Europe/Paris"))
ROLES = tuple(role for role in Role if role is not Role.OWNER)
SCORE = dict.fromkeys(DIMENSIONS["digital"], 2)


def a_case(**known: Any) -> CaseFacts:
    """A case that nobody has logged yet, with everything that its guards ask for."""
    nora = Named("nora", "Nora", True, frozenset({"t"}))
    facts = CaseFacts(
        reference="QP-1",
        territory="t",
        legal_basis=True,
        informed=True,
        consent_to_share=True,
        situation="inside",
        needs=(Need("n1", "local_trade"), Need("n2", "productive_activities")),
        over=OVER,
        people={"nora": nora},
    )
    return replace(facts, **known)


def a_territory(**known: Any) -> TerritoryFacts:
    """A territory that has all that its guards ask for."""
    facts = TerritoryFacts(
        slug="t",
        quartiers=2,
        managers=1,
        convention_signed=True,
        diagnostic_published=True,
        roadmap_version=2,
        roadmap_at_phase=1,
        axes=("local_trade",),
        report_recorded=True,
        evaluation_end=date(2027, 1, 4),
    )
    return replace(facts, **known)


def a_track(kind: Kind, state: str = NEW, number: int = 1, *, alone: bool = True) -> Referral | Pair | Plan:
    """A referral, a pair or a plan in that state; a referral that is not `alone` competes with the others."""
    name = f"{kind}-{number}"
    if kind is Kind.REFERRAL:
        group = None if alone else "g"
        return Referral(
            name=name,
            state=state,
            branch=BRANCH,
            agents=frozenset({AGENT}),
            needs=("n1",),
            kept_by_routing=True,
            exclusive_group=group,
        )
    if kind is Kind.MENTORING_PAIR:
        return Pair(name=name, state=state, mentor=MENTOR, free_places=3)
    return Plan(name=name, state=state, lever="digital", branch=BRANCH)


def actor_of(role: Role) -> Actor:
    """Somebody in that role who is party to every track here."""
    if role is Role.SYSTEM:
        return SYSTEM
    person = MENTOR if role is Role.MENTOR else str(role)
    branch = BRANCH if role in (Role.OPERATOR, Role.OPERATOR_MANAGER) else None
    return Actor(role, person, str(role), branch, "page", {"role": "operator", "channel": "phone", "person": "Karim"})


def entered(step: Step, facts: CaseFacts, track: str, day: date, pick: int) -> dict[str, Any]:
    """What somebody would enter for that step; `pick` chooses among the possible answers."""
    given = {
        asked.name: value for asked in step.inputs if (value := _answer(asked, facts, track, day, pick)) is not None
    }
    if step.event in ("contact", "first_contact"):
        given["result"] = "reached"
    if step.event == "attempt":
        given["result"] = "no_answer"
    if step.event == "close" and given["reason"] == "duplicate":
        given["keeps"] = "QP-2"
    if step.event == "extend_deadline":
        given |= _a_deadline_to_extend(facts, pick)
    if step.event == "consent":
        given |= {"purpose": "share", "given": True}
    if step.event == "closure":
        given["over"] = bool(pick % 2)
    return given


def _answer(asked: Input, facts: CaseFacts, track: str, day: date, pick: int) -> Any:
    plan = facts.tracks.get(track)
    actions = plan.actions if isinstance(plan, Plan) else ()
    answers: dict[InputKind, Any] = {
        InputKind.TEXT: "En quelques mots.",
        InputKind.DAY: day + timedelta(days=1 + pick % 40),
        InputKind.FLAG: bool(pick % 3),
        InputKind.NUMBER: (3, 6, 12)[pick % 3],
        InputKind.AGENT: AGENT,
        InputKind.MENTOR: MENTOR,
        InputKind.REFERENT: "nora",
        InputKind.BRANCH: BRANCH,
        InputKind.NEED: "n1",
        InputKind.NEEDS: ["n1"],
        InputKind.OUTCOMES: {"n1": "met", "n2": "not_met"},
        InputKind.ACTIONS: [{"name": "Site", "day": day + timedelta(days=20)}],
        InputKind.ACTION: actions[pick % len(actions)].id if actions else "a9",
        InputKind.SCORE: SCORE,
        InputKind.AXES: ["local_trade"],
    }
    if asked.kind is InputKind.CHOICE:
        return list(asked.choices or {})[pick % len(asked.choices or {"": ""})]
    if asked.name == "lift":
        return facts.urgent
    return answers.get(asked.kind)


def _a_deadline_to_extend(facts: CaseFacts, pick: int) -> dict[str, Any]:
    found = [d for d in facts.deadlines if d.status == "open"]
    if not found:
        return {"deadline": "case.detection.first_contact"}
    chosen = found[pick % len(found)]
    later = chosen.due_on + timedelta(days=1 + pick % 9)
    return {"deadline": chosen.rule, "deadline_on": chosen.track, "item": chosen.item, "to_date": later}


@dataclass
class Life:
    """A case being lived: its facts, the hour, what the system means to do later, and all that was done."""

    facts: CaseFacts
    now: datetime = MONDAY
    later: list[Later] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def possible(self) -> list[tuple[str, Step]]:
        """Every step that leaves the present states, every record, and a track of each kind to begin."""
        found = [(CASE_TRACK, step) for step in self._steps(Kind.CASE, self.facts.state)]
        for track in self.facts.tracks.values():
            found += [(track.name, step) for step in self._steps(track.kind, track.state)]
            found += [(track.name, CASE_RECORDS[event]) for event in _RECORDS[track.kind]]
        for kind in TRACK_KINDS:
            number = 1 + sum(track.kind is kind for track in self.facts.tracks.values())
            if number <= 3:
                found.append((f"{kind}-{number}", MACHINES[kind].journey.creations[0]))
        return found + [(CASE_TRACK, CASE_RECORDS[event]) for event in _RECORDS[Kind.CASE]]

    def _steps(self, kind: Kind, state: str) -> list[Step]:
        return [step for (source, _), step in MACHINES[kind].steps.items() if source == state]

    def prepared(self, track: str, step: Step, pick: int) -> CaseFacts:
        """The facts with what the product writes beside before it asks the rules: a new track, a plan's actions."""
        kind = self.facts.kind_of(track)
        facts = self.facts
        if track != CASE_TRACK and track not in facts.tracks:
            facts = facts.with_track(a_track(kind, NEW, int(track.rsplit("-", 1)[1]), alone=bool(pick % 2)))
        plan = facts.tracks.get(track)
        if step.event == "validate_plan" and isinstance(plan, Plan):
            actions = (
                Action("a1", "Site", self.day + timedelta(days=20)),
                Action("a2", "Caisse", self.day + timedelta(days=45)),
            )
            facts = facts.with_track(replace(plan, actions=actions))
        if step.event == "close":
            facts = replace(facts, kept_case="orientation")
        return facts

    @property
    def day(self) -> date:
        """The local day."""
        return self.facts.calendar.day_of(self.now)

    def keep(self, decision: Decision, told: str) -> None:
        """Live on with what was decided; the clocks of a track that moved to another case go there with it."""
        here = {CASE_TRACK, *decision.facts.tracks}
        kept = tuple(d for d in decision.facts.deadlines if d.track in here)
        self.facts = replace(decision.facts, deadlines=kept)
        self.told.append(f"{self.now:%Y-%m-%d %H:%M} {told}")
        for effect in (effect for move in decision.moves for effect in move.effects):
            if isinstance(effect, Later):
                self.later.append(effect)
            elif isinstance(effect, Forget):
                self.later = [known for known in self.later if not _forgotten(known, effect)]

    def comes_by_itself(self, until: datetime) -> Iterator[tuple[CaseFacts, Act, str]]:
        """Up to that instant, every mark and every promise in their order: the acts that the system takes."""
        while (found := self._next()) is not None and found[0] <= until:
            at, what = found
            self.now = max(self.now, at)
            if isinstance(what, Later):
                self.later.remove(what)
                yield (
                    self.facts,
                    Act(what.track, what.event, SYSTEM, at, what.payload),
                    f"later {what.track} {what.event}",
                )
                continue
            fired = fire(self.facts, what, at)
            changed = [e.deadline for e in fired.effects if isinstance(e, Clocked) and e.deadline.live]
            self.facts = replace(self.facts, deadlines=(*(d for d in self.facts.deadlines if d is not what), *changed))
            self.told.append(f"{at:%Y-%m-%d %H:%M} mark of {what.track} {what.rule}")
            if fired.act is not None:
                yield self.facts, fired.act, f"act {fired.act.track} {fired.act.event}"
        self.now = until

    def _next(self) -> tuple[datetime, Any] | None:
        calendar = self.facts.calendar
        marks = [(clocks.next_at(rule_of(d.rule), d, calendar), d) for d in self.facts.deadlines if d.status == "open"]
        found = [(at, d) for at, d in marks if at is not None] + [(known.at, known) for known in self.later]
        return min(found, key=lambda pair: pair[0]) if found else None


_RECORDS: dict[Kind, tuple[str, ...]] = {
    Kind.CASE: ("contact", "attempt", "check", "need", "note", "consent"),
    Kind.REFERRAL: ("contact", "attempt", "meeting", "action_plan", "closure"),
    Kind.MENTORING_PAIR: ("session", "contact"),
    Kind.TRANSITION_PLAN: ("score", "action", "contact"),
}


def _forgotten(known: Later, effect: Forget) -> bool:
    return known.payload.get("for", known.track) == effect.track and effect.event in (None, known.event)


def ask(facts: Any, track: str, event: str, role: Role, payload: dict[str, Any] | None = None) -> Decision:
    """What the rules answer to an act on a Monday morning."""
    return decide(facts, Act(track, event, actor_of(role), MONDAY, payload or {}))
