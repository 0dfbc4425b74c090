"""The journey of each role, from the home page to the end, by the keyboard alone; and the same without JavaScript."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import pytest
from playwright.async_api import async_playwright

from tests.api.browser import application
from tests.api.street import Street
from tests.browser.acts import offer_of_adie, own_case_of
from tests.browser.keyboard import Keyboard
from tests.browser.serving import served
from tests.chromium import LAUNCH_ARGUMENTS, find_chromium

pytestmark = [pytest.mark.browser, pytest.mark.skipif(find_chromium() is None, reason="needs Chromium")]


async def adviser(hand: Keyboard, street: Street) -> None:
    """Log a shop, orient it, send the request."""
    offer_of_adie(street)
    await hand.opens("/")
    await hand.presses(hand.link("Signaler une entreprise"))
    await hand.types("Nom de l’enseigne ou SIRET", "Épicerie Traoré")
    await hand.ticks("Dans un quartier prioritaire")
    await hand.types("Son téléphone", "06 39 98 66 90")
    await hand.ticks("Financement")
    await hand.ticks("Elle accepte que ses coordonnées soient gardées")
    await hand.ticks("Elle accepte que son dossier soit montré")
    await hand.presses(hand.button("Enregistrer et orienter"))
    await hand.presses(hand.link("Demander à l’Adie"))
    await hand.presses(hand.button("Envoyer"))
    await hand.reads("La demande est partie")


async def operator(hand: Keyboard, street: Street) -> None:
    """Take a request, then note the call."""
    await hand.opens("/")
    await hand.presses(hand.link("Orientations"))
    await hand.presses(hand.link(re.compile("Répondre.*Bois de Lys")))
    await hand.presses(hand.button(re.compile("Je prends en charge")))
    await hand.reads("la demande est à vous")
    await hand.presses(hand.link(re.compile("Noter l’appel.*Bois de Lys")))
    await hand.ticks("Téléphone")
    await hand.presses(hand.button("Enregistrer"))
    await hand.reads("vous vous êtes parlé")


async def mentor(hand: Keyboard, street: Street) -> None:
    """Write the log book of the pair."""
    await hand.opens("/")
    await hand.presses(hand.link("Mentorat"))
    await hand.presses(hand.link("Écrire le carnet"))
    await hand.ticks("Ça avance")
    await hand.presses(hand.button("Écrire le carnet"))
    await hand.reads("C’est noté.")


async def manager(hand: Keyboard, street: Street) -> None:
    """Hand a stuck case over."""
    await hand.opens("/")
    await hand.presses(hand.link(re.compile("^Confier à…")))
    await hand.ticks("Inès Morvan")
    await hand.presses(hand.button(re.compile("^Confier")))
    await hand.reads("Le dossier est confié")


async def admin(hand: Keyboard, street: Street) -> None:
    """Invite a manager."""
    await hand.opens("/")
    await hand.presses(hand.link("Administration"))
    await hand.presses(hand.link("Personnes, rôles, absences"))
    await hand.types("Prénom et nom", "Nora Petit")
    await hand.types("Adresse électronique", "nora@example.org")
    await hand.chooses("Rôle", "Pilotage")
    await hand.chooses("Territoire", "Roubaix")
    await hand.presses(hand.button("Inviter"))
    await hand.reads("Nora Petit a son rôle")


async def entrepreneur(hand: Keyboard, street: Street) -> None:
    """Say that nobody called."""
    await hand.opens(own_case_of(street, "vauban"))
    await hand.presses(hand.button("Personne ne m’a appelé"))
    await hand.reads(re.compile("rappel|prévenu"))


@dataclass(frozen=True)
class Journey:
    """Somebody's day: who is signed in, if anybody, and what they do."""

    who: str | None
    live: Callable[[Keyboard, Street], Awaitable[None]]


JOURNEYS: Final = (
    Journey("ines", adviser), Journey("elodie", operator), Journey("jean", mentor), Journey("laurent", manager), Journey("admin", admin),
    Journey(None, entrepreneur),
)  # fmt: skip


async def lived_through(journey: Journey, street: Street, base: str, *, scripts: bool) -> list[str]:
    """What the browser had to say of a journey."""
    said: list[str] = []
    async with async_playwright() as play:
        chromium = await play.chromium.launch(executable_path=find_chromium(), args=list(LAUNCH_ARGUMENTS))
        context = await chromium.new_context(locale="fr-FR", reduced_motion="reduce", java_script_enabled=scripts)
        if journey.who:
            await context.add_cookies([{"name": "qp_session", "value": street.secret(journey.who), "url": base}])
        page = await context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        await journey.live(Keyboard(page, base), street)
        await chromium.close()
    return said


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.live.__name__)
def test_a_day_is_done_by_the_keyboard_alone(journey: Journey, scripts: bool, street: Street) -> None:
    with served(lambda settings: application(street.database, street.clock, settings=settings)) as base:
        assert asyncio.run(lived_through(journey, street, base, scripts=scripts)) == []
