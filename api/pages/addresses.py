"""What an address says, read safely: words of a bounded length, codes of a list; and the address that says something."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams


def word(given: QueryParams, name: str, longest: int) -> str:
    """What an address says under a name, cut, and without what no database keeps."""
    return given.get(name, "")[:longest].replace("\x00", "")


def known(given: QueryParams, name: str, codes: Collection[str]) -> str:
    """A code of a list; nothing for one of no list."""
    found = given.get(name, "")
    return found if found in codes else ""


def address(path: str, said: Mapping[str, Any]) -> str:
    """The address that says these, without what is empty."""
    full = {name: value for name, value in said.items() if value}
    return f"{path}?{urlencode(full, doseq=True)}" if full else path
