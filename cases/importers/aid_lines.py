"""One line of a catalogue of aids, read: its words without their markup, its amounts in a sentence, its axes from its categories."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Any, Final

import nh3

from cases.aid_catalogue import CLOSED, search_text
from cases.duplicates import fold
from cases.importers.sheet import clean
from cases.naf import begins_a_naf_code
from engine.lists import AID_SCOPE, AXIS, LEVER
from engine.offers import Eligibility
from engine.sentences import say

SITE: Final = "https://aides-territoires.beta.gouv.fr"
LONGEST_NAME: Final = 300
LONGEST_TEXT: Final = 600
"""Characters of what a list shows of an aid: the source has the rest."""
_SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_AMOUNT: Final = re.compile(r"\d{1,10}(?:[.,]\d{1,2})?")
_BLOCK: Final = re.compile(r"</(?:p|li|div|h\d|ul|ol|tr)>|<br\s*/?>", re.IGNORECASE)
_BUSINESSES: Final = ("entreprise privee", "entreprises privees", "artisan", "commerc", "createur", "porteur de projet")
"""How an audience begins that the programme helps; an aid for communes alone stands aside."""
_TO_AXES: Final = {
    "commerces et services": "local_trade", "artisanat": "local_trade", "economie locale et circuits courts": "local_trade",
    "revitalisation": "local_trade", "industrie": "productive_activities", "attractivite economique": "productive_activities",
    "tiers lieux": "productive_activities", "friche": "productive_activities", "fiscalite des entreprises": "entrepreneurship",
    "economie sociale et solidaire": "entrepreneurship", "innovation creativite et recherche": "entrepreneurship", "emploi": "entrepreneurship",
    "formation professionnelle": "entrepreneurship",
}  # fmt: skip
_TO_LEVERS: Final = {
    "technologies numeriques et numerisation": "digital", "economie circulaire": "ecological", "transition energetique": "ecological",
    "economie d energie et renovation energetique": "ecological", "recyclage et valorisation des dechets": "ecological",
    "reduction de l empreinte carbone": "ecological", "consommation et production": "ecological",
}  # fmt: skip
"""Categories of Aides-territoires, folded, that speak of an axis or a lever of the programme."""
_RULES: Final = {one.name: str(one.type) for one in fields(Eligibility)}
KNOWN: Final = frozenset({
    "slug", "name", "financers", "description", "eligibility", "perimeter", "origin_url", "url", "categories", "targeted_audiences", "aid_types",
    "submission_deadline", "subvention_rate_lower_bound", "subvention_rate_upper_bound", "subvention_comment", "loan_amount",
    "recoverable_advance_amount", "date_updated", "axes", "levers", "scope", "facts", "caveat", "status", "de_minimis", "verified_on", "valid_until",
    *_RULES,
})  # fmt: skip
"""The columns that are read; the others are left aside."""


class AidRefused(Exception):
    """A line that cannot be taken: which column, and the sentence that says what to do."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column


class NotForBusinesses(Exception):
    """An aid for communes, or for somebody else whom the programme does not help."""


def read_aid(given: Mapping[str, Any], *, today: date) -> dict[str, Any]:
    """A line as the row of an aid. Raises AidRefused, or NotForBusinesses."""
    name = _words(given.get("name"))
    if not name:
        raise AidRefused("name", "Le nom de l’aide manque.")
    if len(name) > LONGEST_NAME:
        raise AidRefused("name", say("Ce nom est trop long : {at_most} caractères au plus.", at_most=LONGEST_NAME))
    audiences = _listed(given.get("targeted_audiences"))
    if audiences and not any(fold(one).startswith(_BUSINESSES) for one in audiences):
        raise NotForBusinesses
    row = {
        "slug": _slug(given, name), "name": name, "operator": ", ".join(_listed(given.get("financers"))) or None,
        "axes": _codes(given, "axes", AXIS, _TO_AXES), "levers": _codes(given, "levers", LEVER, _TO_LEVERS), "scope": _scope(given),
        "kind": ", ".join(_listed(given.get("aid_types"))) or None, "facts": _facts(given), "caveat": _short(given.get("caveat")),
        "conditions": _short(given.get("eligibility")), "perimeter": _short(given.get("perimeter")), "url": _url(given), "status": _status(given),
        "confidence": "A", "verified_on": _verified(given, today), "valid_until": _day(given, "valid_until") or _day(given, "submission_deadline"),
        "eligibility": _rules(given), "de_minimis": _flag(given, "de_minimis"),
    }  # fmt: skip
    return row | {"search_text": search_text(row)}


