"""The form that corrects a case: what is known stands in its fields, and only what was changed there is sent on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from starlette.datastructures import FormData

from api.forms import Field
from engine.lists import CORRECTED
from notifications.typography import phone

EVENT: Final = "correct"
_BEFORE: Final = "before."
"""A hidden field says what stood there when the form was opened."""
_NAMES: Final = (*CORRECTED, "quartier_situation")
_LABELS: Final[Mapping[str, str]] = {
    "person_name": "Nom de la personne",
    "person_language": "Langue parlée",
    "quartier_code": "Quartier prioritaire",
    "quartier_situation": "Où elle se trouve",
}
"""Where a fact needs more words beside the others than alone."""
_LOOKS: Final[Mapping[str, Mapping[str, str]]] = {
    "business_siret": {"inputmode": "numeric"},
    "business_naf": {"placeholder": "47.11B"},
    "business_postcode": {"inputmode": "numeric"},
    "person_phone": {"inputmode": "tel"},
    "person_email": {"inputmode": "email"},
}


def presets(known: Mapping[str, str]) -> dict[str, str]:
    """What stands in the fields: the facts as people write them."""
    number = known.get("person_phone")
    return {**known, "person_phone": phone(number)} if number else dict(known)


def as_known(fields: Iterable[Field], known: Mapping[str, str], sent: FormData | None) -> tuple[Field, ...]:
    """The fields, each with what it said when the form was opened, so that what is left as it was is left alone."""
    before = {name: str(sent.get(_BEFORE + name) or "") for name in _NAMES} if sent is not None else presets(known)
    return tuple(
        replace(
            one, label=_LABELS.get(one.name, one.label), before=before.get(one.name, ""),
            attributes={**one.attributes, **_LOOKS.get(one.name, {}), "autocomplete": "off"},
        )
        for one in fields
    )  # fmt: skip


def changed(sent: FormData) -> dict[str, Any]:
    """What the reader changed: a new value, or None where they emptied the field."""
    given: dict[str, Any] = {}
    for name in _NAMES:
        typed, stood = (" ".join(str(sent.get(place) or "").split()) for place in (name, _BEFORE + name))
        if name in sent and typed != stood:
            given[name] = typed or None
    return given
