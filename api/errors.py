"""What goes wrong, as `application/problem+json`: a status, a code, a French sentence, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
from engine.sentences import say
from notifications.languages import shown

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER: Final = 5
"""Seconds to wait before asking a busy service again."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a code of error means: its status, its title, and what to do when the error itself says nothing more exact."""

    status: int
    title: str
    sentence: str


def _of_files() -> dict[str, Told]:
    """Why a file is refused, by the code of each of the reasons that there are."""
    kinds = [ImportFileRefused]
    for kind in kinds:
        kinds += kind.__subclasses__()
    return {kind.code: Told(422, "Fichier refusé", kind.message) for kind in kinds}


ERRORS: Final[Mapping[str, Told]] = {
    "not_json": Told(400, "Demande illisible", "Le corps de la demande n’est pas du JSON : corrigez-le."),
    "refused": Told(400, "Demande refusée", "Cette demande ne peut pas être traitée."),
    "not_signed_in": Told(401, "Connexion nécessaire", "Donnez un jeton valide : Authorization: Bearer …"),
    "forbidden": Told(403, "Pas à vous", "Vous n’avez pas le droit de faire cela : demandez à la personne qui suit le dossier."),
    "not_your_role": Told(403, "Étape d’un autre rôle", "Cette étape revient à quelqu’un d’autre : sa raison le nomme."),
    "scope_missing": Told(403, "Droit du jeton", "Ce jeton ne sert pas à cela : demandez-en un qui a ce droit (read, write, import, webhooks)."),
    "not_found": Told(404, "Introuvable", "Cette adresse n’existe pas, ou elle n’est pas à vous : la liste est à /api/docs."),
    "tls_needed": Told(403, "Connexion chiffrée nécessaire", "Cette adresse répond en https:// seulement : un jeton envoyé en clair est à révoquer."),
    "method_not_allowed": Told(405, "Méthode refusée", "Cette adresse ne répond pas à cette méthode : la liste est à /api/docs."),
    "conflict": Told(409, "Le dossier a changé", "Le dossier a changé entre-temps : relisez-le, puis recommencez."),
    "stale": Told(412, "Le dossier a changé", "La version de If-Match n’est plus la bonne : relisez le dossier, puis recommencez."),
    "too_large": Told(413, "Trop lourd", "C’est trop lourd : envoyez moins en une fois."),
    "invalid": Told(422, "Saisie à corriger", "Des champs sont à corriger : « fields » dit lesquels."),
    "step_refused": Told(422, "Étape refusée", "Cette étape n’est pas possible maintenant : « reasons » dit pourquoi."),
    "idempotency_key_reused": Told(422, "Clé déjà utilisée", "Cette clé d’idempotence a déjà servi pour une autre demande : prenez-en une nouvelle."),
    "version_needed": Told(428, "Version nécessaire", "Lisez d’abord le dossier, puis renvoyez son ETag dans If-Match."),
    "too_many_requests": Told(429, "Trop de demandes", "Attendez le temps que dit Retry-After, puis recommencez."),
    "unexpected": Told(500, "Erreur imprévue", "Ce n’est pas de votre fait : recommencez dans un instant, ou signalez le request_id."),
    "busy": Told(503, "Service occupé", "Le service est occupé : attendez un instant, puis recommencez. Rien n’a été enregistré."),
    "not_kept": Told(503, "Rien n’a été enregistré", "La base n’a rien pu garder : recommencez dans un instant."),
    "closed": Told(503, "Service fermé", "Le service s’arrête : recommencez dans un instant."),
    **_of_files(),
}  # fmt: skip
"""Every code of error, with what it means: a problem's `type` leads to the page that lists them."""
_CODES: Final[Mapping[type[Exception], str]] = {
    NotFound: "not_found",
    Unreadable: "invalid",
    Refused: "step_refused",
    Conflict: "conflict",
    KeyReused: "idempotency_key_reused",
    Invalid: "invalid",
    RolledBack: "not_kept",
    WriterClosed: "closed",
}
_BY_STATUS: Final = {400: "not_json", 403: "forbidden", 404: "not_found", 405: "method_not_allowed", 413: "too_large", 429: "too_many_requests"}  # fmt: skip
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