# -- what it is -----------------------------------------------------------------------------------------------------------


def _slug(given: Mapping[str, Any], name: str) -> str:
    slug = _words(given.get("slug")) or fold(name).replace(" ", "-")[:120].strip("-")
    if not _SLUG.fullmatch(slug) or len(slug) > 200:
        raise AidRefused(
            "slug", "L’identifiant (slug) s’écrit en minuscules, chiffres et tirets, comme « pret-d-honneur »."
        )
    return slug


def _codes(
    given: Mapping[str, Any], column: str, known: Mapping[str, str], by_category: Mapping[str, str]
) -> list[str]:
    """The codes that are said, else those that the categories speak of, in the order of the list."""
    said = set(re.split(r"[|,;\s]+", " ".join(_listed(given.get(column))))) - {""}
    if strange := sorted(said - set(known)):
        raise AidRefused(
            column,
            say("Inconnu : {names}. Choisissez parmi : {names_2}.", names=", ".join(strange), names_2=", ".join(known)),
        )
    parts = (fold(part) for category in _listed(given.get("categories")) for part in category.split("/"))
    found = said or {by_category[part] for part in parts if part in by_category}
    return [code for code in known if code in found]


def _scope(given: Mapping[str, Any]) -> str:
    scope = _words(given.get("scope")) or "common_law"
    if scope not in AID_SCOPE:
        raise AidRefused("scope", say("Écrivez l’une de ces valeurs : {listed}.", listed=", ".join(AID_SCOPE)))
    return scope


def _status(given: Mapping[str, Any]) -> str | None:
    status = _words(given.get("status")).casefold()
    return CLOSED if status in (CLOSED, "close", "clos", "deleted") else None


def _url(given: Mapping[str, Any]) -> str | None:
    """Where the aid is read: at its source, else on Aides-territoires, whose own addresses begin with a slash."""
    for column in ("origin_url", "url"):
        written = _words(given.get(column))
        written = f"{SITE}{written}" if written.startswith("/") else written
        if written and not re.fullmatch(r"https?://[^\s<>\"]{1,500}", written):
            raise AidRefused(column, "L’adresse commence par https://, sans espace.")
        if written:
            return written
    return None


def _facts(given: Mapping[str, Any]) -> str | None:
    """What is said of the amounts, in one sentence; else the beginning of the description."""
    said = [_short(given.get("facts")) or "", *_amounts(given)]
    return _short(" ; ".join(part for part in said if part)) or _short(given.get("description"))


def _amounts(given: Mapping[str, Any]) -> Iterable[str]:
    low, high = (_amount(given, f"subvention_rate_{bound}_bound") for bound in ("lower", "upper"))
    if low and high and low != high:
        yield say("subvention de {low} à {high} %", low=low, high=high)
    elif low or high:
        yield (
            say("subvention de {low} %", low=low)
            if low == high
            else say("subvention d’au plus {high} %", high=high)
            if high
            else say("subvention d’au moins {low} %", low=low)
        )
    for column, label in (("loan_amount", "prêt"), ("recoverable_advance_amount", "avance récupérable")):
        if euros := _amount(given, column):
            yield say("{label} d’au plus {count:,.0f} €", label=label, count=float(euros)).replace(",", " ")
    yield _words(given.get("subvention_comment"))


