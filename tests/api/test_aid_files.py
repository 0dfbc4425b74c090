"""The catalogue of aids by page: a file is tried, its differences are read, it is written, and undone as far as nobody changed anything since."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from cases.identifiers import new_id
from cases.tables.operators import aid, offer
from cases.tables.uploads import aid_import
from engine.model import Role
from tests.api.browser import Browser
from tests.api.test_operators import browser_of, rows
from tests.cases.conftest import database
from tests.cases.importers.test_aids import SUBSIDY
from tests.cases.test_routing import NOW, WORKER, Town, town

__all__ = ["database", "town"]
HERE = "/aides/fichier"
OLD = {**SUBSIDY, "slug": "pret-d-honneur-initiative", "name": "Prêt d’honneur"}


def sent(admin: Browser, *aids: dict[str, Any] | bytes) -> Browser:
    content = aids[0] if isinstance(aids[0], bytes) else json.dumps(aids).encode()
    return admin.open(HERE).send(HERE, "aides.json", content)


def named(town: Town, slug: str) -> Any:
    return next(iter(rows(town.database, aid, aid.c.slug == slug)), None)


@pytest.fixture
def admin(town: Town) -> Browser:
    return browser_of(town, Role.ADMIN)


def test_the_programme_tries_a_file_reads_the_differences_and_writes_it(town: Town, admin: Browser) -> None:
    admin.open("/aides")
    assert 'href="/aides/fichier"' in admin.page
    sent(admin, SUBSIDY)
    assert "Rien n'est encore enregistré." in admin.page
    assert "Organisme : Ville de Roubaix, MEL" in admin.page
    assert named(town, "vitrines") is None

    admin.fill()

    assert "Le catalogue est à jour : 1 aide ajoutée, 0 aide changée." in admin.page
    assert named(town, "vitrines")["name"] == "Rénover sa vitrine"
    assert rows(town.database, aid_import)[0]["content"] is None


def test_what_changes_is_shown_before_and_after(town: Town, admin: Browser) -> None:
    sent(admin, SUBSIDY).fill()

    sent(admin, {**SUBSIDY, "perimeter": "Métropole de Lille"})

    assert "Périmètre : Roubaix → Métropole de Lille" in admin.page
    assert "Nom :" not in admin.page


def test_an_import_is_undone_and_the_aids_are_as_before(town: Town, admin: Browser) -> None:
    sent(admin, SUBSIDY).fill()
    before = named(town, "vitrines")
    sent(admin, {**SUBSIDY, "perimeter": "Lille", "submission_deadline": "2028-01-31"}, OLD).fill()
    assert named(town, "vitrines")["perimeter"] == "Lille"

    admin.fill(_undo(town, 2))

    assert named(town, "vitrines") == before
    assert named(town, OLD["slug"]) is None
    assert "2 aides remises comme avant." in admin.page
    assert "Annulé le 2" in admin.page


def test_what_was_changed_or_used_since_stays_when_an_import_is_undone(town: Town, admin: Browser) -> None:
    sent(admin, SUBSIDY, OLD, {**SUBSIDY, "slug": "troisieme", "name": "Troisième"}).fill()

    def since(db: Any) -> None:
        used = db.execute(select(aid.c.id).where(aid.c.slug == "vitrines")).scalar_one()
        about = {
            "name": "Vitrines",
            "kind": "funding",
            "scope": "common_law",
            "axes": [],
            "levers": [],
            "needs": [],
            "eligibility": {},
        }
        db.execute(insert(offer).values(id=new_id(NOW), branch_id=town.branches["adie"], aid_id=used, **about))
        db.execute(update(aid).where(aid.c.slug == OLD["slug"]).values(caveat="Vu en mairie"))

    town.database.write(since, WORKER)
    admin.open(HERE).fill(_undo(town, 3))

    assert named(town, "vitrines") is not None
    assert named(town, OLD["slug"])["caveat"] == "Vu en mairie"
    assert named(town, "troisieme") is None
    assert "1 aide remise comme avant. 2 aides gardées : quelqu'un s'en est servi depuis, ou l'a changée." in admin.page


def test_an_import_is_undone_once(town: Town, admin: Browser) -> None:
    sent(admin, SUBSIDY).fill()
    address = _undo(town, 1)
    admin.fill(address)

    admin.open(HERE).post(address, {"csrf": _csrf(admin)})

    assert admin.status == 404


def test_bad_lines_are_told_and_the_good_ones_go_in(town: Town, admin: Browser) -> None:
    sent(admin, {**SUBSIDY, "name": ""}, OLD)
    assert "Le nom de l'aide manque." in admin.page
    assert "Des lignes sont à corriger." in admin.page

    admin.fill()

    assert named(town, OLD["slug"]) is not None
    assert "1 ligne à corriger" in admin.page


def test_a_file_that_says_what_is_known_has_nothing_to_write(town: Town, admin: Browser) -> None:
    sent(admin, SUBSIDY).fill()

    sent(admin, SUBSIDY)

    assert "Le fichier dit ce que le catalogue sait déjà." in admin.page
    assert "Enregistrer ces changements" not in admin.page


@pytest.mark.parametrize("content", [b"", b"Nom;Ville\nAdie;Roubaix\n", b"{", b"\x00" * 64, b'{"results": 3}'])
def test_what_is_no_catalogue_is_refused_on_the_form_and_nothing_is_kept(
    town: Town, admin: Browser, content: bytes
) -> None:
    sent(admin, content)

    assert admin.status == 422
    assert rows(town.database, aid_import) == []


@pytest.mark.parametrize("role", [Role.MENTOR, Role.MANAGER, Role.OBSERVER])
def test_who_does_not_keep_the_catalogue_does_not_reach_it(town: Town, role: Role) -> None:
    browser = browser_of(town, role, **({"territory": "roubaix"} if role is Role.MANAGER else {}))

    assert "/aides/fichier" not in browser.open("/aides").page
    assert browser.client.get(HERE).status_code == 404
    assert browser.client.get(f"{HERE}/01999999-0000-7000-8000-000000000000").status_code == 404


def test_a_file_is_its_senders_alone(town: Town, admin: Browser) -> None:
    sent(admin, SUBSIDY)
    own = rows(town.database, aid_import)[0]["id"]
    from_elsewhere = update(aid_import).values(by_id=str(town.adviser.person))
    town.database.write(lambda db: db.execute(from_elsewhere), WORKER)

    assert admin.client.get(f"{HERE}/{own}").status_code == 404


def _undo(town: Town, many: int) -> str:
    """Where the import that wrote so many aids is undone."""
    [own] = [row["id"] for row in rows(town.database, aid_import) if len(row["wrote"]) == many]
    return f"{HERE}/{own}/annuler"


def _csrf(browser: Browser) -> str:
    return browser.answer.text.partition('name="csrf" value="')[2].partition('"')[0]
