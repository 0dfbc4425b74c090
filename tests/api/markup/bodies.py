"""The text fields of every body that the JSON interface takes, as its own description declares them; a payload's, as its step declares it."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from api.rest.shapes import input_schema
from engine.definition import MACHINES
from engine.model import Kind
from engine.territory_records import TERRITORY_RECORDS
from tests.api.matrix.routes import JSON
from tests.api.test_rest_hostile import asked, every_step

Path = tuple[str | int, ...]
"""Where a value stands in a body."""
KNOWN: Final[Mapping[str, Any]] = {
    "subject": "funding", "axis": "local_trade", "channel": "phone", "person": "Zoé Martin", "name": "Zoé Martin", "currency": "EUR",
    "amount": "100.00", "day": "2027-03-01", "on": "2027-01-04", "value": "12", "source": "INSEE", "text": "Vendre en ligne",
}  # fmt: skip
"""What stands beside a field, where the description requires it."""


@dataclass(frozen=True, slots=True)
class Place:
    """A text field: the route, the body around it, where it stands, how many letters it says that it holds."""

    route: str
    body: Any
    path: Path
    at_most: int | None = None
    fill: tuple[tuple[str, str], ...] = ()
    """The parameters of the route's path, when they are not those of the matrix."""

    @property
    def name(self) -> str:
        """What to call it."""
        said = (self.route, self.body.get("step"), "/".join(map(str, self.path)), *(value for _, value in self.fill))
        return " ".join(filter(None, said))

    def holding(self, words: str) -> Any:
        """The body, with these words there."""
        body = copy.deepcopy(self.body)
        at: Any = body
        for key, after in zip(self.path, (*self.path[1:], None), strict=True):
            value = words if after is None else ([] if isinstance(after, int) else {})
            if isinstance(at, list):
                at.extend([value] if len(at) <= int(key) else [])
            elif after is None or key not in at or at[key] is None:
                at[key] = value
            if after is None:
                at[key] = words
            at = at[key]
        return body


def every_place(document: Mapping[str, Any]) -> Iterator[Place]:
    """Every text field of every body; a body whose route is not in the matrix is a KeyError."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if "requestBody" not in operation:
                continue
            route = f"{method.upper()} {path}"
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            sent = JSON[route].json
            for where, at_most, around in _texts(document, schema):
                yield Place(route, {**around, **sent}, where, at_most)
            yield from _payloads(route)


def _payloads(route: str) -> Iterator[Place]:
    """The text fields of what each step and each record asks for, where the description of a body says « payload » and no more."""
    if route.endswith("/{slug}/steps"):
        steps = {**MACHINES[Kind.TERRITORY].events, **TERRITORY_RECORDS}
        found = [((), {"step": event, "payload": {}}, step) for event, step in steps.items()]
    else:
        found = [
            (
                (("collection", collection),) if collection != "steps" else (),
                asked(collection, where, step.event, {}),
                step,
            )
            for collection, where, step in every_step()
            if route.endswith("/{reference}/steps" if collection == "steps" else "/{collection}")
        ]
    for fill, body, step in found:
        for where, at_most, around in _texts({}, input_schema(step.inputs)):
            yield Place(route, {**body, "payload": around}, ("payload", *where), at_most, fill)


def _texts(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[tuple[Path, int | None, Any]]:
    """Each text of a schema: where, its longest, and what must stand around it."""
    schema = _followed(document, schema)
    for one in schema.get("anyOf", ()):
        yield from _texts(document, one)
    kind = schema.get("type")
    if kind == "string" or "string" in (kind or ()):
        yield (), schema.get("maxLength"), None
    if kind == "array" or "array" in (kind or ()):
        for where, at_most, around in _texts(document, schema.get("items", {})):
            yield (0, *where), at_most, [around]
    if kind == "object":
        required = {name: KNOWN[name] for name in schema.get("required", ()) if name in KNOWN}
        for name, part in schema.get("properties", {}).items():
            for where, at_most, around in _texts(document, part):
                yield (name, *where), at_most, {**required, **({name: around} if around is not None else {})}
        if isinstance(free := schema.get("additionalProperties"), dict):
            for where, at_most, _ in _texts(document, free):
                yield ("Téléphone", *where), at_most, {}


def _followed(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return document["components"]["schemas"][name] if name else schema
