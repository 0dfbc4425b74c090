"""What goes wrong, as `application/problem+json`: a status, a code, a French sentence, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoFreeConnection
from starlette.exceptions import HTTPException

from api.settings import settings
from cases.errors import CasesError, Conflict, Invalid, KeyReused, NotFound, Refused, Unreadable
from cases.importers.errors import ImportFileRefused
from cases.journal import plain
from cases.sqlite_writer import RolledBack, WriterClosed
from engine.model import Refusal, RefusedBy

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER: Final = 5
"""Seconds to wait before asking a busy service again."""
STATUSES: Final[Mapping[type[CasesError], tuple[int, str, str]]] = {
    NotFound: (404, "not_found", "Introuvable"),
    Unreadable: (422, "invalid", "Saisie à corriger"),
    Refused: (422, "step_refused", "Étape refusée"),
    Conflict: (409, "conflict", "Le dossier a changé"),
    KeyReused: (422, "idempotency_key_reused", "Clé déjà utilisée"),
    ImportFileRefused: (422, "file_refused", "Fichier refusé"),
    Invalid: (422, "invalid", "Saisie à corriger"),
    RolledBack: (503, "not_kept", "Rien n’a été enregistré"),
    WriterClosed: (503, "closed", "Service fermé"),
}
_BY_STATUS: Final[Mapping[int, tuple[str, str, str]]] = {
    400: ("not_json", "Demande illisible", "Le corps de la demande n’est pas du JSON : corrigez-le."),
    403: ("forbidden", "Pas à vous", "Vous n’avez pas le droit de faire cela : demandez à la personne qui suit le dossier."),
    404: ("not_found", "Introuvable", "Cette adresse n’existe pas : la liste est à /api/docs."),
    405: ("method_not_allowed", "Méthode refusée", "Cette adresse ne répond pas à cette méthode : la liste est à /api/docs."),
    413: ("too_large", "Trop lourd", "C’est trop lourd : envoyez moins en une fois."),
    429: ("too_many_requests", "Trop de demandes", "Attendez un moment, puis recommencez."),
}  # fmt: skip
_FIELDS: Final[Mapping[str, str]] = {
    "missing": "Il manque ce champ : ajoutez-le.",
    "extra_forbidden": "Ce champ n’existe pas ici : retirez-le.",
    "string_type": "Écrivez du texte.",
    "string_too_long": "Ce texte est trop long : raccourcissez-le.",
    "string_too_short": "Ce texte est trop court : complétez-le.",
    "string_pattern_mismatch": "Cette valeur n’est pas parmi celles proposées, ou mal écrite.",
    "too_long": "Cette liste est trop longue : coupez-la.",
    "too_short": "Cette liste est vide : donnez au moins un élément.",
    "bool_type": "Répondez par true ou false.",
    "bool_parsing": "Répondez par true ou false.",
    "int_type": "Écrivez un nombre entier.",
    "int_parsing": "Écrivez un nombre entier.",
    "greater_than_equal": "Ce nombre est trop petit, ou ce jour trop ancien.",
    "less_than_equal": "Ce nombre est trop grand, ou ce jour trop lointain.",
    "literal_error": "Cette valeur n’est pas parmi celles proposées.",
    "enum": "Cette valeur n’est pas parmi celles proposées.",
    "list_type": "Donnez une liste.",
    "dict_type": "Donnez un objet JSON.",
    "model_attributes_type": "Donnez un objet JSON.",
}
"""What is wrong with a field, by the code of the check that found it."""
_DAYS: Final = "Écrivez un jour du calendrier ainsi : AAAA-MM-JJ ; un instant ainsi : 2026-03-02T09:12:44Z."
_OTHERWISE: Final = "Cette valeur ne convient pas : corrigez-la."


_REASON: Final = {"type": "object", "properties": {name: {"type": "string"} for name in ("code", "message", "track")}}
_FIELD: Final = {"type": "object", "properties": {name: {"type": "string"} for name in ("pointer", "code", "message")}}
_TEXTS: Final = ("type", "title", "code", "detail", "instance", "request_id")
_SCHEMA: Final = {
    "type": "object",
    "required": [*_TEXTS, "status", "reasons", "fields", "current"],
    "properties": {
        **{name: {"type": "string"} for name in _TEXTS},
        "status": {"type": "integer"},
        "reasons": {"type": "array", "items": _REASON},
        "fields": {"type": "array", "items": _FIELD},
        "current": {"type": ["object", "null"]},
    },
}
PROBLEMS: Final[Mapping[int | str, dict[str, Any]]] = {
    status: {"description": title, "content": {MEDIA_TYPE: {"schema": _SCHEMA}}}
    for status, title in (
        (400, "Demande illisible"), (401, "Connexion nécessaire"), (403, "Pas à vous"), (404, "Introuvable, ou pas à vous"), (409, "Version dépassée"),
        (412, "If-Match dépassé"), (413, "Trop lourd"), (422, "Refusé, ou à corriger"), (428, "If-Match nécessaire"), (429, "Trop de demandes"),
        (503, "Service occupé"),
    )
}  # fmt: skip
"""What every address may answer when it does not do what was asked, for its description."""


class NotSignedIn(Exception):
    """No token, or one that is unknown, expired or revoked."""


class VersionNeeded(CasesError):
    """A correction without `If-Match`: nobody knows which case it corrects."""

    def __init__(self) -> None:
        super().__init__("Lisez d’abord le dossier, puis renvoyez son ETag dans If-Match.")


class Stale(Conflict):
    """`If-Match` names a version that is no more; `current` is the fresh case."""


def add_to(app: FastAPI) -> None:
    """Answer every error of ours with its problem."""
    app.add_exception_handler(CasesError, _of_cases)
    app.add_exception_handler(NotSignedIn, _not_signed_in)
    app.add_exception_handler(RequestValidationError, _of_fields)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(OperationalError, _busy)
    app.add_exception_handler(NoFreeConnection, _busy)
    app.add_exception_handler(Exception, _unexpected)


def reason(refusal: Refusal, track: str) -> dict[str, Any]:
    """A reason as the JSON interface gives it: the track is the one that was asked about."""
    return {"code": refusal.code, "message": refusal.message, "track": track}


def problem_of(error: CasesError, *, instance: str, request_id: str) -> dict[str, Any]:
    """What went wrong, as the fields of a problem: its `status` among them."""
    status, code, title = _named(error)
    more: dict[str, Any] = {}
    if isinstance(error, Refused):
        more = {
            "reasons": [] if isinstance(error, Unreadable) else [reason(r, error.track) for r in error.reasons],
            "fields": [_field(f"/payload/{r.field}", r.code, r.message) for r in error.reasons if r.field],
        }
    elif isinstance(error, Conflict):
        more = {"current": plain(error.current)}
    elif isinstance(error, Invalid) and error.field:
        more = {"fields": [_field(f"/{error.field}", code, str(error))]}
    return _problem(status, code, title, str(error), instance=instance, request_id=request_id, **more)


def _named(error: CasesError) -> tuple[int, str, str]:
    """Status, code and title: those of the nearest class that has some."""
    if isinstance(error, Refused) and any(r.by is RefusedBy.ROLE for r in error.reasons):
        return 403, "not_your_role", "Étape d’un autre rôle"
    if isinstance(error, ImportFileRefused):
        return 422, error.code, STATUSES[ImportFileRefused][2]
    if isinstance(error, VersionNeeded):
        return 428, "version_needed", "Version nécessaire"
    if isinstance(error, Stale):
        return 412, "stale", STATUSES[Conflict][2]
    return next(
        (STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), (400, "refused", "Demande refusée")
    )


def _problem(status: int, code: str, title: str, detail: str, **more: Any) -> dict[str, Any]:
    where = {"type": f"{settings().base_url.rstrip('/')}/aide/erreurs#{code}", "title": title, "status": status}
    told = {"code": code, "detail": detail, "instance": None, "request_id": None}
    return {**where, **told, "reasons": [], "fields": [], "current": None, **more}


def _field(pointer: str, code: str, message: str) -> dict[str, str]:
    return {"pointer": pointer, "code": code, "message": message}


def _answer(problem: dict[str, Any], headers: Mapping[str, str] | None = None) -> JSONResponse:
    wait = {"Retry-After": str(RETRY_AFTER)} if problem["status"] == 503 else {}
    return JSONResponse(problem, problem["status"], {**wait, **(headers or {})}, MEDIA_TYPE)


def whereabouts(request: Request) -> dict[str, str]:
    """Where a problem arose and the id by which it is found in the logs."""
    return {"instance": request.url.path, "request_id": getattr(request.state, "request_id", "")}


async def _of_cases(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, CasesError):
        raise error
    return _answer(problem_of(error, **whereabouts(request)))


async def _not_signed_in(request: Request, _: Exception) -> JSONResponse:
    told = ("not_signed_in", "Connexion nécessaire", "Donnez un jeton valide : Authorization: Bearer …")
    return _answer(_problem(401, *told, **whereabouts(request)), {"WWW-Authenticate": "Bearer"})


async def _of_http(request: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    code, title, detail = _BY_STATUS.get(
        status, ("refused", "Demande refusée", "Cette demande ne peut pas être traitée.")
    )
    headers = error.headers if isinstance(error, HTTPException) else None
    return _answer(_problem(status, code, title, detail, **whereabouts(request)), headers)


async def _busy(request: Request, _: Exception) -> JSONResponse:
    told = (
        "busy",
        "Service occupé",
        "Le service est occupé : attendez un instant, puis recommencez. Rien n’a été enregistré.",
    )
    return _answer(_problem(503, *told, **whereabouts(request)))


async def _unexpected(request: Request, _: Exception) -> JSONResponse:
    told = (
        "unexpected",
        "Erreur imprévue",
        "Ce n’est pas de votre fait : recommencez dans un instant, ou signalez le request_id.",
    )
    return _answer(_problem(500, *told, **whereabouts(request)))


async def _of_fields(request: Request, error: Exception) -> JSONResponse:
    found = error.errors() if isinstance(error, RequestValidationError) else ()
    if any(one["type"] == "json_invalid" for one in found):
        return _answer(_problem(400, *_BY_STATUS[400], **whereabouts(request)))
    fields = [_field(_pointer(one["loc"]), one["type"], _said(one)) for one in found]
    told = ("invalid", "Saisie à corriger", "Des champs sont à corriger.")
    return _answer(_problem(422, *told, **whereabouts(request), fields=fields))


def _pointer(location: tuple[Any, ...]) -> str:
    """The way to a value; what cannot be written is shown as a question mark."""
    return "".join(f"/{str(part).encode('utf-8', 'replace').decode()[:200]}" for part in location[1:])


def _said(found: Mapping[str, Any]) -> str:
    kind = str(found["type"])
    if kind == "value_error":
        return str(found["ctx"]["error"])
    return _DAYS if kind.startswith(("date", "datetime")) else _FIELDS.get(kind, _OTHERWISE)
