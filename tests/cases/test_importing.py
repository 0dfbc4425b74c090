"""Real sheets become cases: each good line once, whatever the bad ones, the second import and a kill in the middle."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, insert, select

from cases.access import Grant, Identity
from cases.database import Database, Scope
from cases.identifiers import new_id
from cases.importing.running import Upload, import_detections
from cases.tables.case import case_file, entrepreneur
from cases.tables.memory import import_file
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
    return int(database.read(lambda db: db.execute(select(func.count()).select_from(case_file)).scalar_one(), WORKER))


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
        """The same database, whose process dies at its fifth write."""

        dialect = database.dialect
        read = staticmethod(database.read)
        close = staticmethod(database.close)

        @staticmethod
        def write(unit: Any, scope: Scope) -> Any:
            nonlocal calls
            calls += 1
            if calls == 5:
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
