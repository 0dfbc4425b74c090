"""Webhooks: another tool is told of each line that the token's person may read, signed as Standard Webhooks says."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from api.rest.asking import Identifier
from api.rest.bodies import Body, Name
from api.security import CurrentVisit
from cases import webhooks
from cases.database import Scope

router = APIRouter(prefix="/webhooks", tags=["webhooks"])
SYSTEM = Scope.worker()
"""The secrets of webhooks are out of everybody's sight; what is a person's own is asked by `cases.webhooks`."""


class WebhookBody(Body):
    """Where to tell, and which events; all of them when none is named."""

    url: Annotated[str, Field(min_length=1, max_length=2000)]
    events: Annotated[tuple[Name, ...], Field(max_length=100)] = ()


@router.post("", status_code=201)
async def make(body: WebhookBody, visit: CurrentVisit, request: Request, response: Response) -> dict[str, Any]:
    """Make a webhook. Its secret is shown this once: it signs every line (`webhook-id`, `webhook-timestamp`, `webhook-signature`)."""
    wanted, hosts = webhooks.Wanted(body.url, body.events), request.app.state.tool_hosts
    made = await visit.work.write(
        lambda db: webhooks.make_webhook(db, visit.identity, wanted, now=visit.now, hosts=hosts), SYSTEM
    )
    response.headers["Location"] = f"/api/v1/webhooks/{made['id']}"
    return made


@router.get("")
async def list_webhooks(visit: CurrentVisit) -> dict[str, Any]:
    """One's webhooks, everybody's for an admin: what waits, what failed, and why one was stopped."""
    return {"items": await visit.work.read(lambda db: webhooks.webhooks_of(db, visit.identity), SYSTEM), "next": None}


@router.get("/{identifier}")
async def show_webhook(identifier: Identifier, visit: CurrentVisit) -> dict[str, Any]:
    """One webhook."""
    return await visit.work.read(lambda db: webhooks.webhook_of(db, visit.identity, identifier), SYSTEM)


@router.post("/{identifier}/resume")
async def resume(identifier: Identifier, visit: CurrentVisit) -> dict[str, Any]:
    """Tell a webhook again, from what waited; what happened while it was stopped is in the journals."""
    return await visit.work.write(
        lambda db: webhooks.resume_webhook(db, visit.identity, identifier, now=visit.now), SYSTEM
    )


@router.delete("/{identifier}", status_code=204)
async def remove(identifier: Identifier, visit: CurrentVisit) -> None:
    """Tell it nothing any more."""
    await visit.work.write(lambda db: webhooks.remove_webhook(db, visit.identity, identifier), SYSTEM)
