"""What goes wrong, as `application/problem+json`: a status, a code, a French sentence, and what to do."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from cases.errors import CasesError, Conflict, Invalid, KeyReused, NotFound, Refused
from cases.journal import plain
from engine.model import Refusal, RefusedBy

MEDIA_TYPE = "application/problem+json"
STATUSES: dict[type[CasesError], tuple[int, str, str]] = {
    NotFound: (404, "not_found", "Introuvable"),
    Refused: (422, "step_refused", "Étape refusée"),
    Conflict: (409, "conflict", "Le dossier a changé"),
    KeyReused: (422, "idempotency_key_reused", "Clé déjà utilisée"),
    Invalid: (422, "invalid", "Saisie à corriger"),
}


class NotSignedIn(Exception):
    """No token, or one that is unknown, expired or revoked."""


def add_to(app: FastAPI) -> None:
    """Answer every error of ours with its problem."""
    app.add_exception_handler(CasesError, _of_cases)
    app.add_exception_handler(NotSignedIn, _not_signed_in)
    app.add_exception_handler(RequestValidationError, _of_fields)


def reason(refusal: Refusal) -> dict[str, Any]:
    """A reason as the JSON interface gives it."""
    return {"code": refusal.code, "message": refusal.message, "by": str(refusal.by), "field": refusal.field}


def _problem(status: int, code: str, title: str, detail: str, **more: Any) -> JSONResponse:
    body = {"type": f"/aide/erreurs#{code}", "title": title, "status": status, "code": code, "detail": detail}
    return JSONResponse({**body, "reasons": [], "fields": [], "current": None, **more}, status, media_type=MEDIA_TYPE)


async def _of_cases(_: Request, error: Exception) -> JSONResponse:
    status, code, title = STATUSES.get(type(error), (400, "refused", "Demande refusée"))  # type: ignore[arg-type]
    more: dict[str, Any] = {}
    if isinstance(error, Refused):
        more = {
            "reasons": [reason(r) for r in error.reasons],
            "fields": [_pointer(r) for r in error.reasons if r.field],
        }
        if any(r.by is RefusedBy.ROLE for r in error.reasons):
            status, code = 403, "not_your_role"
    elif isinstance(error, Conflict):
        more = {"current": plain(error.current)}
    elif isinstance(error, Invalid) and error.field:
        more = {"fields": [{"pointer": f"/{error.field}", "code": "invalid", "message": str(error)}]}
    return _problem(status, code, title, str(error), **more)


def _pointer(refusal: Refusal) -> dict[str, str]:
    return {"pointer": f"/payload/{refusal.field}", "code": refusal.code, "message": refusal.message}


async def _not_signed_in(_: Request, __: Exception) -> JSONResponse:
    answer = _problem(401, "not_signed_in", "Connexion nécessaire", "Donnez un jeton valide : Authorization: Bearer …")
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


async def _of_fields(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    not_json = any(found["type"] == "json_invalid" for found in error.errors())
    if not_json:
        return _problem(400, "not_json", "JSON illisible", "Le corps de la demande n’est pas du JSON : corrigez-le.")
    fields = [
        {"pointer": "/" + "/".join(map(str, e["loc"][1:])), "code": e["type"], "message": e["msg"]}
        for e in error.errors()
    ]
    return _problem(422, "invalid", "Saisie à corriger", "Des champs sont à corriger.", fields=fields)
