"""What routing reads: what is wanted and where, and what a branch offers, to whom and with what room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final

LEVELS: Final = ("quartier", "commune", "epci", "departement", "region", "national")
"""Where a branch may say that it works, the most precise first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A need, whose it is, and where: what an offer is held against. Days are local, ages in months, amounts in euros."""

    need: str
    subject: str
    label: str
    """The need in French, as it is said in a sentence."""
    today: date
    phase: str
    axis: str | None = None
    levers: tuple[str, ...] = ()
    amount: int | None = None
    chosen_axes: tuple[str, ...] = ()
    """The axes of the territory's roadmap; none when it has no roadmap."""
    place: Mapping[str, str]
    """The code of the place at each level where it is known."""
    situation: str = "unknown"
    siret: bool = False
    naf: str | None = None
    headcount: int | None = None
    age: int | None = None
    legal_form: str | None = None
    language: str = "fr"
    consent: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility:
    """For whom an offer is, as data; what is absent is open to all. Activities are NAF codes, or the beginning of some."""

    naf_only: tuple[str, ...] = ()
    naf_except: tuple[str, ...] = ()
    headcount_min: int | None = None
    headcount_max: int | None = None
    age_min: int | None = None
    age_max: int | None = None
    amount_min: int | None = None
    amount_max: int | None = None
    legal_forms: tuple[str, ...] = ()
    siret_required: bool = False
    qpv_required: bool = False


RULES: Final = frozenset(one.name for one in fields(Eligibility))
"""Every rule of eligibility, by its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """An offer of a branch, and how that branch stands today."""

    id: str
    name: str
    branch: str
    branch_name: str
    operator: str
    """The operator's slug."""
    scope: str = "common_law"
    axes: tuple[str, ...] = ()
    levers: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    eligibility: Eligibility = Eligibility()
    coverage: tuple[tuple[str, str | None], ...] = ()
    """Level and code of each place where the branch works."""
    reachable: bool = True
    closed_until: date | None = None
    asked: str | None = None
    """How the branch answered for this very need: `running`, `declined`, `expired` or `discontinued`; None when it was not asked."""
    capacity: int = 5
    """New requests that it can take in a week."""
    load: int = 0
    """Requests that wait for its answer or for its first call."""
    answers: int = 0
    in_time: int = 0
    """Answers expected over 90 days, and those that came in time."""
    known: bool = False
    """The operator has already accompanied this person."""
    languages: tuple[str, ...] = ("fr",)
    step_free: bool | None = None
    recent: int = 0
    """Requests received over 30 days."""
    agent: str | None = None
    """Who would be asked first; an absent agent is passed over for the substitute."""
    agent_name: str | None = None
    instead_of: str | None = None
    """The name of the absent agent for whom this one stands in."""


def free_places(capacity: int, load: int) -> int:
    """How many more requests a branch can take: its places of a week, less what already fills them; none rather than fewer."""
    return max(0, max(1, capacity) - load)


@dataclass(frozen=True, slots=True)
class Weights:
    """The most that each criterion can give; together 100. A territory may choose others."""

    coverage: int = 20
    qpv_specific: int = 15
    fit: int = 15
    capacity: int = 20
    reliability: int = 15
    earlier_tie: int = 10
    access: int = 5

    def __post_init__(self) -> None:
        given = [getattr(self, one.name) for one in fields(self)]
        if min(given) < 0 or sum(given) != 100:
            raise ValueError("the weights of a territory are together 100, and none is negative")


def eligibility_from(data: Mapping[str, Any]) -> Eligibility:
    """The eligibility that is stored as data. Raises ValueError for a rule that nobody knows."""
    if strange := sorted(set(data) - RULES):
        raise ValueError(f"unknown rules of eligibility: {', '.join(strange)}")
    rules: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
    return Eligibility(**rules)


def months_of_age(since: date | None, today: date) -> int | None:
    """Whole months since a business began; None when that is not known, or is still to come."""
    if since is None or since > today:
        return None
    return (today.year - since.year) * 12 + today.month - since.month - (today.day < since.day)
