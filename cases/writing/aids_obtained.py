"""Aids that were obtained: noted by themselves, or with the step that ends an accompaniment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, or_, select

from cases.identifiers import new_id
from cases.tables.case import aid_obtained
from cases.tables.operators import aid


def keep_aid(db: Connection, case_id: str, track: str, entered: Mapping[str, Any], now: datetime) -> None:
    """One aid, with its amount in euros where it is known. What is not said of it is as the catalogue has it, else of common law."""
    named = or_(aid.c.name == entered["aid"], aid.c.slug == entered["aid"])
    columns = (aid.c.id, aid.c.name, aid.c.scope, aid.c.de_minimis)
    found = db.execute(select(*columns).where(named).order_by(aid.c.slug).limit(1)).mappings().first()
    known: Mapping[Any, Any] = found or {}
    de_minimis = entered.get("de_minimis")
    row = {
        "case_id": case_id, "track": track, "aid": known.get("name", entered["aid"]), "aid_id": known.get("id"), "amount": entered.get("amount"),
        "scope": entered.get("scope") or known.get("scope", "common_law"), "granted_on": entered.get("granted_on"),
        "de_minimis": known.get("de_minimis") if de_minimis is None else de_minimis,
    }  # fmt: skip
    db.execute(insert(aid_obtained).values(id=new_id(now), at=now, **row))
