"""French of the mails: articles, contractions, short names, days; and the words of others made harmless."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from cases.duplicates import fold
from engine import sentences
from engine.working_days import EVENING, Calendar
from notifications.languages import language, shown, shown_many
from notifications.typography import day_long, hour

NAME: Final = 60
"""Letters of a name that are shown."""
SENTENCE: Final = 200
"""Letters of a need or of an address that are shown."""
SPEECH: Final = 600
"""Letters of a question, an answer or a note that are shown; the rest is read on the page."""

_BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_VOWELS: Final = frozenset("aeiouàâäéèêëîïôöùûüœæ")
_ARTICLES: Final = {
    "adie": "l'",
    "ademe": "l'",
    "anct": "l'",
    "anru": "l'",
    "banque": "la ",
    "cci": "la ",
    "cma": "la ",
}
"""The article of operators that are spoken of with one, by their first word; « BGE » and « Initiative » have none."""
_SENSITIVE: Final = re.compile(
    r"\b(?:sant|malad|hospi|hopita|handica|cancer|burn|depress|psy|grossesse|enceinte|accident|dett|impay|decouver|surendett|huissier|saisi"
    r"|expuls|retard|loyer|credit|banque|bancaire|urssaf|rsa\b|refus|tresor|famil|enfant|mari\b|femme\b|epou|divorc|separ|veu[fv]|conjoint"
    r"|deuil|dece|violen)"
)
"""How words begin that tell of health, debt or family, folded."""


def harmless(words: object, most: int = SENTENCE) -> str:
    """Somebody's words on one line, without controls nor marks that turn the writing round, cut at `most` letters; « » for None."""
    return clipped(_on_one_line(str(words or "")[: most * 4]), most)


@lru_cache(maxsize=4096)
def _on_one_line(words: str) -> str:
    """The same names and numbers come back in one mail after the other."""
    kept = "".join(
        " " if unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") else letter
        for letter in words
        if letter not in _BIDI
    )
    return " ".join(kept.split())


def clipped(line: str, most: int) -> str:
    """A line cut at a space before `most` letters, with « … »; at `most` when there is no space."""
    if len(line) <= most:
        return line
    head = line[: most - 1]
    return (head.rpartition(" ")[0] or head).rstrip(" ,;:·") + "…"


def is_discreet(words: str) -> bool:
    """Whether words can stand in a subject or a preview: nothing in them tells of health, debt or family."""
    return not _SENSITIVE.search(fold(words))


# -- names ------------------------------------------------------------------------------------------------------------------


def first_name(name: str) -> str:
    """« Nadia » for Nadia Benali."""
    return name.partition(" ")[0]


def short_name(name: str) -> str:
    """« Nadia B. » for Nadia Benali; a name of one word, or that is not only letters, stays whole."""
    words = name.split(" ")
    if len(words) < 2 or not all(
        word.strip(".'’-").replace("-", "").replace("’", "").replace("'", "").isalpha() for word in words
    ):
        return name
    return f"{words[0]} {words[-1][0].upper()}."


def the(name: str) -> str:
    """« l'Adie », « la CCI », « BGE »; the name alone in another language."""
    if not language().is_french:
        return name
    return _ARTICLES.get(re.split(r"[ ,]", name.casefold(), maxsplit=1)[0], "") + name


def of(name: str) -> str:
    """« de l'Adie », « du Havre », « d'Aubervilliers », « de Roubaix »; the name alone in another language."""
    if not language().is_french:
        return name
    said = the(name)
    for article, contracted in (("Le ", "du "), ("Les ", "des ")):
        if said.startswith(article):
            return contracted + said.removeprefix(article)
    return ("d'" if said[:1].casefold() in _VOWELS else "de ") + said


def at(name: str) -> str:
    """« à Roubaix », « au Havre », « aux Mureaux », « à la CCI »; the name alone in another language."""
    if not language().is_french:
        return name
    said = the(name)
    for article, contracted in (("Le ", "au "), ("Les ", "aux ")):
        if said.startswith(article):
            return contracted + said.removeprefix(article)
    return "à " + said


def capital(words: str) -> str:
    """The same, with a capital first: « L'Adie »."""
    return shown(sentences.capital(words))


def listed(names: Iterable[str]) -> str:
    """« l'Adie », « l'Adie et BGE », « l'Adie, BGE et la CCI »."""
    return shown(sentences.listed(names))


def counted(count: int, one: str, many: str | None = None) -> str:
    """« 1 dossier », « 3 dossiers »."""
    return f"{count} {shown_many(one, many or one + 's', count)}"


def as_day(written: str) -> date:
    """A day that was kept as text: « 2027-02-09 »."""
    return date.fromisoformat(written)


# -- days -------------------------------------------------------------------------------------------------------------------


class Days:
    """How days are said on a day, in a territory: words of the mails, by their name."""

    def __init__(self, now: datetime, calendar: Calendar) -> None:
        self._now, self._calendar, self._today = now, calendar, calendar.day_of(now)

    def day(self, day: date) -> str:
        """« mardi 9 février », with the year when it is far."""
        return day_long(day, year=abs((day - self._today).days) > 300)

    def evening(self, day: date) -> str:
        """« mardi 9 février, 18 h »: a day's work is due at that hour."""
        return f"{self.day(day)}, {hour(EVENING)}"

    def soon(self, day: date) -> str:
        """« ce soir 18 h », « demain 18 h », « mardi 9 février, 18 h »."""
        if day == self._today:
            return f"{shown('ce soir')} {hour(EVENING)}"
        return f"{shown('demain')} {hour(EVENING)}" if day == self._today + timedelta(days=1) else self.evening(day)

    def moment(self, instant: datetime) -> str:
        """« ce matin », « hier », « mardi 2 février »: when something happened."""
        day, ago = self._calendar.day_of(instant), (self._today - self._calendar.day_of(instant)).days
        if ago == 0:
            noon = self._calendar.at(day, EVENING.replace(hour=12))
            return shown("ce matin" if instant < noon else "aujourd’hui")
        return shown("hier") if ago == 1 else self.day(day)

    def waited(self, since: date) -> str:
        """« 5 jours ouvrés »: how long somebody has been waiting."""
        count = max(1, self._calendar.between(since, self._today))
        return counted(count, "jour ouvré", "jours ouvrés")

    def ago(self, since: date) -> str:
        """« 10 jours »."""
        return counted(max(1, (self._today - since).days), "jour", "jours")

    def is_past(self, day: date) -> bool:
        """Whether the evening of that day has passed."""
        return self._calendar.at(day, EVENING) < self._now

    def after(self, day: date, count: int = 1) -> date:
        """The day that is so many working days later."""
        return self._calendar.shift(day, count)

    def is_today(self, day: date) -> bool:
        """Whether it is that day."""
        return day == self._today

    def next_of(self, days: Iterable[date]) -> date | None:
        """The first of these days that is still to come."""
        return min((day for day in days if day > self._today), default=None)

    def spoken(self) -> dict[str, Any]:
        """All of them, by their name."""
        return {name: getattr(self, name) for name in _SAID_OF_DAYS}


_SAID_OF_DAYS: Final = (
    "day",
    "evening",
    "soon",
    "moment",
    "waited",
    "ago",
    "is_past",
    "after",
    "is_today",
    "next_of",
)
