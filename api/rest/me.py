"""Who the token is."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.security import CurrentIdentity

router = APIRouter(tags=["me"])


@router.get("/me")
async def me(identity: CurrentIdentity) -> dict[str, Any]:
    """Who the token is, with its roles and where they hold."""
    roles = [{"role": str(g.role), "territory": g.territory, "branch": g.branch} for g in identity.grants]
    return {"id": identity.person, "name": identity.name, "roles": roles}
