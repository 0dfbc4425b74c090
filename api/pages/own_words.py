"""The pieces of which a case is told to the person who is helped: what happens now, and a step of the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cases.views.own_case import Helper


@dataclass(frozen=True, slots=True)
class Now:
    """What happens now: the sentence of the title, who it is about, a word more."""

    title: str
    text: str = ""
    who: Helper | None = None
    detail: str = ""
    """Who they are: « Adie, pour trouver un financement »."""


def step_of_path(position: str, title: str, text: str, code: str | None = None) -> dict[str, Any]:
    """One step, as the macro `path` takes it: `past`, `here` or `next`; `code` is the state whose drawing stands there."""
    return {"position": position, "title": title, "text": text, **({"code": code} if code else {})}
