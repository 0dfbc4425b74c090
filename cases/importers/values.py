"""Read one value of a sheet as people write it: a date, a telephone, an address, a SIRET, a consent.

Each reader gives the value, None for a cell that says nothing, or raises ValueRefused with what to do about it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

import phonenumbers
from stdnum.exceptions import InvalidLength, ValidationError
from stdnum.fr import siret as siret_number

from cases.duplicates import fold
from cases.errors import CasesError
from cases.importers.sheet import Cell, shown


class ValueRefused(CasesError):
    """A value cannot be read as what its column holds: a code, and a French sentence that says what to do."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.reason = REASONS[code]
        super().__init__(self.reason)


REASONS: Final = {
    "name_missing": "Il manque le nom : écrivez l’enseigne, ou le nom de la personne.",
    "text_too_long": "Ce texte est trop long pour cette colonne : raccourcissez-le.",
    "date_unreadable": "Cette date n’est pas lisible : écrivez-la jour/mois/année, par exemple 27/04/2026.",
    "date_impossible": "Cette date n’existe pas au calendrier : corrigez-la, jour puis mois puis année.",
    "date_in_future": "Cette date n’est pas encore passée : écrivez le jour où la visite a eu lieu.",
    "date_too_old": "Cette date a plus de dix ans : vérifiez l’année.",
    "phone_unreadable": "Ce numéro de téléphone n’est pas lisible : écrivez ses dix chiffres, ou effacez-le.",
    "phone_impossible": "Ce numéro de téléphone n’existe pas : vérifiez le nombre de chiffres, ou effacez-le.",
    "email_unreadable": "Cette adresse électronique n’est pas complète : écrivez-la en entier, ou effacez-la.",
    "siret_checksum": "Ce numéro SIRET ne passe pas le contrôle : corrigez-le ou effacez-le.",
    "siret_length": "Un numéro SIRET a 14 chiffres : complétez-le ou effacez-le.",
    "siret_is_siren": "C’est un numéro SIREN (9 chiffres) : ajoutez les 5 chiffres de l’établissement, ou effacez-le.",
    "siret_not_digits": "Un numéro SIRET n’a que des chiffres : corrigez-le ou effacez-le.",
    "siret_digits_lost": "Le tableur a perdu des chiffres de ce SIRET : mettez la colonne au format texte et écrivez-le.",
    "consent_unclear": "Écrivez oui ou non : la personne est-elle d’accord pour être recontactée ?",
    "cells_shifted": "Cette ligne a plus de cases que l’en-tête : retirez le point-virgule ou la virgule en trop.",
}
"""Every reason why a line is refused, by its code."""


class Consent(StrEnum):
    """What the sheet says of the person's consent to be contacted."""

    GIVEN = "given"
    DECLINED = "declined"
    NOT_NOTED = "not_noted"


@dataclass(frozen=True, slots=True)
class Activity:
    """What the business does: its NAF code (« 47.11B ») when the cell begins with one, and the words."""

    naf: str | None
    words: str


_SAYS_NOTHING: Final = frozenset({
    "", "aucun", "aucune", "neant", "rien", "nc", "n c", "non communique", "nr", "non renseigne", "ras", "sans",
    "inconnu", "inconnue", "nsp", "ne sait pas", "pas de mail", "pas de telephone", "pas de tel", "pas de siret",
    "pas encore", "en cours", "en cours de creation", "a creer", "en creation", "a demander", "a completer", "vide",
})  # fmt: skip
"""What people write, folded, in a cell that they leave empty."""

_YEAR_FIRST: Final = re.compile(r"(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})(?:[T ]\d.*)?")
_DAY_FIRST: Final = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})(?: .*)?")
_IN_WORDS: Final = re.compile(r"(?:[a-z]+ )?(?:le )?(\d{1,2})(?:er)? ([a-z]{3,}) (\d{4}|\d{2})")
_SERIAL: Final = re.compile(r"([34567]\d{4})(?:\.\d+)?")
_SERIAL_ORIGIN: Final = date(1899, 12, 30)
_MONTHS: Final = (
    "janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre", "octobre", "novembre",
    "decembre",
)  # fmt: skip
_OLDEST: Final = timedelta(days=3653)

_SEVERAL_PHONES: Final = re.compile(r"[/,;|\n]|\s-\s|\bou\b|\bet\b", re.IGNORECASE)
_MOST_DIGITS: Final = 13
_PLAN_REGIONS: Final = ("FR", "RE", "YT", "GP", "MQ", "GF")
_PLAN_CODES: Final = frozenset({33, 262, 590, 594, 596})
_FICTION: Final = ("019900", "026191", "035301", "046571", "053649", "063998")
"""How the numbers begin that the regulator (Arcep, decision 2018-0881) keeps for films and examples; written +33."""

_EMAIL: Final = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{2,59})",
    re.IGNORECASE,
)
_EMAIL_LENGTH: Final = 254
_EMAIL_LOCAL_LENGTH: Final = 64

