"""Coming in: a new session on this browser, then the page where the person was going."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from api.log_lines import note_signed_in
from api.pages.frame import Frame
from api.pages.shell import own_address, see_other
from api.rate_limits import asker_of
from api.sign_in import Device, begin_session
from api.work import Work


async def enter(
    request: Request, work: Work, person_id: str, next_page: str, *, provider_token: str | None = None
) -> Response:
    """Sign somebody in on this browser, with a session that is new, and lead them on."""
    frame: Frame = request.app.state.frame
    before, now = request.cookies.get(frame.session_cookie, ""), work.clock.now()
    device = Device(request.headers.get("user-agent", ""), asker_of(request))
    secret = await work.write(
        lambda db: begin_session(
            db, person_id, now=now, instead_of=before, device=device, provider_token=provider_token
        )
    )
    note_signed_in(request, person_id)
    answer = see_other(request, own_address(next_page))
    frame.keep(answer, frame.session_cookie, secret)
    return answer
