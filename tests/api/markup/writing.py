"""Somebody who writes payloads in every form that the pages show, and learns from each page what its fields refuse."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any, Final

from api.csrf import FIELD
from engine.inputs import LONGEST_NAME, LONGEST_TEXT
from tests.api.browser import HOST
from tests.api.markup.forms import Form, blamed_on, forms_of
from tests.api.markup.payloads import Words
from tests.api.markup.walking import Page, Walkers, sort_of
from tests.cases.lives import ENDS
from tests.files import PDF

TRIES: Final = 10
"""How often a form is sent before it is left: each time, what was said to be wrong is said otherwise. A long form has more."""
LAST: Final = frozenset({*ENDS, "accept", "decline"})
"""What ends something, or leaves the state in which other things may be written: it comes after them."""
FROM_HERE: Final = {"Origin": HOST, "Sec-Fetch-Site": "same-origin"}
WHOLE, SHORT = 0, 1
"""What a field is given first: every payload at once; then as many as a name holds; then what it asks for."""
Sort = tuple[str, str, tuple[str, ...]]
"""What tells one form from another: its method, where it goes, and what is written in it."""


def sort_of_form(form: Form) -> Sort:
    """Which form that is, whatever the case, the person or the line that it is about."""
    return form.method, sort_of(form.action), tuple(form.written_in())


@dataclass
class Told:
    """What became of the words of one form."""

    page: Page
    taken_on: list[str] = field(default_factory=list)
    """The pages on which it was taken with its words."""
    refused: dict[str, str] = field(default_factory=dict)
    """The fields that want no words, each with the sentence that said so."""
    last: str = ""
    """What was said when it was last refused."""


@dataclass
class Writer:
    """Writes in forms; `look` is shown every answer."""

    walkers: Walkers
    look: Callable[[str, str, Any], None]
    reference: str
    """That of a case, for the fields that ask for one."""
    words: Words = field(default_factory=Words)
    told: dict[Sort, Told] = field(default_factory=dict)
    _number: Iterator[int] = field(default_factory=count)

    def write_everywhere(self, found: Mapping[Sort, Sequence[Page]]) -> None:
        """Write in each form, on as many pages as it takes; what ends something comes last."""
        for sort in sorted(found, key=lambda one: (_ends(one), one)):
            for page in found[sort]:
                self.write(page, sort)
                if self.taken(sort):
                    break

    def taken(self, sort: Sort) -> bool:
        """Whether a form was taken with its words, or takes a file alone and refused it with a sentence."""
        told = self.told.get(sort)
        return told is not None and bool(told.taken_on or (not sort[2] and told.refused))

    def cases(self) -> set[str]:
        """The cases on which words were taken."""
        return {
            found[0] for told in self.told.values() for one in told.taken_on if (found := re.search(r"QP-[\w-]+", one))
        }

    def write(self, page: Page, sort: Sort) -> None:
        """Write in a form of a page until it is taken, or until nothing more is learnt."""
        told, levels, stood = self.told.setdefault(sort, Told(page)), Counter[str](), dict[str, str]()
        shown: Any = self.walkers.clients[page.who].get(page.address)
        for _ in range(TRIES + 4 * len(sort[2])):
            form = next((one for one in forms_of(shown.text, page.address) if sort_of_form(one) == sort), None)
            if form is None:
                return
            if not stood:
                stood = {one.name: one.value for one in form.controls}
                self._forge(page.who, form)
            given = self._filled(form, levels, stood)
            shown = self._send(page.who, form, given)
            blamed = blamed_on(shown.text)
            if shown.status_code == 200 and not blamed:
                told.taken_on.append(page.address)
                self._alter(page.who, form, given)
                return
            told.last = f"{shown.status_code} {blamed}"
            wrong = form.named(blamed)
            levels.update(wrong.keys())
            told.refused |= {one: said for one, said in wrong.items() if levels[one] > SHORT or one in form.files()}
            if not wrong:
                return

    def _forge(self, who: str, form: Form) -> None:
        """Send it with a token that is none: who wrote is given their words back."""
        if any(one.name == FIELD for one in form.controls):
            words = self.words.for_field("forged", LONGEST_TEXT)
            self._send(who, form, {FIELD: words, **dict.fromkeys(form.written_in(), words)})

    def _alter(self, who: str, form: Form, given: Mapping[str, str]) -> None:
        """Send it with payloads in all that nobody writes in: what is chosen, what is hidden."""
        others = {one.name for one in form.controls if not one.is_written_in and one.type != "file"} - {FIELD}
        if others:
            words = {name: self.words.for_field("altered", LONGEST_NAME) for name in others}
            self._send(who, form, {**given, **words})

    def _filled(self, form: Form, levels: Mapping[str, int], stood: Mapping[str, str]) -> dict[str, str]:
        """The values of its fields: payloads first, then what each seems to ask for; another choice than the one that was refused."""
        chosen = {
            name: choices[levels[name] % len(choices)]
            for name in levels
            if name not in form.written_in() and (choices := form.choices(name))
        }
        return chosen | {one: self._value(form, one, levels[one], stood.get(one, "")) for one in form.written_in()}

    def _value(self, form: Form, name: str, level: int, stood: str) -> str:
        if level in (WHOLE, SHORT):
            where = f"{sort_of(form.action)} {name}"
            return self.words.for_field(where, LONGEST_TEXT if level == WHOLE else LONGEST_NAME - 10)
        kind = next(one.type for one in form.controls if one.name == name and one.is_written_in)
        plain = self._plain(kind, stood)
        return plain[(level - SHORT - 1) % len(plain)]

    def _plain(self, kind: str, stood: str) -> list[str]:
        """What such a field may want, the likeliest first."""
        number, today = next(self._number), self.walkers.clock.now().date()
        days = [(today + timedelta(days=passed)).isoformat() for passed in (0, 20, -20, 60)]
        phone = f"06 39 98 {number // 100 % 100:02d} {number % 100:02d}"
        wanted = {
            "date": days, "number": ["3", "30", "0"], "time": ["10:30"], "email": [f"zoe{number}@example.org"], "tel": [phone],
            "url": [f"https://outil{number}.example/lignes"],
        }  # fmt: skip
        return wanted.get(kind, [stood, "", "3", self.reference, f"zoe{number}@example.org", phone, "commune 59512"])

    def _send(self, who: str, form: Form, words: Mapping[str, str]) -> Any:
        given, client = form.sent(words), self.walkers.clients[who]
        named = self.words.for_field("the name of a file", LONGEST_NAME)
        files = {name: (named, _content(form.path, named), "application/octet-stream") for name in form.files()}
        asked = {"params": given} if form.method == "get" else {"data": given, "files": files or None}
        answer = client.request(form.method, form.action, headers=FROM_HERE, **asked)
        self.look(who, form.action, answer)
        return answer


def _ends(sort: Sort) -> int:
    """Whether what is sent ends something: then others have come before."""
    event = sort[1].partition("?")[0].rpartition("/")[2].partition(" ")[0]
    return (event in LAST) + ("/actions/" in sort[1])


def _content(path: str, words: str) -> bytes:
    """A file in which words stand: a sheet where one is imported, a document elsewhere."""
    if path == "/imports":
        rows = (f"{words};{words};06 39 98 00 {place:02d};{words}" for place in (71, 72))
        return "\n".join(("Enseigne;Personne;Téléphone;Remarque", *rows, f"{words};{words};{words};{words}")).encode()
    return PDF + words.encode() if "document" in path else f"{words};{words}\n{words};{words}".encode()
