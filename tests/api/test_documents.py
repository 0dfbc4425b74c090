"""Documents at the doors: the owner adds one from « Mon dossier », and it leaves only to who may read it, as a file that runs nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, update

from api.rate_limits import LIMITS, Counted
from api.sign_in import begin_session
from cases.database import Database
from cases.tables.case import document
from cases.tables.people import person
from tests.api.browser import SETTINGS, Browser, application
from tests.api.test_my_case import Shop
from tests.cases.conftest import database
from tests.cases.test_stories_in_memory import WORKER
from tests.files import JPEG, PDF

__all__ = ["database"]


class Papers(Shop):
    """The snack bar, with a folder for its documents."""

    def __init__(self, database: Database, folder: Path) -> None:
        super().__init__(database)
        self.folder = folder / "files"
        chosen = SETTINGS.model_copy(update={"files_dir": self.folder})
        self.app = application(database, self.scene.clock, settings=chosen)
        self.browser = Browser(self.app).open(self.link())
        self.home = self.browser.address

    def send(self, name: str, content: bytes, **fields: str) -> Browser:
        return self.browser.open(self.home).send(f"{self.home}/documents", name, content, **fields)

    def signed_in(self, name: str) -> Browser:
        known, now = self.scene.ids[name], self.scene.clock.now()
        browser = Browser(self.app)
        secret = self.scene.database.write(lambda db: begin_session(db, known, now=now), WORKER)
        browser.client.cookies.set("qp_session", secret)
        return browser

    def only(self) -> str:
        [row] = self.scene.rows(select(document.c.id))
        return str(row.id)


@pytest.fixture
def papers(database: Database, tmp_path: Path) -> Papers:
    return Papers(database, tmp_path)


def test_a_photo_is_added_from_ones_own_case_and_read_again(papers: Papers) -> None:
    papers.send("IMG 0012.JPG", JPEG)

    assert "Merci, votre document est ajouté." in papers.browser.page
    assert "IMG 0012.jpg" in papers.browser.page
    own = papers.browser.client.get(f"{papers.home}/documents/{papers.only()}")
    assert own.content == JPEG
    assert own.headers["content-type"] == "image/jpeg"


@pytest.mark.asvs("3.2.1", "5.3.1", "5.4.1", "5.4.2")
def test_a_document_leaves_as_a_file_that_runs_nowhere(papers: Papers) -> None:
    papers.send("évil <b>; x.pdf", PDF)

    answer = papers.signed_in("adviser").client.get(f"/dossiers/{papers.case.reference}/documents/{papers.only()}")

    assert answer.content == PDF
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''%C3%A9vil%20b%20%3B%20x.pdf"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.asvs("8.2.2")
def test_nobody_else_gets_it_and_another_case_does_not_lend_its_address(papers: Papers) -> None:
    papers.send("bail.pdf", PDF)
    here = f"/dossiers/{papers.case.reference}/documents"

    assert papers.signed_in("stranger").open(f"{here}/{papers.only()}").status == 404
    assert Browser(papers.app).client.get(f"{here}/{papers.only()}").status_code == 303
    assert papers.signed_in("adviser").open(f"{here}/another").status == 404
    papers.scene.change(update(document).values(path="00/" + "0" * 64))
    assert papers.signed_in("adviser").open(f"{here}/{papers.only()}").status == 404


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("programme.pdf", b"MZ a program", "Envoyez une photo, un PDF, un texte ou un tableau (sans macros)."),
        ("vide.pdf", b"", "Ce fichier est vide : choisissez-en un autre."),
        ("", b"", "Choisissez un fichier."),
    ],
)
@pytest.mark.asvs("2.2.1", "2.2.2")
def test_what_is_not_kept_is_said_where_it_was_chosen(papers: Papers, name: str, content: bytes, said: str) -> None:
    papers.send(name, content)

    assert papers.browser.status == 422
    assert said in papers.browser.page
    assert not papers.scene.rows(select(document))
    assert not papers.folder.exists()


@pytest.mark.asvs("5.2.1")
def test_what_is_too_heavy_is_stopped_at_the_door(papers: Papers) -> None:
    papers.send("gros.pdf", PDF + bytes(10_000_000))

    assert papers.browser.status == 413
    assert not papers.folder.exists()


def test_once_an_operator_said_yes_the_owner_chooses_who_reads_it(papers: Papers) -> None:
    agent = papers.agent()
    papers.scene.change(update(person).where(person.c.id == agent).values(name="Karim Haddadi"))
    papers.operator().open(papers.operator().address + "?reponse=oui").fill(step="accept")
    papers.later(minutes=10)
    assert "Pour qui ?" in papers.browser.open(papers.home).page

    papers.send("devis.pdf", PDF, track="referral-1")
    papers.send("carte.pdf", PDF, track="mentoring_pair-9")

    assert [row.track for row in papers.scene.rows(select(document.c.track).order_by(document.c.sequence))] == [
        "referral-1",
        "case",
    ]


def test_an_adviser_adds_a_document_from_the_case_and_finds_it_there(papers: Papers) -> None:
    here = f"/dossiers/{papers.case.reference}/documents"
    desk = papers.signed_in("adviser").open(f"/dossiers/{papers.case.reference}")
    assert f'href="{here}"' in desk.answer.text

    desk.open(here).send(here, "diagnostic.PDF", PDF)

    assert "Le document est ajouté." in desk.page
    assert "diagnostic.pdf" in desk.page
    assert desk.client.get(f"{here}/{papers.only()}").content == PDF


def test_what_is_not_kept_of_an_adviser_is_said_and_a_stranger_finds_no_page(papers: Papers) -> None:
    here = f"/dossiers/{papers.case.reference}/documents"

    desk = papers.signed_in("adviser").open(here).send(here, "outil.exe", b"MZ")

    assert desk.status == 422
    assert "Envoyez une photo" in desk.page
    assert papers.signed_in("stranger").open(here).status == 404
    assert papers.signed_in("adviser").open(f"{here}?suivi=referral-9").status == 404
    assert not papers.folder.exists()


@pytest.mark.asvs("2.3.2", "2.4.1")
def test_a_link_is_no_storehouse(papers: Papers) -> None:
    for _ in range(LIMITS[Counted.DOCUMENT].most):
        assert papers.send("bail.pdf", PDF).status == 200

    assert papers.send("bail.pdf", PDF).status == 429
