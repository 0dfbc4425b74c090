"""How a page is made: who is there, its frame and its navigation, what has just happened; and how one leads to another."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from api.csrf import READS, new_visitor, token_for
from api.errors import NotSignedIn
from api.languages import speak_to, switch
from api.pages.frame import FLASH_LASTS, Frame
from api.security import Visit, noted, visit_of
from api.sign_in import SignedIn, keep_alive, signed_in
from api.work import Work
from cases.access import Identity
from cases.errors import CasesError, Invalid, Refused
from cases.privacy.looks import How
from engine.model import Role
from engine.sentences import together
from notifications.languages import shown

ROLES: Final[Mapping[Role, str]] = {
    Role.ADVISER: "Conseil local",
    Role.MANAGER: "Pilotage du territoire",
    Role.OPERATOR: "Opérateur",
    Role.OPERATOR_MANAGER: "Direction d’antenne",
    Role.MENTOR: "Mentor bénévole",
    Role.ADMIN: "Administration du programme",
    Role.OBSERVER: "Observation",
    Role.API_CLIENT: "Outil partenaire",
}
"""A role, as it stands under a name."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the navigation, and for whom it is; `tab`: among the tabs of a phone."""

    href: str
    label: str
    icon: str
    roles: frozenset[Role]
    tab: bool = False


LEADERS: Final = frozenset({Role.ADMIN, Role.MANAGER})
"""Who is in charge of people, of machines, of what leaves."""
_TERRITORY = frozenset({Role.ADVISER, Role.MANAGER})
_OPERATORS = frozenset({Role.OPERATOR, Role.OPERATOR_MANAGER})
_MENTORS = frozenset({Role.MENTOR})
_EVERYBODY = _TERRITORY | _OPERATORS | _MENTORS | {Role.ADMIN, Role.OBSERVER}
_FIGURES = frozenset({Role.MANAGER, Role.ADMIN, Role.OBSERVER})

PLACES: Final = (
    Place("/", "À faire", "todo", _EVERYBODY - {Role.OBSERVER}, tab=True),
    Place("/orientations", "Orientations", "s2", _OPERATORS, tab=True),
    Place("/dossiers", "Dossiers", "folder", _TERRITORY | _OPERATORS | {Role.ADMIN}, tab=True),
    Place("/mentorat", "Mentorat", "s4", _MENTORS | _TERRITORY, tab=True),
    Place("/relances", "Relances", "bell", _TERRITORY | _OPERATORS | _MENTORS),
    Place("/administration/messages", "Messages", "mail", LEADERS),
    Place("/pilotage", "Pilotage", "chart", _FIGURES),
    Place("/territoires", "Territoires", "pin", _FIGURES),
    Place("/aides", "Aides", "aid", _EVERYBODY),
    Place("/annuaire", "Annuaire", "book", _EVERYBODY),
    Place("/imports", "Imports", "upload", _TERRITORY | {Role.ADMIN}),
    Place("/administration", "Administration", "gear", LEADERS),
)
"""The places; one is shown when its page is there."""
DETECT: Final = Place("/dossiers/nouveau", "Signaler une entreprise", "plus", _TERRITORY | _OPERATORS)
OWN_CASES: Final = "/dossiers"
"""Where somebody's own phone leads, once their session is over."""
KEPT_SHOPS: Final = f"{OWN_CASES}/gardes"
"""Shops that were logged without a network, and that leave later."""
ACCOUNT: Final = "/mon-compte"
"""One's own sessions and tokens."""
TABS: Final = 2
"""How many places stand among the tabs of a phone, beside « Signaler » and « Plus »."""


def page(
    request: Request, template: str, *, status: int = 200, counts: Mapping[str, int | str] | None = None,
    hot: Collection[str] = (), **context: Any,
) -> HTMLResponse:  # fmt: skip
    """A page of the product. `counts`: how many wait at each place, by its address; `hot`: the places where some are late."""
    frame: Frame = request.app.state.frame
    messages = frame.read(request)
    visitor = None if frame.holder(request) else new_visitor()
    request.state.visitor = visitor
    around = {
        "product": frame.product,
        "theme_css": frame.theme_css,
        "csrf": token_for(frame.holder(request), frame.key),
        "messages": messages,
        "demo": _ribbon() if frame.demo else None,
        "switch": switch(request, status),
        **_of_the_reader(request, counts or {}, hot),
    }
    answer = HTMLResponse(frame.environment.get_template(template).render({**around, **context}), status)
    if visitor:
        frame.keep(answer, frame.visitor_cookie, visitor)
    if messages:
        frame.forget(answer, frame.flash_cookie)
    return answer


