"""The lines of the directory: of which nature, with which columns, and how each value is read and written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from cases.duplicates import fold
from cases.importers.values import ValueRefused, read_email, read_phone
from cases.naf import begins_a_naf_code
from cases.needs import NEED_KINDS
from engine.lists import AID_SCOPE, AXIS, LEVER, OFFER_KIND, OPERATOR_KIND
from engine.offers import LEVELS
from engine.sentences import say

LONGEST: Final = 200
_DAY: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)|(\d\d?)/(\d\d?)/(\d{4})")
_SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_SPLIT: Final = re.compile(r"[,;\n]")
_YES: Final = frozenset({"oui", "o", "vrai", "true", "1", "yes"})
_NO: Final = frozenset({"non", "n", "faux", "false", "0", "no"})


class Nature(StrEnum):
    """What a line of the directory describes; in the order in which lines name each other."""

    OPERATOR = "operator"
    BRANCH = "branch"
    OFFER = "offer"
    CLOSURE = "closure"
    ABSENCE = "absence"


NATURES: Final[Mapping[Nature, str]] = {
    Nature.OPERATOR: "Opérateur",
    Nature.BRANCH: "Antenne",
    Nature.OFFER: "Offre",
    Nature.CLOSURE: "Fermeture",
    Nature.ABSENCE: "Absence",
}


class WrongValue(Exception):
    """A value that its column cannot hold: a code, and a French sentence that says what to do."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name in the files of data, its header in a sheet, how a text becomes its value."""

    name: str
    header: str
    read: Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """The columns of a nature of line; by `key` a line is found again, `required` is what it cannot be without."""

    columns: tuple[str, ...]
    key: tuple[str, ...]
    required: tuple[str, ...]


# -- how values are read --------------------------------------------------------------------------------------------------


def _text(words: str) -> str | None:
    if len(words) > LONGEST:
        raise WrongValue("too_long", say("Ce texte est trop long : {at_most} caractères au plus.", at_most=LONGEST))
    return words or None


def _slug(words: str) -> str:
    if not _SLUG.fullmatch(words):
        raise WrongValue("bad_slug", "Écrivez un nom court en minuscules, sans accent, comme initiative-france.")
    return words


def _code_of(labels: Mapping[str, str]) -> Callable[[str], str | None]:
    """One code of a list, or its label as it is read on the screens."""
    known = {fold(label): code for code, label in labels.items()} | {fold(code): code for code in labels}
    listed = ", ".join(labels)

    def read(words: str) -> str | None:
        if not words:
            return None
        if (code := known.get(fold(words))) is None:
            raise WrongValue(
                "unknown_code",
                say("« {written} » n’est pas dans la liste. Écrivez : {listed}.", written=words[:40], listed=listed),
            )
        return code

    return read


def _codes_of(labels: Mapping[str, str]) -> Callable[[str], list[str]]:
    one = _code_of(labels)
    return lambda words: list(dict.fromkeys(filter(None, map(one, _parts(words)))))


def _parts(words: str) -> list[str]:
    return [part.strip() for part in _SPLIT.split(words) if part.strip()]


def _flag(words: str) -> bool | None:
    if not words:
        return None
    if (said := fold(words)) in _YES | _NO:
        return said in _YES
    raise WrongValue("not_a_flag", "Écrivez oui ou non.")


def _whole(words: str) -> int | None:
    written = re.sub(r"[\s\u00a0\u202f€]", "", words)
    if not written:
        return None
    if not re.fullmatch(r"\d{1,9}", written, re.ASCII):
        raise WrongValue("not_a_number", "Écrivez un nombre entier, comme 5.")
    return int(written)


def _day(words: str) -> date | None:
    if not words:
        return None
    found = _DAY.fullmatch(words) if words.isascii() else None
    try:
        if found is None:
            raise ValueError
        year, month, day, other_day, other_month, other_year = found.groups()
        return date(int(year or other_year), int(month or other_month), int(day or other_day))
    except ValueError:
        raise WrongValue("not_a_day", "Écrivez un jour du calendrier, comme 27/04/2027.") from None


def _email(words: str) -> str | None:
    return _by(read_email, words)


def _phone(words: str) -> str | None:
    return _by(lambda given: read_phone(given, region="FR"), words)


def _by(read: Callable[[str], str | None], words: str) -> str | None:
    try:
        return read(words) if words else None
    except ValueRefused as error:
        raise WrongValue(error.code, error.reason) from None


def _languages(words: str) -> list[str]:
    found = [part.lower() for part in _parts(words)] or ["fr"]
    for one in found:
        if not re.fullmatch(r"[a-z]{2,3}", one):
            raise WrongValue("bad_language", "Écrivez les langues par leur code, comme fr, ar, tr.")
    return list(dict.fromkeys(found))


def _activities(words: str) -> list[str]:
    found = [part.upper() for part in _parts(words)]
    for one in found:
        if not begins_a_naf_code(one):
            raise WrongValue(
                "bad_naf",
                say("« {written} » n’est pas un code NAF : écrivez 56.10C, ou son début, comme 56.", written=one[:20]),
            )
    return found


