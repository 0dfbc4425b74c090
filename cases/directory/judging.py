"""What a line would change in the directory, or why it cannot: one judge for the pages and for the files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from cases.absences import circle_of
from cases.directory.columns import COLUMNS, NATURES, RULES, SHAPES, Nature, WrongValue, written
from cases.directory.held import Held, Row, absences_of, key_of
from cases.identifiers import new_id
from engine.sentences import lowered, say

MOST_PLACES: Final = 999
_CODES: Final = {
    "commune": (re.compile(r"\d[0-9AB]\d{3}"), "les cinq signes de l’INSEE, comme 59512"),
    "epci": (re.compile(r"\d{9}"), "les neuf chiffres du SIREN, comme 245900410"),
    "departement": (re.compile(r"\d{2}|2[AB]|97\d"), "son numéro, comme 59"),
    "region": (re.compile(r"\d{2}"), "son code à deux chiffres, comme 32"),
}
_BEGINS: Final[Mapping[Nature, Mapping[str, Any]]] = {
    Nature.OPERATOR: {"axes": [], "levers": []},
    Nature.BRANCH: {"capacity": 5, "languages": ["fr"], "covers": [], "active": True},
    Nature.OFFER: {"axes": [], "levers": [], "needs": [], "active": True},
}
"""What a new line has where nothing is said of it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line as it is given: its number, what it describes, a text for each column that is said.

    `known_as` is the name under which a branch or an offer is known until this line renames it.
    """

    number: int
    nature: Nature
    texts: Mapping[str, str]
    known_as: str | None = None


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with one value: its column, the value as it was written, a code, what to do."""

    column: str
    value: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a line: `new`, `changed`, `same` or `refused`. `changes` gives each changed column before and after, as texts."""

    entry: Entry
    outcome: str
    row: Row | None = None
    changes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    wrong: tuple[Wrong, ...] = ()

    @property
    def title(self) -> str:
        """What it is about: « Antenne adie, Adie Roubaix »."""
        texts = [self.entry.texts.get(name, "") for name in SHAPES[self.entry.nature].key]
        return f"{NATURES[self.entry.nature]} {', '.join(text for text in texts if text)}"


def judge(held: Held, entry: Entry, now: datetime) -> Verdict:
    """What a line would change; a good one is held from then on, so that the next lines may name it."""
    values, wrong = _read(entry)
    if wrong:
        return Verdict(entry, "refused", wrong=tuple(wrong))
    there = held.row(entry.nature, *key_of(entry.nature, values | ({"name": entry.known_as} if entry.known_as else {})))
    if entry.known_as and there is None:
        return Verdict(entry, "refused", wrong=(_not_there(entry),))
    if there is not None and held.row(entry.nature, *key_of(entry.nature, values)) not in (None, there):
        return Verdict(entry, "refused", wrong=(Wrong("name", str(values["name"]), "name_taken", _TAKEN),))
    after = {
        **dict.fromkeys(SHAPES[entry.nature].columns),
        **_BEGINS.get(entry.nature, {}),
        **(there.values if there else {}),
    }
    after |= {
        name: value for name, value in values.items() if value is not None or name not in _BEGINS.get(entry.nature, {})
    }
    row = Row(there.id if there else new_id(now), after)
    changes = {
        name: (written(there.values[name]) if there else "", written(value))
        for name, value in after.items()
        if there is None or there.values[name] != value
    }
    if there is not None and not changes:
        return Verdict(entry, "same", there)
    if wrong := list(_CHECKS[entry.nature](held, row, there, now.date())):
        return Verdict(entry, "refused", wrong=tuple(wrong))
    held.keep(entry.nature, row, there)
    return Verdict(
        entry, "changed" if there else "new", row, {name: pair for name, pair in changes.items() if any(pair)}
    )


_TAKEN: Final = "Ce nom est déjà pris à côté : choisissez-en un autre, ou corrigez l’autre ligne."


def _not_there(entry: Entry) -> Wrong:
    return Wrong("name", str(entry.known_as), "unknown_name", "Quelqu’un l’a renommée depuis : revenez à l’annuaire.")


def _read(entry: Entry) -> tuple[dict[str, Any], list[Wrong]]:
    """Each text as the value of its column, and what cannot be read, or is missing, or has no place there."""
    shape = SHAPES[entry.nature]
    values: dict[str, Any] = {}
    wrong: list[Wrong] = []
    for name, text in entry.texts.items():
        if name not in shape.columns:
            if text:
                said = say(
                    "Cette colonne ne dit rien d’une ligne « {written} » : videz-la.",
                    written=lowered(NATURES[entry.nature]),
                )
                wrong.append(Wrong(name, text, "column_not_here", said))
            continue
        try:
            read = COLUMNS[name].read(text) if text or name not in shape.required else None
            values[name] = None if name in RULES and (read is False or read == []) else read
        except WrongValue as error:
            wrong.append(Wrong(name, text, error.code, error.reason))
    known_wrong = {one.column for one in wrong}
    for name in shape.required:
        if values.get(name) is None and name not in known_wrong:
            wrong.append(
                Wrong(name, "", "missing", say("Il manque « {header} » : écrivez-le.", header=COLUMNS[name].header))
            )
    return values, wrong


# -- what each nature of line must hold to --------------------------------------------------------------------------------

Check = Callable[[Held, Row, Row | None, date], Iterator[Wrong]]


def _wrong(row: Row, column: str, code: str, reason: str) -> Wrong:
    return Wrong(column, written(row.values.get(column)), code, reason)


def _operator(_: Held, __: Row, ___: Row | None, ____: date) -> Iterator[Wrong]:
    yield from ()


def _branch(held: Held, row: Row, _: Row | None, __: date) -> Iterator[Wrong]:
    if held.row(Nature.OPERATOR, row.values["operator"]) is None:
        yield _wrong(
            row,
            "operator",
            "unknown_operator",
            "Cet opérateur n’est pas dans l’annuaire : ajoutez sa ligne avant, ou corrigez son nom court.",
        )
    if not 1 <= row.values["capacity"] <= MOST_PLACES:
        yield _wrong(
            row,
            "capacity",
            "bad_capacity",
            say("Une antenne a de 1 à {most} places par semaine.", most=MOST_PLACES),
        )
    for level, code in row.values["covers"]:
        if level == "quartier" and code not in held.quartiers:
            yield Wrong(
                "covers",
                f"{level} {code}",
                "unknown_quartier",
                "Ce quartier n’est pas connu : vérifiez son code, ou importez les contours.",
            )
        elif level in _CODES and not _CODES[level][0].fullmatch(code):
            yield Wrong(
                "covers",
                f"{level} {code}",
                "bad_code",
                say("Ce code n’en est pas un : écrivez {written}.", written=_CODES[level][1]),
            )


def _office(held: Held, row: Row) -> Iterator[Wrong]:
    if held.row(Nature.BRANCH, row.values["operator"], row.values["branch"]) is None:
        yield _wrong(
            row,
            "branch",
            "unknown_branch",
            "Cette antenne n’est pas dans l’annuaire de cet opérateur : ajoutez sa ligne avant, ou corrigez son nom.",
        )


def _offer(held: Held, row: Row, _: Row | None, __: date) -> Iterator[Wrong]:
    yield from _office(held, row)
    if row.values["aid"] is not None and row.values["aid"] not in held.aids:
        yield _wrong(
            row, "aid", "unknown_aid", "Cette aide n’est pas au catalogue : corrigez son nom court, ou videz la case."
        )
    for name in ("headcount", "age", "amount"):
        least, most = row.values[f"{name}_min"], row.values[f"{name}_max"]
        if least is not None and most is not None and least > most:
            yield _wrong(
                row,
                f"{name}_max",
                "bounds_crossed",
                say("Le plus grand est au moins {least} : échangez les deux bornes.", least=least),
            )


def _closure(held: Held, row: Row, there: Row | None, today: date) -> Iterator[Wrong]:
    yield from _office(held, row)
    yield from _days(row)
    if there is not None:
        yield _wrong(
            row,
            "to_day",
            "closure_changed",
            "Une fermeture déclarée ne se change pas : déclarez les jours de plus sur une autre ligne.",
        )
    elif row.values["to_day"] < today:
        yield _wrong(row, "to_day", "closure_past", "Cette fermeture est déjà passée : retirez la ligne.")


def _days(row: Row) -> Iterator[Wrong]:
    if row.values["to_day"] < row.values["from_day"]:
        yield _wrong(row, "to_day", "days_crossed", "Le dernier jour vient après le premier : échangez-les.")


def _absence(held: Held, row: Row, _: Row | None, __: date) -> Iterator[Wrong]:
    yield from _days(row)
    agent, substitute, first, last = (row.values[name] for name in ("agent", "substitute", "from_day", "to_day"))
    others = [one for one in absences_of(held) if (one.person_id, one.first) != (agent, first)]
    if any(one.person_id == agent and one.first <= last and one.last >= first for one in others):
        yield _wrong(
            row,
            "from_day",
            "absence_twice",
            "Une absence est déjà notée sur ces jours : retirez-la d’abord, ou changez les jours.",
        )
    unknown = "Personne n’a ce compte : vérifiez l’adresse, ou ajoutez d’abord cette personne."
    known = [
        name for name, email in (("agent", agent), ("substitute", substitute)) if email and email not in held.people
    ]
    yield from (_wrong(row, name, "unknown_person", unknown) for name in known)
    if known or substitute is None:
        return
    if agent == substitute:
        yield _wrong(
            row,
            "substitute",
            "own_substitute",
            "On ne se remplace pas soi-même : choisissez un collègue, ou laissez vide.",
        )
        return
    if not held.people[agent].branches & held.people[substitute].branches:
        said = "Cette personne ne travaille pas dans la même antenne : choisissez un collègue de l’antenne."
        yield _wrong(row, "substitute", "not_a_colleague", said)
    if circle := circle_of(others, (agent, substitute), first, last):
        names = " → ".join(held.people[one].name for one in circle)
        said = say("Remplacements en rond : {names}. Choisissez quelqu’un qui est là ces jours-là.", names=names)
        yield _wrong(row, "substitute", "circular_substitutes", said)


_CHECKS: Final[Mapping[Nature, Check]] = {
    Nature.OPERATOR: _operator,
    Nature.BRANCH: _branch,
    Nature.OFFER: _offer,
    Nature.CLOSURE: _closure,
    Nature.ABSENCE: _absence,
}


def eligibility_of(row: Row) -> dict[str, Any]:
    """The eligibility of an offer as it is stored: only what restricts it."""
    return {name: row.values[name] for name in RULES if row.values[name] is not None}
