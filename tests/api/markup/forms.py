"""The forms of a page as a browser has them: where each goes, what it asks for, and what is sent when somebody only writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urljoin, urlsplit

WRITTEN_IN: Final = frozenset({"text", "search", "tel", "email", "url", "number", "date", "time", "month", "password", "textarea"})  # fmt: skip
"""Controls in which somebody writes; a server is sent any letters whatever the browser's control lets through."""
_PRESSED: Final = frozenset({"submit", "button", "reset", "image"})
_TICKED: Final = frozenset({"checkbox", "radio"})


@dataclass(slots=True)
class Control:
    """A field of a form: what it holds when the page opens."""

    name: str
    type: str
    value: str = ""
    sent: bool = True
    """Whether it is sent as it stands: an unticked box is not."""
    options: list[str] = field(default_factory=list)
    id: str = ""

    @property
    def is_written_in(self) -> bool:
        """Whether somebody writes in it."""
        return self.type in WRITTEN_IN


@dataclass(slots=True)
class Form:
    """A form of a page: its address is whole."""

    page: str
    action: str
    method: str
    controls: list[Control] = field(default_factory=list)

    @property
    def path(self) -> str:
        """Where it goes, without what follows the question mark."""
        return urlsplit(self.action).path

    def written_in(self) -> list[str]:
        """The names of its fields of words, once each."""
        return list(dict.fromkeys(one.name for one in self.controls if one.is_written_in))

    def files(self) -> list[str]:
        """The names of the fields that take a file."""
        return [one.name for one in self.controls if one.type == "file"]

    def named(self, blamed: Mapping[str, str]) -> dict[str, str]:
        """What was said of its fields, by their names rather than by their ids."""
        return {
            one.name: blamed[place]
            for one in self.controls
            for place in (one.id, one.name)
            if place and place in blamed
        }

    def choices(self, name: str) -> list[str]:
        """What may be chosen under that name."""
        return [
            value
            for one in self.controls
            if one.name == name and not one.is_written_in
            for value in (one.options or [one.value])
            if value
        ]

    def sent(self, words: Mapping[str, str]) -> dict[str, list[str]]:
        """What a browser sends when these fields are given these values, a choice is made where one is asked for, and the rest is left as it stands."""
        given = {name: [value] for name, value in words.items()}
        for one in self.controls:
            if one.name in words or one.type == "file":
                continue
            if one.type == "select":
                given[one.name] = [one.value or next(filter(None, one.options), "")]
            elif one.type == "radio" and (one.sent or one.name not in given):
                given[one.name] = [one.value]
            elif one.type != "radio" and one.sent:
                given.setdefault(one.name, []).append(one.value)
        return given


def forms_of(text: str, address: str) -> list[Form]:
    """The forms of the page that was read at that address."""
    reader = _Reader(address)
    reader.feed(text)
    reader.close()
    return list(reader.forms.values())


class _Reader(HTMLParser):
    """Reads the forms, and the controls that say to which they belong."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.forms: dict[str, Form] = {}
        self._within = ""
        self._open: Control | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._within = has.get("id") or f"form {len(self.forms)}"
            action = urljoin(self.address, has.get("action", ""))
            form = Form(self.address, action, has.get("method", "get").lower())
            form.controls = self.forms[self._within].controls if self._within in self.forms else []
            self.forms[self._within] = form
        elif tag == "option" and self._open is not None:
            self._open.options.append(has.get("value", ""))
            if "selected" in has:
                self._open.value = has.get("value", "")
        elif tag in ("input", "select", "textarea", "button"):
            self._control(tag, has)

    def handle_data(self, data: str) -> None:
        if self._open is not None and self._open.type == "textarea":
            self._open.value += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._within = ""
        elif tag in ("select", "textarea"):
            self._open = None

    def _control(self, tag: str, has: Mapping[str, str]) -> None:
        kind = has.get("type", "text").lower() if tag == "input" else tag if tag != "button" else "submit"
        named = Control(has.get("name", ""), kind, has.get("value", ""), id=has.get("id", ""))
        if kind in _TICKED:
            named.value, named.sent = has.get("value", "on"), "checked" in has
        if tag in ("select", "textarea"):
            self._open = named
        of = has.get("form") or self._within
        if not of or not named.name or kind in _PRESSED:
            self._press(of, has) if kind == "submit" else None
            return
        self.forms.setdefault(of, Form(self.address, "", "get")).controls.append(named)

    def _press(self, of: str, has: Mapping[str, str]) -> None:
        """The first button that says something is the one that is pressed."""
        form = self.forms.get(of)
        if form and has.get("name") and not any(one.type == "submit" for one in form.controls):
            form.controls.append(Control(has["name"], "submit", has.get("value", "")))


def links_of(text: str) -> Iterator[str]:
    """Where the links of a page lead, when they stay here."""
    reader = _Links()
    reader.feed(text)
    reader.close()
    yield from reader.found


def blamed_on(text: str) -> dict[str, str]:
    """The fields of which a page says that they are wrong, each with its sentence; what is wrong with none of them stands under the empty name."""
    reader = _Blamed()
    reader.feed(text)
    reader.close()
    return reader.found


class _Blamed(HTMLParser):
    """Reads the summary of what is wrong: a list of links, each to its field."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._within, self._of = 0, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        if tag == "div" and (self._within or has.get("class") == "summary"):
            self._within += 1
        elif self._within and tag == "li":
            self._of = ""
        elif self._within and tag == "a":
            self._of = (has.get("href") or "").removeprefix("#")

    def handle_endtag(self, tag: str) -> None:
        if tag == "div" and self._within:
            self._within -= 1

    def handle_data(self, data: str) -> None:
        if self._within and data.strip():
            self.found[self._of] = self.found.get(self._of, "") + data


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a" and (to := dict(attrs).get("href")) and to.startswith("/") and not to.startswith("//"):
            self.found.append(to)
