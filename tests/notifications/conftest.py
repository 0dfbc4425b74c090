"""What the tests of messages share: a database, a life to tell of, and a real mail server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cases.database import Database
from tests.cases.conftest import database
from tests.notifications.mail_server import MailServer
from tests.notifications.scenes import Scene

__all__ = ["database"]


@pytest.fixture
def scene(database: Database) -> Scene:
    """The snack bar of the first story, on Tuesday 2 February 2027, at 10:15: its referral has just been sent."""
    return Scene.of_the_snack_bar(database)


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A real SMTP server, on a port of its own."""
    with MailServer().running() as server:
        yield server
