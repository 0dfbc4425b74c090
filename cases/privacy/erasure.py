"""A case is anonymised: its words and names go, what is counted stays, and its journal still verifies. With the proof."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qs

from sqlalchemy import ColumnElement, Connection, Table, delete, func, or_, select, update

from cases import journal, journey
from cases.access import THE_SYSTEM, Identity, case_row
from cases.database import Database, Scope
from cases.errors import CasesError, Invalid, NotFound
from cases.files import Files
from cases.identifiers import new_id
from cases.journey import Request
from cases.tables.appointments import appointment
from cases.tables.case import (
    aid_obtained,
    business,
    case_file,
    document,
    entrepreneur,
    follow_up_check,
    meeting,
    need,
    possible_duplicate,
    survey,
    task,
)
from cases.tables.memory import deadline, import_content, import_file, import_line, journal_text, outbox, pending_step
from cases.tables.memory import journal as lines
from cases.tables.people import saved_view, sign_in_request
from cases.tables.privacy import privacy_act, retention_notice
from cases.tables.routing import routing_proposal
from cases.tables.tracks import plan_action, referral, transition_plan
from cases.views.sight import sight_of
from engine.model import Role
from engine.sentences import say
from engine.state_names import CaseState

NOBODY: Final = "Entreprise anonymisée"
"""The name of a business of which nothing is known any more."""
NO_FILE: Final = "Fichier effacé"
"""The name of a sheet that bore theirs."""
NO_WORDS: Final = "effacé"
"""What stands for words that said why, without a consent, the case was opened."""
SHORT: Final = 4
"""Letters below which a name is too common to say whose line it is."""
ON_REQUEST: Final = "request"
"""The rule of an erasure that somebody asked for."""


class ChainBroken(CasesError):
    """The journal of an anonymised case does not verify: nothing was erased."""

    def __init__(self, reference: str) -> None:
        super().__init__(
            say(
                "Le journal du dossier {reference} ne se vérifie plus : rien n’a été effacé, lancez « qp verify ».",
                reference=reference,
            )
        )


@dataclass(frozen=True, slots=True)
class Erased:
    """The proof of an erasure: what was wiped by table, how many lines of the journal lost their words, and the head of its chain."""

    reference: str
    at: datetime
    wiped: Mapping[str, int]
    lines: int
    head: str


def close_for_good(db: Connection, reference: str, *, by: Identity, now: datetime) -> str:
    """Before an erasure: nothing is shared any more, and the case is closed; give its id. Raises NotFound, and Refused as a closing does."""
    row = case_row(db, by, reference)
    if row["anonymised_at"] is not None:
        raise Invalid("Ce dossier est déjà anonymisé.")
    if row["state"] == CaseState.CLOSED:
        return str(row["id"])
    facts, _ = journey.facts_on(db, row, by=by, now=now)
    if facts.consent_to_share:
        journey.fire(db, Request(reference, "withdraw_consent"), by=by, now=now)
    closing = {"reason": "withdrawn_by_entrepreneur", "end_tracks": True}
    journey.fire(db, Request(reference, "close", payload=closing), by=by, now=now)
    return str(row["id"])


def plan_erasure(db: Connection, case_id: str, rule: str, now: datetime) -> None:
    """Have a case anonymised as soon as what has to be told of it has left."""
    row = {"case_id": case_id, "rule": rule, "noticed_at": now, "due_on": now.date()}
    db.execute(retention_notice.insert().values(id=new_id(now), **row))


def anonymise(db: Connection, case_id: str, *, by: str | None, rule: str, now: datetime) -> Erased:
    """Wipe what says who it is about; give the proof, which is kept. Raises Invalid for a case that is open, ChainBroken."""
    row = db.execute(select(case_file).where(case_file.c.id == case_id).with_for_update()).mappings().one()
    if row["state"] != CaseState.CLOSED or row["anonymised_at"] is not None:
        raise Invalid("Un dossier se clôt avant d’être anonymisé, et ne l’est qu’une fois.")
    fired = journey.fire(db, Request(row["reference"], "anonymise"), by=THE_SYSTEM, now=now)
    named = select(document.c.path).where(document.c.case_id == case_id, document.c.path.is_not(None))
    paths = sorted(set(db.execute(named).scalars()))
    lines = db.execute(delete(journal_text).where(journal_text.c.subject_id == case_id)).rowcount
    wiped = {name: count for name, count in _wipe(db, row) if count}
    forgotten = {"anonymised_at": now, "search_text": "", "legal_basis": NO_WORDS if row["legal_basis"] else None}
    db.execute(update(case_file).where(case_file.c.id == case_id).values(**forgotten))
    if journal.verify(db, case_id):
        raise ChainBroken(row["reference"])
    head = db.execute(select(case_file.c.head_hash).where(case_file.c.id == case_id)).scalar_one()
    proof = Erased(fired.reference, now, wiped, lines, head)
    facts = {"rule": rule, "wiped": wiped, "lines": lines, "head": head, "chain_verified": True, "files": paths}
    kept = {"kind": "erasure", "case_id": case_id, "by_id": by, "at": now, "facts": facts}
    db.execute(privacy_act.insert().values(id=new_id(now), **kept))
    ended = retention_notice.c.case_id == case_id, retention_notice.c.ended_at.is_(None)
    db.execute(update(retention_notice).where(*ended).values(ended_at=now))
    return proof


def may_erase_words(db: Connection, who: Identity, reference: str, sequence: int) -> str:
    """Whether somebody may take the words of a line away: who wrote them, and who sees the whole case; give the id of the case. Raises NotFound."""
    row = case_row(db, who, reference)
    wrote = select(lines.c.actor_id).where(lines.c.subject_id == row["id"], lines.c.sequence == sequence)
    author = db.execute(wrote).scalar()
    if not (sight_of(db, who, row).whole or (author and author == who.person)):
        raise NotFound
    return str(row["id"])


def erase_words(db: Connection, case_id: str, sequence: int, *, by: str | None, now: datetime) -> None:
    """Take the words of one line away; the line stays, and the chain verifies. Raises NotFound when it has none."""
    own = journal_text.c.subject_id == case_id, journal_text.c.sequence == sequence
    if not db.execute(delete(journal_text).where(*own)).rowcount:
        raise NotFound("Cette ligne n’a pas de mots à effacer.")
    row = {"kind": "words_erased", "case_id": case_id, "by_id": by, "at": now, "facts": {"sequence": sequence}}
    db.execute(privacy_act.insert().values(id=new_id(now), **row))


def drop_files(database: Database, files: Files, since: datetime) -> int:
    """Remove the files of the cases that were anonymised since then, once no document names them any more; give how many are gone.

    A file cannot go in the transaction that forgets it: asked for again, this changes nothing more. What was deleted in the database is overwritten.
    """

    def orphans(db: Connection) -> set[str]:
        acts = select(privacy_act.c.facts).where(privacy_act.c.kind == "erasure", privacy_act.c.at >= since)
        paths = {path for facts in db.execute(acts).scalars() for path in facts.get("files", ())}
        return paths - set(db.execute(select(document.c.path).where(document.c.path.in_(paths))).scalars())

    gone = database.read(orphans, Scope.worker())
    for path in gone:
        files.drop(path)
    database.overwrite_deleted()
    return len(gone)


# -- what goes ------------------------------------------------------------------------------------------------------------


def _wipe(db: Connection, case: Mapping[Any, Any]) -> Iterator[tuple[str, int]]:
    yield from _lines_of_files(db, case["id"], _known_words(db, case))
    yield "saved_view", _views_that_name(db, case)
    yield "sign_in_request", _ways_in_that_were_asked(db, case)
    for table, where, values in (*_of_the_person(db, case), *_of_the_case(case["id"])):
        yield table.name, db.execute(update(table).where(where).values(**values)).rowcount
    for table, where in (
        (pending_step, pending_step.c.subject_id == case["id"]),
        (outbox, outbox.c.subject_id == case["id"]),
        (
            possible_duplicate,
            or_(possible_duplicate.c.case_id == case["id"], possible_duplicate.c.other_id == case["id"]),
        ),
    ):
        yield table.name, db.execute(delete(table).where(where)).rowcount


Wiping = tuple[Table, ColumnElement[bool], dict[str, Any]]


def _of_the_person(db: Connection, case: Mapping[Any, Any]) -> Iterator[Wiping]:
    """The person and the business, unless another case that is not anonymised is theirs too."""
    gone = {
        "name": None, "phone": None, "email": None, "birth_year": None, "gender": None, "prefers": None, "reads_in": None,
    }  # fmt: skip
    if not _shared(db, case, "entrepreneur_id"):
        yield entrepreneur, entrepreneur.c.id == case["entrepreneur_id"], gone
    shop = {
        "name": NOBODY, "siret": None, "activity": None, "address_line": None, "city": None, "latitude": None, "longitude": None, "created_on": None,
        "headcount": None,
    }  # fmt: skip
    if not _shared(db, case, "business_id"):
        yield business, business.c.id == case["business_id"], shop


def _shared(db: Connection, case: Mapping[Any, Any], column: str) -> bool:
    same = (case_file.c[column] == case[column], case_file.c.id != case["id"], case_file.c.anonymised_at.is_(None))
    return db.execute(select(case_file.c.id).where(*same)).first() is not None


def _of_the_case(case_id: str) -> Iterator[Wiping]:
    """The words that stand on its rows. Dates, codes, amounts and counts stay: they name nobody."""
    words: tuple[tuple[Table, dict[str, Any]], ...] = (
        (need, {"detail": None}),
        (meeting, {"place": None}),
        (appointment, {"place": None}),
        (document, {"name": "Document effacé", "media_type": "application/octet-stream", "sha256": "", "path": None}),
        (follow_up_check, {"turnover": None}),
        (referral, {"choice_reason": None}),
        (transition_plan, {"diagnostician": None}),
        (plan_action, {"name": "Action effacée"}),
        (aid_obtained, {"aid": "Aide"}),
        (survey, {"answers": None}),
        (routing_proposal, {"inputs": {}, "candidates": [], "choice": None}),
        (task, {"label": "Appel", "detail": None, "translations": None, "phone": None}),
    )
    for table, values in words:
        yield table, table.c.case_id == case_id, values
    yield deadline, deadline.c.subject_id == case_id, {"last_error": None}


def _lines_of_files(db: Connection, case_id: str, known: frozenset[str]) -> Iterator[tuple[str, int]]:
    """The lines of the sheets in which it stands, by its case or by its names and numbers; the sheet itself, when it is still there."""
    rows = db.execute(select(import_line).where(import_line.c.data.is_not(None) | (import_line.c.case_id == case_id)))
    lines = [row for row in rows if row.case_id == case_id or known & _words_of(row.data)]
    own = import_line.c.id.in_([row.id for row in lines])
    files = import_content.c.import_id.in_({row.import_id for row in lines})
    wiped = {"data": None, "value": None, "reason": None}
    named = select(
        import_file.c.id, import_file.c.name
    )  # of a sheet that was undone, too: its lines say nothing any more
    about = [row.id for row in db.execute(named) if any(word in _folded(row.name) for word in known)]
    db.execute(update(import_file).where(import_file.c.id.in_(about)).values(name=NO_FILE))
    yield "import_line", db.execute(update(import_line).where(own).values(**wiped)).rowcount
    yield "import_content", db.execute(delete(import_content).where(files)).rowcount


def _views_that_name(db: Connection, case: Mapping[Any, Any]) -> int:
    """Forget the lists that somebody keeps by this person's name, number or address."""
    who = select(entrepreneur.c.name, entrepreneur.c.phone, entrepreneur.c.email).where(
        entrepreneur.c.id == case["entrepreneur_id"]
    )
    known = [folded for word in db.execute(who).one() if (folded := _folded(word))]
    rows = db.execute(select(saved_view.c.id, saved_view.c.asked)).all()
    named = [
        row.id
        for row in rows
        if any(
            len(word := _folded(q)) > SHORT and word in one for q in parse_qs(row.asked).get("q", ()) for one in known
        )
    ]
    return db.execute(delete(saved_view).where(saved_view.c.id.in_(named))).rowcount


