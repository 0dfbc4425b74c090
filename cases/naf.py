"""The activities of the French nomenclature (NAF, second revision): what a code says, and whether there is such a code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache

from cases.reference_data import FOLDER


def naf_label(code: str | None) -> str | None:
    """What an activity is, in words: « 47.11B » or « 4711B »; None for a code that there is not."""
    return _labels().get(_plain(code or ""))


def begins_a_naf_code(beginning: str) -> bool:
    """Whether a code, or the beginning of some (« 47 », « 56.1 »), names at least one activity."""
    start = _plain(beginning)
    return bool(start) and any(code.startswith(start) for code in _labels())


def _plain(code: str) -> str:
    return code.replace(".", "").replace(" ", "").upper()


@cache
def _labels() -> Mapping[str, str]:
    read = json.loads((FOLDER / "naf.json").read_text(encoding="utf-8"))["codes"]
    return {_plain(code): label for code, label in read.items()}
