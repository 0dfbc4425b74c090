"""What becomes of one line of a sheet: a case, a link to what is known already, or a line kept aside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Self

from sqlalchemy import Connection
from sqlalchemy import Row as RowOfCase

from cases import intake, look_alikes
from cases.access import Identity
from cases.duplicates import fingerprint, fold, same
from cases.importers.results import Blank, DeclinedContact, Detection, Duplicate, Refused, Row
from cases.importers.values import Consent
from cases.intake import Found
from cases.look_alikes import TOLD_APART_BY
from cases.needs import NEED_KINDS
from cases.writing.batch import Batch

IMPORT: Final = "import"
"""By which door an imported case came in: the journal says so."""
PUBLIC_MISSION: Final = "public mission"
"""The legal basis of a line that says nothing of the person's consent (RGPD, article 6(1)(e))."""


@dataclass(frozen=True, slots=True)
class Bringer:
    """Who brings lines into a territory: the cases are logged in their name."""

    identity: Identity
    home: str
    slug: str

    @classmethod
    def of(cls, who: Identity, home: str, slug: str) -> Self:
        """Whoever works there logs themselves; for the programme's admin, who follows nobody there, the system does."""
        own = who if home in who.territories() else Identity(name=who.name, system=True)
        return cls(replace(own, via=IMPORT), home, slug)


def verdicts_on(
    db: Connection, rows: Sequence[Row], bringer: Bringer, now: datetime, *, writes: Batch, dry_run: bool = False
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each line's number, and the columns of `import_line` that say what became of it; cases are made, unless it is a dry run.

    A line that shares nothing with any case, nor with another of these, is like no other: nobody looks for it, and its case waits in `writes`.
    """
    shared = _shared_values(db, rows)
    one_by_one = intake.found_in(db, bringer.home, now.date())
    waiting = replace(one_by_one, writes=writes)
    for row in rows:
        is_new = isinstance(row, Detection) and shared.isdisjoint(_told_apart(row).values())
        if isinstance(row, Detection) and not is_new:
            writes.send_alike_together()
        found = waiting if is_new else one_by_one
        yield row.line, _verdict_on(db, row, bringer, now, found=found, dry_run=dry_run)


def _verdict_on(
    db: Connection, row: Row, bringer: Bringer, now: datetime, *, found: Found, dry_run: bool
) -> dict[str, Any]:
    match row:
        case Detection():
            return _recorded(db, row, bringer, now, found=found, dry_run=dry_run)
        case Duplicate():
            return {"verdict": "duplicate", "of_line": row.of}
        case Refused():
            told = {"column": row.column, "value": row.value, "code": row.code, "reason": row.reason}
            return {"verdict": "refused", **told, "data": {"cells": list(row.cells)}}
        case DeclinedContact():
            return {"verdict": "declined_contact"}
        case Blank():
            return {"verdict": "blank"}


def _recorded(
    db: Connection, row: Detection, bringer: Bringer, now: datetime, *, found: Found, dry_run: bool
) -> dict[str, Any]:
    known = None if found.writes else _known_case(db, row, bringer.home)
    if known is not None:
        told = differences(row, known)
        return {"verdict": "duplicate", "case_id": known.id, "data": {"differences": told} if told else None}
    if dry_run:
        return {"verdict": "recorded"}
    logged = intake.log_case(db, _to_log(row, bringer.slug), by=bringer.identity, now=now, found=found)
    return {"verdict": "recorded", "case_id": logged.fired.case_id}


def _to_log(row: Detection, slug: str) -> intake.Detection:
    agreed = row.consent is Consent.GIVEN
    needs = tuple(
        {
            "subject": str(n.subject),
            "axis": NEED_KINDS[n.subject].axis,
            "levers": list(NEED_KINDS[n.subject].levers),
            "detail": n.words,
        }
        for n in row.needs
    )
    return intake.Detection(
        row.name or row.person, siret=row.siret, activity=row.activity or None, address_line=row.address or None, postcode=row.postcode,
        city=row.city or None, person_name=row.person or None, phone=row.phone, email=row.email, territory=slug, origin=IMPORT,
        channel="visit" if agreed else None, consents=("contact",) if agreed else (), legal_basis=None if agreed else PUBLIC_MISSION,
        met_in_person=row.visited_on is not None, needs=needs,
    )  # fmt: skip


def differences(row: Detection, known: Any) -> list[dict[str, Any]]:
    """What a line says otherwise than the case that it is, or more: nothing of it is written to the case."""
    compared = (
        ("Enseigne", row.name, known.name), ("Nom de la personne", row.person, known.person), ("Téléphone", row.phone, known.phone),
        ("Adresse électronique", row.email, known.email), ("Adresse", row.address, known.address_line), ("SIRET", row.siret, known.siret),
    )  # fmt: skip
    return [
        {"label": label, "file": said, "case": kept or None}
        for label, said, kept in compared
        if said and fold(said) != fold(kept or "")
    ]


def _shared_values(db: Connection, rows: Iterable[Row]) -> set[str]:
    """Of what tells the businesses of those lines apart, what another line or case has too. One question for all of them."""
    told = [_told_apart(row) for row in rows if isinstance(row, Detection)]
    values = Counter(value for one in told for value in one.values() if value)
    by_name = {name: [value for one in told if (value := one[name])] for name in TOLD_APART_BY}
    return look_alikes.known_among(db, by_name) | {value for value, times in values.items() if times > 1}


def _told_apart(row: Detection) -> dict[str, str | None]:
    """By what a line's business is found again, by the names of `look_alikes.TOLD_APART_BY`."""
    told = (row.siret, row.phone, row.email, row.address)
    return {name: value or None for name, value in zip(TOLD_APART_BY, told, strict=True)}


def _known_case(db: Connection, row: Detection, home: str) -> RowOfCase[Any] | None:
    """The open case of the territory that is the same: by SIRET, or by phone, e-mail or address with a name that is alike."""
    of = row.fingerprint
    for known in look_alikes.same_cases(db, _told_apart(row)):
        if known.territory_id != home:
            continue
        place = (known.address_line or "", known.postcode)
        name, person = known.name, known.person or ""
        other = fingerprint(
            siret=known.siret, phone=known.phone, email=known.email, name=name, person=person, address=place
        )
        if same(of, other).is_same:
            return known
    return None
