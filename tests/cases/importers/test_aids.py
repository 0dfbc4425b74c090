"""The catalogue of aids: read as Aides-territoires writes it, taken again without doubling, each bad line told apart."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, select

from cases import reference_data
from cases.aid_catalogue import to_verify
from cases.database import Database, Scope
from cases.errors import CasesError, Invalid
from cases.importers.aid_lines import LONGEST_TEXT
from cases.importers.aids import Report, import_aids
from cases.tables.operators import aid
from tests.cases.conftest import database

__all__ = ["database"]

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 27)
WORKER = Scope.worker()
SUBSIDY = {
    "id": 12, "slug": "vitrines", "url": "/aides/vitrines/", "name": "Rénover sa vitrine", "financers": ["Ville de Roubaix", "MEL"],
    "description": "<p>Pour les <b>commerces</b>&nbsp;: vitrines&amp;enseignes.</p>", "eligibility": "<ul><li>Moins de 10 salariés</li></ul>",
    "perimeter": "Roubaix", "origin_url": None, "categories": ["Développement économique / Commerces et Services", "Autre / Transition énergétique"],
    "targeted_audiences": ["Entreprise privée"], "aid_types": ["Subvention"], "submission_deadline": "2027-06-30", "subvention_rate_lower_bound": 20,
    "subvention_rate_upper_bound": 40, "loan_amount": None, "date_updated": "2026-10-02T10:12:13.5+02:00", "is_charged": False,
}  # fmt: skip
"""As `GET /api/aids/` of Aides-territoires gives one."""


def taken(database: Database, content: Any, **given: Any) -> Report:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return database.write(lambda db: import_aids(db, data, now=NOW, today=TODAY, **given), WORKER)


def rows(database: Database) -> list[Any]:
    def read(db: Connection) -> list[Any]:
        return list(db.execute(select(aid).order_by(aid.c.slug)).mappings())

    return database.read(read, WORKER)


def counts(report: Report) -> tuple[int, int, int, int, int]:
    return report.created, report.updated, report.unchanged, report.aside, len(report.refused)


def test_an_aid_is_read_as_aides_territoires_gives_it(database: Database) -> None:
    assert counts(taken(database, {"count": 1, "results": [SUBSIDY]})) == (1, 0, 0, 0, 0)
    (row,) = rows(database)
    assert (row["name"], row["operator"], row["kind"]) == ("Rénover sa vitrine", "Ville de Roubaix, MEL", "Subvention")
    assert (row["axes"], row["levers"], row["scope"]) == (["local_trade"], ["ecological"], "common_law")
    assert (row["facts"], row["conditions"]) == ("subvention de 20 à 40 %", "Moins de 10 salariés")
    assert row["url"] == "https://aides-territoires.beta.gouv.fr/aides/vitrines/"
    assert (row["verified_on"], row["valid_until"]) == (date(2026, 10, 2), date(2027, 6, 30))


def test_the_same_file_again_changes_nothing_and_a_change_is_taken(database: Database) -> None:
    taken(database, [SUBSIDY])
    assert counts(taken(database, [SUBSIDY])) == (0, 0, 1, 0, 0)
    assert counts(taken(database, [{**SUBSIDY, "submission_deadline": "2028-01-31"}])) == (0, 1, 0, 0, 0)
    (row,) = rows(database)
    assert row["valid_until"] == date(2028, 1, 31)


def test_a_dry_run_gives_the_same_report_and_changes_nothing(database: Database) -> None:
    assert counts(taken(database, [SUBSIDY, {}], dry_run=True)) == (1, 0, 0, 0, 1)
    assert not rows(database)


def test_a_sheet_says_rules_of_eligibility_by_their_names(database: Database) -> None:
    sheet = (
        "name;financers;axes;levers;scope;headcount_max;naf_only;siret_required;de_minimis;valid_until\r\n"
        "Prêt des halles;Adie|Initiative;local_trade, entrepreneurship;;qpv;9;47|56;oui;x;31/12/2026\r\n"
    )
    assert counts(taken(database, sheet.encode("cp1252"))) == (1, 0, 0, 0, 0)
    (row,) = rows(database)
    assert row["slug"] == "pret-des-halles"
    assert row["axes"] == ["entrepreneurship", "local_trade"]
    assert row["eligibility"] == {"headcount_max": 9, "naf_only": ["47", "56"], "siret_required": True}
    assert (row["operator"], row["de_minimis"], row["valid_until"]) == ("Adie, Initiative", True, date(2026, 12, 31))


@pytest.mark.parametrize(
    ("change", "column", "words"),
    [
        ({"name": "  "}, "name", "manque"),
        ({"name": "x" * 400}, "name", "trop long"),
        ({"slug": "Pas Un Slug"}, "slug", "minuscules"),
        ({"axes": ["trade"]}, "axes", "Inconnu : trade"),
        ({"levers": "solaire"}, "levers", "Inconnu : solaire"),
        ({"scope": "partout"}, "scope", "qpv"),
        ({"origin_url": "javascript:alert(1)"}, "origin_url", "https://"),
        ({"submission_deadline": "30 juin"}, "submission_deadline", "AAAA-MM-JJ"),
        ({"verified_on": "2027-01-01"}, "verified_on", "pas encore passé"),
        ({"naf_only": "47|99.99X"}, "naf_only", "99.99X"),
        ({"headcount_max": "dix"}, "headcount_max", "nombre entier"),
        ({"de_minimis": "peut-être"}, "de_minimis", "oui ou par non"),
        ({"loan_amount": "beaucoup"}, "loan_amount", "sans texte"),
    ],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_bad_line_is_told_with_its_number_and_what_to_do_and_the_good_ones_go_in(
    database: Database, change: dict[str, Any], column: str, words: str
) -> None:
    report = taken(database, [{**SUBSIDY, "slug": "bonne"}, {**SUBSIDY, **change}])
    assert counts(report) == (1, 0, 0, 0, 1)
    (line,) = report.refused
    assert (line["line"], line["column"]) == (2, column)
    assert words in line["reason"]
    assert [row["slug"] for row in rows(database)] == ["bonne"]


def test_an_aid_written_twice_is_kept_once(database: Database) -> None:
    report = taken(database, [SUBSIDY, {**SUBSIDY, "name": "Autre nom"}])
    assert counts(report) == (1, 0, 0, 0, 1)
    assert report.refused[0]["column"] == "slug"


def test_an_aid_for_communes_alone_stands_aside(database: Database) -> None:
    audiences = {"targeted_audiences": ["Commune", "Entreprise publique locale (Sem, Spl, SemOp)"]}
    assert counts(taken(database, [{**SUBSIDY, **audiences}])) == (0, 0, 0, 1, 0)


@pytest.mark.parametrize("content", [b"{", b"[1", b'{"a": 1}', b"nom;montant\r\nx;1\r\n", b"", b"\x00" * 50])
def test_a_file_that_is_no_catalogue_is_refused_whole(database: Database, content: bytes) -> None:
    with pytest.raises(CasesError) as refused:
        taken(database, content)
    assert str(refused.value).endswith((".", "»."))
    assert not rows(database)


def test_too_many_aids_are_refused_before_any_is_read(database: Database) -> None:
    with pytest.raises(Invalid):
        taken(database, [SUBSIDY] * 20_001)


@pytest.mark.asvs("1.3.1")
def test_markup_and_controls_leave_words_alone(database: Database) -> None:
    hostile = {"description": "<script>alert(1)</script>Un <i>prêt</i>\x00 à 0&nbsp;%", "subvention_rate_lower_bound": None,
               "subvention_rate_upper_bound": None, "eligibility": "mot " * 400}  # fmt: skip
    taken(database, [{**SUBSIDY, **hostile}])
    (row,) = rows(database)
    assert row["facts"] == "Un prêt à 0 %"
    assert len(row["conditions"]) <= LONGEST_TEXT
    assert row["conditions"].endswith("mot…")


def test_what_the_product_ships_does_not_undo_what_an_import_verified_later(database: Database) -> None:
    database.write(lambda db: reference_data.load(db, NOW), WORKER)
    taken(database, [{"slug": "adie-jump", "name": "Prêt Jump", "verified_on": "2026-11-01"}])
    database.write(lambda db: reference_data.load(db, NOW), WORKER)
    (jump,) = (row for row in rows(database) if row["slug"] == "adie-jump")
    assert jump["name"] == "Prêt Jump"


@pytest.mark.parametrize(
    ("confidence", "verified", "until", "stale"),
    [
        ("A", "2026-11-01", None, False),
        ("A", "2025-11-26", None, True),
        ("A", "2025-01-01", "2026-12-31", False),
        ("A", "2026-11-01", "2026-11-26", True),
        ("A", None, None, True),
        ("B", "2026-11-01", None, True),
    ],
)
def test_what_is_old_unsure_or_over_is_to_be_verified(
    confidence: str, verified: str | None, until: str | None, stale: bool
) -> None:
    days = {name: date.fromisoformat(day) if day else None for name, day in (("verified_on", verified), ("valid_until", until))}  # fmt: skip
    assert to_verify({"confidence": confidence, **days}, TODAY) is stale
