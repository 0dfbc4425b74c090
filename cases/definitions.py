"""The definition that runs: each version is kept as it was, and one that has lost a state where somebody stands does not start."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Table, inspect, select
from sqlalchemy.dialects import postgresql, sqlite

from cases.errors import CasesError, NotFound
from cases.tables.case import case_file
from cases.tables.memory import deadline, definition
from cases.tables.territories import territory
from cases.writing.applying import TRACK_TABLES
from engine.definition import MACHINES, RENAMES, RULES, VERSION, as_data, fingerprint
from engine.model import Kind

Renames = Mapping[Kind, Mapping[str, str]]
"""By machine: a state's old name, and its present one."""
WHERE_STATES_STAND: Final[Mapping[Kind, Table]] = {
    Kind.CASE: case_file,
    Kind.TERRITORY: territory,
    **{Kind(kind): table for kind, table in TRACK_TABLES.items()},
}


class DefinitionRefused(CasesError):
    """The running definition does not fit this database; the message says what to do."""


def start(db: Connection, now: datetime, *, renames: Renames = RENAMES) -> None:
    """Let the running definition start on this database; it is kept when it is new.

    Raises DefinitionRefused when there is no table yet, when its version is known with other rules, when somebody stands in a
    state that it neither has nor renames, or when a deadline that runs follows a rule that it no longer has.
    """
    if not inspect(db).has_table(definition.name):
        raise DefinitionRefused("La base n’a pas encore ses tables : lancez « qp db upgrade ».")
    _keep(db, now)
    lost = [*_states_lost(db, renames), *_rules_lost(db, renames)]
    if lost:
        raise DefinitionRefused(
            f"La définition {VERSION} ne connaît pas {', '.join(lost)}, encore en usage dans cette base : "
            "revenez à la version précédente, ou nommez l’état qui le remplace dans engine/definition.py (RENAMES)."
        )


def stored(db: Connection, version: int) -> dict[str, Any]:
    """The machines of that version as they ran, as data. Raises NotFound for one that never ran here."""
    document = db.execute(select(definition.c.document).where(definition.c.version == version)).scalar()
    if document is None:
        raise NotFound(f"La définition {version} n’a jamais servi dans cette base.")
    machines: dict[str, Any] = json.loads(document)
    return machines


def current_rule(name: str, renames: Renames) -> str:
    """The name that a deadline's rule has once the renames are applied."""
    kind, state, rule = name.split(".")
    return f"{kind}.{renames.get(Kind(kind), {}).get(state, state)}.{rule}"


def _keep(db: Connection, now: datetime) -> None:
    own = fingerprint()
    row = {
        "version": VERSION,
        "fingerprint": own,
        "document": json.dumps(as_data(), ensure_ascii=False),
        "started_at": now,
    }
    insert_once = sqlite.insert if db.dialect.name == "sqlite" else postgresql.insert
    db.execute(insert_once(definition).values(**row).on_conflict_do_nothing())
    known = db.execute(select(definition.c.fingerprint).where(definition.c.version == VERSION)).scalar_one()
    if known != own:
        raise DefinitionRefused(
            f"La définition {VERSION} n’a plus les règles avec lesquelles elle a servi dans cette base : "
            "donnez un nouveau numéro à la nouvelle (VERSION, dans engine/definition.py)."
        )


def _states_lost(db: Connection, renames: Renames) -> Iterator[str]:
    for kind, table in WHERE_STATES_STAND.items():
        known = {*map(str, MACHINES[kind].states), *renames.get(kind, {})}
        for state in sorted(db.execute(select(table.c.state).distinct()).scalars()):
            if state not in known:
                yield f"l’état {kind}.{state}"


def _rules_lost(db: Connection, renames: Renames) -> Iterator[str]:
    running = deadline.c.status.in_(("open", "paused"))
    for name in sorted(db.execute(select(deadline.c.rule).where(running).distinct()).scalars()):
        if current_rule(name, renames) not in RULES:
            yield f"l’échéance {name}"
