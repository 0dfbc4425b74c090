"""What happened on a case, what is due, and what was said."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.rest.asking import Paged
from api.security import CurrentVisit
from cases.identifiers import read_reference
from cases.views import reading
from notifications import history

router = APIRouter(prefix="/cases/{reference}", tags=["history"])


@router.get("/journal")
async def show_journal(reference: str, visit: CurrentVisit, page: Paged) -> dict[str, Any]:
    """The case's lines, the oldest first, with the words that stand beside them."""
    known = read_reference(reference)
    return await visit.read(lambda db: reading.journal_of(db, visit.identity, known, page.asked("journal", known)))


@router.get("/deadlines")
async def show_deadlines(reference: str, visit: CurrentVisit, page: Paged) -> dict[str, Any]:
    """The case's deadlines, the next due first, each with the rule that set it."""
    known, asked = read_reference(reference), page.asked("deadlines", reference)
    return await visit.read(lambda db: reading.deadlines_of(db, visit.identity, known, asked, now=visit.now))


@router.get("/messages")
async def show_messages(reference: str, visit: CurrentVisit, page: Paged) -> dict[str, Any]:
    """What was said about the case, to whom, and what became of it."""
    known = read_reference(reference)
    return await visit.read(lambda db: history.messages_of(db, visit.identity, known, page.asked("messages", known)))
