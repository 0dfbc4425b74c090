"""What the address of a list of cases says: filters, order, display. A list, its board, its file and a number of Pilotage share it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from starlette.datastructures import QueryParams

from api.pages.addresses import address, known, word
from api.pages.case_view import STAGES
from cases.views.counted import Counted, counted_of
from cases.views.listing import Order
from cases.views.narrowing import Narrowing
from engine.lists import AXIS, LEVER
from engine.model import Role
from engine.sentences import say

AGES: Final[Mapping[str, tuple[int, int | None]]] = {
    "0-5": (0, 5),
    "6-10": (6, 10),
    "11-20": (11, 20),
    "21": (21, None),
}
AGE_LABELS: Final = {
    "0-5": "0 à 5 jours ouvrés",
    "6-10": "6 à 10 jours ouvrés",
    "11-20": "11 à 20 jours ouvrés",
    "21": "plus de 20 jours ouvrés",
}
DELAYS: Final = {"retard": say("en retard"), "urgents": say("urgents"), "bloques": "bloqués"}
OWNERS: Final = {
    Role.ADVISER: say("le conseiller"),
    Role.OPERATOR: "l’opérateur",
    Role.MENTOR: say("le mentor"),
    Role.OWNER: say("qui suit le plan"),
    Role.MANAGER: say("le responsable"),
}
UNPLACED: Final = {"hors": "outside", "a-preciser": "unknown"}
"""In the place of a quartier: in none, or not known in which."""


class Display(StrEnum):
    """How the cases are shown."""

    LIST = ""
    BOARD = "tableau"
    MAP = "carte"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address says: filters, order, display, where the page begins. Unknown values are left out."""

    state: tuple[str, ...] = ()
    territory: str = ""
    quartier: str = ""
    axis: str = ""
    lever: str = ""
    referent: str = ""
    delay: str = ""
    owner: str = ""
    age: str = ""
    words: str = ""
    counted: Counted | None = None
    order: Order = Order.DUE
    display: Display = Display.LIST
    after: str = ""

    def narrowing(self) -> Narrowing:
        """The same, as the reading takes it: open cases, unless a state, words or a number of Pilotage say otherwise."""
        return Narrowing(
            state=self.state, territory=_one(self.territory), quartier=() if self.quartier in UNPLACED else _one(self.quartier),
            unplaced=UNPLACED.get(self.quartier), axis=_one(self.axis), lever=_one(self.lever),
            referent=_one(self.referent), overdue=True if self.delay == "retard" else None, urgent=True if self.delay == "urgents" else None,
            stuck=self.delay == "bloques", age=AGES.get(self.age), owner=self.owner or None, q=self.words, counted=self.counted,
            open_only=self.counted is None and not self.words,
        )  # fmt: skip

    def said(self) -> dict[str, str | tuple[str, ...]]:
        """What the address names, without what is empty."""
        said: dict[str, str | tuple[str, ...]] = {
            "etat": self.state, "territoire": self.territory, "quartier": self.quartier, "axe": self.axis, "levier": self.lever,
            "referent": self.referent, "delai": self.delay, "chez": self.owner, "age": self.age, "q": self.words,
            "chiffre": self.counted.written() if self.counted else "", "tri": "" if self.order is Order.DUE else str(self.order),
            "vue": str(self.display), "suite": self.after,
        }  # fmt: skip
        return {name: value for name, value in said.items() if value}

    def address(self, path: str = "/dossiers", /, **changes: Any) -> str:
        """The address of the list with something changed; the page starts again."""
        new = replace(self, **{"after": "", **changes})
        return address(path, new.said())


def asked_of(given: QueryParams) -> Asked:
    """What the address says."""
    delay = next((name for name in DELAYS if given.get("delai") == name or given.get(name) == "1"), "")
    order, display = given.get("tri", ""), given.get("vue", "")
    return Asked(
        state=tuple(code for code in given.getlist("etat") if code in STAGES), territory=word(given, "territoire", 80),
        quartier=word(given, "quartier", 20), axis=known(given, "axe", AXIS), lever=known(given, "levier", LEVER),
        referent=word(given, "referent", 40), delay=delay, owner=known(given, "chez", OWNERS), age=known(given, "age", AGES),
        words=word(given, "q", 100), counted=counted_of(word(given, "chiffre", 120)),
        order=Order(order) if order in set(Order) else Order.DUE, display=Display(display) if display in set(Display) else Display.LIST,
        after=given.get("suite", "")[:400],
    )  # fmt: skip


def _one(value: str) -> tuple[str, ...]:
    return (value,) if value else ()
