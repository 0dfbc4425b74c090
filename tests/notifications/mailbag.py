"""Mails to look at: every key that the engine tells, and lives on which they can be composed, with everything known or with little."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select, update

import engine
from cases.database import Database
from cases.identifiers import new_id
from cases.tables.case import business, case_file, need
from cases.tables.memory import deadline, journal
from cases.tables.operators import branch, operator
from cases.tables.people import person
from cases.tables.territories import territory
from engine.definition import MACHINES, RULES
from engine.model import CASE_TRACK, Kind, MailClass, Role
from engine.records import CASE_RECORDS
from engine.territory_records import TERRITORY_RECORDS
from notifications.composer import Composed, compose, compose_digest
from notifications.said_rows import rows_for
from notifications.tables import message
from tests.acceptance.stories import STORIES
from tests.cases.test_stories_in_memory import WORKER
from tests.notifications.scenes import Scene

BASE_URL = "https://quartiers.example"
ASKED_FOR = frozenset({
    "sign_in", "invitation", "new_link", "token_expires", "digest", "reply_received", "reply_refused", "webhook_stopped", "exceptions",
    "retention_notice",
})  # fmt: skip
"""Keys that no step tells: what people ask for themselves, reminders put together, what becomes of a reply, a token and a webhook, the list of the week."""
PLAYED = {Kind.REFERRAL: ("S01", 5), Kind.MENTORING_PAIR: ("S06", 13), Kind.TRANSITION_PLAN: ("S05", 10)}
"""The story in which there is such a track, and how many of its steps are played."""


@dataclass(frozen=True, order=True)
class Mail:
    """One message of the engine: its key, to whom, on which kind of track, by which rule or event."""

    key: str
    role: str
    kind: str
    rule: str = ""
    event: str = ""


def mails() -> set[Mail]:
    """Every message that a step, a record, a mark or an effect can send."""
    return {*_told_by_steps(), *_told_by_marks(), *_told_by_effects()}


def _told_by_steps() -> Iterator[Mail]:
    for kind, compiled in MACHINES.items():
        for step in compiled.events.values():
            yield from (Mail(one.key, str(one.to), str(kind), event=step.event) for one in step.tells)
    for kind, found in ((Kind.REFERRAL, CASE_RECORDS), (Kind.TERRITORY, TERRITORY_RECORDS)):
        for step in found.values():
            yield from (Mail(one.key, str(one.to), str(kind), event=step.event) for one in step.tells)


def _told_by_marks() -> Iterator[Mail]:
    for name, rule in RULES.items():
        yield from (
            Mail(mark.key, str(role), name.partition(".")[0], rule=name) for mark in rule.marks for role in mark.to
        )


def _told_by_effects() -> Iterator[Mail]:
    """What effects yield: `Tell("key", Role.X, …)`, as it is written in the engine's files."""
    for path in sorted(Path(engine.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func) == "Tell"
                and isinstance(node.args[0], ast.Constant)
            ):
                role = Role[ast.unparse(node.args[1]).removeprefix("Role.")]
                yield from (Mail(str(node.args[0].value), str(role), str(kind)) for kind in PLAYED)


