"""All that is held about somebody, cases and mails together: given to them, and erased."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Table, delete, or_, select, update

from cases.access import Identity, case_row, visible_to
from cases.errors import NotFound
from cases.identifiers import new_id
from cases.journal import plain
from cases.privacy import erasure
from cases.privacy.erasure import Erased
from cases.tables import case as of_cases
from cases.tables import memory, tracks
from cases.tables.case import case_file, entrepreneur
from cases.tables.memory import outbox
from cases.tables.people import person
from cases.tables.privacy import privacy_act
from notifications.tables import message, signed_link, suppression

GIVEN: Final[Mapping[str, tuple[Table, str]]] = {
    "Besoins": (of_cases.need, "case_id"),
    "Accords": (of_cases.consent, "case_id"),
    "Échanges": (of_cases.contact, "case_id"),
    "Notes": (of_cases.note, "case_id"),
    "Rendez-vous": (of_cases.meeting, "case_id"),
    "Plans d’action": (of_cases.action_plan, "case_id"),
    "Documents": (of_cases.document, "case_id"),
    "Points de suivi": (of_cases.follow_up_check, "case_id"),
    "Aides obtenues": (of_cases.aid_obtained, "case_id"),
    "Enquêtes": (of_cases.survey, "case_id"),
    "Demandes aux opérateurs": (tracks.referral, "case_id"),
    "Mentorat": (tracks.mentoring_pair, "case_id"),
    "Rencontres de mentorat": (tracks.mentoring_session, "case_id"),
    "Plans de transition": (tracks.transition_plan, "case_id"),
    "Actions des plans": (tracks.plan_action, "case_id"),
    "Appels à passer": (of_cases.task, "case_id"),
    "Ressemblances signalées": (of_cases.possible_duplicate, "case_id"),
    "Échéances": (memory.deadline, "subject_id"),
    "Étapes": (memory.stay, "subject_id"),
    "Lignes de fichiers importés": (memory.import_line, "case_id"),
    "Consultations": (memory.access_log, "subject_id"),
    "Courriels": (message, "case_id"),
}
"""What a person is given of a case, by its French name: each row whole, but for what is in `_KEPT_BACK`."""
_KEPT_BACK: Final = frozenset(
    {"leased_by", "leased_until", "outbox_key", "last_error", "search_text", "attempts", "retry_at", "html"}
)
"""Columns that say how the machine works, or the same thing twice."""
MAIL_GONE: Final[Mapping[str, Any]] = {
    "subject": None, "text": None, "html": None, "to_email": None, "to_name": None, "facts": {}, "last_error": None, "reason": None,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Held:
    """All that is held of one case: its rows by French name, its journal with its words."""

    reference: str
    case: Mapping[str, Any]
    business: Mapping[str, Any]
    person: Mapping[str, Any]
    journal: tuple[Mapping[str, Any], ...]
    rows: Mapping[str, tuple[Mapping[str, Any], ...]]

    def as_json(self) -> dict[str, Any]:
        """The same, as the file of an export holds it."""
        around = {
            "reference": self.reference,
            "dossier": self.case,
            "entreprise": self.business,
            "personne": self.person,
        }
        found: dict[str, Any] = plain({**around, "journal": self.journal, **self.rows})
        return found


# -- finding ----------------------------------------------------------------------------------------------------------------


def cases_about(db: Connection, who: Identity, wanted: str) -> list[str]:
    """The references of the cases of somebody: by a reference, an address or a telephone number. Raises NotFound when there is none."""
    helped = select(entrepreneur.c.id).where(
        or_(entrepreneur.c.email == wanted.strip().lower(), entrepreneur.c.phone == wanted.strip())
    )
    named = or_(case_file.c.reference == wanted.strip().upper(), case_file.c.entrepreneur_id.in_(helped))
    found = list(
        db.execute(select(case_file.c.reference).where(named, visible_to(who)).order_by(case_file.c.id)).scalars()
    )
    if not found:
        raise NotFound("Rien n’est gardé sous cette référence, cette adresse ou ce numéro.")
    return found


# -- giving -----------------------------------------------------------------------------------------------------------------


def held_on(db: Connection, who: Identity, reference: str, *, now: datetime) -> Held:
    """All that is held of a case, for who may hand it over; that it was is noted. Raises NotFound."""
    row = case_row(db, who, reference)
    _note(db, "export", row["id"], who, now, {})
    rows = {name: tuple(_rows(db, table, column, row["id"])) for name, (table, column) in GIVEN.items()}
    return Held(
        reference=row["reference"], case=_shown(row), business=_one(db, of_cases.business, row["business_id"]),
        person=_one(db, entrepreneur, row["entrepreneur_id"]), journal=tuple(_lines(db, row["id"])), rows=rows,
    )  # fmt: skip


def _note(db: Connection, kind: str, case_id: str | None, by: Identity, now: datetime, facts: dict[str, Any]) -> None:
    row = {"kind": kind, "case_id": case_id, "by_id": by.person, "at": now, "facts": facts}
    db.execute(privacy_act.insert().values(id=new_id(now), **row))


def _rows(db: Connection, table: Table, column: str, case_id: str) -> Iterator[dict[str, Any]]:
    first = table.c["id"] if "id" in table.c else table.c[column]
    for row in db.execute(select(table).where(table.c[column] == case_id).order_by(first)).mappings():
        yield _shown(row)


def _one(db: Connection, table: Table, identifier: str) -> dict[str, Any]:
    return _shown(db.execute(select(table).where(table.c.id == identifier)).mappings().one())


def _shown(row: Mapping[Any, Any]) -> dict[str, Any]:
    """What is known of a row."""
    return {
        str(name): value for name, value in row.items() if value not in (None, "", [], {}) and name not in _KEPT_BACK
    }


def _lines(db: Connection, case_id: str) -> Iterator[dict[str, Any]]:
    """The journal, each line with its words and the name of who acted."""
    query = select(memory.journal_text).where(memory.journal_text.c.subject_id == case_id)
    words = {row.sequence: row.words for row in db.execute(query)}
    joined = memory.journal.outerjoin(person, person.c.id == memory.journal.c.actor_id)
    lines = select(memory.journal, person.c.name.label("actor_name")).select_from(joined)
    for row in db.execute(
        lines.where(memory.journal.c.subject_id == case_id).order_by(memory.journal.c.sequence)
    ).mappings():
        kept = (
            "sequence",
            "at",
            "track",
            "event",
            "from_state",
            "to_state",
            "actor_role",
            "actor_name",
            "via",
            "facts",
        )
        yield _shown({name: row[name] for name in kept} | {"words": words.get(row["sequence"], {})})


# -- erasing ----------------------------------------------------------------------------------------------------------------


def ask_erasure(db: Connection, reference: str, *, by: Identity, now: datetime) -> Erased | None:
    """Have a case erased: closed, and anonymised at once, or once those who shared it are told: then None. Raises NotFound and Refused."""
    row = case_row(db, by, reference)
    if not erasure.may_erase(by, row["territory_id"]):
        raise NotFound
    case_id = erasure.close_for_good(db, reference, by=by, now=now)
    if is_still_telling(db, case_id):
        erasure.plan_erasure(db, case_id, erasure.ON_REQUEST, now)
        return None
    return erase(db, case_id, by=by.person, rule=erasure.ON_REQUEST, now=now)


def is_still_telling(db: Connection, case_id: str) -> bool:
    """Whether something that names the case has still to leave: its partners must know what they have to erase."""
    told = select(outbox.c.id).where(outbox.c.subject_id == case_id)
    waiting = select(message.c.id).where(message.c.case_id == case_id, message.c.status.in_(("waiting", "leased")))
    return any(db.execute(query.limit(1)).first() is not None for query in (told, waiting))


def erase(db: Connection, case_id: str, *, by: str | None, rule: str, now: datetime) -> Erased:
    """Anonymise a case with all that was mailed about it. Raises what `cases.privacy.erasure.anonymise` raises."""
    helped = select(case_file.c.entrepreneur_id).where(case_file.c.id == case_id).scalar_subquery()
    address = db.execute(select(entrepreneur.c.email).where(entrepreneur.c.id == helped)).scalar()
    digests = select(message.c.digest_id).where(message.c.case_id == case_id, message.c.digest_id.is_not(None))
    about = or_(message.c.case_id == case_id, message.c.id.in_(digests))
    db.execute(update(message).where(about).values(**MAIL_GONE))
    links = update(signed_link).where(signed_link.c.case_id == case_id)
    db.execute(links.values(data={}))
    db.execute(links.where(signed_link.c.revoked_at.is_(None)).values(revoked_at=now))
    proof = erasure.anonymise(db, case_id, by=by, rule=rule, now=now)
    if address and db.execute(select(entrepreneur.c.email).where(entrepreneur.c.id == helped)).scalar() is None:
        db.execute(delete(suppression).where(suppression.c.email == address))
    return proof
