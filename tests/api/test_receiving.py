"""An operator simply answers the mail: the text is a note on the right case, its attachments are documents, and nothing is lost or taken twice."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from api.receiving import ListenUnreadable, read_listen
from api.settings import Settings
from cases.database import Database
from cases.files import Files
from cases.identifiers import new_id
from cases.journal import verify
from cases.tables.case import case_file
from cases.tables.memory import journal
from cases.tables.people import person
from cases.tables.tracks import referral
from notifications.filed import AT_MOST
from notifications.links import revoke_links
from notifications.replying import address_of, token_of
from notifications.tables import inbound_mail, message, signed_link
from tests.api.reply_desk import DOMAIN, OFFICE, ReplyDesk, reply
from tests.cases.conftest import database
from tests.cases.test_stories_in_memory import WORKER
from tests.files import JPEG, PDF, PNG
from tests.notifications.mail_server import MailServer

__all__ = ["database"]


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Iterator[ReplyDesk]:
    with MailServer().running() as server:
        desk = ReplyDesk(database, tmp_path, server)
        with desk.open():
            yield desk


def test_the_mail_says_that_it_can_be_answered_and_its_address_is_secret(desk: ReplyDesk) -> None:
    letter = desk.letter()

    assert "Vous pouvez aussi répondre à ce message" in letter.get_body(("plain",)).get_content()
    assert desk.address.endswith(f"@{DOMAIN}")
    account = desk.address.partition("@")[0]
    assert len(account) <= 64
    assert account == account.lower()
    rows = f"{desk.scene.rows(select(signed_link))} {desk.scene.rows(select(message))}"
    assert account.removeprefix("reponse+") not in rows
    assert (token_of(desk.address, DOMAIN) or "?") not in rows


def test_an_operators_answer_is_a_note_on_the_request_and_the_adviser_reads_it(desk: ReplyDesk) -> None:
    assert desk.hand_in(reply("Je l'appelle demain.\nKarim")).startswith("250")

    assert desk.notes() == ["Je l'appelle demain.\nKarim"]
    [line] = desk.scene.rows(select(journal).where(journal.c.event == "note"))
    assert (line.track, line.actor_role, line.via) == ("referral-1", "operator", "reply")
    assert desk.scene.database.read(lambda db: verify(db, desk.case.id), WORKER) == []
    desk.send()
    told = desk.letter("reply_received")
    assert "Je l'appelle demain." in told.get_body(("plain",)).get_content().replace("’", "'")


def test_the_same_mail_handed_in_again_is_filed_once_and_all_is_well(desk: ReplyDesk) -> None:
    answers = [desk.hand_in(reply()) for _ in range(3)]

    assert all(answer.startswith("250") for answer in answers)
    assert len(desk.notes()) == 1


def test_what_is_attached_becomes_documents_and_a_signatures_pictures_do_not(desk: ReplyDesk, tmp_path: Path) -> None:
    letter = reply("Voici le devis.")
    letter.add_attachment(PDF, maintype="application", subtype="octet-stream", filename="devis four.pdf")
    letter.add_attachment(JPEG + bytes(30_000), maintype="image", subtype="jpeg", filename="IMG_0012.jpeg")
    letter.add_attachment(b"MZ a program", maintype="application", subtype="x-msdownload", filename="outil.exe")
    letter.add_attachment(PNG, maintype="image", subtype="png", filename="image001.png", cid="<image001.png@01DA>")

    assert desk.hand_in(letter).startswith("250")

    assert [row.name for row in desk.kept()] == ["devis four.pdf", "IMG_0012.jpg"]
    assert {row.track for row in desk.kept()} == {"referral-1"}
    assert Files(tmp_path / "files").read(desk.kept()[0].path) == PDF
    assert desk.notes() == ["Voici le devis.\n\n(Pièces jointes non gardées : outil.exe.)"]


def test_a_photo_without_a_word_is_enough(desk: ReplyDesk) -> None:
    letter = reply("")
    letter.add_attachment(JPEG, maintype="image", subtype="jpeg", filename="bail.jpg")

    assert desk.hand_in(letter).startswith("250")

    assert (desk.notes(), [row.name for row in desk.kept()]) == ([], ["bail.jpg"])


MACHINES: dict[str, dict[str, str]] = {
    "an absence": {"Auto_Submitted": "auto-replied"},
    "a list": {"List_Id": "<equipe.adie.example>"},
    "a mass mail": {"Precedence": "bulk"},
    "an old program": {"X_Autoreply": "yes"},
    "a subject": {"Subject": "Réponse automatique : Nadia Brahimi"},
    "a bounce that came back": {"Return_Path": "<>"},
}


@pytest.mark.parametrize("machine", MACHINES)
def test_what_a_machine_wrote_is_taken_and_not_filed(desk: ReplyDesk, machine: str) -> None:
    headers = MACHINES[machine]
    letter = reply("Je suis absent jusqu'au 12.")
    for name, value in headers.items():
        del letter[name.replace("_", "-")]
        letter[name.replace("_", "-")] = value

    assert desk.hand_in(letter).startswith("250")
    assert desk.hand_in(reply(), sender="").startswith("250"), "nobody to answer"

    assert not desk.filed()


def test_our_own_mail_that_comes_back_is_a_loop(desk: ReplyDesk) -> None:
    letter = reply()
    letter.replace_header("Message-ID", str(desk.letter()["Message-ID"]))

    assert desk.hand_in(letter).startswith("250")

    assert not desk.filed()


def test_replies_that_come_faster_than_a_person_writes_wait(desk: ReplyDesk) -> None:
    [link] = desk.scene.rows(select(signed_link).where(signed_link.c.purpose == "reply", signed_link.c.person_id.is_(None)))  # fmt: skip
    now = desk.scene.clock.now()
    for count in range(AT_MOST):
        row = {"link_id": link.id, "fingerprint": str(count), "case_id": desk.case.id, "received_at": now}
        desk.scene.change(insert(inbound_mail).values(id=new_id(now), **row))

    assert desk.hand_in(reply()).startswith("451")
    assert not desk.filed()


def test_a_reply_from_another_address_is_not_filed_and_the_known_one_hears_of_it_once(desk: ReplyDesk) -> None:
    for sender in ("voisin@example.net", "autre@example.net"):
        assert desk.hand_in(reply(sender=sender), sender=sender).startswith("550 5.7.1 Repondez depuis")

    assert not desk.filed()
    desk.send()
    told = desk.letter("reply_refused")
    assert OFFICE in str(told["To"])
    assert "voisin" not in told.as_string()


def test_a_colleague_of_the_branch_may_answer_what_was_sent_to_its_common_address(desk: ReplyDesk) -> None:
    agent = next(id for key, id in desk.scene.ids.items() if key.startswith("agent "))
    desk.scene.change(update(person).where(person.c.id == agent).values(email="karim@adie.example"))

    assert desk.hand_in(reply(sender="Karim@Adie.example")).startswith("250")

    assert len(desk.filed()) == 1


def test_an_address_that_was_never_ours_or_serves_no_more_is_refused_at_once(desk: ReplyDesk) -> None:
    unknown = address_of("A" * 32, DOMAIN)
    assert desk.hand_in(reply(), to=unknown).startswith("550 5.1.1 Cette adresse ne sert pas")
    assert desk.hand_in(reply(), to=f"reponse+zz@{DOMAIN}").startswith("550")
    assert desk.hand_in(reply(), to="postmaster@elsewhere.example").startswith("550")
    [link] = desk.scene.rows(select(signed_link).where(signed_link.c.purpose == "reply", signed_link.c.person_id.is_(None)))  # fmt: skip
    address, now = desk.address, desk.scene.clock.now()
    assert link.expires_at > now

    desk.scene.database.write(lambda db: revoke_links(db, desk.case.id, now=now), WORKER)

    assert desk.hand_in(reply(), to=address).startswith("550")
    assert not desk.filed()


def test_a_partner_whose_work_is_over_is_told_so(desk: ReplyDesk) -> None:
    address = desk.address
    desk.scene.change(update(referral).values(state="declined"))

    assert desk.hand_in(reply(), to=address).startswith("554 5.6.0 Votre travail sur ce dossier est termine")
    assert not desk.filed()


BAD = {
    "nothing but what is quoted": (reply(""), "554 5.6.0 Votre reponse est vide"),
    "no sender": (b"Subject: x\r\n\r\nBonjour\r\n", "550 5.7.1"),
    "two senders": (f"From: a@x.example, {OFFICE}\r\n\r\nBonjour\r\n".encode(), "550 5.7.1"),
    "a thousand parts": (
        b"From: x\r\n" + b"".join(b'X-%d: boundary="b"\r\n' % n for n in range(200)) + b"\r\nx",
        "554",
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_mail_gets_a_sentence_and_nothing_is_written(desk: ReplyDesk, kind: str) -> None:
    letter, said = BAD[kind]

    assert desk.hand_in(letter).startswith(said)

    assert not desk.filed()
    assert not desk.scene.rows(select(inbound_mail))


HOSTILE = {
    "an unknown alphabet": b'Content-Type: text/plain; charset="klingon-8"\r\n\r\nBonjour\r\n',
    "bytes of no alphabet": b"\r\nBonjour \xff\xfe \x00 \xe9\r\n",
    "a broken encoding": b"Content-Transfer-Encoding: base64\r\n\r\nQm9uam91cg=\r\n",
    "a name that is none": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nBonjour\r\n"
    b'--b\r\nContent-Disposition: attachment; filename="=?x?q?=?="\r\n\r\nx\r\n--b--\r\n',
    "a multipart that never ends": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nBonjour\r\n",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_badly_written_is_read_as_far_as_it_can_be(desk: ReplyDesk, kind: str) -> None:
    head = f"From: {OFFICE}\r\nMessage-ID: <hostile@adie.example>\r\nSubject: Re: x\r\n".encode()

    assert desk.hand_in(head + HOSTILE[kind]).startswith("250")

    assert "Bonjour" in desk.notes()[0]


def test_each_recipient_has_an_answer_of_its_own(desk: ReplyDesk) -> None:
    with smtplib.LMTP("127.0.0.1", desk.port) as lmtp:
        lmtp.ehlo_or_helo_if_needed()
        lmtp.mail(OFFICE)
        assert lmtp.rcpt(desk.address)[0] == 250
        assert lmtp.rcpt(desk.address)[0] == 452


def test_when_the_database_does_not_answer_the_mail_comes_back_later(desk: ReplyDesk) -> None:
    with held(desk):
        assert desk.hand_in(reply()).startswith("451 4.3.0")
    assert not desk.filed()

    assert desk.hand_in(reply()).startswith("250")
    assert len(desk.notes()) == 1


@contextmanager
def held(desk: ReplyDesk) -> Iterator[None]:
    """Somebody else holds the case for longer than one waits for it."""
    with desk.scene.database.engine.connect() as db:
        if db.dialect.name == "sqlite":
            db.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            db.exec_driver_sql("SELECT set_config('qp.scope', 'worker', true)")
            db.execute(select(case_file.c.id).with_for_update())
        yield
        db.rollback()


@pytest.mark.parametrize(
    ("listen", "domain"), [("127.0.0.1:25", "x.example"), ("lmtp://127.0.0.1", "x.example"), ("smtp://h:99999", "x.example"), ("lmtp://h:24", "")]
)  # fmt: skip
def test_a_setting_that_cannot_be_read_is_said(listen: str, domain: str) -> None:
    with pytest.raises(ListenUnreadable, match="QP_INBOUND_LISTEN"):
        read_listen(Settings(inbound_listen=listen, inbound_domain=domain))