_ROUNDED: Final = re.compile(r"(\d)(?:[.,](\d+))?e\+?(\d{1,3})", re.IGNORECASE)
_SIRET_SEPARATORS: Final = re.compile(r"[\s.\-_/'\u2019:]|n\s*°|siret", re.IGNORECASE)
_SIRET_DIGITS: Final = 14
_SIREN_DIGITS: Final = 9
_NO_ESTABLISHMENT: Final = "00000"
"""Establishments are numbered from 1: this end is what a spreadsheet leaves of a number that it rounds."""

_NAF: Final = re.compile(r"(\d{2})[. ]?(\d{2}) ?([A-Za-z])\b[\s:,-]*")
_POSTCODE: Final = re.compile(r"\d{4,5}")

_YES: Final = frozenset({
    "oui", "ok", "o", "x", "y", "yes", "v", "vrai", "true", "1", "d accord", "accord", "favorable", "accepte", "okay",
})  # fmt: skip
_YES_MARKS: Final = frozenset("✓✔☑✅👍")
_YES_INSIDE: Final = re.compile(r"^(?:oui|ok)\b|\b(?:d accord|accepte|a dit oui)\b")
_NO: Final = frozenset({"n", "0", "ko", "faux", "false", "no"})
_NO_MARKS: Final = frozenset("✗✘❌👎")
_NO_INSIDE: Final = re.compile(
    r"\b(?:non|refus\w*|pas d accord|pas d acc|ne (?:veut|souhaite|desire) p(?:as|lus)|veut pas|souhaite pas"
    r"|pas interesse\w*|ne p(?:as|lus) (?:recontacter|contacter|rappeler|appeler)|n accepte pas"
    r"|oppos\w*|jamais|desaccord|contre)\b"
)
_LATER: Final = frozenset({
    "a voir", "plus tard", "pas demande", "non demande", "en attente", "en reflexion", "reflechit", "peut etre",
})  # fmt: skip


def read_text(cell: Cell, *, at_most: int) -> str:
    """The words of a cell, empty when it says nothing. Raises `text_too_long` beyond `at_most` characters."""
    words = shown(cell)
    if len(words) > at_most:
        raise ValueRefused("text_too_long")
    return words


def read_date(cell: Cell, *, today: date) -> date | None:
    """The day of a visit: as a date cell, a spreadsheet's day number, or written in figures or in French words."""
    if isinstance(cell, datetime):
        return _past(cell.date(), today)
    if isinstance(cell, date):
        return _past(cell, today)
    words = shown(cell)
    if fold(words) in _SAYS_NOTHING:
        return None
    if serial := _SERIAL.fullmatch(words):
        return _past(_SERIAL_ORIGIN + timedelta(days=int(serial[1])), today)
    return _past(_written_date(words), today)


def read_phone(cell: Cell, *, region: str) -> str | None:
    """A telephone number in E.164 (+33639986690). Of several, the first.

    A number without its country's code is read in the territory's region (« FR », « RE » …), then in the other parts of
    the French numbering plan: 0692 is La Réunion's wherever it is written, and 06 12 is not.
    """
    words = shown(cell)
    if fold(words) in _SAYS_NOTHING:
        return None
    digits = _first_number(words)
    if not any(letter.isdigit() for letter in digits):
        raise ValueRefused("phone_unreadable")
    return _in_french_plan(digits, region) or _abroad(digits)


def read_email(cell: Cell) -> str | None:
    """An e-mail address in lower case. Of several, the first."""
    words = shown(cell).removeprefix("mailto:")
    if fold(words) in _SAYS_NOTHING and "@" not in words:
        return None
    bracketed = re.search(r"<([^<>]*@[^<>]*)>", words)
    address = bracketed[1] if bracketed else re.split(r"[;,\n]|\s(?:ou|et|/)\s", words.strip())[0]
    address = address.strip()
    too_long = len(address) > _EMAIL_LENGTH or len(address.partition("@")[0]) > _EMAIL_LOCAL_LENGTH
    if too_long or not _EMAIL.fullmatch(address):
        raise ValueRefused("email_unreadable")
    return address.lower()


def read_siret(cell: Cell) -> str | None:
    """The 14 digits of a SIRET, checked (La Poste's establishments have a check of their own)."""
    words = shown(cell)
    if fold(words) in _SAYS_NOTHING:
        return None
    digits = _siret_digits(words)
    if len(digits) == _SIREN_DIGITS:
        raise ValueRefused("siret_is_siren")
    if len(digits) == _SIRET_DIGITS and digits.endswith(_NO_ESTABLISHMENT):
        raise ValueRefused("siret_digits_lost")
    if len(digits) < _SIRET_DIGITS and siret_number.is_valid(digits.zfill(_SIRET_DIGITS)):
        return digits.zfill(_SIRET_DIGITS)  # a spreadsheet takes it for a number and drops the zeros at its head
    try:
        return str(siret_number.validate(digits))
    except InvalidLength as error:
        raise ValueRefused("siret_length") from error
    except ValidationError as error:
        raise ValueRefused("siret_checksum") from error


