"""Who the token is."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from api.security import CurrentIdentity

router = APIRouter(tags=["me"])


@router.get("/me")
async def me(request: Request, identity: CurrentIdentity) -> dict[str, Any]:
    """Who the token is, with its roles, where they hold, and what it may be used for."""
    roles = [{"role": str(g.role), "territory": g.territory, "branch": g.branch} for g in identity.grants]
    return {"id": identity.person, "name": identity.name, "roles": roles, "scopes": sorted(request.state.token_scopes)}
