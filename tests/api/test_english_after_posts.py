"""Who reads English sends every form that a page shows, empty then filled in: what is answered says nothing in French but what people typed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Any, Final

import pytest

from api.demo.cast import PLAYERS
from cases.database import Database
from engine.model import Role
from tests.api.browser import HOST
from tests.api.english import ROLES, WORKER, a_demo, marked, signed_in, typed
from tests.api.filled import TYPED, Form, forms_of
from tests.api.test_english import COMBINED, EACH_ROLE, NO_PAGE, kind_of
from tests.api.unsaid import unsaid

__all__ = ["marked"]

NEVER: Final = re.compile(
    r"^/deconnexion|/langue$|^/mon-compte/role|sessions/|^/demo|/fermer$|^/administration/personnes/.*/(confier|roles)|/donnees/effacer"
)
"""What ends the session, changes who reads and in which language, or takes the cases away."""
GESTURE: Final = re.compile(r"/(actions|noter|orienter|orientations|lignes|messages)")
"""What may be refused on one case and done on another."""
TRIES: Final = 4
DONE: Final = frozenset({
    *(f"/dossiers/REF/actions/{one}" for one in ("send", "accept", "ask_info", "decline", "undo_answer", "first_contact", "hold", "close", "reopen")),
    *(f"/dossiers/REF/noter/{one}" for one in ("note", "need", "contact", "meeting", "session", "aid", "consent", "score")),
    "/dossiers/REF/orienter", "/dossiers/vues", "/imports", "/imports/ID/importer", "/imports/ID/annuler", "/relances/ID/plus-tard", "/mes-rappels",
    "/appels/ID/fait", "/administration/personnes", "/administration/jetons", "/administration/webhooks", "/territoires/roubaix/actions/roadmap",
})  # fmt: skip
"""What was surely done, and not only refused."""
FILES: Final = {"file": ("zyx.csv", b"Enseigne;Besoin\nZyxwvut;tresorerie\n", "application/octet-stream")}


@pytest.fixture
def changing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A demo to be changed."""
    with a_demo(tmp_path_factory) as database:
        yield database


class Walker:
    """Somebody who opens every page that they can reach and sends every form that is on it.

    `tries` is how often each sort of page was opened, and each sort of form sent, by anybody; `taken` are the forms that did something: what is
    refused on one case is tried on another.
    """

    def __init__(self, database: Database, role: Role, tries: Counter[str], taken: set[str]) -> None:
        self.browser = signed_in(database, next(player.name for player in PLAYERS if player.role is role))
        self.role, self.tries, self.taken, self.said = role, tries, taken, dict[str, str]()
        self.paths = ["/", "/dossiers/ensemble?geste=hand_over&tout=1"]

    def walk(self) -> Mapping[str, str]:
        """Open and send until there is nothing new; the pages that were read, by where they stand."""
        while self.paths:
            path = self.paths.pop(0)
            if self._is_to_try(kind_of(path), path.partition("?")[0]):
                self._read(path, self.browser.client.get(path, follow_redirects=True))
        return self.said

    def _is_to_try(self, kind: str, action: str) -> bool:
        kind = f"{self.role} {kind}" if EACH_ROLE.match(kind) else kind
        self.tries[kind] += 1
        may_fail = bool(GESTURE.search(action)) and kind_of(action) not in self.taken
        return self.tries[kind] <= (TRIES if may_fail else 1)

    def _read(self, where: str, answer: Any) -> None:
        assert answer.status_code < 500, where
        if not answer.headers.get("content-type", "").startswith("text/html"):
            return
        self.said[f"{self.role} {where}"] = answer.text
        links = [unescape(one) for one in re.findall(r'<a [^>]*href="(/[^"]*)"', answer.text)]
        self.paths += [one for one in links if not NO_PAGE.search(one) and not COMBINED.match(one)]
        for form in forms_of(answer.text):
            if form.method == "post" and not NEVER.search(form.action):
                self._send(form)

    def _send(self, form: Form) -> None:
        for filled in (False, True):
            for sent in form.sent(filled=filled):
                pressed = [sent.get(name) for name, _ in form.buttons]
                if self._is_to_try(f"{filled} {kind_of(form.action)} {pressed}", form.action):
                    self._post(form, sent, filled)

    def _post(self, form: Form, sent: Mapping[str, str], filled: bool) -> None:
        client, files = self.browser.client, FILES if form.sends_files and filled else None
        headers = {"Origin": HOST, "Sec-Fetch-Site": "same-origin"}
        answer = client.post(form.action, data=dict(sent), files=files, headers=headers)
        if answer.status_code in (303, 307):
            self.taken.add(kind_of(form.action))
            answer = client.get(answer.headers["location"], follow_redirects=True)
        self._read(f"{'filled' if filled else 'empty'} {form.action} {answer.status_code}", answer)


@pytest.mark.long
def test_what_follows_a_form_says_nothing_outside_of_the_catalogues(changing: Database, marked: None) -> None:
    tries, taken, said = Counter[str](), set[str](), dict[str, str]()
    for role in (Role.OPERATOR, Role.MENTOR, *ROLES):
        said |= Walker(changing, role, tries, taken).walk()
    data = changing.read(typed, WORKER) | set(TYPED.values())
    wrong = [f"{where}: {one}" for where, page in said.items() for one in unsaid(page, data)]
    assert not wrong, "\n".join(wrong[:400])
    assert taken >= DONE, sorted(DONE - taken)
