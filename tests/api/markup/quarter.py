"""A quarter that was worked in for a year, to be written in everywhere: its people, its cases in every state, its mails and their links."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any, Final

from anyio.from_thread import start_blocking_portal
from sqlalchemy import Connection, select

from api.demo.building import build
from api.demo.catcher import Catcher
from api.demo.place import SENDER
from api.demo.posting import Posting
from cases import definitions
from cases.clock import FixedClock
from cases.database import Database
from cases.lives import ONE_OF_EACH
from cases.tables.case import case_file
from cases.tables.tracks import MentoringPair, Referral, TransitionPlan
from notifications.clock import tick
from notifications.mailer import Post
from tests.api.browser import HOST, SETTINGS, application
from tests.api.markup.forms import forms_of
from tests.api.markup.payloads import BORNE, PAYLOADS
from tests.api.markup.reading import faults_of, faults_of_mail
from tests.api.markup.walking import Page, Walkers, sort_of
from tests.api.markup.writing import Sort, sort_of_form
from tests.api.street import WORKER
from tests.notifications.mail_server import MailServer
from tests.notifications.scenes import post_to

TUESDAY: Final = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
PRESSED: Final = frozenset({"/imports/ID/importer"})
"""Buttons that are pressed too: what they do shows fields."""
HEADERS: Final = frozenset({
    "from", "to", "subject", "date", "message-id", "in-reply-to", "references", "reply-to", "auto-submitted", "list-unsubscribe", "list-unsubscribe-post",
    "mime-version", "content-type",
})  # fmt: skip
"""What the product writes above a mail: nothing that somebody wrote makes another."""
LINKS: Final = re.compile(r"https?://quartiers\.example(/[^\s\"<>]*)")


@dataclass
class Quarter:
    """The demo's quarter, the links of its mails, and the cases that are in every state between them."""

    walkers: Walkers
    links: list[str]
    cases: list[str]
    wrong: list[str] = field(default_factory=list)
    on_pages: set[str] = field(default_factory=set)
    """The payloads that came out on a page."""
    in_mails: set[str] = field(default_factory=set)

    def look(self, who: str, address: str, answer: Any) -> None:
        """Note what is wrong with an answer: a fault of ours, markup that was written, a refusal that says nothing."""
        where = f"{who}, {address}, {answer.status_code}"
        if answer.status_code >= 500:
            self.wrong.append(f"{where}: a fault")
        if answer.headers.get("content-type", "").startswith("text/html"):
            self.wrong += [f"{where}: {one}" for one in wrong_in(answer.text)]
            self.on_pages |= set(BORNE.findall(answer.text))

    def forms(self, known: set[str], by: tuple[str, ...]) -> dict[Sort, list[Page]]:
        """Every form in which something is written, and the pages where it stands."""
        found: dict[Sort, list[Page]] = {}
        for page in self.walkers.walk(self.links, self.cases, known, by):
            self.look(page.who, page.address, page.answer)
            known.add(sort_of(page.address))
            for form in forms_of(page.text, page.address):
                if form.written_in() or form.files() or sort_of(form.action) in PRESSED:
                    found.setdefault(sort_of_form(form), []).append(page)
        return found

    def let_mails_leave(self, server: MailServer) -> None:
        """Let a day pass and every mail leave; note what is wrong with them, and the links that they bring."""
        clock, database = self.walkers.clock, self.walkers.database
        clock.set(clock.now() + timedelta(days=1))
        asyncio.run(tick(database, clock, post_to(server)))
        for letter in server.letters:
            html, plain = (letter.get_body((kind,)) for kind in ("html", "plain"))
            assert html is not None
            assert plain is not None
            written, said = html.get_content(), plain.get_content()
            self.wrong += [f"{letter['Subject']}: {one}" for one in (*faults_of_mail(written), *raw_in(written))]
            self.wrong += [f"{letter['Subject']}: the header {name}" for name in letter if name.lower() not in HEADERS]
            self.in_mails |= set(BORNE.findall(said))
            self.links += LINKS.findall(said)


def wrong_in(text: str) -> list[str]:
    """What is markup on a page and should be words; a page that bears no payload has none."""
    return [*faults_of(text), *raw_in(text)] if BORNE.search(text) else []


def raw_in(text: str) -> list[str]:
    """The payloads that stand in a text of HTML as they were written."""
    return [f"raw: {one}" for one in PAYLOADS if "<" in one and one in text]


@contextmanager
def a_quarter(database: Database, folder: Path) -> Iterator[Quarter]:
    """A year of the demo, one life of each kind."""
    database.write(lambda db: definitions.start(db, TUESDAY), WORKER)
    letters = folder / "letters"
    with Posting(Post(Catcher(letters), SENDER, HOST), TUESDAY, timedelta(days=30)) as posting:
        build(database, TUESDAY, posting, lives=ONE_OF_EACH)
    clock = FixedClock(TUESDAY)
    app = application(database, clock, settings=SETTINGS.model_copy(update={"files_dir": folder / "files"}))
    with start_blocking_portal() as portal:
        links = [link for path in sorted(letters.glob("*.eml")) for link in LINKS.findall(_words_of(path.read_bytes()))]
        yield Quarter(Walkers(app, database, clock, portal), links, database.read(one_in_each_state, WORKER))


def _words_of(letter: bytes) -> str:
    body: Any = message_from_bytes(letter, policy=default)
    return str(body.get_body(("plain",)).get_content())


def one_in_each_state(db: Connection) -> list[str]:
    """Cases that are, with their tracks, in every state that is found: as few as it takes."""
    has: dict[str, set[tuple[str, str]]] = {}
    tables = (case_file, Referral.__table__, MentoringPair.__table__, TransitionPlan.__table__)
    for table in tables:
        for row in db.execute(select(table)).mappings():
            has.setdefault(row.get("case_id", row["id"]), set()).add((table.name, row["state"]))
    references = {row.id: row.reference for row in db.execute(select(case_file.c.id, case_file.c.reference))}
    left, chosen = set().union(*has.values()), []
    while left:
        best = max(sorted(has), key=lambda one: len(has[one] & left))
        chosen.append(references[best])
        left -= has[best]
    return chosen
