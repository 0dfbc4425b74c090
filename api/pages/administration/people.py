"""The people whom somebody administers: found, and let in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request
from sqlalchemy import Connection, select
from starlette.datastructures import FormData
from starlette.responses import Response

from api.pages import desk
from api.pages.addresses import address
from api.pages.administration.allowed import LEADERS, refuse_others
from api.pages.shell import ROLES, PageVisit, done, see_other, to_correct
from api.security import Visit
from cases import people
from cases.access import BRANCH_ROLES, TERRITORY_ROLES, Identity
from cases.colleagues import PAGE, Colleague, colleagues
from cases.database import Scope
from cases.errors import CasesError, Invalid
from cases.people import Newcomer
from cases.tables.operators import branch
from cases.tables.territories import territory
from engine.model import Role
from engine.sentences import say, together
from notifications.asking import ask_invitation

HERE: Final = "/administration/personnes"
router = APIRouter(prefix=HERE)
SYSTEM: Final = Scope.worker()
"""Within their own scope, nobody writes to somebody else."""
GIVEN_BY_A_MANAGER: Final = (Role.ADVISER, Role.MANAGER, Role.MENTOR)
PROPOSED: Final = 100
"""Branches beyond which their names would weigh more than the page: a word of the name is enough."""
_FIELDS: Final = ("name", "email", "role", "territory", "branch")


@dataclass(frozen=True, slots=True)
class Team:
    """What the page shows: the people, what continues their list, and the places where somebody may be let in."""

    people: list[Colleague]
    more: str | None
    territories: list[tuple[str, str]]
    branches: list[str]
    """Names, while they are few enough to be proposed."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Which of them are shown: those whose name or address has these words, after the page that ended there."""

    words: str = ""
    after: str = ""

    def address(self, after: str = "") -> str:
        """The page that begins there, of the same words."""
        return address(HERE, {"q": self.words, "suite": after})


@router.get("")
async def show_people(request: Request, visit: PageVisit, q: str = "", suite: str = "") -> Response:
    """The people, by name, a page at a time; `q` narrows them."""
    refuse_others(visit, LEADERS)
    return await _show(request, visit, Listed(q[:80], suite))


@router.post("")
async def invite(request: Request, visit: PageVisit) -> Response:
    """Give somebody a role, and have a link to come in sent to them."""
    refuse_others(visit, LEADERS)
    sent = await request.form()
    try:
        newcomer = _newcomer(visit.identity, sent)
        await visit.work.write(lambda db: _let_in(db, visit.identity, newcomer, visit), SYSTEM)
    except CasesError as error:
        return await _show(request, visit, Listed(), sent=sent, error=error)
    told = say("{name} a son rôle. Un lien pour entrer part à {email}.", name=newcomer.name, email=newcomer.email)
    return see_other(request, HERE, done(told))


def _newcomer(who: Identity, sent: FormData) -> Newcomer:
    given = {name: str(sent.get(name) or "").strip()[:200] for name in _FIELDS}
    if not given["name"]:
        raise Invalid("Écrivez le nom de la personne.", "name")
    if "@" not in given["email"] or any(letter.isspace() for letter in given["email"]):
        raise Invalid("Écrivez son adresse en entier, comme prenom.nom@exemple.fr.", "email")
    if given["role"] not in may_give(who):
        raise Invalid("Choisissez un rôle de la liste.", "role")
    role = Role(given["role"])
    home = given["territory"] if role in TERRITORY_ROLES | {Role.MENTOR} else ""
    office = given["branch"] if role in BRANCH_ROLES else ""
    return Newcomer(given["name"], given["email"], role, home or None, office or None)


def may_give(who: Identity) -> dict[str, str]:
    """The roles that somebody may give, with their names: a manager those of a territory."""
    known = people.GIVEN if who.has(Role.ADMIN) else GIVEN_BY_A_MANAGER
    return {str(role): ROLES[role] for role in ROLES if role in known}


def _let_in(db: Connection, who: Identity, newcomer: Newcomer, visit: Visit) -> None:
    homes = {slug for slug, _ in _territories(db, who)}
    if newcomer.role in TERRITORY_ROLES | {Role.MENTOR} and newcomer.territory not in homes:
        raise Invalid("Choisissez un territoire de la liste.", "territory")
    ask_invitation(db, people.add(db, newcomer, visit.now), visit.now)


def _territories(db: Connection, who: Identity) -> list[tuple[str, str]]:
    query = select(territory.c.slug, territory.c.name).order_by(territory.c.name)
    led = [g.territory for g in who.grants if g.role is Role.MANAGER]
    rows = db.execute(query if who.has(Role.ADMIN) else query.where(territory.c.id.in_(led)))
    return [(row.slug, row.name) for row in rows]


def _branches(db: Connection) -> list[str]:
    named = select(branch.c.name).where(branch.c.active).order_by(branch.c.name).limit(PROPOSED + 1)
    found = list(db.execute(named).scalars())
    return found if len(found) <= PROPOSED else []


async def _show(
    request: Request, visit: Visit, listed: Listed, *, sent: FormData | None = None, error: CasesError | None = None
) -> Response:
    who = visit.identity

    def read(db: Connection) -> Team:
        found = colleagues(db, who, listed.words, listed.after or None)
        return Team(*found, _territories(db, who), _branches(db) if who.has(Role.ADMIN) else [])

    def present(found: Team) -> dict[str, Any]:
        typed = {name: str(sent.get(name) or "") if sent else "" for name in _FIELDS}
        return {
            "title": "Personnes", "words": listed.words, "rows": [_row(one) for one in found.people],
            "older": listed.address(found.more) if found.more else None, "newer": listed.address() if listed.after else None,
            "summary": say("{page} personnes par page", page=PAGE), "given": _options(may_give(who).items()),
            "territories": _options(found.territories), "branches": found.branches, "to_a_branch": who.has(Role.ADMIN),
            "typed": typed, "errors": to_correct(error) if error else [], "wrong": getattr(error, "field", None),
        }  # fmt: skip

    return await desk.show(
        request, visit, "administration/people.html", read, present, status=422 if error else 200
    )  # fmt: skip


def _options(pairs: Any) -> list[dict[str, str]]:
    return [{"value": value, "label": label} for value, label in pairs]


def _row(one: Colleague) -> list[dict[str, Any]]:
    roles = together(dict.fromkeys(said_role(role) for role in one.roles), " · ") or "aucun rôle"
    return [
        {"text": one.name, "href": f"{HERE}/{one.id}", "sub": one.email or say("sans adresse")},
        {"text": roles}, {"text": str(one.cases) if one.cases else "–"}, {"text": say("peut entrer") if one.active else "fermé"},
    ]  # fmt: skip


def said_role(role: Any) -> str:
    """A role with its place: « Conseil local, Roubaix »."""
    return together((ROLES.get(Role(role["role"]), ""), role["place"] or ""), ", ")
