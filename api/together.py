"""The same step on many cases: each in a transaction of its own, a verdict each, whatever the others'."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final

from cases.errors import CasesError
from cases.journey import Fired

AT_MOST: Final = 200
"""Cases on which a step is taken at once."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one case: what the step did, or why it was not taken."""

    reference: str
    outcome: Fired | CasesError


async def take_on_each(references: Iterable[str], take_one: Callable[[str], Awaitable[Fired]]) -> tuple[Verdict, ...]:
    """Take a step on each case, once even when it is named twice."""
    return tuple([await _verdict(reference, take_one) for reference in dict.fromkeys(references)])


async def _verdict(reference: str, take_one: Callable[[str], Awaitable[Fired]]) -> Verdict:
    try:
        return Verdict(reference, await take_one(reference))
    except CasesError as error:
        return Verdict(reference, error)
