"""What steps ask for, in the words of the screen, and the one place where what was entered is read by it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from engine.lists import AID_SCOPE, AXIS, LEVER, OUTCOME
from engine.model import Input, InputKind, Refusal
from engine.sentences import say

LONGEST_TEXT: Final = 10_000
"""Characters of free words."""
LONGEST_NAME: Final = 200
"""Characters of an id, a code, a name."""
LONGEST_LIST: Final = 100
LARGEST_NUMBER: Final = 1_000_000_000
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2100, 1, 1)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_AMOUNT: Final = re.compile(r"\d{1,9}(\.\d{1,2})?")


def choice(
    name: str,
    label: str,
    choices: Mapping[str, str],
    *,
    required: bool = True,
    missing: str = "Choisissez dans la liste.",
) -> Input:
    """One code of a closed list."""
    return Input(name, InputKind.CHOICE, label, required, choices, missing)


def words(name: str, label: str, *, required: bool = False, missing: str = "Écrivez une phrase.") -> Input:
    """Free words: kept beside the journal, where they can be erased."""
    return Input(name, InputKind.TEXT, label, required, None, missing)


def day(name: str, label: str, *, required: bool = False, missing: str = "Choisissez un jour.") -> Input:
    """A local day."""
    return Input(name, InputKind.DAY, label, required, None, missing)


def flag(name: str, label: str) -> Input:
    """A box to tick."""
    return Input(name, InputKind.FLAG, label)


def number(name: str, label: str, *, required: bool = False) -> Input:
    """A whole number."""
    return Input(name, InputKind.NUMBER, label, required, None, "Écrivez un nombre entier.")


def of_kind(kind: InputKind, name: str, label: str, *, required: bool = False, missing: str = "") -> Input:
    """Something that the product knows: an agent, a mentor, needs, outcomes, a deadline …"""
    return Input(name, kind, label, required, None, missing or "Il manque une information.")


# -- what was entered -----------------------------------------------------------------------------------------------------


class _NotReadable(ValueError):
    """A value is not of the kind that is asked for: the way to it, a code, a French sentence."""

    def __init__(self, code: str, message: str, inside: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.inside = code, message, inside


def read_entered(asked: Iterable[Input], entered: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Refusal, ...]]:
    """What was entered, each value as its kind, days as dates; and what cannot be read, with the way to it as its field.

    Names that are not asked for are refused. Whether something is missing, or in its list, is for the rules to say.
    """
    inputs = {asked_for.name: asked_for for asked_for in asked}
    values: dict[str, Any] = {}
    wrong: list[Refusal] = []
    for name, value in entered.items():
        if name not in inputs:
            wrong.append(Refusal("unknown_field", "Ce champ n’existe pas ici : retirez-le.", field=_shown(name)))
            continue
        read: Callable[[Any], Any] = _READERS.get(inputs[name].kind, _name)
        try:
            values[name] = None if value is None else read(value)
        except _NotReadable as error:
            wrong.append(Refusal(error.code, error.message, field=f"{name}{error.inside}"))
    return values, tuple(wrong)


def is_printable(text: str) -> bool:
    """Whether a text can be kept anywhere: no NUL, no half of a letter (a lone surrogate)."""
    return "\x00" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _shown(name: str) -> str:
    return name[:LONGEST_NAME] if is_printable(name) else "?"


def _text(value: Any, at_most: int = LONGEST_TEXT) -> str:
    if not isinstance(value, str):
        raise _NotReadable("not_a_text", "Écrivez du texte.")
    if len(value) > at_most:
        raise _NotReadable(
            "text_too_long", say("Ce texte est trop long : {at_most} caractères au plus.", at_most=at_most)
        )
    if not is_printable(value):
        raise _NotReadable("text_unreadable", "Ce texte contient des caractères illisibles : écrivez-le de nouveau.")
    return value


def _name(value: Any) -> str:
    return _text(value, LONGEST_NAME)


def _day_entered(value: Any) -> date | str:
    if isinstance(value, date):
        return value
    written = _name(value)
    if not written:
        return written
    try:
        found = date.fromisoformat(written) if _DAY.fullmatch(written) else None
    except ValueError:
        found = None
    if found is None or not FIRST_DAY <= found <= LAST_DAY:
        raise _NotReadable("not_a_day", "Écrivez un jour du calendrier ainsi : AAAA-MM-JJ.")
    return found


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _NotReadable("not_a_flag", "Répondez par oui ou par non.")
    return value


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST_NUMBER:
        raise _NotReadable("not_a_number", "Écrivez un nombre entier.")
    return value


def _money(value: Any) -> Decimal:
    """Euros, to the cent: `{"amount": "1500.00", "currency": "EUR"}`, or read before."""
    if isinstance(value, Decimal):
        return value
    said = _fields(value, {"amount": _name, "currency": _name})
    amount = said.get("amount") or ""
    if said.get("currency") != "EUR" or not _AMOUNT.fullmatch(amount) or not amount.isascii():
        raise _NotReadable("not_an_amount", "Écrivez un montant en euros, comme 1500.00.")
    return Decimal(amount)


def _list_of(read: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    def reader(value: Any) -> list[Any]:
        if not isinstance(value, list | tuple) or len(value) > LONGEST_LIST:
            raise _NotReadable(
                "not_a_list", say("Donnez une liste, de {at_most} éléments au plus.", at_most=LONGEST_LIST)
            )
        return [_inside(read, item, position) for position, item in enumerate(value)]

    return reader


def _code_of(codes: Mapping[str, str]) -> Callable[[Any], str]:
    def reader(value: Any) -> str:
        code = _name(value)
        if code not in codes:
            raise _NotReadable("not_in_the_list", "Choisissez parmi les valeurs proposées.")
        return code

    return reader


def _by_name(read: Callable[[Any], Any]) -> Callable[[Any], dict[str, Any]]:
    """Values by names that are not known beforehand: an outcome by need, a score by dimension."""

    def reader(value: Any) -> dict[str, Any]:
        return {_name(name): _inside(read, item, name) for name, item in _pairs(value)}

    return reader


def _object_of(known: Mapping[str, Callable[[Any], Any]]) -> Callable[[Any], dict[str, Any]]:
    return lambda value: _fields(value, known)


def _fields(value: Any, known: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    found = {}
    for name, item in _pairs(value):
        if name not in known:
            raise _NotReadable("unknown_field", "Ce champ n’existe pas ici : retirez-le.", f"/{_shown(name)}")
        found[name] = None if item is None else _inside(known[name], item, name)
    return found


def _pairs(value: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, Mapping) or len(value) > LONGEST_LIST:
        raise _NotReadable("not_an_object", "Donnez des noms et leurs valeurs.")
    for name, item in value.items():
        yield _name(name), item


def _inside(read: Callable[[Any], Any], item: Any, where: Any) -> Any:
    try:
        return read(item)
    except _NotReadable as error:
        raise _NotReadable(error.code, error.message, f"/{where}{error.inside}") from None


def _aid(value: Any) -> dict[str, Any]:
    """An aid obtained: which, how much, by what right, when it was granted, whether it is de minimis aid."""
    known = {
        "aid": _name,
        "amount": _money,
        "scope": _code_of(AID_SCOPE),
        "granted_on": _day_entered,
        "de_minimis": _flag,
    }
    found = _fields(value, known)
    if not found.get("aid"):
        raise _NotReadable("missing_aid", "Dites quelle aide a été obtenue.", "/aid")
    return found


def _indicator(value: Any) -> dict[str, Any]:
    """A figure of a diagnostic: none without its source and its day."""
    found = _fields(value, {"name": _name, "value": _name, "source": _name, "on": _day_entered})
    if not found.get("name"):
        raise _NotReadable("missing_name", "Nommez cet indicateur.", "/name")
    if not found.get("value"):
        raise _NotReadable("missing_value", "Donnez sa valeur.", "/value")
    if not found.get("source"):
        raise _NotReadable("missing_source", "Dites d’où vient ce chiffre.", "/source")
    if not found.get("on"):
        raise _NotReadable("missing_day", "Dites de quel jour est ce chiffre.", "/on")
    return found


def _objective(value: Any) -> dict[str, Any]:
    """What a roadmap aims at, on one axis."""
    found = _fields(value, {"axis": _code_of(AXIS), "text": _text})
    if not (found.get("text") or "").strip():
        raise _NotReadable("missing_text", "Écrivez cet objectif en une phrase.", "/text")
    if not found.get("axis"):
        raise _NotReadable("missing_axis", "Choisissez l’axe de cet objectif.", "/axis")
    return found


def _one_or_more(value: Any) -> Any:
    return _name(value) if isinstance(value, str) else _list_of(_name)(value)


_READERS: Final[Mapping[InputKind, Callable[[Any], Any]]] = {
    InputKind.TEXT: _text,
    InputKind.DAY: _day_entered,
    InputKind.FLAG: _flag,
    InputKind.NUMBER: _number,
    InputKind.MONEY: _money,
    InputKind.NEEDS: _list_of(_name),
    InputKind.TRACKS: _one_or_more,
    InputKind.AXES: _list_of(_code_of(AXIS)),
    InputKind.LEVERS: _list_of(_code_of(LEVER)),
    InputKind.OUTCOMES: _by_name(_code_of(OUTCOME)),
    InputKind.SCORE: _by_name(_number),
    InputKind.ACTIONS: _list_of(_object_of({"name": _name, "day": _day_entered})),
    InputKind.AIDS: _list_of(_aid),
    InputKind.INDICATORS: _list_of(_indicator),
    InputKind.OBJECTIVES: _list_of(_objective),
}
"""How each kind is read; everything else is a name: an id, a code, a reference."""
