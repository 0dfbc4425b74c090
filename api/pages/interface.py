"""The JSON interface in words, from its own OpenAPI document: a page of ours, which loads nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.pages.shell import page
from api.security import scope_for

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Field:
    """What a route takes: by which way, under which name, of which kind, and whether it must be there."""

    way: str
    name: str
    kind: str
    needed: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """One route: what it does, what its token must be good for, what it takes."""

    method: str
    path: str
    text: str
    scope: str
    fields: tuple[Field, ...]


@router.get("/api/docs")
async def show_interface(request: Request) -> Response:
    """Every route, with all that it takes."""
    return page(request, "interface.html", subjects=subjects_of(request.app.openapi()))


def subjects_of(document: Mapping[str, Any]) -> dict[str, list[Operation]]:
    """The routes of an OpenAPI document, by subject."""
    found: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            scope = scope_for(method.upper(), path)
            one = Operation(method.upper(), path, told.get("description", ""), scope, tuple(_fields(told, document)))
            found.setdefault(told.get("tags", [""])[0], []).append(one)
    return found


def _fields(told: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[Field]:
    for one in told.get("parameters", ()):
        yield Field(one["in"], one["name"], _kind(one.get("schema", {}), document), one.get("required", False))
    for content in told.get("requestBody", {}).get("content", {}).values():
        body = _resolved(content.get("schema", {}), document)
        for name, schema in body.get("properties", {}).items():
            yield Field("body", name, _kind(schema, document), name in body.get("required", ()))


def _kind(schema: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    """In a few words: « string », « array of integer », the values of a closed list."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_kind(one, document) for one in schema["anyOf"]))
    kind = str(schema.get("format") or schema.get("type") or "any")
    return f"array of {_kind(schema['items'], document)}" if kind == "array" and "items" in schema else kind


def _resolved(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in schema:
        return schema
    found: Mapping[str, Any] = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found
