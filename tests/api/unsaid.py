"""Finds what a page says outside of the catalogues: the page is read in a language that marks whatever it says."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest
from babel.messages.catalog import Catalog

from notifications import languages
from notifications.languages import LANGUAGES, Language
from tests import translations

MARKED: Final = Language("marks", "⟦marks⟧", "en", "en_GB")
"""A language in which every message is itself, between brackets; its days and numbers are English."""
VOID: Final = frozenset({"br", "hr", "img", "input", "link", "meta", "source", "wbr"})
SAID: Final = ("title", "alt", "aria-label", "placeholder")
_INSIDE: Final = re.compile(r"⟦[^⟦⟧]*⟧")
_DATES: Final = re.compile(
    r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*\b|\b\d+\W(January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b"
)
_LETTERS: Final = re.compile(r"[^\W\d_]{2,}")


def write_marked(folder: Path, code: str = MARKED.code, like: str = "en") -> None:
    """Write the catalogue of that language, or have another one be it, with every message that the language `like` must have."""
    catalogue = Catalog(locale="en_GB")
    for words in translations.wanted(like):
        catalogue.add(words, f"⟦{words}⟧" if isinstance(words, str) else tuple(f"⟦{one}⟧" for one in words))
    with (folder / f"{code}.po").open("wb") as file:
        translations.write_po(file, catalogue)


@contextmanager
def spoken_from(folder: Path, *more: Language) -> Iterator[None]:
    """Have the catalogues be read from another folder of data, and languages more be known, for a while."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(languages, "TRANSLATIONS", folder)
        for one in more:
            patch.setitem(LANGUAGES, one.code, one)  # type: ignore[arg-type]  # a language that only these tests speak
        languages.forget()
        yield
    languages.forget()


class _Texts(HTMLParser):
    """What a page says in its own language: its texts, and the attributes that are read."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.hidden, self.lang, self.foreign = "", "", 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.lang = self.lang or given.get("lang") or ""
        if tag not in VOID and (self.foreign or given.get("lang", self.lang) != self.lang):
            self.foreign += 1
        self.said += [] if self.foreign else [value for name in SAID if (value := given.get(name))]
        if tag in ("script", "style", "textarea"):
            self.hidden = tag

    def handle_endtag(self, tag: str) -> None:
        self.foreign -= bool(self.foreign and tag not in VOID)
        if tag == self.hidden:
            self.hidden = ""

    def handle_data(self, data: str) -> None:
        if not self.hidden and not self.foreign and data.strip():
            self.said.append(" ".join(data.split()))


def unsaid(html: str, data: Collection[str] = ()) -> list[str]:
    """The texts of a page that are in no catalogue; `data` is what people typed, which nobody translates."""
    known = sorted((" ".join(one.split()) for one in data if one.strip()), key=len, reverse=True)
    return [text for text in dict.fromkeys(_Texts(html).said) if _LETTERS.search(_without(text, known))]


def _without(text: str, known: list[str]) -> str:
    while _INSIDE.search(text):
        text = _INSIDE.sub("", text)
    plain = _DATES.sub("", text)
    for one in known:
        plain = plain.replace(one, "")
    return plain
