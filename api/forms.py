"""Forms made from what a step asks for: its inputs become fields, what was sent becomes its payload, and nothing typed is lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

from starlette.datastructures import FormData

from cases.views.choices import Choice
from engine.lists import AXIS, CHANNEL, CORRECTED, OUTCOME
from engine.model import Input, InputKind, Refusal
from engine.sentences import capital, in_euros, say
from notifications.languages import language
from notifications.typography import day_short

SHORT: Final = frozenset(
    {"name", "place", "time", "aid", "diagnostician", "source", "rather", "next", "exceed_reason", "item", "keeps", "turnover",
     "reference", "label_reference", *CORRECTED}
)  # fmt: skip
"""Words that take one line; the others take several."""
CHIPS_AT_MOST: Final = 14
"""Short choices are chips; more, or longer ones, stand in a list."""
BY_MACHINES: Final = frozenset({"media_type", "size", "sha256"})
"""What only a file that is sent can say of itself."""
BEHALF: Final = ("behalf_person", "behalf_channel")


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a field."""

    value: str
    label: str
    hint: str | None = None
    checked: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One field as the template `components/step_form.html` shows it. `shape` is its look; `parts` are its rows: needs, dimensions, actions."""

    name: str
    label: str
    shape: str
    required: bool = False
    value: str = ""
    options: tuple[Option, ...] = ()
    parts: tuple[Field, ...] = ()
    error: str | None = None
    hint: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    columns: int = 0
    """How many parts stand in one row, where they are rows."""
    before: str | None = None
    """What it said when the form was opened, where it corrects what is known."""


def fields(
    inputs: Iterable[Input], choices: Mapping[str, tuple[Choice, ...]], sent: FormData | None = None,
    errors: Iterable[Refusal] = (), presets: Mapping[str, str] | None = None,
) -> tuple[Field, ...]:  # fmt: skip
    """The fields of a step: what was sent is kept, else the presets; each error stands at its field."""
    asked = list(inputs)
    wrong = {error.field.replace("/", "."): error.message for error in errors if error.field}
    values = sent if sent is not None else FormData(presets or {})
    shown = [one for one in asked if one.name not in _told_otherwise(asked)]
    made = (_field(one, choices.get(one.name, ()), values, wrong) for one in shown)
    return tuple(one for one in made if one is not None)


def behalf_fields(sent: FormData | None, errors: Iterable[Refusal]) -> tuple[Field, ...]:
    """Who answered for the operator, and by which means: asked of an adviser."""
    wrong = next((error.message for error in errors if error.field == "on_behalf_of"), None)
    values = sent if sent is not None else FormData()
    channels = tuple(Choice(code, label) for code, label in CHANNEL.items())
    return (
        Field("behalf_person", "Qui a répondu", "text", value=_text(values, "behalf_person"), error=wrong),
        Field("behalf_channel", "Par quel moyen", "chips", options=_options(channels, {_text(values, "behalf_channel")})),
    )  # fmt: skip


def payload(inputs: Iterable[Input], sent: FormData) -> dict[str, Any]:
    """What was sent, as the step takes it: absent where the field was left empty."""
    asked = list(inputs)
    given: dict[str, Any] = {}
    for one in asked:
        if one.name in _told_otherwise(asked):
            continue
        if one.kind is InputKind.DEADLINE:
            given |= _deadline(one.name, _text(sent, one.name))
            continue
        value = _READERS.get(one.kind, _text)(sent, one.name)
        if value not in ("", None, [], {}):
            given[one.name] = value
    return given


def on_behalf(sent: FormData) -> dict[str, str] | None:
    """For whom an adviser answered, when the form says so."""
    person, channel = (_text(sent, name) for name in BEHALF)
    return {"role": "operator", "person": person, "channel": channel} if person or channel else None


def _told_otherwise(asked: list[Input]) -> frozenset[str]:
    """A deadline is chosen with its track and its item at once; a file is not described by hand."""
    if any(one.kind is InputKind.DEADLINE for one in asked):
        return frozenset({"deadline_on", "item"})
    return BY_MACHINES


# -- fields ---------------------------------------------------------------------------------------------------------------


def _field(asked: Input, choices: tuple[Choice, ...], sent: FormData, wrong: Mapping[str, str]) -> Field | None:
    """A field, or None when it asks to choose among nothing and may be left out."""
    error = wrong.get(asked.name)
    if asked.kind in _BY_PART:
        parts = tuple(replace(one, error=wrong.get(one.name)) for one in _BY_PART[asked.kind](asked, choices, sent))
        columns = len(_ROWS[asked.kind][1]) if asked.kind in _ROWS else 0
        return (
            Field(asked.name, asked.label, "parts", asked.required, parts=parts, columns=columns, error=error)
            if parts
            else None
        )
    common: dict[str, Any] = {"required": asked.required, "error": error}
    if asked.kind in _TYPED and not choices:
        shape, attributes = _typed(asked)
        return Field(asked.name, asked.label, shape, value=_text(sent, asked.name), attributes=attributes, **common)
    if asked.kind is InputKind.FLAG:
        return Field(asked.name, asked.label, "flag", value=_text(sent, asked.name), error=error)
    if not choices and not asked.required:
        return None
    chosen = {str(value) for value in sent.getlist(asked.name)}
    many = asked.kind in _MANY
    if not chosen and asked.required and (len(choices) == 1 or asked.kind is InputKind.AGENT) and choices:
        chosen = {choices[0].value}
    return Field(
        asked.name, asked.label, _shape(choices, many), asked.required, options=_options(choices, chosen), error=error,
        hint=None if choices else "Rien à choisir ici pour l’instant.",
    )  # fmt: skip


def _shape(choices: tuple[Choice, ...], many: bool) -> str:
    short = len(choices) <= CHIPS_AT_MOST and all(len(choice.label) <= 40 and not choice.hint for choice in choices)
    if short:
        return "chips_many" if many else "chips"
    if len(choices) > CHIPS_AT_MOST and not many:
        return "select"
    return "checks_many" if many else "checks"


def _typed(asked: Input) -> tuple[str, Mapping[str, str]]:
    if asked.kind is InputKind.DAY:
        return "date", {}
    if asked.kind is InputKind.NUMBER:
        return "number", {"min": "0", "step": "1", "inputmode": "numeric"}
    if asked.kind is InputKind.MONEY:
        return "text", {"inputmode": "decimal", "placeholder": in_euros(1500)}
    if asked.name == "time":
        return "time", {}
    if asked.kind is InputKind.CASE:
        return "text", {"placeholder": "QP-1A2B-3C4D", "autocomplete": "off"}
    return ("text", {}) if asked.name in SHORT else ("textarea", {"rows": "3"})


def _options(choices: tuple[Choice, ...], chosen: set[str]) -> tuple[Option, ...]:
    return tuple(Option(one.value, one.label, _hint(one.hint), one.value in chosen) for one in choices)


def _hint(hint: str | None) -> str | None:
    """A word more about a choice; a day is written as people say it."""
    if hint and re.fullmatch(r"\d{4}-\d\d-\d\d", hint):
        return day_short(date.fromisoformat(hint), weekday=True)
    return hint


def _outcome_parts(asked: Input, choices: tuple[Choice, ...], sent: FormData) -> tuple[Field, ...]:
    codes = tuple(Choice(code, label) for code, label in OUTCOME.items())
    return tuple(
        Field(name, need.label, "chips", options=_options(codes, {_text(sent, name)}), hint=need.hint)
        for need in choices
        for name in (f"{asked.name}.{need.value}",)
    )


def _score_parts(asked: Input, choices: tuple[Choice, ...], sent: FormData) -> tuple[Field, ...]:
    notes = tuple(Choice(str(note), str(note)) for note in range(5))
    return tuple(
        Field(name, dimension.label, "chips", options=_options(notes, {_text(sent, name)}))
        for dimension in choices
        for name in (f"{asked.name}.{dimension.value}",)
    )


def _rows_of(part: str, columns: Mapping[str, tuple[str, str]], at_most: int) -> Callable[..., tuple[Field, ...]]:
    """So many rows of the same fields: `columns` tells the shape and the label of each; an axis is chosen in its list."""
    axes = tuple(Choice(code, label) for code, label in AXIS.items())

    def rows(asked: Input, _: tuple[Choice, ...], sent: FormData) -> tuple[Field, ...]:
        made = []
        for place in range(at_most):
            for column, (shape, label) in columns.items():
                name, said = (
                    f"{asked.name}.{place}.{column}",
                    say(label, part=say("{part} {count}", part=part, count=place + 1)),
                )
                value = _text(sent, name)
                options = _options(axes, {value}) if shape == "select" else ()
                made.append(Field(name, capital(said), shape, value=value, options=options))
        return tuple(made)

    return rows


_ROWS: Final[Mapping[InputKind, tuple[str, Mapping[str, tuple[str, str]], int]]] = {
    InputKind.ACTIONS: ("action", {"name": ("text", "{part}"), "day": ("date", "Date de l’{part}")}, 5),
    InputKind.INDICATORS: (
        "indicateur",
        {
            "name": ("text", "{part}"),
            "value": ("text", "Valeur de l’{part}"),
            "source": ("text", "Source de l’{part}"),
            "on": ("date", "Date de l’{part}"),
        },
        6,
    ),
    InputKind.OBJECTIVES: ("objectif", {"text": ("text", "{part}"), "axis": ("select", "Axe de l’{part}")}, 6),
}
"""What is entered in rows: the word for one, its columns, and how many a form has."""
_BY_PART: Final[Mapping[InputKind, Callable[[Input, tuple[Choice, ...], FormData], tuple[Field, ...]]]] = {
    InputKind.OUTCOMES: _outcome_parts,
    InputKind.SCORE: _score_parts,
    **{kind: _rows_of(*rows) for kind, rows in _ROWS.items()},
}
_TYPED: Final = frozenset({InputKind.TEXT, InputKind.DAY, InputKind.NUMBER, InputKind.MONEY, InputKind.CASE})
_MANY: Final = frozenset({InputKind.NEEDS, InputKind.TRACKS, InputKind.AXES, InputKind.LEVERS})


# -- what was sent --------------------------------------------------------------------------------------------------------


def _text(sent: FormData, name: str) -> str:
    return str(sent.get(name) or "").strip()


def _number(sent: FormData, name: str) -> int | str:
    """A whole number; what is none is left as it was typed, and the rules say so."""
    written = re.sub(r"\s", "", _text(sent, name))
    return int(written) if re.fullmatch(r"[0-9]{1,9}", written) else written


def _money(sent: FormData, name: str) -> dict[str, str] | None:
    """Euros, written with or without cents, with a comma or a point; in English a comma stands between thousands."""
    decimal = "." if language().is_french else ""
    written = re.sub(r"[\s€]", "", _text(sent, name)).replace(",", decimal)
    cents = f"{written}.00" if written.isdigit() else written
    return {"amount": cents, "currency": "EUR"} if written else None


def _chosen(sent: FormData, name: str) -> list[str]:
    return [str(value) for value in sent.getlist(name) if value]


def _flag(sent: FormData, name: str) -> bool | None:
    return True if _text(sent, name) else None


def _parts(sent: FormData, name: str) -> dict[str, str]:
    """What was chosen for each need or dimension: `outcomes.<id>`."""
    found = {key.partition(".")[2]: _text(sent, key) for key in sent if key.startswith(f"{name}.")}
    return {part: value for part, value in found.items() if value}


def _score(sent: FormData, name: str) -> dict[str, int]:
    return {part: int(value) for part, value in _parts(sent, name).items() if value.isdigit()}


def _rows(columns: Iterable[str], at_most: int) -> Callable[[FormData, str], list[dict[str, str]]]:
    """The rows in which something was typed; a cell that was left empty is absent."""

    def read(sent: FormData, name: str) -> list[dict[str, str]]:
        rows = (
            {column: text for column in columns if (text := _text(sent, f"{name}.{place}.{column}"))}
            for place in range(at_most)
        )
        return [row for row in rows if row]

    return read


def _deadline(name: str, value: str) -> dict[str, str]:
    track, rule, item = [*value.split(" ", 2), "", "", ""][:3]
    given = {name: rule, f"{name}_on": track, "item": item}
    return {key: text for key, text in given.items() if text}


_READERS: Final[Mapping[InputKind, Callable[[FormData, str], Any]]] = {
    InputKind.FLAG: _flag,
    InputKind.NUMBER: _number,
    InputKind.MONEY: _money,
    InputKind.LEVERS: _chosen,
    InputKind.NEEDS: _chosen,
    InputKind.TRACKS: _chosen,
    InputKind.AXES: _chosen,
    InputKind.OUTCOMES: _parts,
    InputKind.SCORE: _score,
    **{kind: _rows(columns, at_most) for kind, (_, columns, at_most) in _ROWS.items()},
}
