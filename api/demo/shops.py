"""The shops of the demo, drawn one a case: the same number gives the same shop, whatever the day."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from stdnum import luhn

from api.demo.cast import FIRST_NAMES, INSEE, LAST_NAMES, QUARTIERS, SHOPS, STREETS, TERRITORY, Shop
from cases.intake import Detection
from cases.simulation import chance_of

LANGUAGES = ("fr",) * 17 + ("ar", "ar", "en")


def detection_of(case: int, today: date, *, met_in_person: bool, elsewhere: bool) -> Detection:
    """The shop of that case, as it is logged. One in two has no e-mail, one in three no SIRET yet, one in ten is across the street from a quartier."""
    chance = chance_of(f"shop {case}")
    shop = SHOPS[case % len(SHOPS)]
    first, last = chance.choice(FIRST_NAMES), LAST_NAMES[(case + case // len(SHOPS)) % len(LAST_NAMES)]
    quartier, _ = chance.choice(QUARTIERS)
    inside = chance.random() < 0.8
    return Detection(
        name=_name(shop, case, last), person_name=f"{first} {last}", activity=shop.activity, naf=shop.naf or None, headcount=shop.headcount,
        created_on=today - timedelta(days=chance.randint(60, 3000)) if shop.naf else None, siret=_siret(case) if shop.naf and chance.random() < 0.8 else None,
        address_line=f"{chance.randint(1, 180)} {chance.choice(STREETS)}", postcode="59100", city="Roubaix", insee=INSEE, phone=f"+33639987{case:03d}",
        email=f"contact{case}@boutique.example" if chance.random() < 0.5 else None, language=chance.choice(LANGUAGES),
        territory=None if elsewhere else TERRITORY, situation=_situation(chance, inside=inside), quartier=quartier if inside and not elsewhere else None,
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


def _need(shop: Shop, case: int, chance: Random) -> dict[str, Any]:
    subject, axis, levers = shop.needs[(case // len(SHOPS)) % len(shop.needs)]
    amount = chance.choice(shop.amounts) if subject == "funding" and shop.amounts else None
    return {"subject": subject, "axis": axis, "levers": list(levers), "amount": amount}


def _siret(case: int) -> str:
    """A number that passes the check and belongs to nobody: no SIREN begins with five zeros."""
    siren = f"{case:08d}"
    siren += luhn.calc_check_digit(siren)
    return f"{siren}0001{luhn.calc_check_digit(siren + '0001')}"
