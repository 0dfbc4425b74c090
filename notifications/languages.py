"""The languages that pages and mails speak: which there are, in which one now, and each French sentence in it."""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from gettext import GNUTranslations
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment, pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from engine.sentences import Euros, Sentence, small
from notifications.amounts import euros_in

TRANSLATIONS: Final = Path(__file__).parent / "translations"
"""A catalogue for each language but French, which is the source; « fuzzy » says that no native reader has reviewed a message."""


@dataclass(frozen=True, slots=True)
class Language:
    """A language: its code here, its name in itself, how a document bears it, and whose dates and numbers it has."""

    code: str
    name: str
    tag: str
    locale: str
    direction: str = "ltr"

    @property
    def has_small_letters(self) -> bool:
        """Whether words that stand alone lose their capital inside a sentence, by a rule that is ours too."""
        return self.tag in ("fr", "en", "pt")

    @property
    def is_french(self) -> bool:
        """Whether French typography is right for it."""
        return self.tag == "fr"


FRENCH: Final = Language("fr", "Français", "fr", "fr_FR")
LANGUAGES: Final[Mapping[str, Language]] = {
    one.code: one
    for one in (
        FRENCH,
        Language("fr-simple", "Français facile", "fr", "fr_FR"),
        Language("en", "English", "en", "en_GB"),
        Language("ar", "العربية", "ar", "ar", "rtl"),
        Language("pt", "Português", "pt", "pt_PT"),
        Language("tr", "Türkçe", "tr", "tr_TR"),
    )
}
"""All of them, by their code, in the order in which they are offered to who is helped."""
OF_WORK: Final = ("fr", "en")
"""Those of the people who work here."""
_NOW: ContextVar[Language] = ContextVar("language", default=FRENCH)


def language() -> Language:
    """The language of who reads now."""
    return _NOW.get()


def speak(code: str) -> None:
    """Speak that language until the end of the request, or of the task; French when it is not one of ours."""
    _NOW.set(LANGUAGES.get(code, FRENCH))


@contextmanager
def speaking(code: str) -> Iterator[Language]:
    """Speak that language for a while."""
    before = _NOW.set(LANGUAGES.get(code, FRENCH))
    try:
        yield _NOW.get()
    finally:
        _NOW.reset(before)


def preferred(wanted: str, among: Collection[str]) -> str | None:
    """The first of these languages that the header Accept-Language asks for; None when it asks for none of them."""
    asked = []
    for place, part in enumerate(wanted.split(",")[:_MOST_ASKED]):
        tag, _, weight = part.strip().partition(";q=")
        asked.append((-_weight(weight), place, tag.partition("-")[0].casefold()))
    return next((tag for weight, _, tag in sorted(asked) if weight and tag in among), None)


def shown(words: object) -> str:
    """Words of ours in the language of who reads: a sentence by its pattern; what has no translation stays as it is."""
    if isinstance(words, Markup):
        return words
    code = _NOW.get().code
    if code == FRENCH.code or not words:
        return str(words)
    if isinstance(words, Euros):
        return euros_in(_NOW.get().locale, words.amount)
    if not isinstance(words, Sentence):
        return _catalogue(code).gettext(str(words))
    if words.is_known_again:
        return said_again(str(words))
    given = {name: shown(value) if isinstance(value, str) else value for name, value in words.given.items()}
    said = _catalogue(code).gettext(words.pattern).format(**given)
    if words.first == "capital":
        return said[:1].upper() + said[1:]
    return small(said) if words.first and _NOW.get().has_small_letters else said


def said_again(words: str) -> str:
    """A sentence that was stored as it was said, in the language of who reads: by the pattern of which it can have been made; else as it is."""
    code = _NOW.get().code
    if isinstance(words, Sentence):
        return shown(words)
    return words if code == FRENCH.code or not 0 < len(words) <= _LONGEST else _said_again(words, code)


def shown_many(one: str, several: str, count: int) -> str:
    """Words of ours for so many of something, in the language of who reads."""
    if _NOW.get() is FRENCH:
        return one if count < 2 else several
    return _catalogue(_NOW.get().code).ngettext(one, several, count)


