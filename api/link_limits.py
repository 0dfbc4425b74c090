"""What is sent by a signed link is counted, by link and by network: nobody tries links by the thousand."""

from __future__ import annotations

from fastapi import Request
from sqlalchemy import Connection

from api.csrf import READS
from api.rate_limits import Counted, asker_of, refuse_too_often
from api.work import Work


async def checked(request: Request, work: Work) -> None:
    """Count what is sent by a link. Raises TooOften."""
    token, now, asker = request.path_params.get("token"), work.clock.now(), asker_of(request)
    if request.method in READS or not token:
        return

    def unit(db: Connection) -> None:
        refuse_too_often(db, Counted.LINK_FROM, asker, now)
        refuse_too_often(db, Counted.LINK, token, now)

    await work.write(unit)
