"""The snack bar's operator, who answers from their mail program: mails leave with an address to answer, and a real LMTP server takes the answers."""

from __future__ import annotations

import asyncio
import smtplib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP, default
from pathlib import Path
from typing import Any

from sqlalchemy import select

from api.receiving import receiving
from api.settings import Settings
from cases.clock import Clock
from cases.database import Database
from cases.tables.case import case_file, document, note
from cases.tables.memory import journal, journal_text
from notifications.mailer import Post, send_due
from notifications.smtp import SmtpCarrier, read_server
from tests.notifications.mail_server import MailServer, free_port
from tests.notifications.scenes import SENDER, Scene

DOMAIN = "reponses.example"
OFFICE = "antenne@example.org"
LATER = "Le 02/02/2027 à 10:15, Quartiers productifs a écrit :\n> Nadia attend votre réponse.\n"


class Letterbox:
    """The door where answers come in: a real LMTP server of the product."""

    def __init__(self, database: Database, clock: Clock, files: Path) -> None:
        self.database, self.clock, self.port = database, clock, free_port()
        self.settings = Settings(inbound_listen=f"lmtp://127.0.0.1:{self.port}", inbound_domain=DOMAIN, files_dir=files)

    @contextmanager
    def open(self) -> Iterator[None]:
        """The door, for as long as this lasts."""
        ready, stop = threading.Event(), threading.Event()

        async def serve() -> None:
            async with receiving(self.database, self.clock, self.settings):
                ready.set()
                await asyncio.to_thread(stop.wait)

        thread = threading.Thread(target=asyncio.run, args=(serve(),))
        thread.start()
        assert ready.wait(20)
        try:
            yield
        finally:
            stop.set()
            thread.join(20)

    def take(self, letter: EmailMessage | bytes, to: str, sender: str) -> str:
        """What the server answers to a mail: its code and its sentence."""
        content = letter if isinstance(letter, bytes) else letter.as_bytes(policy=SMTP)
        with smtplib.LMTP("127.0.0.1", self.port) as lmtp:
            lmtp.ehlo_or_helo_if_needed()
            lmtp.mail(sender)
            code, words = lmtp.rcpt(to)
            if code == 250:
                code, words = lmtp.data(content)
        return f"{code} {words.decode()}"


class ReplyDesk(Letterbox):
    """The scene, the letters that left, and the door where answers come in."""

    def __init__(self, database: Database, folder: Path, server: MailServer) -> None:
        self.scene, self.server = Scene.of_the_snack_bar(database), server
        super().__init__(database, self.scene.clock, folder / "files")
        [self.case] = self.scene.rows(select(case_file))
        self.send()

    def send(self) -> None:
        """Let what is due leave, with an address to answer."""
        self.scene.plan()
        carrier = SmtpCarrier(read_server(f"smtp://127.0.0.1:{self.server.port}?starttls=off"))
        post = Post(carrier, SENDER, "https://quartiers.example", reply_domain=DOMAIN)
        asyncio.run(send_due(self.scene.database, self.scene.clock, post))

    def letter(self, key: str = "referral_sent") -> EmailMessage:
        return self.scene.letter(self.server, key)

    @property
    def address(self) -> str:
        """Where the request to the operator can be answered."""
        return str(self.letter()["Reply-To"])

    def hand_in(self, letter: EmailMessage | bytes, to: str = "", sender: str = OFFICE) -> str:
        """What the server answers to a mail that answers the request."""
        return self.take(letter, to or self.address, sender)

    def notes(self) -> list[str]:
        """The words of the notes, in their order."""
        joined = journal.join(
            journal_text,
            (journal_text.c.subject_id == journal.c.subject_id) & (journal_text.c.sequence == journal.c.sequence),
        )
        asked = select(journal_text.c.words).select_from(joined).where(journal.c.event == "note")
        return [row.words["text"] for row in self.scene.rows(asked.order_by(journal.c.sequence))]

    def kept(self) -> list[Any]:
        return self.scene.rows(select(document).order_by(document.c.sequence))

    def filed(self) -> list[Any]:
        return self.scene.rows(select(note))


def reply(text: str = "Je l'appelle demain.", *, sender: str = OFFICE, **headers: str) -> EmailMessage:
    """A mail of an operator, with the mail that it answers quoted below."""
    letter = EmailMessage(policy=default)
    given = {
        "From": f"Adie Roubaix <{sender}>", "To": "reponse@reponses.example", "Subject": "Re: Nadia Brahimi, snack à Roubaix",
        "Message-ID": "<first@adie.example>", **{name.replace("_", "-"): value for name, value in headers.items()},
    }  # fmt: skip
    for name, value in given.items():
        letter[name] = value
    letter.set_content(f"{text}\n\n{LATER}")
    return letter