def is_reviewed(code: str) -> bool:
    """Whether a native reader has reviewed every message of that language."""
    return code == FRENCH.code or _is_reviewed(code)


def read_catalogue(code: str) -> Catalog:
    """The catalogue of a language, as it is written."""
    with (TRANSLATIONS / f"{code}.po").open("rb") as file:
        return read_po(file)


def forget() -> None:
    """Read the catalogues again when they are next needed: they changed where they stand."""
    for kept in (_catalogue, _said_again, _patterns, _is_reviewed):
        kept.cache_clear()


def teach(environment: Environment) -> None:
    """Have the templates of an environment speak the language of who reads: `_`, `ngettext` and `language`."""
    environment.extend(newstyle_gettext=True)
    environment.globals |= {"_": _gettext, "gettext": _gettext, "ngettext": _ngettext, "language": language}


_MOST_ASKED: Final = 12


def _weight(written: str) -> float:
    try:
        return float(written or 1)
    except ValueError:
        return 0.0


@lru_cache
def _catalogue(code: str) -> GNUTranslations:
    compiled = io.BytesIO()
    write_mo(compiled, read_catalogue(code), use_fuzzy=True)
    compiled.seek(0)
    return GNUTranslations(compiled)


@lru_cache(maxsize=4096)
def _said_again(words: str, code: str) -> str:
    if amount := _AMOUNT.fullmatch(words):
        return euros_in(LANGUAGES[code].locale, Decimal(amount[1].replace(" ", "")))
    said = _catalogue(code).gettext(words)
    if said != words:
        return said
    if (begun := words[:1].upper() + words[1:]) != words and (said := _catalogue(code).gettext(begun)) != begun:
        return small(said) if LANGUAGES[code].has_small_letters else said
    for pattern, translation in _patterns(code):
        if found := pattern.fullmatch(words):
            return translation.format(**{name: _said_again(text, code) for name, text in found.groupdict().items()})
    return words


@lru_cache
def _patterns(code: str) -> list[tuple[re.Pattern[str], str]]:
    """What a catalogue can know again, the patterns that say most first; one that says next to nothing would fit anything."""
    made = [
        (_LITERAL_OF.sub("", one.id), one.id, one.string)
        for one in read_catalogue(code)
        if isinstance(one.id, str) and isinstance(one.string, str) and "{" in one.id
    ]
    known = sorted((one for one in made if len(one[0]) >= _LEAST_LITERAL), key=lambda one: -len(one[0]))
    return [(_read_back(written), _LITERAL_OF.sub(r"{\1}", translation)) for _, written, translation in known]


def _read_back(pattern: str) -> re.Pattern[str]:
    """What reads a sentence that the pattern made; a name that comes twice is the same both times."""
    parts, seen = _LITERAL_OF.split(pattern), set[str]()
    read = [re.escape(parts[0])]
    for name, literal in zip(parts[1::2], parts[2::2], strict=True):
        read += [f"(?P={name})" if name in seen else f"(?P<{name}>.+?)", re.escape(literal)]
        seen.add(name)
    return re.compile("".join(read), re.DOTALL)


_AMOUNT: Final = re.compile(r"(\d{1,3}(?: \d{3})*) €")
_LITERAL_OF: Final = re.compile(r"\{(\w+)[^}]*\}")
_LEAST_LITERAL: Final = 8
_LONGEST: Final = 600


@lru_cache
def _is_reviewed(code: str) -> bool:
    return not any(message.fuzzy for message in read_catalogue(code) if message.id)


@pass_eval_context
def _gettext(context: EvalContext, words: str, /, **given: Any) -> str:
    return _filled(context, shown(words), given)


@pass_eval_context
def _ngettext(context: EvalContext, one: str, several: str, num: int, /, **given: Any) -> str:
    return _filled(context, shown_many(one, several, num), {"num": num, **given})


def _filled(context: EvalContext, words: str, given: Mapping[str, Any]) -> str:
    said = {name: shown(value) if isinstance(value, str) else value for name, value in given.items()}
    return (Markup(words) if context.autoescape else words) % said  # nosec B704
