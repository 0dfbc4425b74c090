"""Whether a frozen proposal is what the rules give for the inputs that it kept: computed again, and compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import Connection, select

from cases.routing import candidate_row
from cases.tables.routing import routing_proposal
from engine import routing
from engine.offers import Offered, Wanted, Weights
from engine.routing import RULES_VERSION

_WANTED: Final = TypeAdapter(Wanted)
_OFFERED: Final = TypeAdapter(list[Offered])


def changed_proposals(db: Connection, case_id: str) -> Iterator[str]:
    """The proposals of a case that its rules would not make, a line each. Those of earlier rules, and those of an erased case, are not judged."""
    todays = (routing_proposal.c.case_id == case_id, routing_proposal.c.rules_version == RULES_VERSION)
    for row in db.execute(select(routing_proposal).where(*todays).order_by(routing_proposal.c.id)).mappings():
        is_erased = not row["inputs"] and not row["candidates"]
        if not is_erased and not _is_what_its_inputs_give(row):
            yield f"proposal {row['id']} is not what its own inputs give"


def _is_what_its_inputs_give(row: Mapping[Any, Any]) -> bool:
    try:
        again = computed_again(row["inputs"])
    except (KeyError, TypeError, ValueError):
        return False
    return ([candidate_row(one) for one in again.candidates], again.gap) == (row["candidates"], row["gap"])


def computed_again(inputs: Mapping[str, Any]) -> routing.Proposal:
    """The proposal that the rules make of kept inputs. Raises KeyError, TypeError or ValueError when these are not of their kind."""
    wanted, offers = _WANTED.validate_python(inputs["wanted"]), _OFFERED.validate_python(inputs["offers"])
    return routing.propose(wanted, offers, Weights(**inputs["weights"]))
