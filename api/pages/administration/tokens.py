"""The tokens of the JSON interface: whose they are, a new one shown once, and their end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.responses import Response

from api.pages import desk
from api.pages.administration.allowed import ADMINS, refuse_others
from api.pages.shell import PageVisit, done, see_other, to_correct
from api.security import LONGEST_TOKEN, TokenScope, Visit, new_token
from cases import people
from cases.errors import CasesError, Invalid
from cases.facts.of_case import NO_TERRITORY
from engine.sentences import lowered, say, together
from notifications.typography import day_short

HERE: Final = "/administration/jetons"
SCOPES: Final[Mapping[TokenScope, str]] = {
    TokenScope.READ: "Lire",
    TokenScope.WRITE: "Agir et noter",
    TokenScope.IMPORT: "Importer des fichiers",
    TokenScope.WEBHOOKS: "Tenir des webhooks",
}
"""What a token may be used for, as one chooses it."""
router = APIRouter(prefix=HERE)


@dataclass(frozen=True, slots=True)
class Asked:
    """A token as it is asked for."""

    person: str
    name: str
    scopes: tuple[TokenScope, ...]
    lasts: timedelta


@router.get("")
async def show_tokens(request: Request, visit: PageVisit) -> Response:
    """Every token, those that still open the door first."""
    return await _show(request, visit)


@router.post("")
async def make(request: Request, visit: PageVisit) -> Response:
    """Make a token, shown once on the next page."""
    refuse_others(visit, ADMINS)
    sent = await request.form()
    try:
        token = await visit.write(lambda db: _made(db, visit, _asked(sent)))
    except CasesError as error:
        return await _show(request, visit, sent, error)
    return see_other(
        request, HERE, done(say("Copiez ce jeton maintenant, il ne sera plus montré : {token}", token=token))
    )


@router.post("/{identifier}/revoquer")
async def revoke(request: Request, identifier: str, visit: PageVisit) -> Response:
    """Close the door to a token for ever."""
    refuse_others(visit, ADMINS)
    await visit.write(lambda db: people.revoke_token(db, identifier, visit.now))
    return see_other(request, HERE, done("Ce jeton n’ouvre plus rien."))


# -- how ------------------------------------------------------------------------------------------------------------------


def _asked(sent: FormData) -> Asked:
    """What the form asks for. Raises Invalid."""
    name, days = (str(sent.get(field) or "").strip()[:200] for field in ("name", "days"))
    scopes = tuple(scope for scope in TokenScope if scope in sent.getlist("scopes"))
    if not name:
        raise Invalid("Écrivez à quoi sert ce jeton : « tableau de bord de la ville ».", "name")
    if not scopes:
        raise Invalid("Choisissez au moins un droit.", "scopes")
    if not (days.isascii() and days.isdigit() and len(days) <= len(str(LONGEST_TOKEN.days))):
        raise Invalid(say("Donnez un nombre de jours, de 1 à {days}.", days=LONGEST_TOKEN.days), "days")
    return Asked(str(sent.get("person") or ""), name, scopes, timedelta(days=int(days)))


def _made(db: Connection, visit: Visit, asked: Asked) -> str:
    if asked.person not in dict(people.may_bear_a_token(db, str(visit.identity.person))):
        raise Invalid("Choisissez un nom de la liste.", "person")
    return new_token(db, asked.person, asked.name, now=visit.now, scopes=asked.scopes, lasts=asked.lasts)


async def _show(
    request: Request, visit: Visit, sent: FormData | None = None, error: CasesError | None = None
) -> Response:
    refuse_others(visit, ADMINS)

    def read(db: Connection) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
        return people.tokens(db), people.may_bear_a_token(db, str(visit.identity.person))

    return await desk.show(
        request, visit, "administration/tokens.html", read, lambda found: _context(*found, visit.now) | _form(sent, error),
        status=422 if error else 200,
    )  # fmt: skip


def _form(sent: FormData | None, error: CasesError | None) -> dict[str, Any]:
    """The form as it was filled in, with what is to be corrected."""
    typed = {name: str(sent.get(name) or "") if sent else "" for name in ("person", "name", "days")}
    chosen = set(sent.getlist("scopes")) if sent else {TokenScope.READ}
    scopes = [{"value": str(scope), "label": label, "checked": scope in chosen} for scope, label in SCOPES.items()]
    wrong = getattr(error, "field", None)
    return {
        "typed": {**typed, "days": typed["days"] or ("" if sent else "90")}, "scopes": scopes, "longest": LONGEST_TOKEN.days,
        "errors": to_correct(error) if error else [], "wrong": wrong,
    }  # fmt: skip


def _context(found: Sequence[Mapping[str, Any]], bearers: Sequence[tuple[str, str]], now: datetime) -> dict[str, Any]:
    rows = sorted((_token(one, now) for one in found), key=lambda row: not row["open"])
    return {
        "title": "Jetons de l’interface",
        "rows": rows,
        "bearers": [{"value": who, "label": name} for who, name in bearers],
    }


def _token(one: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    expired = one["expires_at"] is not None and one["expires_at"] <= now
    where = NO_TERRITORY.timezone
    rights = together((lowered(SCOPES[TokenScope(scope)]) for scope in one["scopes"]), ", ")
    return {
        "id": one["id"], "name": one["name"], "email": one["email"] or "", "since": day_short(one["created_at"], where), "rights": rights,
        "used": day_short(one["used_at"], where) if one["used_at"] else "jamais noté", "open": not expired and one["revoked_at"] is None,
        "state": "révoqué" if one["revoked_at"] else "expiré" if expired else say("ouvert"),
        "ends": day_short(one["expires_at"], where) if one["expires_at"] else "",
    }  # fmt: skip
