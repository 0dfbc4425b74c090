"""Aids that were obtained: noted by themselves, or with the step that ends an accompaniment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert

from cases.identifiers import new_id
from cases.tables.case import aid_obtained


def keep_aid(db: Connection, case_id: str, track: str, entered: Mapping[str, Any], now: datetime) -> None:
    """One aid, with its amount in euros where it is known; of common law unless it is said to be for quartiers."""
    scope = entered.get("scope") or "common_law"
    row = {"case_id": case_id, "track": track, "aid": entered["aid"], "amount": entered.get("amount"), "scope": scope}
    db.execute(insert(aid_obtained).values(id=new_id(now), at=now, **row))
