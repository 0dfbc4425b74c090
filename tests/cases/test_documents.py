"""A document is what its content says, is kept once, and is read by who may see the case and no one else."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from cases.access import Grant, Identity
from cases.database import Database
from cases.documents import LARGEST, SentFile, add_document, document_of, documents_of, read_file, request_for
from cases.errors import Invalid, NotFound
from cases.file_kinds import kind_of
from cases.files import Files
from cases.journal import verify
from cases.tables.case import case_file, document
from cases.tables.memory import journal
from cases.tables.tracks import referral
from engine.model import Role
from tests.cases.importers.workbooks import ods_file, ods_row, xlsx_file
from tests.cases.test_stories_in_memory import WORKER
from tests.files import HEIC, JPEG, PDF, PNG, WEBP, docx_file
from tests.notifications.scenes import Scene


def archive(**parts: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as written:
        for name, content in parts.items():
            written.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "extension"),
    [
        (PDF, "pdf"),
        (b"\r\n" * 20 + PDF, "pdf"),
        (PNG, "png"),
        (JPEG, "jpg"),
        (HEIC, "heic"),
        (WEBP, "webp"),
        (docx_file(), "docx"),
        (xlsx_file([["un", "deux"]]), "xlsx"),
        (ods_file(ods_row("un")), "ods"),
        (archive(mimetype=b"application/vnd.oasis.opendocument.text", content_xml=b"<a/>"), "odt"),
    ],
)
@pytest.mark.asvs("5.2.2")
def test_papers_photos_and_sheets_are_known_by_their_content(content: bytes, extension: str) -> None:
    kind = kind_of(content)

    assert kind is not None
    assert kind.extension == extension


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\x00 a program",
        b"<html><script>alert(1)</script></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a",
        archive(word__document_xml=b"<a/>"),
        docx_file(macros=True),
        archive(mimetype=b"application/vnd.oasis.opendocument.text", Basic__script_xml=b"<a/>"),
        archive(mimetype=b"application/epub+zip"),
        docx_file()[:60],
        b"PK\x03\x04" + bytes(40),
    ],
    ids=[
        "a program",
        "a page",
        "a drawing with scripts",
        "half a picture",
        "an archive",
        "macros",
        "scripts",
        "a book",
        "cut short",
        "nothing inside",
    ],
)
@pytest.mark.asvs("1.3.4", "5.2.2")
def test_what_runs_what_is_damaged_and_what_is_unknown_is_not_kept(content: bytes) -> None:
    with pytest.raises(Invalid, match="Envoyez une photo"):
        read_file(content, "facture.pdf")


@pytest.mark.asvs("5.2.1")
def test_an_empty_file_and_one_that_is_too_large_are_refused_with_a_sentence() -> None:
    with pytest.raises(Invalid, match="vide"):
        read_file(b"", "vide.pdf")
    with pytest.raises(Invalid, match="10 Mo au plus"):
        read_file(PDF + bytes(LARGEST), "gros.pdf")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("devis four.PDF", "devis four.pdf"),
        ("photo.exe", "photo.pdf"),
        ("../../etc/passwd", "etc passwd.pdf"),
        ("C:\\Users\\Nadia\\facture.pdf", "C Users Nadia facture.pdf"),
        ("a\x00\r\nb\u202e.pdf", "ab.pdf"),
        ("", "document.pdf"),
        ("é" * 500 + ".pdf", "é" * 120 + ".pdf"),
    ],
)
@pytest.mark.asvs("5.3.2", "5.4.2")
def test_the_name_of_a_document_is_only_a_name(sent: str, kept: str) -> None:
    assert read_file(PDF, sent).name == kept


def test_the_same_content_is_kept_once_and_what_is_dropped_is_gone(tmp_path: Path) -> None:
    files = Files(tmp_path / "files")

    path = files.keep(PDF)

    assert files.keep(PDF) == path
    assert files.read(path) == PDF
    assert [found.name for found in (tmp_path / "files").rglob("*") if found.is_file()] == [path[3:]]
    files.drop(path)
    files.drop(path)
    with pytest.raises(FileNotFoundError):
        files.read(path)


@pytest.mark.parametrize("path", ["../cases.db", "/etc/hostname", "", "ab/../../x", "AB/" + "A" * 64])
@pytest.mark.asvs("5.3.2")
def test_a_path_leads_nowhere_else(tmp_path: Path, path: str) -> None:
    with pytest.raises(FileNotFoundError):
        Files(tmp_path).read(path)


class Papers:
    """The snack bar's case, Adie asked, and the people around it."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.scene, self.files = Scene.of_the_snack_bar(database), Files(folder / "files")
        [self.case] = self.scene.rows(select(case_file))
        [asked] = self.scene.rows(select(referral))
        self.track = f"referral-{asked.number}"
        self.owner = Identity(name="Nadia", via="mail_link", entrepreneur=self.case.entrepreneur_id)
        self.agent = Identity(None, "Adie", (Grant(Role.OPERATOR, branch=asked.branch_id),))
        here = Grant(Role.ADVISER, territory=self.case.territory_id)
        self.adviser = Identity(self.scene.ids["adviser"], "Inès", (here,), via="page")
        self.stranger = Identity(None, "Odile", (Grant(Role.ADVISER, territory="elsewhere"),))

    def add(self, who: Identity, file: SentFile, track: str = "case", key: str | None = None) -> Any:
        path, now = self.files.keep(file.content), self.scene.clock.now()
        asked = request_for(file, self.case.reference, track, key)
        return self.scene.database.write(lambda db: add_document(db, asked, path, by=who, now=now), WORKER)

    def seen(self, who: Identity) -> list[str]:
        reference = self.case.reference
        return [one.name for one in self.scene.database.read(lambda db: documents_of(db, who, reference), WORKER)]