def _texts(words: str) -> list[str]:
    return [str(_text(part)) for part in _parts(words)]


def _places(words: str) -> list[tuple[str, str | None]]:
    """« commune 59512, region 32, national »: a level, then the code of the place."""
    found: list[tuple[str, str | None]] = []
    for part in _parts(words):
        level, _, code = part.replace(":", " ").partition(" ")
        level, code = fold(level), code.strip().upper()
        if level not in LEVELS or bool(code) == (level == "national"):
            listed = "quartier QN05901M, commune 59512, epci 245900410, departement 59, region 32 ou national"
            raise WrongValue(
                "bad_place",
                say("« {written} » ne dit pas un lieu. Écrivez : {listed}.", written=part[:40], listed=listed),
            )
        found.append((level, code or None))
    return sorted(set(found), key=lambda place: (place[0], place[1] or ""))


# -- the columns ----------------------------------------------------------------------------------------------------------

_NEEDS: Final = {str(kind.subject): kind.label for kind in NEED_KINDS.values()}
COLUMNS: Final[Mapping[str, Column]] = {
    column.name: column
    for column in (
        Column("operator", "Opérateur", _slug), Column("branch", "Antenne", _text), Column("name", "Nom", _text),
        Column("family", "Famille", _code_of(OPERATOR_KIND)), Column("role", "Ce qu’il fait", _text), Column("axes", "Axes", _codes_of(AXIS)),
        Column("levers", "Leviers", _codes_of(LEVER)), Column("email", "Adresse électronique", _email), Column("phone", "Téléphone", _phone),
        Column("capacity", "Places par semaine", _whole), Column("languages", "Langues", _languages), Column("step_free", "De plain-pied", _flag),
        Column("covers", "Où elle travaille", _places), Column("active", "Active", _flag), Column("kind", "Genre", _code_of(OFFER_KIND)),
        Column("scope", "Portée", _code_of(AID_SCOPE)), Column("needs", "Besoins", _codes_of(_NEEDS)), Column("aid", "Aide", _text),
        Column("naf_only", "Activités (NAF) seulement", _activities), Column("naf_except", "Activités (NAF) sauf", _activities),
        Column("headcount_min", "Salariés au moins", _whole), Column("headcount_max", "Salariés au plus", _whole),
        Column("age_min", "Mois d’existence au moins", _whole), Column("age_max", "Mois d’existence au plus", _whole),
        Column("amount_min", "Montant au moins (€)", _whole), Column("amount_max", "Montant au plus (€)", _whole),
        Column("legal_forms", "Formes juridiques", _texts), Column("siret_required", say("SIRET exigé"), _flag),
        Column("qpv_required", "Réservée aux quartiers", _flag), Column("from_day", "Du", _day), Column("to_day", "Au", _day),
        Column("agent", "Conseiller (adresse)", _email), Column("substitute", "Remplaçant (adresse)", _email),
    )
}  # fmt: skip
"""Every column by its name, in the order of a sheet."""
RULES: Final = (
    "naf_only", "naf_except", "headcount_min", "headcount_max", "age_min", "age_max", "amount_min", "amount_max", "legal_forms", "siret_required",
    "qpv_required",
)  # fmt: skip
"""The columns that are the eligibility of an offer (`engine.offers.Eligibility`)."""
SHAPES: Final[Mapping[Nature, Shape]] = {
    Nature.OPERATOR: Shape(("operator", "name", "family", "role", "axes", "levers"), ("operator",), ("operator", "name", "family")),
    Nature.BRANCH: Shape(
        ("operator", "name", "email", "phone", "capacity", "languages", "step_free", "covers", "active"), ("operator", "name"), ("operator", "name"),
    ),
    Nature.OFFER: Shape(
        ("operator", "branch", "name", "kind", "scope", "axes", "levers", "needs", "aid", *RULES, "active"), ("operator", "branch", "name"),
        ("operator", "branch", "name", "kind", "scope"),
    ),
    Nature.CLOSURE: Shape(
        ("operator", "branch", "from_day", "to_day"), ("operator", "branch", "from_day"), ("operator", "branch", "from_day", "to_day"),
    ),
    Nature.ABSENCE: Shape(("agent", "from_day", "to_day", "substitute"), ("agent", "from_day"), ("agent", "from_day", "to_day")),
}  # fmt: skip


def written(value: Any) -> str:
    """A value as a cell holds it; what `Column.read` reads again as the same."""
    match value:
        case None:
            return ""
        case bool():
            return "oui" if value else "non"
        case date():
            return value.isoformat()
        case list() | tuple():
            return ", ".join(" ".join(filter(None, one)) if isinstance(one, tuple) else str(one) for one in value)
        case _:
            return str(value)


LISTS: Final[Mapping[str, Mapping[str, str]]] = {
    "family": OPERATOR_KIND,
    "axes": AXIS,
    "levers": LEVER,
    "kind": OFFER_KIND,
    "scope": AID_SCOPE,
    "needs": _NEEDS,
}
"""The closed lists of the columns that choose in one."""