def see_other(request: Request, address: str, *messages: Mapping[str, Any]) -> RedirectResponse:
    """After a change: lead to a page, which says once what has just happened (`done`, `warned`)."""
    answer = RedirectResponse(address, 303)
    if messages:
        frame: Frame = request.app.state.frame
        frame.keep(answer, frame.flash_cookie, frame.written(messages), seconds=FLASH_LASTS)
    return answer


def done(text: str, action: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A message that something is done, in the language of who did it; `action` may undo it: {label, href, method: "post", fields?}."""
    return {"text": shown(text), "kind": "ok", **({"action": dict(action)} if action else {})}


def warned(text: str) -> dict[str, Any]:
    """A message that something is not done, or not wholly."""
    return {"text": shown(text), "kind": "error"}


def to_correct(error: CasesError) -> list[dict[str, str | None]]:
    """What is to be corrected on a form, as the macro `error_summary` takes it: the page is then shown again with the status 422."""
    if isinstance(error, Refused):
        return [{"message": reason.message, "field": reason.field} for reason in error.reasons]
    return [{"message": error.said, "field": error.field if isinstance(error, Invalid) else None}]


def own_address(address: str, otherwise: str = "/") -> str:
    """An address inside the product; anything that leads outside becomes `otherwise`."""
    plain = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if plain else otherwise


# -- who is there ---------------------------------------------------------------------------------------------------------


async def _visit(request: Request, work: Work) -> AsyncIterator[Visit]:
    frame: Frame = request.app.state.frame
    secret, now = request.cookies.get(frame.session_cookie, ""), work.clock.now()
    found = await work.read(lambda db: signed_in(db, secret, now)) if secret else None
    if found is None:
        raise NotSignedIn
    if found.to_keep_alive:
        await work.write(lambda db: keep_alive(db, found, now))
    if found.own_phone_only and not _is_open_on_own_phone(request):
        raise SignInAgain
    request.state.signed_in = found
    speak_to(request, found.reads_in)
    visit = await visit_of(found.identity, work)
    yield visit
    await noted(request, visit, How.PAGE)


class SignInAgain(NotSignedIn):
    """On somebody's own phone, long after they signed in: this page is for a session that is not over."""


def _is_open_on_own_phone(request: Request) -> bool:
    """Logging a business, seeing one's own cases and one's own account."""
    path, reads = request.url.path, request.method in READS
    return path.startswith((DETECT.href, KEPT_SHOPS, ACCOUNT)) or (
        reads and (path == OWN_CASES or path.startswith(f"{OWN_CASES}/"))
    )


PageVisit = Annotated[Visit, Depends(_visit)]
"""Somebody who is signed in; who is not is led to the sign-in page, then back."""


def _of_the_reader(request: Request, counts: Mapping[str, int | str], hot: Collection[str]) -> dict[str, Any]:
    found: SignedIn | None = getattr(request.state, "signed_in", None)
    if found is None:
        return {}
    who, path = found.identity, request.url.path
    roles = {grant.role for grant in who.grants}
    there: Collection[str] = request.app.state.addresses
    places = [place for place in PLACES if roles & place.roles and place.href in there]
    tabs = [place.href for place in places if place.tab][:TABS]
    here = max((place.href for place in places if _is_at(path, place.href)), key=len, default="")
    return {
        "nav": [
            {
                "href": place.href, "label": place.label, "icon": place.icon, "tab": place.href in tabs, "count": counts.get(place.href),
                "hot": place.href in hot, "current": place.href == here,
            }
            for place in places
        ],
        "main_action": _detect(path) if roles & DETECT.roles and DETECT.href in there else None,
        "search_href": "/dossiers" if "/dossiers" in there else None,
        "person": {"name": who.name, "role": role_of(who), "href": ACCOUNT},
        "place": found.place,
        "roles": _roles_of(found),
    }  # fmt: skip


def _roles_of(found: SignedIn) -> list[dict[str, Any]]:
    """The roles between which somebody may choose, all of them first; nothing for who has one."""
    if len(found.grants) < 2:
        return []
    named = [(one.id, together((ROLES[one.grant.role], one.place or ""), " · ")) for one in found.grants]
    chosen = found.chosen or ""
    return [
        {"value": value, "label": label, "current": value == chosen}
        for value, label in (("", "Tous mes rôles"), *named)
    ]


def role_of(who: Identity) -> str:
    """What somebody is here, in words: their first role."""
    return ROLES.get(who.grants[0].role, "") if who.grants else ""


def _is_at(path: str, place: str) -> bool:
    if path == DETECT.href:
        return False
    return path == place or (place != "/" and path.startswith(f"{place}/"))


def _detect(path: str) -> dict[str, Any]:
    return {"href": DETECT.href, "label": DETECT.label, "short": "Signaler", "current": path == DETECT.href}


def _ribbon() -> dict[str, Any]:
    links = [
        {"href": "/demo", "label": "Personnes"},
        {"href": "/demo/messagerie", "label": "Courriels"},
    ]
    return {"links": links}
