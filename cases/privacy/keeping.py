"""How long things are kept: the rules with their defaults, what an installation changed, and the cases whose time has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, case, func, select, update

from cases.errors import Invalid
from cases.identifiers import new_id
from cases.tables.case import case_file
from cases.tables.memory import journal
from cases.tables.privacy import retention_notice, retention_rule
from engine.sentences import say
from engine.state_names import CaseState
from engine.working_days import months_after

NOTICE: Final = timedelta(days=30)
"""How long before it is anonymised a territory is told of a case."""
LONGEST: Final = 600


class Kept(StrEnum):
    """What is kept for a time."""

    CLOSED_CASE = "closed_case"
    NEVER_QUALIFIED = "never_qualified"
    UNUSED_ACCOUNT = "unused_account"
    MAIL_BODY = "mail_body"
    IMPORT_FILE = "import_file"
    IMPORT_LINE = "import_line"
    SECURITY_LOG = "security_log"
    REFUSED_ATTEMPT = "refused_attempt"


@dataclass(frozen=True, slots=True)
class Rule:
    """How long something is kept, in months or in days; what it is and what then happens, in French."""

    kept: Kept
    length: int
    months: bool
    what: str
    then: str

    def limit(self, now: datetime) -> datetime:
        """What is older than that has been kept long enough."""
        if self.months:
            return datetime.combine(months_after(now.date(), -self.length), now.timetz())
        return now - timedelta(days=self.length)

    @property
    def said(self) -> str:
        """« 24 mois », « 62 jours »."""
        pattern = "{value} mois" if self.months else "{value} jour" if self.length == 1 else "{value} jours"
        return say(pattern, value=self.length)


DEFAULTS: Final[Mapping[Kept, Rule]] = {
    rule.kept: rule
    for rule in (
        Rule(
            Kept.CLOSED_CASE,
            24,
            True,
            "Un dossier clos, après sa dernière activité",
            "anonymisé, après un préavis de 30 jours",
        ),
        Rule(
            Kept.NEVER_QUALIFIED,
            12,
            True,
            "Un signalement jamais qualifié",
            "clos et anonymisé, après un préavis de 30 jours",
        ),
        Rule(
            Kept.UNUSED_ACCOUNT,
            24,
            True,
            "Un compte qui ne sert plus",
            "anonymisé : plus de nom, d’adresse ni de téléphone",
        ),
        Rule(Kept.MAIL_BODY, 62, False, "Le texte des courriels partis", "effacé"),
        Rule(Kept.IMPORT_FILE, 7, False, "Les fichiers importés", "effacés"),
        Rule(
            Kept.IMPORT_LINE,
            62,
            False,
            "Les lignes des fichiers importés",
            "effacées ; ce qu’elles sont devenues reste",
        ),
        Rule(Kept.SECURITY_LOG, 12, True, "Consultations, sessions et liens", "effacés"),
        Rule(Kept.REFUSED_ATTEMPT, 90, False, "Les étapes refusées", "effacées"),
    )
}
"""The schedule as it comes (safety.md): an installation may change each length."""


@dataclass(frozen=True, slots=True)
class DueCase:
    """A case that has been kept long enough, or will have been within the notice."""

    id: str
    reference: str
    territory_id: str | None
    state: str
    rule: Kept
    last_activity: datetime
    noticed: date | None
    """The day on which it is anonymised, once its territory was told."""


def rules(db: Connection) -> Mapping[Kept, Rule]:
    """The schedule as this installation has it."""
    changed = {row.name: row.length for row in db.execute(select(retention_rule))}
    return {
        kept: Rule(kept, changed.get(kept, rule.length), rule.months, rule.what, rule.then)
        for kept, rule in DEFAULTS.items()
    }


def change_rule(db: Connection, name: str, length: int, *, by: str | None, now: datetime) -> Rule:
    """Keep something longer, or less long. Raises Invalid for what is no rule, and for no length."""
    if name not in set(Kept):
        raise Invalid("Choisissez une durée de la liste.", "name")
    if not 1 <= length <= LONGEST:
        raise Invalid(say("Donnez un nombre entre 1 et {longest}.", longest=LONGEST), name)
    values = {"length": length, "changed_at": now, "changed_by": by}
    if not db.execute(update(retention_rule).where(retention_rule.c.name == name).values(**values)).rowcount:
        db.execute(retention_rule.insert().values(name=name, **values))
    return rules(db)[Kept(name)]


def due_cases(db: Connection, now: datetime) -> list[DueCase]:
    """The cases that are to be told of, or anonymised, today; the oldest first."""
    schedule, ahead = rules(db), now + NOTICE
    latest = (
        select(func.max(journal.c.at, type_=journal.c.at.type))
        .where(journal.c.subject_id == case_file.c.id)
        .scalar_subquery()
    )
    noticed = (
        select(func.max(retention_notice.c.due_on))
        .where(retention_notice.c.case_id == case_file.c.id, retention_notice.c.ended_at.is_(None))
        .scalar_subquery()
    )
    closed = case_file.c.state == CaseState.CLOSED
    rule: Any = case((closed, str(Kept.CLOSED_CASE)), else_=str(Kept.NEVER_QUALIFIED))
    old = (closed & (latest < schedule[Kept.CLOSED_CASE].limit(ahead))) | (
        (case_file.c.state == CaseState.DETECTION) & (latest < schedule[Kept.NEVER_QUALIFIED].limit(ahead))
    )
    columns = (
        case_file.c.id, case_file.c.reference, case_file.c.territory_id, case_file.c.state, rule.label("rule"), latest.label("last_activity"),
        noticed.label("noticed"),
    )  # fmt: skip
    query = select(*columns).where(case_file.c.anonymised_at.is_(None), old).order_by(case_file.c.id)
    return [DueCase(**{**row, "rule": Kept(row["rule"])}) for row in db.execute(query).mappings()]


def asked_for(db: Connection, now: datetime) -> list[str]:
    """The ids of the cases whose erasure somebody asked for, and whose day has come."""
    due = (
        retention_notice.c.rule == "request",
        retention_notice.c.ended_at.is_(None),
        retention_notice.c.due_on <= now.date(),
    )
    return list(db.execute(select(retention_notice.c.case_id).where(*due).order_by(retention_notice.c.id)).scalars())


def give_notice(db: Connection, found: DueCase, now: datetime) -> date:
    """Note that a territory is told of a case; give the day on which it is anonymised."""
    due_on = (now + NOTICE).date()
    row = {"case_id": found.id, "rule": str(found.rule), "noticed_at": now, "due_on": due_on}
    db.execute(retention_notice.insert().values(id=new_id(now), **row))
    return due_on


def drop_stale_notices(db: Connection, due: list[DueCase], now: datetime) -> int:
    """End the notices of cases on which somebody worked again: they start anew; give how many."""
    still = [found.id for found in due]
    stale = (
        retention_notice.c.ended_at.is_(None),
        retention_notice.c.rule != "request",
        retention_notice.c.case_id.not_in(still),
    )
    return int(db.execute(update(retention_notice).where(*stale).values(ended_at=now)).rowcount)
