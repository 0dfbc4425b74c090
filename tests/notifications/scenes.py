"""A life to tell of: the people and the steps of the stories, with the clock in the test's hand and mails that leave."""

from __future__ import annotations

import asyncio
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from sqlalchemy import select, update

from cases.clock import FixedClock, SystemClock
from cases.database import Database
from cases.sweep import sweep
from cases.tables.case import entrepreneur, task
from cases.tables.memory import outbox
from cases.tables.people import person
from notifications.mailer import Post, send_due
from notifications.planner import plan
from notifications.smtp import SmtpCarrier, read_server
from notifications.tables import message
from tests.acceptance.stories import STORIES
from tests.cases.test_stories_in_memory import WORKER, Stage
from tests.notifications.mail_server import MailServer

SENDER = "Quartiers productifs <bonjour@quartiers.example>"


class Scene(Stage):
    """A story played as far as a test needs."""

    @classmethod
    def of_the_snack_bar(cls, database: Database) -> Scene:
        story = next(story for story in STORIES if story["id"] == "S01")
        scene = cls(database, story)
        scene.next_steps(4)
        return scene

    def __init__(self, database: Database, story: dict[str, Any]) -> None:
        super().__init__(database, story)
        self.played = 0
        self.clock = FixedClock(self.start)

    def run_until(self, now: datetime) -> None:
        """Nothing happens by itself but when the test says so."""

    def next_steps(self, count: int) -> None:
        """Take the story's next steps."""
        for step in self.story["steps"][self.played : self.played + count]:
            assert self.play(step) is None, step
            self.clock.set(self.at(step["at"]))
        self.played += count

    def now_is(self, text: str) -> datetime:
        """It is that local time: what is due by itself happens, and is planned."""
        self.clock.set(self.at(text))
        sweep(self.database, self.clock.now())
        plan(self.database, self.clock.now(), domain="quartiers.example")
        return self.clock.now()

    def plan(self) -> int:
        return plan(self.database, self.clock.now(), domain="quartiers.example")

    def messages(self, **where: Any) -> list[Any]:
        """The messages with these values, the oldest first."""
        found = select(message).where(*(message.c[name] == value for name, value in where.items()))
        return self.rows(found.order_by(message.c.id))

    def tasks(self) -> list[Any]:
        return self.rows(select(task).order_by(task.c.id))

    def rows(self, query: Any) -> list[Any]:
        return self.database.read(lambda db: list(db.execute(query)), WORKER)

    def change(self, statement: Any) -> None:
        self.database.write(lambda db: db.execute(statement), WORKER)

    def entrepreneur_has(self, **values: Any) -> None:
        self.change(update(entrepreneur).values(**values))

    def person_has(self, name: str, **values: Any) -> None:
        self.change(update(person).where(person.c.id == self.ids[name]).values(**values))

    def change_outbox_to_now(self) -> None:
        """What is to be told is to be told by the machine's own time too."""
        self.change(update(outbox).values(not_before=SystemClock().now()))

    def send(self, server: MailServer, connections: int = 4) -> int:
        """Let what is due leave, to that server."""
        return asyncio.run(send_due(self.database, self.clock, post_to(server, connections)))

    def letter(self, server: MailServer, key: str) -> EmailMessage:
        """The letter of the only message of that key."""
        (row,) = self.messages(key=key)
        return next(letter for letter in server.letters if letter["Message-ID"] == row.message_id)


def post_to(server: MailServer, connections: int = 4) -> Post:
    """A post that leaves for that server."""
    carrier = SmtpCarrier(read_server(f"smtp://127.0.0.1:{server.port}?starttls=off&connections={connections}"))
    return Post(carrier, SENDER, "https://quartiers.example")