@pytest.fixture
def papers(database: Database, tmp_path: Path) -> Papers:
    return Papers(database, tmp_path)


def test_a_document_is_a_line_of_the_journal_and_its_bytes_are_read_again(papers: Papers) -> None:
    papers.add(papers.owner, read_file(PDF, "devis.pdf"))

    [row] = papers.scene.rows(select(document))
    [found] = papers.scene.database.read(
        lambda db: [document_of(db, papers.adviser, papers.case.reference, row.id)], WORKER
    )
    assert papers.files.read(found.path or "") == PDF
    assert (found.name, found.media_type, found.size) == ("devis.pdf", "application/pdf", len(PDF))
    assert papers.scene.rows(select(journal.c.event).order_by(journal.c.sequence.desc()))[0].event == "document"
    assert papers.scene.database.read(lambda db: verify(db, papers.case.id), WORKER) == []


def test_who_sees_the_whole_case_reads_all_a_partner_their_track_and_the_owner_what_they_gave(papers: Papers) -> None:
    papers.add(papers.owner, read_file(PDF, "carte.pdf"))
    papers.add(papers.owner, read_file(PNG, "bail.png"), papers.track)
    papers.add(papers.adviser, read_file(JPEG, "diagnostic.jpg"))

    assert papers.seen(papers.adviser) == ["diagnostic.jpg", "bail.png", "carte.pdf"]
    assert papers.seen(papers.agent) == ["bail.png"]
    assert papers.seen(papers.owner) == ["bail.png", "carte.pdf"]
    with pytest.raises(NotFound):
        papers.seen(papers.stranger)


@pytest.mark.asvs("8.2.2")
def test_a_partner_whose_work_is_over_reads_no_document_any_more(papers: Papers) -> None:
    papers.add(papers.owner, read_file(PNG, "bail.png"), papers.track)

    papers.scene.change(update(referral).values(state="declined"))

    assert papers.seen(papers.agent) == []


def test_the_same_key_adds_a_document_once(papers: Papers) -> None:
    for _ in range(2):
        papers.add(papers.owner, read_file(PDF, "devis.pdf"), key="the same press")

    assert len(papers.scene.rows(select(document))) == 1


def test_a_document_that_was_only_described_has_no_bytes_to_read(papers: Papers) -> None:
    papers.add(papers.owner, read_file(PDF, "devis.pdf"))
    papers.scene.change(update(document).values(path=None))

    [row] = papers.scene.rows(select(document))
    with pytest.raises(NotFound):
        papers.scene.database.read(lambda db: document_of(db, papers.adviser, papers.case.reference, row.id), WORKER)