class Life(Scene):
    """A story played as far as there is a track of a kind; every rule has a deadline on it."""

    made: list[dict[str, Any]]
    """The links that were asked for."""

    def __init__(self, database: Database, kind: Kind) -> None:
        identifier, steps = PLAYED[kind]
        super().__init__(database, next(story for story in STORIES if story["id"] == identifier))
        self.kind, self.made = kind, []
        self.read_at: datetime | None = None
        self.next_steps(steps)
        self.case = self.row("")
        database.write(self._arm_every_rule, WORKER)

    def next_steps(self, count: int) -> None:
        """Take the story's next steps; some are refused, as the story tells."""
        for step in self.story["steps"][:count]:
            self.play(step)
            self.clock.set(self.at(step["at"]))

    def _arm_every_rule(self, db: Connection) -> None:
        now = self.clock.now()
        for name in RULES:
            kind = name.partition(".")[0]
            own = self.ids["territory"] if kind == Kind.TERRITORY else self.case["id"]
            days = {"armed_at": now, "armed_on": now.date(), "due_on": now.date(), "due_at": now}
            db.execute(insert(deadline).values(
                id=f"rule {name}", subject="territory" if kind == Kind.TERRITORY else "case", subject_id=own, track=self.track(kind), rule=name,
                occurrence=99, status="met", unit="wd", **days,
            ))  # fmt: skip

    def track(self, kind: str) -> str:
        return kind if kind in (CASE_TRACK, Kind.TERRITORY) else f"{kind}-1"

    def everything_is_known(self) -> None:
        """The snack bar of the first story, with all that can be known of it."""
        people = {"adviser": ("Samir Lahlou", "+33639982015"), "manager": ("Inès Morvan", "+33639982016")}
        for name, (full, phone) in people.items():
            self.change(update(person).where(person.c.id == self.ids[name]).values(name=full, phone=phone))
        self.change(update(person).where(person.c.name.startswith("Karim") | person.c.name.startswith("agent")).values(
            name="Karim Diallo", phone="+33639984128"
        ))  # fmt: skip
        self.change(update(operator).values(name="Adie"))
        self.change(update(branch).values(name="Adie, antenne de Roubaix", phone="+33353010111"))
        self.change(update(territory).values(name="Roubaix"))
        place = {"address_line": "rue de Lannoy", "city": "Roubaix"}
        self.change(update(business).values(name="Snack Lannoy", activity="Snack", **place))
        self.entrepreneur_has(name="Nadia Benali", phone="+33639984127")
        self.change(update(need).values(detail="une hotte", amount=Decimal(12000)))

    # -- messages ---------------------------------------------------------------------------------------------------------------

    def message(self, mail: Mail, **values: Any) -> dict[str, Any]:
        """A row of the table of messages, as the planner makes it."""
        where = {"subject_id": self.case["id"], "case_id": self.case["id"], "track": self.track(mail.kind)}
        if mail.kind == Kind.TERRITORY:
            where = {"subject_id": self.ids["territory"], "case_id": None, "track": "territory"}
        row = dict.fromkeys(message.c.keys()) | self._reader(mail.role) | where | {
            "id": new_id(self.clock.now()), "key": mail.key, "role": mail.role, "mail_class": str(MailClass.DIRECT), "timezone": "Europe/Paris",
            "holidays": "FR", "send_at": self.clock.now(), "kind": "mail", "reason": "Action « Transmettre »",
            "facts": {"sequence": self._line(mail)}, "deadline_id": f"rule {mail.rule}" if mail.rule else None,
        }  # fmt: skip
        return row | values

    def _line(self, mail: Mail) -> int | None:
        """The last line of the journal with that event, else the last one."""
        lines = select(journal.c.sequence).order_by((journal.c.event == mail.event).desc(), journal.c.sequence.desc())
        own = self.ids["territory"] if mail.kind == Kind.TERRITORY else self.case["id"]
        found = self.rows(lines.where(journal.c.subject_id == own).limit(1))
        return found[0].sequence if found and not mail.rule else None

    def _reader(self, role: str) -> dict[str, Any]:
        if role == Role.ENTREPRENEUR:
            own = self.case["entrepreneur_id"]
            return {
                "entrepreneur_id": own,
                "recipient": f"entrepreneur:{own}",
                "to_name": "Nadia Benali",
                "to_email": "nadia@example.org",
            }
        mentors = [
            key
            for key in self.ids
            if key in {step["with"]["mentor"] for step in self.story["steps"] if step.get("event") == "propose"}
        ]
        named = {Role.MENTOR: mentors[0] if mentors else "stranger", Role.MANAGER: "manager", Role.OPERATOR: self._at("agent"),
                 Role.OPERATOR_MANAGER: self._at("boss")}.get(Role(role), "adviser")  # fmt: skip
        own = self.ids[named]
        return {"person_id": own, "recipient": f"person:{own}", "to_name": named, "to_email": f"{role}@example.org"}

    def _at(self, who: str) -> str:
        return next(name for name in self.ids if name.startswith(f"{who} "))

    def link(self, purpose: str, **opens: Any) -> str:
        self.made.append({"purpose": purpose, **{name: value for name, value in opens.items() if value}})
        return f"{purpose.replace('_', '')}token{len(self.made):020}"

    def compose(self, row: dict[str, Any], **more: Any) -> Composed:
        given: dict[str, Any] = {"now": self.now, "base_url": BASE_URL, "make_link": self.link, **more}
        return self.database.read(lambda db: compose(rows_for(db, [row]), row, **given), WORKER)

    def compose_digest(self, rows: list[dict[str, Any]]) -> Composed:
        given: dict[str, Any] = {"now": self.now, "base_url": BASE_URL, "make_link": self.link}
        return self.database.read(lambda db: compose_digest(rows_for(db, rows), rows, **given), WORKER)

    def case_has(self, **values: Any) -> None:
        self.change(update(case_file).values(**values))

    def is_due(self, rule: str, due_on: Any, armed_on: Any = None) -> None:
        """A deadline of that rule runs until that day."""
        days = {"due_on": due_on, "armed_on": armed_on or self.now.date(), "status": "open"}
        self.change(update(deadline).where(deadline.c.id == f"rule {rule}").values(**days))

    @property
    def now(self) -> datetime:
        """When the mails are composed: now, unless a test says otherwise."""
        return self.read_at or self.clock.now()


def words_of(printed: str) -> str:
    """The same, as one types it: plain spaces and apostrophes."""
    return printed.replace("\u00a0", " ").replace("\u202f", " ").replace("’", "'")


def lines_of(composed: Composed) -> list[str]:
    """The paragraphs of the text, as one types them."""
    return [line for line in words_of(composed.text).splitlines() if line]
