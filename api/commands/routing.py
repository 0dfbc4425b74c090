"""`qp routing`: who is proposed for a case, and why."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from api.commands.doorway import opened_database
from cases import routing
from cases.access import THE_SYSTEM
from cases.database import Scope
from cases.identifiers import read_reference


def show(case: str, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Print the current proposals of a case, one a need: the candidates by rank, then those put aside and why."""
    with opened_database() as database:
        found = database.read(lambda db: routing.proposals(db, THE_SYSTEM, read_reference(case)), Scope.worker())
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
        return
    for proposal in found:
        print(
            f"need {proposal['need']}, {proposal['computed_at'][:16]}"
            + ("  (gap in the offer)" if proposal["gap"] else "")
        )
        for candidate in proposal["candidates"]:
            print("  " + _line(candidate))


def _line(candidate: dict[str, Any]) -> str:
    name = f"{candidate['branch']['name']}, {candidate['offer']['name']}"
    if not candidate["kept"]:
        why = next(check["message"] for check in candidate["filters"] if not check["passed"])
        return f"–  {name}: {why}"
    parts = ", ".join(f"{part['code']} {part['points']}/{part['max']}" for part in candidate["criteria"])
    return f"{candidate['rank']}. {name}: {candidate['score']}/100 ({parts})"
