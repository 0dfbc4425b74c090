"""The case stories, played through the write path and the sweep, on both databases: states, deadlines, marks, refusals, messages."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, insert, select

from cases import branches, intake, journal, journey, programme, records
from cases.access import Grant, Identity, scope_of
from cases.database import Database, Scope
from cases.errors import CasesError, NotFound, Refused
from cases.identifiers import new_id
from cases.intake import Detection
from cases.journey import Request
from cases.programme import TerritoryRequest
from cases.sweep import next_due, sweep
from cases.tables.case import case_file
from cases.tables.memory import deadline, mark_fired
from cases.tables.operators import branch, operator
from cases.tables.people import person, role_grant
from cases.tables.territories import convention, diagnostic, roadmap, territory
from cases.tables.tracks import plan_action
from engine.model import Role
from tests.acceptance.stories import AXES, DE_RULE, STORIES, cases_of, kind_of, shown

WORKER = Scope.worker()
SYSTEM_STEPS = ("system",)


class Stage:
    """A story on a real database: its territory, its people, its cases by name."""

    def __init__(self, database: Database, story: dict[str, Any]) -> None:
        self.database, self.story = database, story
        self.zone = ZoneInfo(story["timezone"])
        self.start = self.at(story["steps"][0]["at"]) - timedelta(days=1)
        self.ids: dict[str, str] = {}
        self.references: dict[str, str] = {}
        self.needs: dict[tuple[str, str], str] = {}
        database.write(self._set_up, WORKER)

    def at(self, text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=self.zone).astimezone(UTC)

    def local(self, instant: datetime) -> str:
        return instant.astimezone(self.zone).strftime("%Y-%m-%dT%H:%M")

    # -- people -----------------------------------------------------------------------------------------------------------

    def _set_up(self, db: Connection) -> None:
        now = self.start
        self.ids["territory"] = new_id(now)
        calendar = {"timezone": self.story["timezone"], "holidays": self.story["holidays"]}
        row = {
            "slug": self.story["territory"],
            "name": self.story["territory"],
            "kind": "commune",
            "state": self.story["phase"],
            "axes": ["local_trade"],
        }
        db.execute(
            insert(territory).values(id=self.ids["territory"], state_since=now, created_at=now, **row, **calendar)
        )
        own = {"territory_id": self.ids["territory"], "recorded_at": now}
        db.execute(insert(convention).values(id=new_id(now), signed_on=now.date(), reference="C-1", **own))
        db.execute(insert(diagnostic).values(id=new_id(now), published_on=now.date(), indicators={}, **own))
        db.execute(
            insert(roadmap).values(
                id=new_id(now), version=1, approved_on=now.date(), axes=["local_trade"], objectives=[], **own
            )
        )
        for name, role in (("adviser", "adviser"), ("manager", "manager"), ("Nora", "adviser")):
            self._person(db, name, role, territory_id=self.ids["territory"])
        self._person(db, "stranger", "mentor")

    def _person(self, db: Connection, name: str, role: str, **where: str) -> str:
        if name not in self.ids:
            self.ids[name] = new_id(self.start)
            db.execute(
                insert(person).values(
                    id=self.ids[name], name=name, email=f"{len(self.ids)}@example.org", created_at=self.start
                )
            )
            db.execute(
                insert(role_grant).values(
                    id=new_id(self.start), person_id=self.ids[name], role=role, created_at=self.start, **where
                )
            )
        return self.ids[name]

    def branch(self, name: str) -> str:
        key = f"branch {name}"
        if key not in self.ids:
            self.database.write(lambda db: self._new_branch(db, name, key), WORKER)
        return self.ids[key]

    def _new_branch(self, db: Connection, name: str, key: str) -> None:
        self.ids[key], own = new_id(self.start), new_id(self.start)
        db.execute(
            insert(operator).values(
                id=own, slug=name.lower().replace(" ", "-"), name=name, kind="field", axes=[], levers=[]
            )
        )
        db.execute(insert(branch).values(id=self.ids[key], operator_id=own, name=name, email="antenne@example.org"))
        self._person(db, f"agent {name}", "operator", branch_id=self.ids[key])
        self._person(db, f"boss {name}", "operator_manager", branch_id=self.ids[key])

    def agent(self, name: str, of_branch: str) -> str:
        self.database.write(lambda db: self._person(db, f"{name} {of_branch}", "operator", branch_id=of_branch), WORKER)
        return self.ids[f"{name} {of_branch}"]

    def who(self, step: dict[str, Any]) -> Identity:
        role, case = step["by"], step.get("case", "")
        if role in ("operator", "operator_manager"):
            name = self._operator_of(step)
            key, of_role = (
                (f"agent {name}", Role.OPERATOR) if role == "operator" else (f"boss {name}", Role.OPERATOR_MANAGER)
            )
            own = self.branch(name)
            return Identity(self.ids[key], key, (Grant(of_role, branch=own),))
        if role == "mentor":
            return Identity(self._mentor(case, step["of"]), "mentor", (Grant(Role.MENTOR),))
        if role == "entrepreneur":
            row = self.row(case)
            return Identity(name="entrepreneur", entrepreneur=row["entrepreneur_id"], via="mail_link")
        return Identity(self.ids[role], role, (Grant(Role(role), territory=self.ids["territory"]),))

    def _operator_of(self, step: dict[str, Any]) -> str:
        if step["of"] == "branch":
            return "Initiative"
        for other in self.story["steps"]:
            same = other.get("case", "") == step.get("case", "") and other["of"] == step["of"]
            if same and other.get("event") == "draft":
                return str(other["with"]["operator"])
        return "CMA"

    def _mentor(self, case: str, track: str) -> str:
        name = next(
            (s["with"]["mentor"] for s in self.story["steps"] if s["of"] == track and s.get("event") == "propose"), None
        )
        return self.ids[name] if name else self.ids["stranger"]

    # -- a step -----------------------------------------------------------------------------------------------------------

    def row(self, case: str) -> Any:
        found = select(case_file).where(case_file.c.reference == self.references[case])
        return self.database.read(lambda db: db.execute(found).mappings().one(), WORKER)

    def run_until(self, now: datetime) -> None:
        while (due := next_due(self.database)) is not None and due <= now:
            sweep(self.database, due)

    def play(self, step: dict[str, Any]) -> CasesError | None:
        given = dict(step.get("with", {}))
        now = self.at(given.pop("arrives", step["at"]))
        self.run_until(now)
        if step["by"] in SYSTEM_STEPS:
            return None
        try:
            self.database.write(self._unit(step, given, now), scope_of(self.who(step)))
        except (Refused, NotFound) as refused:
            return refused
        return None

    def _unit(self, step: dict[str, Any], given: dict[str, Any], now: datetime) -> Callable[[Connection], Any]:
        case, track, event = step.get("case", ""), step["of"], step.get("event")
        by = self.who(step)
        if event == "log":
            return lambda db: self._log(db, case, step, given, by, now)
        if track == "branch":
            own = self.branch("Initiative")
            return lambda db: branches.declare_closure(db, own, given["from"], given["to"], by=by, now=now)
        if track == "territory":
            return lambda db: programme.fire(
                db, TerritoryRequest(self.story["territory"], step["event"]), by=by, now=now
            )
        payload = self._payload(case, step, given, now)
        asked = kind_of(track) if event in ("draft", "propose", "open") else track
        behalf = step.get("on_behalf_of")
        if event is None:
            name = {"action_done": "action"}.get(step["record"], step["record"])
            return lambda db: records.record(
                db, Request(self.references[case], name, asked, payload, on_behalf_of=behalf), by=by, now=now
            )
        return lambda db: journey.fire(
            db, Request(self.references[case], event, asked, payload, on_behalf_of=behalf), by=by, now=now
        )

    def _log(
        self, db: Connection, case: str, step: dict[str, Any], given: dict[str, Any], by: Identity, now: datetime
    ) -> None:
        consents = () if given.get("legal_basis") else ("contact", "share")
        detection = Detection(
            f"Commerce {case}", person_name="Nadia", territory=self.story["territory"], situation="inside", consents=consents, channel="visit",
            legal_basis=given.get("legal_basis"), met_in_person=bool(given.get("met_in_person")), email=f"nadia{case}@example.org",
            filled_in_on=date.fromisoformat(step["at"][:10]),
        )  # fmt: skip
        self.references[case] = intake.log_case(db, detection, by=by, now=now).fired.reference

    def _payload(self, case: str, step: dict[str, Any], given: dict[str, Any], now: datetime) -> dict[str, Any]:
        event, track = step.get("event"), step["of"]
        if event == "qualify":
            self._needs(case, given["needs"], now)
            return {}
        if event == "draft":
            wanted = {
                "branch": self.branch(given["operator"]),
                "needs": [self.needs[case, n] for n in given["needs"]],
                "reason": "choix du conseiller",
            }
            return wanted | {k: given[k] for k in ("exclusive_with", "targeted") if k in given}
        if event == "propose":
            self.database.write(lambda db: self._person(db, given["mentor"], "mentor"), WORKER)
            return {"mentor": self.ids[given["mentor"]]}
        if "agent" in given:
            given["agent"] = self.agent(given["agent"], self.branch(self._operator_of(step)))
        if "outcomes" in given:
            given["outcomes"] = {self._need(case, name): outcome for name, outcome in given["outcomes"].items()}
        if "need" in given:
            given["need"] = self.needs[case, given["need"]]
        if "keeps" in given:
            given["keeps"] = self.references[given["keeps"]]
        if "referent" in given:
            given["referent"] = self.ids[given["referent"]]
        return self._words(case, step, given, track)

    def _need(self, case: str, name: str) -> str:
        """A need by its name; `n1b` is the other case's, which came with its track."""
        return self.needs.get((case, name)) or self.needs["B", name.removesuffix("b")]

    def _words(self, case: str, step: dict[str, Any], given: dict[str, Any], track: str) -> dict[str, Any]:
        event, record = step.get("event"), step.get("record")
        given.pop("aids", None)
        given = {name: value for name, value in given.items() if value is not None}
        if "actions" in given:
            given["actions"] = [{"name": a["name"], "day": a["date"]} for a in given["actions"]]
        if record == "action_done":
            given = {"action": self._action(given["action"]), "news": "done"}
        if isinstance(given.get("review"), dict):
            given["review"] = "; ".join(given["review"])
        if event == "answer_info":
            given["answer"] = step["note"]
        if event == "pause":
            given["reason"] = DE_RULE.get(given["reason"], given["reason"])
        if record == "document":
            given = {"name": step["note"]}
        return given

    def _action(self, name: str) -> str:
        query = select(plan_action.c.id).where(plan_action.c.name == name)
        return str(self.database.read(lambda db: db.execute(query).scalar_one(), WORKER))

    def _needs(self, case: str, names: list[str], now: datetime) -> None:
        axis = AXES.get(self.story["id"], "local_trade")
        row = self.row(case)
        for name in names:
            if (case, name) not in self.needs:
                add = {"subject": "funding", "axis": axis}
                self.needs[case, name] = self.database.write(
                    lambda db, add=add: intake.add_need(db, row["id"], add, now), WORKER
                )
        if row["state"] == "detection" and self.story["id"] == "S09":
            self.database.write(lambda db: self._share(db, row["id"], now), WORKER)

    def _share(self, db: Connection, case_id: str, now: datetime) -> None:
        request = Request(self.references[""], "consent", payload={"purpose": "share", "given": True})
        records.record(db, request, by=self.who({"by": "adviser"}), now=now)

    # -- what is seen -------------------------------------------------------------------------------------------------------

    def deadlines(self) -> dict[str, dict[str, Any]]:
        """Every deadline by its id: where it is, what it is, and how it stands."""
        names = {self.row(case)["id"]: case for case in self.references} | {self.ids["territory"]: "territory"}

        def unit(db: Connection) -> dict[str, dict[str, Any]]:
            return {row.id: self._shown(names[row.subject_id], row) for row in db.execute(select(deadline))}

        return self.database.read(unit, WORKER)

    def _shown(self, case: str, row: Any) -> dict[str, Any]:
        on = row.track if case == "territory" else shown(case, row.track, self.story)
        found = {"on": on, "deadline": row.rule, "status": row.status, "due": f"{row.due_on}T18:00"}
        if row.rule.endswith("follow_up.check"):
            found["within"] = row.item
        elif row.item:
            found["action"] = self.database.read(
                lambda db: db.execute(select(plan_action.c.name).where(plan_action.c.id == row.item)).scalar_one(),
                WORKER,
            )
        return found

    def marks(self) -> list[dict[str, Any]]:
        """Every mark that fired, as the stories tell it."""
        known = self.deadlines()

        def unit(db: Connection) -> list[Any]:
            return list(db.execute(select(mark_fired)))

        found = []
        for row in self.database.read(unit, WORKER):
            about = {k: v for k, v in known[row.deadline_id].items() if k in ("on", "deadline", "within", "action")}
            line = {"at": self.local(row.at), **about, "mark": row.mark, "do": row.do}
            if row.do != "begin the next period":
                line |= {"act": row.act} if row.act else {"to": list(row.recipients)}
            found.append(line)
        return found