def read_consent(cell: Cell) -> Consent:
    """Whether the person agreed to be contacted. A sheet that says nothing of it says « not noted », not « no »."""
    words = shown(cell)
    folded = fold(words)
    marks = set(words)
    says_no = folded in _NO or bool(_NO_INSIDE.search(folded)) or not marks.isdisjoint(_NO_MARKS)
    says_yes = folded in _YES or bool(_YES_INSIDE.search(folded)) or not marks.isdisjoint(_YES_MARKS)
    if folded in _LATER or (folded in _SAYS_NOTHING and not says_yes and not says_no):
        return Consent.NOT_NOTED
    if says_no:
        if re.match(r"(?:oui|ok)\b", folded):
            raise ValueRefused("consent_unclear")
        return Consent.DECLINED
    if says_yes:
        return Consent.GIVEN
    raise ValueRefused("consent_unclear")


def read_postcode(cell: Cell) -> str | None:
    """Five digits, or None: a place is never refused. Four have lost the zero at their head (1000 is 01000)."""
    words = shown(cell).replace(" ", "")
    return words.zfill(5) if _POSTCODE.fullmatch(words) and words.isascii() else None


def read_activity(words: str) -> Activity:
    """« 85.53Z Auto-école » is a NAF code and its words; either may be missing."""
    found = _NAF.match(words)
    if not found:
        return Activity(None, words)
    division, group, letter = found.groups()
    return Activity(f"{division}.{group}{letter.upper()}", words[found.end() :].strip())


def _past(day: date, today: date) -> date:
    if day > today:
        raise ValueRefused("date_in_future")
    if today - day > _OLDEST:
        raise ValueRefused("date_too_old")
    return day


def _written_date(words: str) -> date:
    if found := _YEAR_FIRST.fullmatch(words):
        return _calendar_day(found[1], int(found[2]), found[3])
    if found := _DAY_FIRST.fullmatch(words):
        return _calendar_day(found[3], int(found[2]), found[1])
    if (found := _IN_WORDS.fullmatch(fold(words))) and (month := _month(found[2])):
        return _calendar_day(found[3], month, found[1])
    raise ValueRefused("date_unreadable")


def _calendar_day(year: str, month: int, day: str) -> date:
    try:
        return date(int(year) + (2000 if len(year) == 2 else 0), month, int(day))
    except ValueError as error:
        raise ValueRefused("date_impossible") from error


def _month(word: str) -> int | None:
    """A month's number from its first letters; « jui » may be two months, so it is none."""
    fits = [number for number, name in enumerate(_MONTHS, 1) if name.startswith(word)]
    return fits[0] if len(fits) == 1 else None


def _first_number(words: str) -> str:
    """The first number of a cell, as it is dialled: a figure's leading zero given back, « 33… » read as « +33… »."""
    whole = len(re.sub(r"\D", "", words)) <= _MOST_DIGITS
    first = words if whole else _SEVERAL_PHONES.split(words)[0]
    plus = "+" if first.lstrip("( ").startswith("+") else ""
    digits = "".join(str(int(letter)) for letter in first.replace("(0)", "") if letter.isdecimal())
    if not plus and re.fullmatch(r"33[1-9]\d{8}|(?:262|590|594|596)[1-9]\d{8}", digits):
        plus = "+"
    if not plus and re.fullmatch(r"[1-9]\d{8}", digits):
        digits = f"0{digits}"
    return plus + digits


def _in_french_plan(digits: str, region: str) -> str | None:
    """The number in E.164 if it is one of the French plan that exists, or one that the regulator keeps for examples."""
    dialled = re.sub(r"^(?:\+|00)(?:33|262|590|594|596)(?=[1-9]\d{8}$)", "0", digits)
    if not re.fullmatch(r"0[1-9]\d{8}", dialled):
        return None
    if dialled.startswith(_FICTION):
        return f"+33{dialled[1:]}"
    for place in dict.fromkeys((region, *_PLAN_REGIONS)):
        number = phonenumbers.parse(dialled, place)
        if number.country_code in _PLAN_CODES and phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"+33{dialled[1:]}"


def _abroad(digits: str) -> str:
    try:
        number = phonenumbers.parse(re.sub(r"^00", "+", digits), None)
    except phonenumbers.NumberParseException as error:
        raise ValueRefused("phone_impossible") from error
    if number.country_code in _PLAN_CODES or not phonenumbers.is_possible_number(number):
        raise ValueRefused("phone_impossible")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _siret_digits(words: str) -> str:
    """The digits of what is written. 8,07776E+13 has lost its last ones, unless all fourteen are there."""
    if rounded := _ROUNDED.fullmatch(words.replace(" ", "")):
        whole, decimals, power = rounded[1], rounded[2] or "", int(rounded[3])
        if power != len(decimals) or power != _SIRET_DIGITS - 1:
            raise ValueRefused("siret_digits_lost")
        return whole + decimals
    digits = _SIRET_SEPARATORS.sub("", words)
    if not (digits.isdecimal() and digits.isascii()):
        raise ValueRefused("siret_not_digits")
    return digits
