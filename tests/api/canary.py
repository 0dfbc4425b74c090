"""A canary: somebody whose every word can be recognised, led through the product; and where these words are found."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, TableClause, column, create_engine, select, table, text

from cases.database import Database
from cases.importing.running import Upload, import_detections
from cases.saved_views import keep_view
from tests.api.street import SHOP as LOGGED
from tests.api.street import WORKER, Town
from tests.files import PDF

NAME, SHOP, PHONE, EMAIL = "Zoé Canarix", "Comptoir Canarix", "+33639987654", "zoe.canarix@example.org"
SAID = "canarix-mot"
"""Every free word that is written about her has this in it."""
TRACES = ("canarix", "39987654", "39 98 76 54")


def led_through(town: Town, *, photo: bytes = b"") -> str:
    """Log her, call, qualify, note, correct, ask an operator who answers, fix a meeting, note an aid, put her case on hold: it stays open."""
    ines, karim = town["ines"], town["karim"]
    shop = {
        **LOGGED, "name": SHOP, "person_name": NAME, "phone": PHONE, "address_line": "12 rue Canarix", "activity": f"Couture {SAID}",
        "detail": f"un four {SAID}",
    }  # fmt: skip
    form = ines.open("/dossiers/nouveau")
    if photo:
        form.send("/dossiers/nouveau", f"{SAID}.jpg", photo, field="photo", **shop)
    else:
        form.fill(**shop)
    reference = str(town.case()["reference"])
    case = f"/dossiers/{reference}"
    ines.open(f"{case}/noter/correct").fill(person_email=EMAIL)
    ines.open(f"{case}/noter/contact").fill(channel="phone", result="reached", text=f"Elle dit {SAID}.")
    ines.open(f"{case}/actions/qualify").fill(text=f"Un prêt {SAID}.")
    ines.open(f"{case}/noter/note").fill(text=f"Note {SAID}", shared="1")
    ines.open(f"{case}/noter/meeting").fill(day="2026-11-24", place=f"Chez {SAID}", text=SAID)
    ines.open(f"{case}/noter/document").fill(name=f"{SAID}.pdf", media_type="application/pdf", size="10", sha256="")
    ines.open(f"{case}/noter/aid").fill(aid=f"Aide {SAID}", amount="100", scope="")
    browser = ines.open(f"{case}/actions/draft?suivi=referral")
    need = re.search(r'name="needs" value="([^"]+)"', browser.answer.text)
    assert need
    browser.fill(branch=town.street.ids["branch adie"], needs=need[1], reason=f"choix {SAID}")
    ines.open(f"{case}/actions/send?suivi=referral-1").fill()
    karim.open(f"{case}/actions/ask_info?suivi=referral-1").fill(question=f"Question {SAID} ?")
    ines.open(f"{case}/actions/answer_info?suivi=referral-1").fill(answer=f"Réponse {SAID}")
    karim.open(f"{case}/actions/accept?suivi=referral-1").fill(agent=town.street.ids["karim"])
    karim.open(f"{case}/actions/first_contact?suivi=referral-1").fill(channel="phone", result="reached", text=SAID)
    ines.open(f"{case}/actions/hold").fill(reason="health", until="2027-01-05", text=SAID)
    return reference


def tables_with(db: Connection) -> Iterator[str]:
    """Every table and column where a trace of her is, read whole: those of the product, and those that the database keeps for itself."""
    for kept in _tables(db):
        for row in db.execute(select(kept)).mappings():
            for name, value in row.items():
                if holds_a_trace(value):
                    yield f"{kept.name}.{name}"


def _tables(db: Connection) -> Iterator[TableClause]:
    if db.dialect.name == "sqlite":
        asked = "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'"
    else:
        asked = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    found: dict[str, list[str]] = {}
    for name, of_it in db.execute(text(asked)):
        found.setdefault(name, []).append(of_it)
    return (table(name, *map(column, columns)) for name, columns in found.items())


def holds_a_trace(value: Any) -> bool:
    """Whether a value bears one of her words, however it is kept."""
    if isinstance(value, bytes | memoryview):
        told = bytes(value).decode("utf-8", "replace")
    else:
        told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return any(trace in told.casefold() for trace in TRACES)


def traces(database: Database) -> set[str]:
    """Where she is found in a database; on PostgreSQL with the eyes of its superuser, from whom nothing is hidden."""
    if database.dialect == "sqlite":
        return database.read(lambda db: set(tables_with(db)), WORKER)
    engine = create_engine(database.engine.url.set(username="postgres"))
    with engine.connect() as db:
        found = set(tables_with(db))
    engine.dispose()
    return found


def led_further(town: Town, reference: str) -> None:
    """A document with its bytes, a sheet that names her, a list kept by her name, a look with a reason, refusals."""
    ines, street, case = town["ines"], town.street, f"/dossiers/{reference}"
    ines.open(f"{case}/documents").send(f"{case}/documents", f"{SAID}.pdf", PDF + SAID.encode())
    sheet = f"Enseigne;Personne;Téléphone;Remarque\n{SHOP};{NAME};06 39 98 76 54;{SAID}\nAtelier {SAID};{NAME};0639;{SAID}\n"
    upload = Upload(sheet.encode(), f"{NAME}.csv", "roubaix", street.who["ines"])
    import_detections(street.database, upload, now=street.clock.now())
    street.database.write(
        lambda db: keep_view(db, street.who["ines"], "Ma liste", f"q={NAME}", now=street.clock.now()), WORKER
    )
    town["admin"].open("/administration/dossier").fill(reference=reference, reason=f"Vérifier {SAID}")
    ines.open(f"{case}/noter/note").fill(text=SAID + "x" * 10_000)
    for address in (
        f"/dossiers?q={NAME}",
        f"/dossiers/{SAID}",
        f"/nulle-part/{SAID}",
        f"/dossiers?etat={SAID}",
        f"/lien/{SAID}",
        f"/mon-dossier/{SAID}",
    ):
        ines.open(address)
