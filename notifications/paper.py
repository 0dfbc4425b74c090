"""The two forms of a mail, plain text and HTML, printed from the one template of its key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from engine.sentences import small
from notifications.grammar import as_day, at, capital, counted, is_discreet, listed, of, the
from notifications.languages import language, shown, teach
from notifications.typography import euros, phone, phone_uri, prose, typo

_FILLER: Final = Markup("&#847;&zwnj;&nbsp;") * 60
"""What nobody sees after the preview, so that a mail reader does not go on with the mail itself."""
_WORDS: Final = (the, as_day, of, at, capital, small, listed, counted, is_discreet, euros, phone, phone_uri)
_TO_CALL: Final = "tel:"
_TWO_STOPS: Final = re.compile(r"(?<=\b[^\W\d_]\.)\.(?!\.)")
_BLANK_LINES: Final = re.compile(r"\n\s*\n\s*\n")


class TextPaper:
    """A mail in plain text. `pressed` is where its button leads, once it was printed."""

    layout = "layout/mail.txt"
    is_html = False

    def __init__(self) -> None:
        self.pressed = ""

    def print(self, name: str, given: Mapping[str, Any]) -> str:
        """The whole mail, in its language's typography. Raises TemplateNotFound for a name that has no template."""
        return self.finished(self.template(name).render(self.with_words(given)))

    def block(self, name: str, part: str, given: Mapping[str, Any]) -> str:
        """One block of a template, on one line; empty when the template does not have it."""
        return _one_stop(typo(" ".join(self._rendered(name, part, given).split())))

    def paragraphs(self, name: str, part: str, given: Mapping[str, Any]) -> list[str]:
        """One block of a template, a paragraph a line; none when the template does not have it."""
        return [_one_stop(typo(line)) for line in _lines(self._rendered(name, part, given))]

    def _rendered(self, name: str, part: str, given: Mapping[str, Any]) -> str:
        template = self.template(name)
        if part not in template.blocks:
            return ""
        return "".join(template.blocks[part](template.new_context(self.with_words(given))))

    def template(self, name: str) -> Template:
        """The template of that name, for this form."""
        return _JINJA[self.is_html].get_template(name)

    def with_words(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What a template is given, and what it writes with."""
        made = {"layout": self.layout, "button": self.button, "link": self.link, "fact": self.fact, "bdi": self.bdi}
        return {**given, **made, "filler": _FILLER}

    def button(self, label: str, address: str) -> str:
        """The one action."""
        self.pressed = address
        return f"→ {self._leading(label, address)}"

    def _leading(self, label: str, address: str) -> str:
        """Where a label leads; a number to call is written as people write it, unless the label says it already."""
        if not address.startswith(_TO_CALL):
            return f"{label}{colon()} {address}"
        number = phone(address.removeprefix(_TO_CALL))
        if number in label:
            return label
        return f"{label}{colon()} {self.bdi(number) if language().direction == 'rtl' else number}"

    def link(self, label: str, address: str) -> str:
        """Another way to go."""
        return f"{self._leading(label, address)}\n"

    def fact(self, label: str, value: str) -> str:
        """One line of the table of facts; nothing when it is not known."""
        return f"{label}{colon()} {value}\n" if value else ""

    def bdi(self, value: object) -> str:
        """A number or a name inside a sentence that is written from right to left."""
        return f"\u2068{value}\u2069"

    def finished(self, printed: str) -> str:
        """The whole mail, as it leaves."""
        return _BLANK_LINES.sub("\n\n", _one_stop(typo(printed))).strip() + "\n"


class HtmlPaper(TextPaper):
    """The same mail in HTML."""

    layout = "layout/mail.html"
    is_html = True

    def button(self, label: str, address: str) -> Markup:
        """The one action, as wide as the mail."""
        self.pressed = address
        return Markup('<a class="btn" href="{}">{}</a>').format(address, label)

    def link(self, label: str, address: str) -> Markup:
        """Another way to go."""
        return Markup('<a class="alt" href="{}">{}</a>\n').format(address, label)

    def fact(self, label: str, value: str) -> Markup:
        """One line of the table of facts; nothing when it is not known."""
        return Markup("<tr><td>{}</td><td>{}</td></tr>").format(label, value) if value else Markup()

    def bdi(self, value: object) -> Markup:
        """A number or a name inside a sentence that is written from right to left."""
        return Markup('<bdi dir="ltr">{}</bdi>').format(value)

    def finished(self, printed: str) -> str:
        """The whole mail, as it leaves."""
        return _one_stop(str(prose(Markup(_BLANK_LINES.sub("\n", printed)))))  # noqa: S704 - printed by Jinja, which escaped what it was given  # nosec B704


def colon() -> str:
    """A colon, as the language that is spoken sets it."""
    return " :" if language().is_french else ":"


def has_template(name: str) -> bool:
    """Whether there is a template of that name."""
    return name in _NAMES


def _one_stop(printed: str) -> str:
    """« Karim D. » at the end of a sentence has one full stop."""
    return _TWO_STOPS.sub("", printed) if ".." in printed else printed


def _text_paragraphs(block: str) -> str:
    return "\n\n".join(_lines(block))


def _text_aside(block: str) -> str:
    return "\n".join(_lines(block))


def _html_paragraphs(block: str) -> Markup:
    return Markup("\n").join(Markup("<p>{}</p>").format(line) for line in _lines(escape(block)))


def _html_aside(block: str) -> Markup:
    return Markup(" &nbsp;·&nbsp; ").join(_lines(escape(block)))


def _lines(block: Any) -> list[Any]:
    """The lines of a block that say something: one line of a template is one paragraph."""
    return [line for line in (part.strip() for part in block.splitlines()) if line]


def _jinja(*, html: bool) -> Environment:
    jinja = Environment(  # nosec B701 - plain text has nothing to escape
        loader=PackageLoader("notifications", "emails"), undefined=StrictUndefined, auto_reload=False, extensions=["jinja2.ext.i18n"], autoescape=html,  # noqa: S701 - plain text has nothing to escape
        finalize=lambda value: "" if value is None else value,
    )  # fmt: skip
    jinja.filters |= {function.__name__: function for function in _WORDS}
    jinja.filters |= {
        "paragraphs": _html_paragraphs if html else _text_paragraphs,
        "aside": _html_aside if html else _text_aside,
    }
    jinja.filters["shown"] = shown
    teach(jinja)
    jinja.globals |= vars(jinja.get_template("layout/phrases.jinja").module)
    return jinja


_NAMES: Final = frozenset(PackageLoader("notifications", "emails").list_templates())
_JINJA: Final = {False: _jinja(html=False), True: _jinja(html=True)}
