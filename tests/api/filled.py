"""The forms of a page as somebody would send them: with what is hidden alone, or with every field filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Final

TYPED: Final[Mapping[str, str]] = {
    "date": "2026-11-30", "time": "10:30", "number": "2", "email": "zyx@example.org", "tel": "06 39 98 77 66", "url": "https://zyx.example/",
    "text": "Zyxwvut", "search": "Zyxwvut", "textarea": "Zyxwvut", "password": "Zyxwvut",
}  # fmt: skip
"""What is written in a field of each type; the words are nobody's language."""
DECIMAL: Final = "1,500.50"


@dataclass(slots=True)
class Form:
    """One form: where it goes, what it bears already, and its fields with their first choice."""

    action: str
    method: str
    sends_files: bool
    hidden: dict[str, str] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def sent(self, *, filled: bool) -> Iterator[dict[str, str]]:
        """What is sent by each of its buttons."""
        told = self.hidden | (self.fields if filled else {})
        for name, value in self.buttons or [("", "")]:
            yield told | ({name: value} if name else {})


class _Forms(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self.now: Form | None = None
        self.select = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given: dict[str, Any] = {name: value or "" for name, value in attrs}
        if tag == "form":
            kind = given.get("enctype", "")
            self.now = Form(given.get("action", ""), given.get("method", "get").lower(), kind.startswith("multipart"))
            self.found.append(self.now)
        elif self.now is not None and tag in ("input", "textarea", "select", "button", "option"):
            self._field(self.now, tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.now = None

    def _field(self, form: Form, tag: str, given: dict[str, Any]) -> None:
        name, kind = given.get("name", ""), given.get("type", "text" if tag == "input" else tag)
        if tag == "select":
            self.select = name
        elif tag == "option" and given.get("value"):
            form.fields.setdefault(self.select, given["value"])
        elif tag == "button" and name:
            form.buttons.append((name, given.get("value", "")))
        elif name and kind == "hidden":
            form.hidden[name] = given.get("value", "")
        elif name and kind in ("radio", "checkbox"):
            form.fields.setdefault(name, given.get("value") or "on")
        elif name and kind in TYPED:
            form.fields[name] = DECIMAL if given.get("inputmode") == "decimal" else TYPED[kind]


def forms_of(html: str) -> list[Form]:
    """The forms of a page, in order."""
    return _Forms(html).found
