"""Records: what is noted on a case or on one of its tracks without moving any state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Response

from api.rest.asking import IdempotencyKey
from api.rest.bodies import RecordBody
from api.rest.changing import answer_of, fresh_if_stale
from api.security import CurrentVisit
from api.steps import take
from cases.errors import NotFound
from cases.identifiers import read_reference
from cases.journey import Request

router = APIRouter(prefix="/cases", tags=["records"])

RECORDS: Final[Mapping[str, str]] = {
    "contacts": "contact", "attempts": "attempt", "needs": "need", "notes": "note", "meetings": "meeting", "appointments": "appointment", "sessions": "session",
    "scores": "score",    "action-plans": "action_plan", "actions": "action", "checks": "check", "documents": "document", "consents": "consent", "aids": "aid",
    "nudges": "nudge",
}  # fmt: skip
"""The record that each collection of a case holds."""


@router.post("/{reference}/{collection}", status_code=201)
async def note_record(
    reference: str, collection: str, body: RecordBody, visit: CurrentVisit, response: Response,
    key: IdempotencyKey = None,
) -> dict[str, Any]:  # fmt: skip
    """Note something: a contact, a need, a meeting …"""
    if collection not in RECORDS:
        raise NotFound("Cette adresse n’existe pas : la liste est à /api/docs.")
    behalf = body.on_behalf_of.model_dump() if body.on_behalf_of else None
    request = Request(
        read_reference(reference), RECORDS[collection], body.track, body.payload, None, key, behalf, body.day
    )
    async with fresh_if_stale(visit, request.reference):
        fired = await take(visit, request)
    return answer_of(fired, response)
