"""One's own account: the sessions that are open and where, the tokens to one's name, the phone that is one's own, the role one works in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request
from sqlalchemy import Connection
from starlette.responses import Response

from api import sign_in
from api.pages.files import attached
from api.pages.language import keep_on_browser, known
from api.pages.shell import ACCOUNT, PageVisit, done, page, see_other
from api.privacy_export import zipped_account
from api.sign_in import OWN_PHONE, SignedIn
from cases import people
from cases.database import Scope
from cases.languages import keep_language
from engine.sentences import say
from notifications.languages import LANGUAGES, OF_WORK, language, speak
from notifications.own_account import account_held
from notifications.typography import day_long, day_short, hour

router = APIRouter(prefix=ACCOUNT)

SYSTEM: Final = Scope.worker()
"""What is held on oneself stands in tables of which nobody sees the others: it is asked by one’s own id alone."""
ZONE: Final = "Europe/Paris"
_BROWSERS: Final = {
    "Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "FxiOS": "Firefox", "CriOS": "Chrome", "Chrome": "Chrome", "Safari": "Safari",
}  # fmt: skip
_SYSTEMS: Final = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS": "Mac",
    "Linux": "Linux",
}


@router.get("")
async def show_account(request: Request, visit: PageVisit) -> Response:
    """What is open to one's name, and how to close it."""
    found, now = _signed_in(request), visit.now

    def unit(db: Connection) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        who = str(found.identity.person)
        return sign_in.sessions_of(db, who, now), people.open_tokens(db, who, now)

    sessions, tokens = await visit.read(unit)
    return page(
        request, "account.html", sessions=[_session(row, found) for row in sessions], tokens=[_token(row) for row in tokens],
        own_phone=_own_until(sessions, found), days=OWN_PHONE.days, whole=not found.own_phone_only, languages=_languages(),
    )  # fmt: skip


@router.get("/donnees.zip")
async def take_data_away(request: Request, visit: PageVisit) -> Response:
    """All that is held on who works here, as they are given it."""
    who, now = str(_signed_in(request).identity.person), visit.now
    held = await visit.work.read(lambda db: account_held(db, who), SYSTEM)
    return Response(zipped_account(held, now), media_type="application/zip", headers=attached(say("mon-compte"), "zip"))


@router.post("/role")
async def choose_role(request: Request, visit: PageVisit, role: Annotated[str, Form()] = "") -> Response:
    """Work in one of one's roles, or in all of them; the page where one was may not be for that role."""
    found = _signed_in(request)
    await visit.write(lambda db: sign_in.choose_role(db, found, role))
    return see_other(request, "/")


@router.post("/langue")
async def choose_language(request: Request, visit: PageVisit, langue: Annotated[str, Form()] = "") -> Response:
    """Read the pages and the mails in that language."""
    code = known(langue, OF_WORK)
    await visit.write(lambda db: keep_language(db, code, person_id=visit.identity.person))
    speak(code)
    said = done("C’est noté : vos pages et vos courriels sont dans cette langue.")
    return keep_on_browser(request, see_other(request, ACCOUNT, said), code)


@router.post("/telephone")
async def keep_on_own_phone(request: Request, visit: PageVisit) -> Response:
    """Say that this phone is one's own."""
    found, now, frame = _signed_in(request), visit.now, request.app.state.frame
    await visit.write(lambda db: sign_in.keep_on_own_phone(db, found, now))
    answer = see_other(request, ACCOUNT, done(say("Ce téléphone reste ouvert {days} jours, pour signaler et voir vos dossiers.", days=OWN_PHONE.days)))  # fmt: skip
    frame.keep(answer, frame.session_cookie, request.cookies[frame.session_cookie], seconds=int(OWN_PHONE.total_seconds()))  # fmt: skip
    return answer


@router.post("/sessions/autres/fermer")
async def end_others(request: Request, visit: PageVisit) -> Response:
    """Close all of one's sessions but this one."""
    found, now = _signed_in(request), visit.now
    await visit.write(lambda db: sign_in.end_others(db, str(found.identity.person), found.session, now))
    return see_other(request, ACCOUNT, done("Vos autres sessions sont fermées."))


@router.post("/sessions/{session_id}/fermer")
async def end_one(request: Request, visit: PageVisit, session_id: str) -> Response:
    """Close one of one's sessions."""
    found, now = _signed_in(request), visit.now
    await visit.write(lambda db: sign_in.end_one(db, str(found.identity.person), session_id, now))
    return see_other(request, ACCOUNT, done("La session est fermée."))


@router.post("/jetons/{token_id}/fermer")
async def revoke_token(request: Request, visit: PageVisit, token_id: str) -> Response:
    """Close one of one's tokens, for ever."""
    found, now = _signed_in(request), visit.now
    await visit.write(lambda db: people.revoke_token(db, token_id, now, of=str(found.identity.person)))
    return see_other(request, ACCOUNT, done("Le jeton n’ouvre plus rien."))


def _signed_in(request: Request) -> SignedIn:
    found: SignedIn = request.state.signed_in
    return found


def _own_until(sessions: list[dict[str, Any]], found: SignedIn) -> str | None:
    """Until when this phone stays open."""
    mine = next((row for row in sessions if row["id"] == found.session), None)
    return day_short(mine["own_until"], ZONE) if mine and mine["own_until"] else None


def _languages() -> list[dict[str, Any]]:
    now = language()
    return [{"value": code, "label": LANGUAGES[code].name, "checked": LANGUAGES[code] is now} for code in OF_WORK]


def _session(row: Mapping[str, Any], found: SignedIn) -> dict[str, Any]:
    return {
        "id": row["id"], "device": device_of(row["user_agent"] or ""), "network": row["network"] or say("adresse inconnue"),
        "since": _moment(row["created_at"]), "seen": _moment(row["seen_at"]), "here": row["id"] == found.session, "own": bool(row["own_until"]),
    }  # fmt: skip


def _token(row: Mapping[str, Any]) -> dict[str, Any]:
    ends, used = row["expires_at"], row["used_at"]
    return {
        "id": row["id"], "name": row["name"], "scopes": ", ".join(row["scopes"]), "used": _moment(used) if used else None,
        "ends": day_long(ends, ZONE, weekday=False, year=True) if ends else None,
    }  # fmt: skip


def _moment(at: Any) -> str:
    return f"{day_short(at, ZONE)}, {hour(at, ZONE)}"


def device_of(user_agent: str) -> str:
    """What a browser says that it is, in three words: « Firefox sur Windows »."""
    browser = next((name for mark, name in _BROWSERS.items() if re.search(rf"\b{mark}", user_agent)), "Un navigateur")
    system = next((name for mark, name in _SYSTEMS.items() if mark in user_agent), "")
    return say("{browser} sur {system}", browser=browser, system=system) if system else browser
