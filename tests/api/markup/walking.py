"""Who walks the pages: somebody of each role by the links that each sees, and a visitor by those of the mails."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from anyio.from_thread import BlockingPortal
from fastapi.testclient import TestClient
from sqlalchemy import select

from api.sign_in import begin_session
from cases.clock import FixedClock
from cases.database import Database
from cases.tables.people import person, role_grant
from tests.api.addresses import COMBINED, FILES, kind_of
from tests.api.browser import HOST
from tests.api.markup.forms import links_of
from tests.api.street import WORKER

VISITOR: Final = "visitor"
ORDER: Final = ("manager", "admin", "adviser", "operator_manager", "operator", "mentor", "observer")
"""Who walks first: whoever may do the most."""
_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f-]{17}")
_SECRET: Final = re.compile(r"/(lien|mon-dossier|preferences|desabonnement)/[\w-]{20,}")
_TRACK: Final = re.compile(r"suivi=(referral|mentoring_pair|transition_plan)")
_SHEET: Final = re.compile(r"^/dossiers/(QP-[\w-]+)$")
_STEP: Final = re.compile(r"^/dossiers/REF/(actions|noter)/")
_FAMILY: Final = re.compile(r"/delais/[\w.]+")
_ASKED: Final = re.compile(r"^/(dossiers/REF/|annuaire/lignes/|dossiers/ensemble|lien/|mon-dossier/)")
"""Pages that are made of what their address asks for; elsewhere it narrows a list that is the same page."""
SEEDS: Final = ("/", "/connexion", "/mon-dossier", "/demander-un-contact", "/dossiers/ensemble?geste=hand_over&tout=1")
"""Where a walk begins: the last is what a button of the list opens."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page that somebody was shown."""

    who: str
    address: str
    answer: Any

    @property
    def text(self) -> str:
        return str(self.answer.text)


def sort_of(path: str) -> str:
    """What sort of page that is, or where a form goes: two cases, two lines, two families of delays are one sort."""
    track = _TRACK.search(path)
    known = _FAMILY.sub("/delais/FAMILY", kind_of(_ID.sub("ID", _SECRET.sub(r"/\1/SECRET", path))))
    return f"{known} {track[1]}" if track else known if _ASKED.match(known) else known.partition("?")[0]


@dataclass
class Walkers:
    """The people of a place, each with a browser."""

    app: Any
    database: Database
    clock: FixedClock
    portal: BlockingPortal
    """The thread in which the application answers: one for all that is asked."""
    clients: dict[str, TestClient] = field(default_factory=dict)

    def __post_init__(self) -> None:
        roles = select(role_grant.c.role, role_grant.c.person_id).join(person).order_by(person.c.id)
        known = dict(
            reversed(
                [(row.role, row.person_id) for row in self.database.read(lambda db: db.execute(roles).all(), WORKER)]
            )
        )
        for role, who in sorted(known.items(), key=lambda one: ORDER.index(one[0])):
            self.clients[role] = self._client()
            self.clients[role].cookies.set("qp_session", self._session(who))
        self.clients[VISITOR] = self._client()

    def _client(self) -> TestClient:
        client = TestClient(self.app, base_url=HOST, follow_redirects=True, raise_server_exceptions=False)
        client.portal = self.portal
        return client

    def _session(self, who: str) -> str:
        return self.database.write(lambda db: begin_session(db, who, now=self.clock.now()), WORKER)

    def walk(
        self, seeds: Collection[str], cases: Collection[str], known: Collection[str] = (), by: Collection[str] = (*ORDER, VISITOR),
    ) -> Iterator[Page]:  # fmt: skip
        """Every sort of page as each sees it, every step once, and the sheets of these cases.

        `seeds` are the links of the mails; the steps that are of a known sort are not opened again.
        """
        steps = {sort for sort in known if _STEP.match(sort)}
        for who in (one for one in self.clients if one in by):
            seen = set(steps)
            begun = [*SEEDS, *(seeds if who == VISITOR else (f"/dossiers/{one}" for one in cases))]
            yield from self._walk(who, begun, seen, set(cases))
            steps |= {sort for sort in seen if _STEP.match(sort)}

    def _walk(self, who: str, paths: list[str], seen: set[str], cases: Collection[str]) -> Iterator[Page]:
        while paths:
            path = paths.pop(0).partition("#")[0]
            sheet = _SHEET.match(path)
            sort = path if sheet and sheet[1] in cases else sort_of(path)
            if sort in seen or FILES.search(path) or COMBINED.match(path):
                continue
            seen.add(sort)
            answer = self.clients[who].get(path)
            if answer.status_code in (200, 500) and answer.headers["content-type"].startswith("text/html"):
                yield Page(who, path, answer)
                paths += links_of(answer.text)
