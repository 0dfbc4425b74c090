"""The case stories, played on the rules alone: states, deadlines, marks, cascades and refusals, without a database."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine import clocks
from engine.decision import decide
from engine.definition import OVER, rule_of
from engine.effects import Clocked, How, Later, MoveTrack
from engine.facts import SYSTEM, Act, Action, Actor, CaseFacts, Named, Need, Pair, Plan, Referral, TerritoryFacts
from engine.marks import fire
from engine.model import Role
from engine.working_days import Calendar
from tests.acceptance.stories import AXES, DE_RULE, STORIES, cases_of, kind_of, shown

EFFECTS = {
    How.ARMED: "armed",
    How.MET: "met",
    How.CANCELLED: "cancelled",
    How.PAUSED: "paused",
    How.RESUMED: "resumed",
    How.RESTORED: "resumed",
    How.MOVED: "moved_dates",
}


class Stage:
    """One story being played: a fact sheet per case, and what the system will do later."""

    def __init__(self, story: dict[str, Any]) -> None:
        self.story = story
        self.zone = ZoneInfo(story["timezone"])
        calendar = Calendar(story["holidays"], story["timezone"])
        self.cases = {
            name: CaseFacts(
                calendar=calendar,
                phase=story["phase"],
                over=OVER,
                territory="t",
                informed=True,
                legal_basis=True,
                consent_to_share=True,
                situation="inside",
                people={"Nora": Named("Nora", "Nora", True, frozenset({"t"}))},
            )
            for name in cases_of(story)
        }
        self.territory = TerritoryFacts(
            calendar=calendar, state=story["phase"], diagnostic_published=True, roadmap_version=1, axes=("local_trade",)
        )
        self.later: list[tuple[str, Later]] = []
        self.happened: list[dict[str, Any]] = []
        self.said: list[Any] = []

    def local(self, instant: datetime) -> str:
        return instant.astimezone(self.zone).strftime("%Y-%m-%dT%H:%M")

    def at(self, text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=self.zone)

    def ref(self, case: str, deadline: Any) -> dict[str, Any]:
        found = {"on": shown(case, deadline.track, self.story), "deadline": deadline.rule}
        if deadline.rule.endswith("follow_up.check"):
            found["within"] = deadline.item
        elif deadline.item:
            found["action"] = deadline.item
        return found

    # -- time ---------------------------------------------------------------------------------------------------------

    def run_until(self, now: datetime) -> list[tuple[str, Any]]:
        """Every mark, and everything that the system does by itself, up to that instant."""
        decisions = []
        while True:
            due = [
                (clocks.next_at(rule_of(d.rule), d, f.calendar), 1, name, d)
                for name, f in self._all()
                for d in f.deadlines
                if d.status == "open"
            ]
            due += [(later.at, 0, name, later) for name, later in self.later]
            due = [entry for entry in due if entry[0] is not None and entry[0] <= now]
            if not due:
                return decisions
            at, _, name, what = min(due, key=lambda entry: (entry[0], entry[1]))
            if isinstance(what, Later):
                self.later.remove((name, what))
                decisions.append((name, self.take(name, Act(what.track, what.event, SYSTEM, at, what.payload))))
                continue
            decisions += self._fire(name, what, now)

    def _all(self) -> list[tuple[str, Any]]:
        return [*self.cases.items(), ("territory", self.territory)]

    def _facts(self, name: str) -> Any:
        return self.territory if name == "territory" else self.cases[name]

    def _keep(self, name: str, facts: Any) -> None:
        if name == "territory":
            self.territory = facts
        else:
            self.cases[name] = facts

    def _fire(self, name: str, deadline: Any, now: datetime) -> list[tuple[str, Any]]:
        facts = self._facts(name)
        fired = fire(facts, deadline, now)
        kept = [d for d in facts.deadlines if d is not deadline]
        for effect in fired.effects:
            if isinstance(effect, Clocked) and effect.deadline.live:
                kept.append(effect.deadline)
        self._keep(name, replace(facts, deadlines=tuple(kept)))
        armed = next((e.deadline for e in fired.effects if isinstance(e, Clocked) and e.how is How.ARMED), None)
        for h in fired.happened:
            line = {"at": self.local(h.at), **self.ref(name, deadline), "mark": h.mark, "do": h.do}
            if h.do == "begin the next period":
                line["due"] = f"{armed.due_on}T18:00"
            else:
                line |= {"act": h.act} if h.act else {"to": list(h.to)}
            self.happened.append(line)
        if fired.act is None:
            return [(name, fired)]
        return [(name, self.take(name, fired.act))]

    def take(self, name: str, act: Act) -> Any:
        decision = decide(self._facts(name), act)
        if not decision.allowed:
            return decision
        self._keep(name, decision.facts)
        for move in decision.moves:
            for effect in move.effects:
                if isinstance(effect, Later):
                    self.later.append((name, effect))
                if type(effect).__name__ == "Forget":
                    self.later = [
                        (n, later)
                        for n, later in self.later
                        if not (
                            n == name
                            and later.payload.get("for", later.track) == effect.track
                            and effect.event in (None, later.event)
                        )
                    ]
        return decision

    # -- a step ---------------------------------------------------------------------------------------------------------

    def play(self, step: dict[str, Any]) -> tuple[Any, list[tuple[str, Any]]]:
        given = dict(step.get("with", {}))
        now = self.at(given.pop("arrives", step["at"]))
        before = self.run_until(now)
        name, track = step.get("case", ""), step.get("of", "case")
        if step["by"] == "system":
            return None, before
        day = date.fromisoformat(step["at"][:10])
        if track == "branch":
            return self._closure(name, given, now), before
        if track == "territory":
            return self.take("territory", Act(track, step["event"], Actor(Role(step["by"])), now, given)), before
        self._prepare(name, track, step, given)
        act = Act(
            track,
            step.get("event") or {"action_done": "action"}.get(step["record"], step["record"]),
            self._actor(name, track, step),
            now,
            self._payload(name, track, step, given),
            day,
        )
        decision = self.take(name, act)
        if decision.allowed:
            self._move_tracks(given, decision)
        return decision, before

    def _closure(self, name: str, given: dict[str, Any], now: datetime) -> Any:
        track = given["tracks"][0]
        day = self.cases[name].calendar.shift(given["from"], -1)
        self.later.append((name, Later(track, "closure", self.at(f"{given['to']}T18:00"), {"over": True})))
        return self.take(
            name,
            Act(
                track,
                "closure",
                Actor(Role.OPERATOR_MANAGER, branch=self.cases[name].tracks[track].branch),
                now,
                {"from": given["from"], "to": given["to"]},
                day,
            ),
        )

    def _actor(self, name: str, track: str, step: dict[str, Any]) -> Actor:
        known = self.cases[name].tracks.get(track)
        branch = known.branch if isinstance(known, Referral) else (known.branch if isinstance(known, Plan) else None)
        if kind_of(track) == "transition_plan":
            branch = "CMA"
        person = known.mentor if isinstance(known, Pair) else step["by"]
        behalf = step.get("on_behalf_of")
        return Actor(Role(step["by"]), person, branch=branch, on_behalf_of=behalf)

    def _prepare(self, name: str, track: str, step: dict[str, Any], given: dict[str, Any]) -> None:
        """What the product would have recorded beside: needs, and the track that a creation is about."""
        facts = self.cases[name]
        for need in given.get("needs", []) if step.get("event") == "qualify" else []:
            facts = replace(facts, needs=(*facts.needs, Need(need, AXES.get(self.story["id"], "local_trade"))))
        event = step.get("event")
        if event == "draft":
            group = given.get("exclusive_with")
            if group:
                facts = facts.with_track(replace(facts.tracks[group[0]], exclusive_group="g"))
            facts = facts.with_track(
                Referral(
                    name=track,
                    branch=given["operator"],
                    operator_name=given["operator"],
                    agents=frozenset(
                        {
                            "Karim",
                            "Luc",
                            "Sophie",
                            "Ali",
                            "Julie",
                            "Hugo",
                            "Jean-Yves",
                            "Paul",
                            "Nora",
                            "Éric",
                            "Maud",
                            "Lina",
                            "Marc",
                            "Yann",
                        }
                    ),
                    needs=tuple(given["needs"]),
                    targeted=bool(given.get("targeted")),
                    exclusive_group="g" if group else None,
                    kept_by_routing=True,
                )
            )
        elif event == "propose":
            facts = facts.with_track(Pair(name=track, mentor=given["mentor"], mentor_name=given["mentor"]))
        elif event == "open":
            facts = facts.with_track(Plan(name=track, lever=given["lever"], branch="CMA"))
        elif event == "validate_plan":
            plan = facts.tracks[track]
            facts = facts.with_track(
                replace(plan, actions=tuple(Action(a["name"], a["name"], a["date"]) for a in given["actions"]))
            )
        elif event == "close" and given.get("keeps"):
            facts = replace(facts, kept_case=self.cases[given["keeps"]].state)
        self.cases[name] = replace(facts, phase=self.territory.state)

    def _payload(self, name: str, track: str, step: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
        if "actions" in given:
            given["actions"] = [{"name": a["name"], "day": a["date"]} for a in given["actions"]]
        if "aids" in given:
            given.pop("aids")
        if step.get("record") == "action_done":
            given["news"] = "done"
        if step.get("event") == "answer_info":
            given["answer"] = step["note"]
        if isinstance(given.get("review"), dict):
            given["review"] = "; ".join(given["review"])
        if step.get("event") == "pause":
            given["reason"] = DE_RULE.get(given["reason"], given["reason"])
        if step.get("event") == "draft":
            given = {"branch": given["operator"], "needs": given["needs"]}
        if step.get("record") == "document":
            given = {"name": step["note"]}
        if step.get("record") == "check":
            given["months"] = int(given["months"])
        return given

    def _move_tracks(self, given: dict[str, Any], decision: Any) -> None:
        for effect in decision.moves[0].effects:
            if isinstance(effect, MoveTrack):
                kept = self.cases[given["keeps"]]
                moved = next(t for t in self.before_close.tracks.values() if t.name == effect.track)
                number = 1 + sum(t.kind is moved.kind for t in kept.tracks.values())
                new = f"{moved.kind}-{number}"
                clocks_moved = tuple(
                    replace(d, track=new) for d in self.before_close.deadlines if d.track == effect.track
                )
                needs = (*kept.needs, Need("n1b", "local_trade"))
                kept = replace(kept, deadlines=(*kept.deadlines, *clocks_moved), needs=needs).with_track(
                    replace(moved, name=new, needs=("n1b",))
                )
                self.cases[given["keeps"]] = kept


def _said(stage: Stage, case: str, decision: Any) -> dict[str, list[dict[str, Any]]]:
    """What a decision did to the deadlines, in the words of the stories."""
    found: dict[str, list[dict[str, Any]]] = {}
    for effect in (
        (e for move in getattr(decision, "moves", ()) for e in move.effects)
        if getattr(decision, "moves", None)
        else getattr(decision, "effects", ())
    ):
        if not isinstance(effect, Clocked) or effect.how not in EFFECTS:
            continue
        d, entry = effect.deadline, stage.ref(case, effect.deadline)
        if effect.how is How.ARMED:
            entry |= {"due": f"{d.due_on}T18:00"}
        if effect.how is How.PAUSED:
            entry |= {"left": f"{d.left} {'wd' if d.unit == 'wd' else 'days'}"}
        if effect.how in (How.RESUMED, How.RESTORED, How.MOVED):
            entry |= {"due": f"{d.due_on}T18:00"}
        found.setdefault(EFFECTS[effect.how], []).append(entry)
    return found


def _expected(step: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    keep = {
        "armed": ("on", "deadline", "due", "action"),
        "met": ("on", "deadline", "within", "action"),
        "cancelled": ("on", "deadline", "within", "action"),
        "paused": ("on", "deadline", "left"),
        "resumed": ("on", "deadline", "due"),
        "moved_dates": ("on", "deadline", "due"),
    }
    found = {}
    for name, fields in keep.items():
        if step.get(name):
            found[name] = [{f: e[f] for f in fields if f in e} for e in step[name]]
            for entry, told in zip(found[name], step[name], strict=True):
                if told["deadline"].endswith("follow_up.check"):
                    entry["within"] = told["within"]
    return found


def _order(entry: dict[str, Any]) -> str:
    return json.dumps(entry, sort_keys=True, default=str)


def _sorted(said: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    return {k: sorted(v, key=_order) for k, v in said.items()}


@pytest.mark.parametrize("story", STORIES, ids=lambda s: s["id"])
def test_the_rules_play_the_story_as_told(story: dict[str, Any]) -> None:
    stage = Stage(story)
    waiting: list[tuple[str, Any]] = []
    for number, step in enumerate(story["steps"], 1):
        where = f"step {number} {step['at']} {step['by']} {step.get('event') or step.get('record') or step.get('act')}"
        name = step.get("case", "")
        stage.before_close = stage.cases[name]
        decision, by_itself = stage.play(step)
        waiting += by_itself
        if step["by"] == "system":
            decision = None
            told = {}
            for case, done in list(waiting):
                mine = {k: v for k, v in _said(stage, case, done).items()}
                if mine and _sorted(mine) == _sorted(_expected(step)):
                    told = mine
                    waiting.remove((case, done))
                    break
            if not told and step.get("event") in ("accept_pair", "revive"):
                continue
            assert _sorted(told) == _sorted(_expected(step)), where
            continue
        if step.get("refused"):
            assert not decision.allowed, where
            assert decision.reasons[0].by == step["refused"]["by"], (where, decision.reasons)
            continue
        assert decision.allowed, (where, decision.reasons)
        told, following = _said(stage, name, decision), _following(story["steps"], number)
        expected = _expected(step)
        for also in following:
            for key, entries in _expected(also).items():
                expected.setdefault(key, []).extend(entries)
        assert _sorted(told) == _sorted(expected), where
        if step["of"] not in ("branch",):
            facts = stage._facts("territory" if step["of"] == "territory" else name)
            if not following:
                assert facts.state_of(step["of"]) == step.get("after", facts.state_of(step["of"])), where
        proposed = next((s["proposes"] for s in (step, *following) if s.get("proposes")), None)
        cascade = next((m.cascade for m in decision.moves if m.cascade), None)
        if proposed:
            assert (cascade.event, cascade.taken) == (proposed["event"], proposed["taken"]), where
    assert sorted(stage.happened, key=_order) == sorted(story["marks"], key=_order)
    assert _still_armed(stage) == sorted(story["still_armed_at_the_end"], key=_order)


def _following(steps: list[dict[str, Any]], number: int) -> list[dict[str, Any]]:
    """Steps that the system takes in the same transaction as the one before."""
    return [
        s
        for s in steps[number : number + 1]
        if s["by"] == "system" and s.get("event") in ("accept_pair", "revive") and s["at"] == steps[number - 1]["at"]
    ]


def _still_armed(stage: Stage) -> list[dict[str, Any]]:
    found = []
    for name, facts in stage._all():
        for d in facts.deadlines:
            if d.live:
                found.append(
                    {
                        **stage.ref(name, d),
                        **({"paused": True} if d.status == "paused" else {"due": f"{d.due_on}T18:00"}),
                    }
                )
    return sorted(found, key=_order)
