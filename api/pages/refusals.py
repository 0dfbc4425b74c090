"""What goes wrong, as a page: what happened, why, and the way on; the JSON interface has its problems (`api.errors`)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, Final, cast
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoFreeConnection
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from api.csrf import READS, Forged, comes_from_here
from api.errors import ERRORS, NotSignedIn, code_of
from api.headers import Safety
from api.pages.interrupted import show_interrupted, written_in
from api.pages.links import show_gone
from api.pages.opening import LinkGone
from api.pages.shell import OWN_CASES, SignInAgain, page
from cases.errors import CasesError, Conflict, Refused
from engine.definition import MACHINES
from engine.model import Kind, RefusedBy
from engine.sentences import say

Handler = Callable[[Request, Exception], Response | Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Mishap:
    """What a page says of something that went wrong: a title, what to do, the reasons."""

    status: int
    title: str
    text: str
    reasons: tuple[str, ...] = ()
    link: Mapping[str, str] | None = None


HOME: Final = {"href": "/", "label": "Revenir à l’accueil"}
_BY_STATUS: Final[Mapping[int, tuple[str, str]]] = {
    400: ("Cette demande n’est pas lisible", "Revenez à la page précédente, puis recommencez."),
    403: ("Cela n’est pas à vous", "Demandez à la personne qui suit le dossier."),
    404: ("Cette page n’existe pas", "L’adresse est fausse, ou la page n’est pas à vous."),
    405: ("Cette page ne s’ouvre pas ainsi", "Revenez à la page précédente, puis recommencez."),
    413: ("C’est trop lourd", "Envoyez un fichier plus léger."),
    422: ("Il reste un point à corriger", "Revenez à la page précédente, corrigez, puis recommencez."),
    429: ("Trop d’essais", "Attendez un moment, puis recommencez."),
    503: ("Le service est occupé", "Attendez un instant, puis recommencez. Rien n’est perdu."),
}
_UNKNOWN: Final = ("Cela n’a pas marché", "Ce n’est pas de votre fait. Recommencez dans un instant ; rien n’a été enregistré à moitié.")  # fmt: skip


def add_to(app: FastAPI) -> None:
    """Answer with a page, outside the JSON interface, whatever it answers with a problem; call it after `api.errors.add_to`."""
    problems = {**app.exception_handlers}
    for kind in {*problems, HTTPException, LinkGone, Exception}:
        app.add_exception_handler(kind, _by_door(cast(Handler | None, problems.get(kind))))


def _by_door(problem: Handler | None) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(request: Request, error: Exception) -> Response:
        if problem is not None and request.url.path.startswith("/api/"):
            answered = problem(request, error)
            given = await answered if isawaitable(answered) else answered
        else:
            given = _as_a_page(request, error)
        return _safe(request, given)

    return answer


def _safe(request: Request, answer: Response) -> Response:
    """The answer to a fault leaves above what gives the others their headers."""
    safety: Safety = request.app.state.safety
    safety.add(answer.headers, getattr(request.state, "request_id", ""))
    return answer


def _as_a_page(request: Request, error: Exception) -> Response:
    if isinstance(error, NotSignedIn | Forged) and (words := written_in(request)) and comes_from_here(request):
        return show_interrupted(request, words, signed_in=isinstance(error, Forged))
    if isinstance(error, NotSignedIn):
        return _to_the_door(request, error)
    if isinstance(error, LinkGone):
        return show_gone(request, error)
    found = _mishap(error)
    answer = page(
        request, "erreur.html", status=found.status, mishap=found, request_id=getattr(request.state, "request_id", "")
    )
    if isinstance(error, HTTPException) and error.headers:
        answer.headers.update(error.headers)
    return answer


def _to_the_door(request: Request, error: NotSignedIn) -> Response:
    """Sign in, then come back to the same page; to the home after a form, which cannot be sent again."""
    if isinstance(error, SignInAgain) and request.url.path == "/":
        return RedirectResponse(OWN_CASES, 303)
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = {"suite": wanted} if request.method in READS and wanted != "/" else {}
    return RedirectResponse("/connexion" + (f"?{urlencode(back)}" if back else ""), 303)


def _mishap(error: Exception) -> Mishap:
    match error:
        case Conflict():
            return _changed_since(error.current)
        case Refused():
            theirs = any(reason.by is RefusedBy.ROLE for reason in error.reasons)
            return _plain(403 if theirs else 422, reasons=tuple(reason.message for reason in error.reasons))
        case CasesError():
            return _plain(ERRORS[code_of(error)].status, text=error.said)
        case OperationalError() | NoFreeConnection():
            return _plain(503)
        case RequestValidationError():
            return _plain(422)
        case Forged():
            return Mishap(403, "Cette page est trop ancienne", error.detail)
        case HTTPException():
            return _plain(error.status_code)
        case _:
            return Mishap(500, *_UNKNOWN)


def _plain(status: int, *, text: str = "", reasons: tuple[str, ...] = ()) -> Mishap:
    title, what_to_do = _BY_STATUS.get(status, _UNKNOWN)
    return Mishap(status, title, text or what_to_do, reasons)


def _changed_since(current: Mapping[str, Any]) -> Mishap:
    """Somebody was faster: where the case is now, and the way to read it again."""
    reference, state = current.get("reference"), current.get("state")
    now = MACHINES[Kind.CASE].states.get(str(state))
    reasons = (
        (say("Le dossier {reference} est maintenant à l’étape « {state} ».", reference=reference, state=now.french),)
        if now
        else ()
    )
    link = {"href": f"/dossiers/{reference}", "label": "Relire le dossier"} if reference else None
    return Mishap(
        409, "Le dossier a changé entre-temps",
        "Quelqu’un l’a modifié pendant que vous lisiez : votre demande n’a pas été enregistrée. Relisez-le, puis recommencez.", reasons, link,
    )  # fmt: skip
