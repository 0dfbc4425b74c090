"""What a browser would make of a page or of a mail: every element, attribute, address, style or comment that comes of a payload, or could run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Final

from tests.api.markup.payloads import BORNE, EVALUATED

WORDS: Final = frozenset({"value", "title", "alt", "aria-label", "content", "placeholder", "label", "data-label"})
"""Attributes that hold words: a payload may stand there, and be words."""
ADDRESSES: Final = frozenset(
    {"href", "src", "action", "formaction", "data", "poster", "xlink:href", "srcset", "background", "cite", "ping", "manifest"}
)  # fmt: skip
SAFE: Final = re.compile(r"(https?://|mailto:|tel:|sms:|/(?!/)|#|\?|$)")
"""How an address begins that leads somewhere and runs nothing: of ours, or of a protocol that we write."""
RUNS: Final = frozenset({"script", "style", "iframe", "object", "embed", "base", "math", "applet", "frame"})
"""Elements whose very presence is a fault where nobody of ours writes them; a script of ours has an address."""


class Reader(HTMLParser):
    """The faults of a text of HTML."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if BORNE.search(tag):
            self.faults.append(f"an element <{tag}>")
        if tag in RUNS and not (tag == "script" and dict(attrs).get("src", "").startswith("/static/")):  # type: ignore[union-attr]  # an attribute that is there has a value
            self.faults.append(f"an element <{tag}>")
        for name, value in attrs:
            self.faults += _wrong(tag, name, value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_comment(self, data: str) -> None:
        self._hidden("a comment", data)

    def handle_decl(self, decl: str) -> None:
        self._hidden("a declaration", decl)

    def unknown_decl(self, data: str) -> None:
        self._hidden("a declaration", data)

    def handle_pi(self, data: str) -> None:
        self._hidden("an instruction", data)

    def handle_data(self, data: str) -> None:
        if found := EVALUATED.search(data):
            self.faults.append(f"evaluated: {found[0]}")

    def _hidden(self, what: str, data: str) -> None:
        if BORNE.search(data):
            self.faults.append(f"{what}: {data[:40]}")


def faults_of(text: str) -> list[str]:
    """What is markup in a text and should be words."""
    return Reader(text).faults


def faults_of_mail(html: str) -> list[str]:
    """The same of a mail, which has its style with it."""
    return [one for one in Reader(html).faults if one not in ("an element <style>",) and not one.startswith("a style")]


def _wrong(tag: str, name: str, value: str) -> Iterator[str]:
    if name.startswith("on") or name in ("srcdoc", "http-equiv") or BORNE.search(name):
        yield f"an attribute {name} of <{tag}>"
    elif name in ADDRESSES:
        if not SAFE.match(value.strip()):
            yield f"an address of <{tag}>: {value[:40]}"
    elif name == "style":
        yield f"a style of <{tag}>" if not BORNE.search(value) else f"a style that was written: {value[:40]}"
    elif name not in WORDS and BORNE.search(value):
        yield f"an attribute of <{tag}>: {name}={value[:40]}"