def _verified(given: Mapping[str, Any], today: date) -> date | None:
    """When somebody verified it, else when its source was last changed; never a day to come."""
    day = _day(given, "verified_on") or _day(given, "date_updated")
    if day is not None and day > today:
        raise AidRefused(
            "verified_on" if given.get("verified_on") else "date_updated", "Ce jour n’est pas encore passé."
        )
    return day


def _rules(given: Mapping[str, Any]) -> dict[str, Any]:
    """The rules of eligibility that are said, each read as what it is: a yes or no, a number, a list."""
    found = {name: _reader(name, kind)(given, name) for name, kind in _RULES.items() if _words(given.get(name))}
    return {name: value for name, value in found.items() if value not in (None, False, [])}


def _reader(name: str, kind: str) -> Callable[[Mapping[str, Any], str], Any]:
    if kind == "bool":
        return _flag
    if name.startswith("naf"):
        return _activities
    return _number if kind.startswith("int") else lambda given, column: _listed(given.get(column))


def _activities(given: Mapping[str, Any], column: str) -> list[str]:
    codes = _listed(given.get(column))
    if strange := [code for code in codes if not begins_a_naf_code(code)]:
        raise AidRefused(
            column,
            say(
                "Aucun code NAF ne commence par : {listed}. Écrivez-les comme 47.11B, ou 47.", listed=", ".join(strange)
            ),
        )
    return codes


# -- values ---------------------------------------------------------------------------------------------------------------


def _words(value: Any) -> str:
    """The words of a value, on one line, without markup."""
    if value is None or isinstance(value, list | dict):
        return " ".join(map(_words, value)) if isinstance(value, list) else ""
    text = str(value)
    if "<" in text:
        text = html.unescape(nh3.clean(_BLOCK.sub(" ", text), tags=set()))
    return " ".join(clean(text).split())


def _short(value: Any) -> str | None:
    """The words of a value, cut at a word's end when they are too many."""
    words = _words(value)
    if len(words) > LONGEST_TEXT:
        words = f"{words[: LONGEST_TEXT - 1].rpartition(' ')[0].rstrip(' ,;:.')}…"
    return words or None


def _listed(value: Any) -> list[str]:
    parts = value if isinstance(value, list) else str(value or "").split("|")
    return [word for part in parts if (word := _words(part))]


def _flag(given: Mapping[str, Any], column: str) -> bool | None:
    written = fold(_words(given.get(column)))
    if written in ("", "oui", "vrai", "true", "yes", "1", "x"):
        return True if written else None
    if written in ("non", "faux", "false", "no", "0"):
        return False
    raise AidRefused(column, "Répondez par oui ou par non.")


def _number(given: Mapping[str, Any], column: str) -> int:
    written = re.sub(r"\s", "", _words(given.get(column))).removesuffix(".0")
    if not re.fullmatch(r"\d{1,9}", written):
        raise AidRefused(column, "Écrivez un nombre entier.")
    return int(written)


def _amount(given: Mapping[str, Any], column: str) -> str | None:
    """A number as it is said: without its « .0 »; none for zero."""
    written = re.sub(r"[\s€%]", "", _words(given.get(column)))
    if not written:
        return None
    if not _AMOUNT.fullmatch(written):
        raise AidRefused(column, "Écrivez un nombre, sans texte autour.")
    number = float(written.replace(",", "."))
    return f"{number:g}" if number < 1e6 and number else f"{number:.0f}" if number else None


def _day(given: Mapping[str, Any], column: str) -> date | None:
    value = given.get(column)
    if isinstance(value, date):
        return value.date() if isinstance(value, datetime) else value
    written = _words(value)
    if not written:
        return None
    french = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", written)
    try:
        return date(*map(int, french.group(3, 2, 1))) if french else date.fromisoformat(written[:10])
    except ValueError:
        raise AidRefused(column, "Écrivez un jour ainsi : AAAA-MM-JJ.") from None
