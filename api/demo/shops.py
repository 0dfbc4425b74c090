"""The shops of the demo, drawn one a case: the same number gives the same shop, whatever the day."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from random import Random
from typing import Any

from stdnum import luhn

from api.demo.cast import FIRST_NAMES, INSEE, LAST_NAMES, QUARTIERS, SHOPS, STREETS, TERRITORY, Shop
from cases.intake import Detection
from cases.quartiers import Polygon, contains
from cases.reference_data import FOLDER
from cases.simulation import chance_of

LANGUAGES = ("fr",) * 17 + ("ar", "ar", "en")


def detection_of(case: int, today: date, *, met_in_person: bool, elsewhere: bool) -> Detection:
    """The shop of that case, as it is logged. One in two has no e-mail, one in three no SIRET yet, one in ten is across the street from a quartier."""
    chance = chance_of(f"shop {case}")
    shop = SHOPS[case % len(SHOPS)]
    first, last = chance.choice(FIRST_NAMES), LAST_NAMES[(case + case // len(SHOPS)) % len(LAST_NAMES)]
    quartier, _ = chance.choice(QUARTIERS)
    inside = chance.random() < 0.8
    where = _situation(chance, inside=inside)
    return Detection(
        name=_name(shop, case, last), person_name=f"{first} {last}", activity=shop.activity, naf=shop.naf or None, headcount=shop.headcount,
        created_on=today - timedelta(days=chance.randint(60, 3000)) if shop.naf else None, siret=_siret(case) if shop.naf and chance.random() < 0.8 else None,
        address_line=f"{chance.randint(1, 180)} {chance.choice(STREETS)}", postcode="59100", city="Roubaix", insee=INSEE, phone=f"+33639987{case:03d}",
        email=f"contact{case}@boutique.example" if chance.random() < 0.5 else None, language=chance.choice(LANGUAGES),
        territory=None if elsewhere else TERRITORY, situation=where, quartier=quartier if inside and not elsewhere else None,
        position=None if elsewhere else _position(case, where, quartier),
        channel="visit" if met_in_person else "phone", consents=("contact", "share"), met_in_person=met_in_person, needs=(_need(shop, case, chance),),
    )  # fmt: skip


def _name(shop: Shop, case: int, owner: str) -> str:
    """The names of a kind first, then shops that bear their owner's."""
    turn = case // len(SHOPS)
    return shop.names[turn] if turn < len(shop.names) else f"{shop.sign} {owner}"


def _situation(chance: Random, *, inside: bool) -> str:
    if inside:
        return "inside"
    return "outside" if chance.random() < 0.6 else "unknown"


def _position(case: int, where: str, quartier: str) -> tuple[float, float] | None:
    """Where the adviser stood before it: two times in three, and never where nobody knows the quartier."""
    chance, outlines = chance_of(f"place of shop {case}"), _outlines()
    if where == "unknown" or chance.random() < 1 / 3:
        return None
    while True:
        longitude, latitude = chance.uniform(*_span(outlines, 0)), chance.uniform(*_span(outlines, 1))
        around = next((code for code, polygons in outlines.items() if contains(polygons, (longitude, latitude))), None)
        if around == (quartier if where == "inside" else None):
            return longitude, latitude


@cache
def _outlines() -> Mapping[str, tuple[Polygon, ...]]:
    """The quartiers of the demo, by code."""
    drawn = json.loads((FOLDER / "quartiers-fictifs.geojson").read_text(encoding="utf-8"))["features"]
    return {one["properties"]["code_qp"]: tuple(one["geometry"]["coordinates"]) for one in drawn}


def _span(outlines: Mapping[str, tuple[Polygon, ...]], axis: int) -> tuple[float, float]:
    """From where to where the quartiers go, in degrees: longitude (0) or latitude (1)."""
    all_of_them = [p[axis] for polygons in outlines.values() for polygon in polygons for p in polygon[0]]
    return min(all_of_them), max(all_of_them)


def _need(shop: Shop, case: int, chance: Random) -> dict[str, Any]:
    subject, axis, levers = shop.needs[(case // len(SHOPS)) % len(shop.needs)]
    amount = chance.choice(shop.amounts) if subject == "funding" and shop.amounts else None
    return {"subject": subject, "axis": axis, "levers": list(levers), "amount": amount}


def _siret(case: int) -> str:
    """A number that passes the check and belongs to nobody: no SIREN begins with five zeros."""
    siren = f"{case:08d}"
    siren += luhn.calc_check_digit(siren)
    return f"{siren}0001{luhn.calc_check_digit(siren + '0001')}"