class ScopeMissing(CasesError):
    """The token may not be used for this."""

    def __init__(self, scope: str) -> None:
        super().__init__(say("Ce jeton n’a pas le droit « {scope} » : demandez-en un qui l’a.", scope=scope))


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


def plain_problem(code: str) -> dict[str, Any]:
    """A problem of that code, with the sentence of its own."""
    return _problem(code)


def reason(refusal: Refusal, track: str) -> dict[str, Any]:
    """A reason as the JSON interface gives it: the track is the one that was asked about."""
    return {"code": refusal.code, "message": shown(refusal.message), "track": track}


def problem_of(error: CasesError, *, instance: str, request_id: str) -> dict[str, Any]:
    """What went wrong, as the fields of a problem: its `status` among them."""
    code = code_of(error)
    more: dict[str, Any] = {}
    if isinstance(error, Refused):
        more = {
            "reasons": [] if isinstance(error, Unreadable) else [reason(r, error.track) for r in error.reasons],
            "fields": [_field(f"/payload/{r.field}", r.code, r.message) for r in error.reasons if r.field],
        }
    elif isinstance(error, Conflict):
        more = {"current": plain(error.current)}
    elif isinstance(error, Invalid) and error.field:
        more = {"fields": [_field(f"/{error.field}", code, error.said)]}
    return _problem(code, error.said, instance=instance, request_id=request_id, **more)


def code_of(error: CasesError) -> str:
    """The code of an error: that of the nearest class that has one."""
    if isinstance(error, Refused) and any(r.by is RefusedBy.ROLE for r in error.reasons):
        return "not_your_role"
    if isinstance(error, ImportFileRefused):
        return error.code
    kinds = {**_CODES, VersionNeeded: "version_needed", Stale: "stale", ScopeMissing: "scope_missing"}
    return next((kinds[kind] for kind in type(error).__mro__ if kind in kinds), "refused")


def _problem(code: str, detail: str | None = None, **more: Any) -> dict[str, Any]:
    told = ERRORS[code]
    where = {
        "type": f"{settings().base_url.rstrip('/')}/aide/erreurs#{code}",
        "title": shown(told.title),
        "status": told.status,
    }
    said = {"code": code, "detail": shown(detail or told.sentence), "instance": None, "request_id": None}
    return {**where, **said, "reasons": [], "fields": [], "current": None, **more}


def _field(pointer: str, code: str, message: str) -> dict[str, str]:
    return {"pointer": pointer, "code": code, "message": shown(message)}


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
    return _answer(_problem("not_signed_in", **whereabouts(request)), {"WWW-Authenticate": "Bearer"})


async def _of_http(request: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    problem = _problem(_BY_STATUS.get(status, "refused"), **whereabouts(request))
    return _answer({**problem, "status": status}, error.headers if isinstance(error, HTTPException) else None)


async def _busy(request: Request, _: Exception) -> JSONResponse:
    return _answer(_problem("busy", **whereabouts(request)))


async def _unexpected(request: Request, _: Exception) -> JSONResponse:
    return _answer(_problem("unexpected", **whereabouts(request)))


async def _of_fields(request: Request, error: Exception) -> JSONResponse:
    found = error.errors() if isinstance(error, RequestValidationError) else ()
    if any(one["type"] == "json_invalid" for one in found):
        return _answer(_problem("not_json", **whereabouts(request)))
    fields = [_field(_pointer(one["loc"]), one["type"], _said(one)) for one in found]
    return _answer(_problem("invalid", **whereabouts(request), fields=fields))


def _pointer(location: tuple[Any, ...]) -> str:
    """The way to a value; what cannot be written is shown as a question mark."""
    return "".join(f"/{str(part).encode('utf-8', 'replace').decode()[:200]}" for part in location[1:])


def _said(found: Mapping[str, Any]) -> str:
    kind = str(found["type"])
    if kind == "value_error":
        return str(found["ctx"]["error"])
    return _DAYS if kind.startswith(("date", "datetime")) else _FIELDS.get(kind, _OTHERWISE)