def _ordered(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(entries, key=lambda entry: json.dumps(entry, sort_keys=True, default=str))


def _changes(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> list[tuple[str, str, str]]:
    """What became of the deadlines: armed, met …, with their day where they run."""
    found = []
    for identifier, now in after.items():
        was = before.get(identifier)
        name = f"{now['on']} {now['deadline']} {now.get('within', now.get('action', ''))}"
        if was is None:
            found.append(("armed", name, now["due"]))
            if now["status"] != "open":
                found.append((now["status"], name, ""))
        elif was["status"] != now["status"]:
            found.append(
                (
                    {"open": "resumed"}.get(now["status"], now["status"]),
                    name,
                    now["due"] if now["status"] == "open" else "",
                )
            )
    return sorted(found)


def _told(step: dict[str, Any]) -> list[tuple[str, str, str]]:
    found = []
    for verb in ("armed", "met", "cancelled", "paused", "resumed"):
        for entry in step.get(verb, []):
            name = f"{entry['on']} {entry['deadline']} {entry.get('action', entry['within'] if entry['deadline'].endswith('check') else '')}"
            found.append((verb, name, entry.get("due", "") if verb in ("armed", "resumed") else ""))
    return sorted(found)


@pytest.mark.parametrize("story", STORIES, ids=lambda s: s["id"])
def test_the_story_is_lived_as_told(database: Database, story: dict[str, Any]) -> None:
    live_the_story(Stage(database, story), story)


def live_the_story(stage: Stage, story: dict[str, Any]) -> None:
    """Play every step; what becomes of the deadlines, the marks, the refusals and the end are as told."""
    expected: list[tuple[str, str, str]] = []
    seen: list[tuple[str, str, str]] = []
    for number, step in enumerate(story["steps"], 1):
        where = f"step {number} {step['at']} {step['by']} {step.get('event') or step.get('record') or step.get('act')}"
        before = stage.deadlines() if stage.references else {}
        refused = stage.play(step)
        seen += [c for c in _changes(before, stage.deadlines()) if c[0] != "missed"]
        if step.get("refused"):
            assert refused is not None, where
            continue
        assert refused is None, (where, str(refused))
        expected += _told(step)
    expected += [
        ("armed", f"{m['on']} {m['deadline']} ", m["due"]) for m in story["marks"] if m["do"] == "begin the next period"
    ]
    assert sorted(seen) == sorted(expected)
    wanted = [{k: v for k, v in mark.items() if k != "due"} for mark in story["marks"]]
    assert _ordered(stage.marks()) == _ordered(wanted)
    _assert_the_end(stage, story)


def _assert_the_end(stage: Stage, story: dict[str, Any]) -> None:
    ends = story["ends_in"] if isinstance(story["ends_in"], dict) else {"": story["ends_in"]}
    assert {case: stage.row(case)["state"] for case in cases_of(story)} == ends
    live = [
        {k: v for k, v in d.items() if k != "status"}
        for d in stage.deadlines().values()
        if d["status"] in ("open", "paused")
    ]
    assert _ordered(live) == _ordered(story["still_armed_at_the_end"])
    for case in cases_of(story):
        own = stage.row(case)["id"]
        assert stage.database.read(lambda db, own=own: journal.verify(db, own), WORKER) == []
