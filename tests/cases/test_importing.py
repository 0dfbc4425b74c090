"""Real sheets become cases: each good line once, whatever the bad ones, the second import and a kill in the middle."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, func, insert, select, update

from cases import journey, records
from cases.access import Grant, Identity, scope_of
from cases.database import Database, Scope
from cases.errors import Invalid, NotFound, Unreadable
from cases.identifiers import new_id
from cases.importing.correcting import LineCorrection, correct_line
from cases.importing.running import KEPT, Upload, begin, go_on, import_detections, stored_upload
from cases.importing.undoing import undo_import
from cases.journey import Request
from cases.tables.case import case_file, consent, entrepreneur
from cases.tables.memory import import_content, import_file, import_line, journal, outbox
from cases.tables.people import person
from cases.tables.territories import territory
from engine.model import Role

SAMPLES = Path(__file__).parent.parent / "samples"
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
WORKER = Scope.worker()
FILES = [
    ("detections-roubaix.csv", "roubaix", "FR", "Europe/Paris"),
    ("detections-saint-louis.xlsx", "saint-louis", "FR-974", "Indian/Reunion"),
]


def _upload(database: Database, name: str, slug: str, holidays: str, timezone: str) -> Upload:
    def set_up(db: Connection) -> Upload:
        home, who = new_id(NOW), new_id(NOW)
        row = {
            "slug": slug,
            "name": slug,
            "kind": "commune",
            "state": "acceleration",
            "state_since": NOW,
            "created_at": NOW,
            "axes": [],
        }
        db.execute(insert(territory).values(id=home, holidays=holidays, timezone=timezone, **row))
        db.execute(insert(person).values(id=who, name="Inès Morvan", created_at=NOW))
        by = Identity(who, "Inès Morvan", (Grant(Role.ADVISER, territory=home),), via="import")
        return Upload((SAMPLES / name).read_bytes(), name, slug, by)

    return database.write(set_up, WORKER)


def _cases(database: Database) -> int:
    return _count(database, case_file)


def _count(database: Database, table: Any) -> int:
    return int(database.read(lambda db: db.execute(select(func.count()).select_from(table)).scalar_one(), WORKER))


def _rows(database: Database, query: Any) -> list[Any]:
    return database.read(lambda db: list(db.execute(query).all()), WORKER)


def _small(database: Database, *lines: str, name: str = "petit.csv") -> Upload:
    """A sheet of a few lines for Roubaix."""
    header = "Enseigne;Téléphone;Mail;Accord"
    upload = _upload(database, *FILES[0])
    return Upload("\r\n".join((header, *lines)).encode(), name, upload.territory, upload.by)


GOOD = ("Snack du Pile;06 39 98 00 11;nour@example.org;oui", "Coiffure Awa;06 39 98 00 12;awa@example.org;oui")
WRONG = "Garage du Canal;06 39;yanis@;oui"


def _expected(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SAMPLES / f"{name}.expect.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize(("name", "slug", "holidays", "timezone"), FILES)
def test_each_line_has_the_verdict_that_is_expected(
    database: Database, name: str, slug: str, holidays: str, timezone: str
) -> None:
    wanted = _expected(name)

    report = import_detections(database, _upload(database, name, slug, holidays, timezone), now=NOW)

    counts = wanted["counts"]
    assert report["rows"] == wanted["rows"]
    assert report["recorded"] == counts["ok"] == _cases(database)
    assert {(r["line"], r["column"]) for r in report["refused"]} == {
        (w["line"], w["column"]) for w in wanted["lines"] if w["verdict"] == "error"
    }
    assert [(d["line"], d["of"]["line"]) for d in report["duplicates"]] == [
        (w["line"], w["of"]) for w in wanted["lines"] if w["verdict"] == "duplicate"
    ]
    assert len(report["declined_contact"]) == counts["refused_consent"]
    assert report["blank"] == counts["blank"]


def test_the_second_import_of_the_same_file_creates_nothing(database: Database) -> None:
    upload = _upload(database, *FILES[0])
    first = import_detections(database, upload, now=NOW)

    again = import_detections(database, upload, now=NOW)

    assert again == first
    assert _cases(database) == first["recorded"]


def test_an_import_killed_in_the_middle_goes_on_without_doubling(database: Database) -> None:
    upload = _upload(database, *FILES[0])

    class Killed(BaseException):
        pass

    calls = 0

    class Dying:
        """The same database, whose process dies at its third write."""

        dialect = database.dialect
        read = staticmethod(database.read)
        close = staticmethod(database.close)

        @staticmethod
        def write(unit: Any, scope: Scope) -> Any:
            nonlocal calls
            calls += 1
            if calls == 3:
                raise Killed
            return database.write(unit, scope)

    with pytest.raises(Killed):
        import_detections(Dying(), upload, now=NOW)
    interrupted = _cases(database)

    report = import_detections(database, upload, now=NOW)

    assert 0 < interrupted < 203
    assert report["resumed"]
    assert report["recorded"] == _cases(database) == 203


def test_a_corrected_file_links_what_is_already_a_case(database: Database) -> None:
    upload = _upload(database, *FILES[0])
    import_detections(database, upload, now=NOW)

    report = import_detections(
        database, Upload(upload.content + b"\r\n", "corrige.csv", upload.territory, upload.by), now=NOW
    )

    to_cases = [d for d in report["duplicates"] if "case" in d["of"]]
    assert len(to_cases) == 203
    assert report["recorded"] == 0


def test_nothing_is_kept_of_a_person_who_declined(database: Database) -> None:
    import_detections(database, _upload(database, *FILES[0]), now=NOW)

    phones = database.read(lambda db: set(db.execute(select(entrepreneur.c.phone)).scalars()), WORKER)

    assert "+33639984564" not in phones
    assert database.read(lambda db: db.execute(select(import_file.c.status)).scalar_one(), WORKER) == "done"


# -- trying ---------------------------------------------------------------------------------------------------------------


def test_a_dry_run_gives_the_same_report_and_makes_no_case(database: Database) -> None:
    upload = _upload(database, *FILES[0])

    tried = import_detections(database, upload, now=NOW, dry_run=True)

    assert _cases(database) == 0
    done = import_detections(database, upload, now=NOW)
    told = ("rows", "recorded", "duplicates", "refused", "declined_contact", "blank", "columns")
    assert {name: tried[name] for name in told} == {name: done[name] for name in told}
    assert (tried["dry_run"], done["dry_run"]) == (True, False)


def test_a_dry_run_that_nobody_confirms_is_forgotten_after_a_week(database: Database) -> None:
    upload = _small(database, *GOOD, WRONG)
    import_detections(database, upload, now=NOW, dry_run=True)
    again = import_detections(database, upload, now=NOW, dry_run=True)
    assert (_count(database, import_file), _count(database, import_content)) == (1, 1)
    stored = database.read(lambda db: stored_upload(db, again["id"], upload.by), WORKER)
    assert stored.content == upload.content

    other = Upload(upload.content + b"\r\n", "autre.csv", upload.territory, upload.by)
    import_detections(database, other, now=NOW + KEPT + timedelta(minutes=1))

    assert _rows(database, select(import_file.c.name)) == [("autre.csv",)]
    assert _count(database, import_content) == 0
    with pytest.raises(Invalid, match="plus gardé"):
        database.read(lambda db: stored_upload(db, again["id"], upload.by), WORKER)


def test_an_import_that_stopped_goes_on_from_the_bytes_that_were_kept(database: Database) -> None:
    upload = _small(database, *GOOD)
    begun = begin(database, upload, now=NOW)

    kept = database.read(lambda db: stored_upload(db, begun.file_id, upload.by), WORKER)
    go_on(database, begin(database, kept, now=NOW), now=NOW)

    assert _cases(database) == 2
    assert _count(database, import_content) == 0


# -- undoing --------------------------------------------------------------------------------------------------------------


def test_undoing_closes_what_nobody_touched_and_names_the_rest(database: Database) -> None:
    upload = _small(database, *GOOD, WRONG)
    made = import_detections(database, upload, now=NOW)
    (worked_on,), (left_alone,) = _rows(database, select(case_file.c.reference).order_by(case_file.c.id))
    called = Request(worked_on, "attempt", payload={"channel": "phone", "result": "no_answer"})
    by = replace(upload.by, via="page")
    database.write(lambda db: records.record(db, called, by=by, now=NOW), scope_of(by))

    report = undo_import(database, upload.by, made["id"], now=NOW)

    assert report["status"] == "undone"
    assert (report["undone"]["closed"], report["undone"]["left"]) == (1, [worked_on])
    states = dict(_rows(database, select(case_file.c.reference, case_file.c.state)))
    assert states == {worked_on: "detection", left_alone: "closed"}
    assert undo_import(database, upload.by, made["id"], now=NOW) == report


def test_undoing_is_a_line_of_the_journal_and_tells_nobody(database: Database) -> None:
    upload = _small(database, GOOD[0])
    made = import_detections(database, upload, now=NOW)
    assert _count(database, outbox) > 0

    undo_import(database, upload.by, made["id"], now=NOW)

    lines = _rows(database, select(journal.c.event, journal.c.via, journal.c.reason).order_by(journal.c.sequence))
    assert lines == [("log", "import", None), ("close", "import", "out_of_perimeter")]
    assert _count(database, outbox) == 0


def test_who_was_told_of_their_case_is_told_that_it_is_closed(database: Database) -> None:
    upload = _small(database, GOOD[0])
    made = import_detections(database, upload, now=NOW)
    database.write(lambda db: db.execute(delete(outbox)), WORKER)

    undo_import(database, upload.by, made["id"], now=NOW)

    assert [row.kind for row in _rows(database, select(outbox))] == ["case_closed"]


def test_the_file_of_an_undone_import_may_be_imported_again(database: Database) -> None:
    upload = _small(database, *GOOD)
    first = import_detections(database, upload, now=NOW)
    undo_import(database, upload.by, first["id"], now=NOW)

    second = import_detections(database, upload, now=NOW)

    assert (second["id"] != first["id"], second["recorded"], second["undone"]) == (True, 2, None)
    undo_import(database, upload.by, second["id"], now=NOW)
    assert import_detections(database, upload, now=NOW)["recorded"] == 2


def test_undoing_that_was_killed_goes_on(database: Database) -> None:
    upload = _small(database, *GOOD)
    made = import_detections(database, upload, now=NOW)
    lines = import_line.join(case_file, case_file.c.id == import_line.c.case_id)
    (reference, line), *_ = _rows(database, select(case_file.c.reference, import_line.c.id).select_from(lines))

    def half(db: Connection) -> None:
        closing = Request(reference, "close", payload={"reason": "out_of_perimeter"})
        journey.fire(db, closing, by=upload.by, now=NOW)
        db.execute(update(import_line).where(import_line.c.id == line).values(undone_at=NOW))

    database.write(half, WORKER)

    report = undo_import(database, upload.by, made["id"], now=NOW)

    assert (report["undone"]["closed"], report["undone"]["left"]) == (2, [])


def test_only_the_territory_undoes_an_import_that_is_done(database: Database) -> None:
    upload = _small(database, *GOOD)
    begun = begin(database, upload, now=NOW)
    admin = Identity(upload.by.person, "Claire Nougaret", (Grant(Role.ADMIN),))
    stranger = Identity(new_id(NOW), "Odile Arnoux", (Grant(Role.ADVISER, territory=new_id(NOW)),))
    refusals = ((upload.by, Invalid, "pas terminé"), (admin, Invalid, "Seul le territoire"), (stranger, NotFound, "pas à vous"))  # fmt: skip
    for who, error, sentence in refusals:
        with pytest.raises(error, match=sentence):
            undo_import(database, who, begun.file_id, now=NOW)
    tried = import_detections(database, upload, now=NOW, dry_run=True)
    with pytest.raises(Invalid, match="essai"):
        undo_import(database, upload.by, tried["id"], now=NOW)


# -- putting right --------------------------------------------------------------------------------------------------------


def _correct(database: Database, upload: Upload, file_id: str, **given: Any) -> dict[str, Any]:
    return correct_line(database, upload.by, file_id, 2, LineCorrection(**given), now=NOW)


def test_a_line_is_put_right_whole_or_not_at_all(database: Database) -> None:
    upload = _small(database, WRONG)
    made = import_detections(database, upload, now=NOW)

    with pytest.raises(Unreadable) as error:
        _correct(database, upload, made["id"], values={"Téléphone": "06 39 98 00 13"})
    assert [(reason.code, reason.field) for reason in error.value.reasons] == [("email_unreadable", "Mail")]
    assert _cases(database) == 0

    kept = _correct(database, upload, made["id"], values={"Téléphone": "06 39 98 00 13", "Mail": "yanis@example.org"})

    assert kept["verdict"] == "recorded"
    assert _rows(database, select(entrepreneur.c.phone, entrepreneur.c.email)) == [("+33639980013", "yanis@example.org")]  # fmt: skip
    assert _rows(database, select(import_line.c.data, import_line.c.value)) == [(None, None)]
    with pytest.raises(NotFound):
        _correct(database, upload, made["id"], without=True)


def test_a_line_is_recorded_without_what_cannot_be_read(database: Database) -> None:
    upload = _small(database, WRONG)
    made = import_detections(database, upload, now=NOW)

    assert _correct(database, upload, made["id"], without=True)["verdict"] == "recorded"
    assert _rows(database, select(entrepreneur.c.phone, entrepreneur.c.email)) == [(None, None)]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (";06 39 98 00 11;;oui", "name_missing"),
        ("Snack;06 39 98 00 11;;oui mais non", "consent_unclear"),
        ("Snack;du Pile;06 39 98 00 11;;oui", "cells_shifted"),
    ],
)
def test_a_name_and_a_clear_answer_are_never_left_out(database: Database, line: str, code: str) -> None:
    upload = _small(database, line)
    made = import_detections(database, upload, now=NOW)

    with pytest.raises(Unreadable) as error:
        _correct(database, upload, made["id"], without=True)

    assert [reason.code for reason in error.value.reasons] == [code]
    assert _cases(database) == 0


def test_a_person_who_declines_in_a_corrected_line_leaves_nothing_behind(database: Database) -> None:
    upload = _small(database, "Snack;06 39 98 00 11;;oui mais non")
    made = import_detections(database, upload, now=NOW)

    kept = _correct(database, upload, made["id"], values={"Accord": "non"})

    assert (kept["verdict"], kept["case"]) == ("declined_contact", None)
    assert _rows(database, select(import_line.c.data, import_line.c.value)) == [(None, None)]
    assert _count(database, consent) == _cases(database) == 0


def test_a_corrected_line_that_is_a_known_case_is_linked_to_it(database: Database) -> None:
    upload = _small(database, "Snack du Pile;06 39;;oui", GOOD[0])
    made = import_detections(database, upload, now=NOW)

    kept = _correct(database, upload, made["id"], values={"Téléphone": "06 39 98 00 11"})

    assert (kept["verdict"], _cases(database)) == ("duplicate", 1)
    assert kept["case"] == _rows(database, select(case_file.c.reference))[0][0]


def test_a_column_that_the_file_does_not_have_is_said(database: Database) -> None:
    upload = _small(database, WRONG)
    made = import_detections(database, upload, now=NOW)

    with pytest.raises(Invalid, match="pas dans le fichier"):
        _correct(database, upload, made["id"], values={"Portable": "06 39 98 00 13"})