def _ways_in_that_were_asked(db: Connection, case: Mapping[Any, Any]) -> int:
    """Forget that somebody asked for a way in by this person's address, which opens none."""
    who = select(entrepreneur.c.email).where(entrepreneur.c.id == case["entrepreneur_id"])
    typed = func.lower(sign_in_request.c.email) == func.lower(who.scalar_subquery())
    return db.execute(delete(sign_in_request).where(typed)).rowcount


def _words_of(data: Any) -> frozenset[str]:
    cells = data.get("cells", ()) if isinstance(data, dict) else ()
    return frozenset(folded for cell in cells if (folded := _folded(cell)))


def _folded(text: Any) -> str:
    """Letters and figures alone, so that a number is the same however it is written."""
    return "".join(letter for letter in str(text or "").casefold().replace("+33", "0") if letter.isalnum())


def _known_words(db: Connection, case: Mapping[Any, Any]) -> frozenset[str]:
    """The names and the numbers by which a line of a sheet would be about this very case."""
    shop = db.execute(select(business.c.name, business.c.siret).where(business.c.id == case["business_id"])).one()
    who = (entrepreneur.c.name, entrepreneur.c.phone, entrepreneur.c.email)
    helped = db.execute(select(*who).where(entrepreneur.c.id == case["entrepreneur_id"])).one()
    return frozenset(folded for word in (*shop, *helped) if len(folded := _folded(word)) > SHORT)


def may_erase(who: Identity, territory_id: str | None) -> bool:
    """Whether somebody may have a case erased: its territory's manager, the programme where there is no territory, the system."""
    managed = any(g.role is Role.MANAGER and g.territory == territory_id for g in who.grants)
    return who.system or (managed if territory_id else who.has(Role.ADMIN))
