"""Whether two descriptions are of the same business or person, and by what they may be found again.

The rule: two descriptions are of the same one when they bear the same SIRET; or when their names are alike (see
`ALIKE`) and they share a telephone number, an e-mail address, or an address with its house number. A shared telephone
with another name is only a possibility: families and shopping streets share them. Two different SIRET are never linked
by themselves.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rapidfuzz.fuzz import token_sort_ratio

from engine.sentences import say

SAME: Final = 0.8
"""At this score or above, two descriptions are linked without asking."""
POSSIBLE: Final = 0.5
"""At this score or above, the adviser is shown that it may be the same."""
ALIKE: Final = 85.0
"""Token sort ratio of two folded names, 0 to 100, from which they are alike: one wrong letter in seven, any order."""

_LETTERS_APART: Final = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "ð": "d", "þ": "th"}
)
_NOT_A_WORD: Final = re.compile(r"[\W_]+")
_HOUSE_NUMBER: Final = re.compile(r"(\d+) ?(bis|ter|quater|[a-d])?\b")
_STREET_WORDS: Final = {
    "r": "rue", "av": "avenue", "ave": "avenue", "bd": "boulevard", "bld": "boulevard", "blvd": "boulevard",
    "boul": "boulevard", "pl": "place", "all": "allee", "imp": "impasse", "che": "chemin", "chem": "chemin",
    "ch": "chemin", "rte": "route", "sq": "square", "st": "saint", "ste": "sainte", "dr": "docteur", "gal": "general",
    "gl": "general", "mal": "marechal", "res": "residence",
}  # fmt: skip
_FRENCH_PLAN: Final = re.compile(r"\+(?:33|262|590|594|596)([1-9]\d{8})")


class MatchKind(StrEnum):
    """What two descriptions may share."""

    SIRET = "siret"
    PHONE = "phone"
    EMAIL = "email"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class MatchKey:
    """One value by which a description is found again: keep it beside the case, indexed, and look for equal ones."""

    kind: MatchKind
    value: str


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is compared of a description, already folded: make it with `fingerprint`. Empty = not known."""

    siret: str = ""
    phone: str = ""
    email: str = ""
    name: str = ""
    person: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How sure it is that two descriptions are of the same one, from 0 to 1, and why, in French."""

    score: float
    code: str
    reason: str

    @property
    def is_same(self) -> bool:
        """Whether they are linked without asking."""
        return self.score >= SAME

    @property
    def is_possible(self) -> bool:
        """Whether the adviser should be shown both."""
        return self.score >= POSSIBLE


NOTHING_ALIKE: Final = Likeness(0.0, "nothing_alike", "Rien de commun")


def fold(text: str) -> str:
    """The text as it is compared: lower case, no accents, words of letters and digits with one space between."""
    return _NOT_A_WORD.sub(" ", _plain_letters(_plain_letters(text))).strip()


def fingerprint(
    *, siret: str | None = None, phone: str | None = None, email: str | None = None,
    name: str | None = None, person: str | None = None, address: tuple[str | None, str | None] = (None, None),
) -> Fingerprint:  # fmt: skip
    """Fold a description. `phone` is E.164, `siret` 14 digits, `address` the street line and the postcode."""
    return Fingerprint(
        siret=siret or "",
        phone=phone_key(phone or ""),
        email=(email or "").strip().casefold(),
        name=fold(name or ""),
        person=fold(person or ""),
        address=_address_key(*address),
    )


def phone_key(phone: str) -> str:
    """One key for one telephone: France and its overseas départements share one national numbering plan.

    +33 6 39 98 66 90 and +262 6 39 98 66 90 are dialled 06 39 98 66 90 from either, so they have the same key.
    """
    in_plan = _FRENCH_PLAN.fullmatch(phone)
    return f"0{in_plan[1]}" if in_plan else phone


def match_keys(of: Fingerprint) -> tuple[MatchKey, ...]:
    """The keys by which a description may be found again: two that are the same share at least one."""
    keys = (
        MatchKey(MatchKind.SIRET, of.siret),
        MatchKey(MatchKind.PHONE, of.phone),
        MatchKey(MatchKind.EMAIL, of.email),
        MatchKey(MatchKind.ADDRESS, of.address),
    )
    return tuple(key for key in keys if key.value)


def same(one: Fingerprint, other: Fingerprint) -> Likeness:
    """Compare two descriptions by the rule of this module. The order of the two does not matter."""
    if one.siret and one.siret == other.siret:
        return Likeness(1.0, "same_siret", "Même SIRET")
    shared = _first_shared(one, other)
    if shared is None:
        return NOTHING_ALIKE
    kind, words = shared
    if not _names_alike(one, other):
        if kind is MatchKind.ADDRESS:
            return Likeness(0.3, "same_address", say("{what}, mais un autre nom", what=words))
        return Likeness(0.5, f"same_{kind}", say("{what}, mais un autre nom", what=words))
    if one.siret and other.siret:
        return Likeness(
            0.7, f"same_{kind}_other_siret", say("{what} et nom semblable, mais un autre SIRET", what=words)
        )
    return Likeness(
        0.9 if kind is MatchKind.ADDRESS else 0.95,
        f"same_{kind}_and_name",
        say("{what} et nom semblable", what=words),
    )


def _plain_letters(text: str) -> str:
    """Twice over this is stable: folding the case of some letters brings accents back."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS_APART)
    return "".join(letter for letter in unicodedata.normalize("NFKD", apart) if not unicodedata.combining(letter))


def _address_key(line: str | None, postcode: str | None) -> str:
    """The street line with its usual abbreviations written out, and the postcode; empty without a house number."""
    folded = fold(line or "")
    number = _HOUSE_NUMBER.match(folded)
    if not number:
        return ""
    words = (_STREET_WORDS.get(word, word) for word in folded[number.end() :].split())
    return " ".join((number[1] + (number[2] or ""), *words, fold(postcode or ""))).strip()


def _first_shared(one: Fingerprint, other: Fingerprint) -> tuple[MatchKind, str] | None:
    if one.phone and one.phone == other.phone:
        return MatchKind.PHONE, "Même téléphone"
    if one.email and one.email == other.email:
        return MatchKind.EMAIL, "Même adresse électronique"
    if one.address and one.address == other.address:
        return MatchKind.ADDRESS, "Même adresse"
    return None


def _names_alike(one: Fingerprint, other: Fingerprint) -> bool:
    """The businesses' names when both are known, else the persons', else the one against the other."""
    if one.name and other.name:
        return _alike(one.name, other.name)
    if one.person and other.person:
        return _alike(one.person, other.person)
    return _alike(one.name or one.person, other.name or other.person)


def _alike(one: str, other: str) -> bool:
    return bool(one and other) and token_sort_ratio(one, other) >= ALIKE
