"""What has been kept long enough goes: once a day, with a notice before a case is anonymised, a log, and a dry run that changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, Table, delete, func, or_, select, update

from cases import journey
from cases.access import Grant, Identity
from cases.database import Database, Scope
from cases.errors import CasesError
from cases.files import Files
from cases.identifiers import new_id
from cases.journey import Request
from cases.privacy import erasure, keeping
from cases.privacy.keeping import DueCase, Kept, Rule
from cases.tables.case import case_file
from cases.tables.memory import access_log, day_work, import_content, import_file, import_line, refused_attempt
from cases.tables.people import api_token, person, rate_count, role_grant, session
from cases.tables.privacy import case_opening, privacy_act
from engine.model import Role
from engine.state_names import CaseState
from notifications import personal_data
from notifications.asking import tell_managers
from notifications.own_account import NOBODY, anonymise_account
from notifications.tables import inbound_mail, message, signed_link

DAILY: Final = "retention"
_LEFT: Final = ("sent", "merged", "dropped", "dead", "given_up", "task")
"""States of a message that nothing waits for."""
SYSTEM: Final = Scope.worker()
FILES_DROPPED_WITHIN: Final = timedelta(days=30)
"""How far back files that should be gone are looked for once more."""


@dataclass(frozen=True, slots=True)
class Went:
    """What a run of the schedule did, or would do: cases told of and anonymised, rows by rule."""

    dry_run: bool
    noticed: tuple[str, ...] = ()
    """References of the cases of which a territory is told."""
    anonymised: tuple[str, ...] = ()
    rows: Mapping[str, int] = field(default_factory=dict)
    failed: tuple[str, ...] = ()
    """References of the cases that could not be anonymised: the next day tries again."""


def keep_schedule(database: Database, now: datetime, files: Files | None = None) -> Went | None:
    """Do the day’s work once; None when it was done already."""
    today = now.date()
    done = select(day_work.c.day).where(day_work.c.name == DAILY, day_work.c.day == today)
    if database.read(lambda db: db.execute(done).first(), SYSTEM) is not None:
        return None
    went = run(database, now)
    if files is not None:
        erasure.drop_files(database, files, now - FILES_DROPPED_WITHIN)
    row = {"name": DAILY, "day": today, "done_at": now}
    database.write(lambda db: db.execute(day_work.insert().values(**row)), SYSTEM)
    return went


def run(database: Database, now: datetime, *, dry_run: bool = False) -> Went:
    """Apply the schedule now; with `dry_run`, say what it would do. Each case is a transaction of its own."""
    due = database.read(lambda db: keeping.due_cases(db, now), SYSTEM)
    ready = [found for found in due if found.noticed is not None and found.noticed <= now.date()]
    new = [found for found in due if found.noticed is None]
    counted = database.read(lambda db: {name: _count(db, name, now) for name in _ROWS}, SYSTEM)
    if dry_run:
        return Went(True, _references(new), _references(ready), {str(k): n for k, n in counted.items() if n})
    database.write(lambda db: keeping.drop_stale_notices(db, due, now), SYSTEM)
    asked = database.read(lambda db: keeping.asked_for(db, now), SYSTEM)
    done, failed = _anonymise(database, [*ready, *asked], now)
    database.write(lambda db: _tell(db, new, now), SYSTEM)
    rows = {
        str(name): database.write(partial(_drop, name=name, now=now), SYSTEM)
        for name, count in counted.items()
        if count
    }
    went = Went(False, _references(new), done, rows, failed)
    if went.noticed or went.anonymised or rows or failed:
        facts = {"noticed": list(went.noticed), "anonymised": list(done), "rows": rows, "failed": list(failed)}
        log = privacy_act.insert().values(id=new_id(now), kind="retention", at=now, facts=facts)
        database.write(lambda db: db.execute(log), SYSTEM)
    return went


def _references(found: list[DueCase]) -> tuple[str, ...]:
    return tuple(one.reference for one in found)


# -- cases ------------------------------------------------------------------------------------------------------------------


def _anonymise(database: Database, due: list[DueCase | str], now: datetime) -> tuple[tuple[str, ...], tuple[str, ...]]:
    done, failed = [], []
    for found in due:
        case_id, rule = (found, "request") if isinstance(found, str) else (found.id, str(found.rule))
        try:
            reference = database.write(partial(_anonymise_one, case_id=case_id, rule=rule, now=now), SYSTEM)
        except CasesError:
            failed.append(case_id if isinstance(found, str) else found.reference)
            continue
        if reference:
            done.append(reference)
    return tuple(done), tuple(failed)


def _anonymise_one(db: Connection, *, case_id: str, rule: str, now: datetime) -> str | None:
    """Anonymise a case; one that was never qualified is closed first, one of which something is still to be told waits for tomorrow."""
    row = db.execute(select(case_file).where(case_file.c.id == case_id)).mappings().one()
    if row["state"] != CaseState.CLOSED:
        _close(db, row, now)
    elif rule == "request" and personal_data.is_still_telling(db, case_id):
        return None
    return personal_data.erase(db, case_id, by=None, rule=rule, now=now).reference


def _close(db: Connection, row: Mapping[Any, Any], now: datetime) -> None:
    """The schedule closes for the territory, or for the programme where there is none."""
    home = row["territory_id"]
    grant = Grant(Role.MANAGER, territory=home) if home else Grant(Role.ADMIN)
    who = Identity(name="Durées de conservation", grants=(grant,), via="system")
    journey.fire(
        db,
        Request(row["reference"], "close", payload={"reason": "out_of_perimeter", "end_tracks": True}),
        by=who,
        now=now,
    )


def _tell(db: Connection, new: list[DueCase], now: datetime) -> None:
    """One mail a territory: how many cases, and from which day."""
    days: dict[str | None, date] = {}
    for found in new:
        days[found.territory_id] = keeping.give_notice(db, found, now)
    for home, count in Counter(found.territory_id for found in new).items():
        facts = {"count": count, "on": days[home].isoformat()}
        tell_managers(db, "retention_notice", home, facts, now)


# -- rows -------------------------------------------------------------------------------------------------------------------


def _old(name: Kept, limit: datetime) -> tuple[tuple[Table, Any, Mapping[str, Any] | None], ...]:
    """What a rule takes: rows to delete, or values to take away."""
    files = select(import_file.c.id).where(import_file.c.started_at < limit)
    match name:
        case Kept.MAIL_BODY:
            old = (
                message.c.status.in_(_LEFT),
                message.c.created_at < limit,
                or_(message.c.text.is_not(None), message.c.to_email.is_not(None)),
            )
            return ((message, old, personal_data.MAIL_GONE),)
        case Kept.IMPORT_FILE:
            return ((import_content, (import_content.c.import_id.in_(files),), None),)
        case Kept.IMPORT_LINE:
            lines = (
                import_line.c.import_id.in_(files),
                or_(import_line.c.data.is_not(None), import_line.c.value.is_not(None)),
            )
            return ((import_line, lines, {"data": None, "value": None}),)
        case Kept.SECURITY_LOG:
            links = select(signed_link.c.id).where(signed_link.c.expires_at < limit)
            return (
                (access_log, (access_log.c.at < limit,), None), (session, (session.c.expires_at < limit,), None),
                (rate_count, (rate_count.c.hour < limit,), None), (inbound_mail, (inbound_mail.c.link_id.in_(links),), None),
                (signed_link, (signed_link.c.expires_at < limit,), None), (case_opening, (case_opening.c.ends_at < limit,), None),
            )  # fmt: skip
        case Kept.REFUSED_ATTEMPT:
            return ((refused_attempt, (refused_attempt.c.at < limit,), None),)
        case _:
            return ((person, (_unused(limit), person.c.name != NOBODY), None),)


def _anonymise_accounts(db: Connection, where: Any, now: datetime) -> int:
    unused = list(db.execute(select(person.c.id).where(*where).order_by(person.c.id)).scalars())
    for who in unused:
        anonymise_account(db, who, now)
    return len(unused)


def _unused(limit: datetime) -> Any:
    """Accounts that are old, on which nobody signed in and whose tokens nobody used since; never an admin’s, or nobody would be left to let people in."""
    seen = select(session.c.id).where(session.c.person_id == person.c.id, session.c.seen_at >= limit)
    used = select(api_token.c.id).where(
        api_token.c.person_id == person.c.id, func.coalesce(api_token.c.used_at, api_token.c.created_at) >= limit
    )
    holds = select(case_file.c.id).where(case_file.c.referent_id == person.c.id, case_file.c.state != CaseState.CLOSED)
    leads = select(role_grant.c.id).where(
        role_grant.c.person_id == person.c.id, role_grant.c.role == Role.ADMIN, role_grant.c.ended_at.is_(None)
    )
    return (person.c.created_at < limit) & ~or_(seen.exists(), used.exists(), holds.exists(), leads.exists())


_ROWS: Final = tuple(name for name in Kept if name not in (Kept.CLOSED_CASE, Kept.NEVER_QUALIFIED))


def _count(db: Connection, name: Kept, now: datetime) -> int:
    rule: Rule = keeping.rules(db)[name]
    counted = (select(func.count()).select_from(table).where(*where) for table, where, _ in _old(name, rule.limit(now)))
    return sum(int(db.execute(query).scalar_one()) for query in counted)


def _drop(db: Connection, *, name: Kept, now: datetime) -> int:
    limit, gone = keeping.rules(db)[name].limit(now), 0
    for table, where, values in _old(name, limit):
        if table is person:
            gone += _anonymise_accounts(db, where, now)
            continue
        statement: Any = delete(table).where(*where) if values is None else update(table).where(*where).values(**values)
        gone += db.execute(statement).rowcount
    return gone
