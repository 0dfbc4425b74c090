"""Pictures of every screen of the demo, for eyes: each person's pages, light and dark, on a phone and on a desk."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from playwright.async_api import Browser, Page, async_playwright

from api.demo.cast import PLAYERS
from api.demo.chromium import LAUNCH_ARGUMENTS
from engine.model import Role

WIDTHS: Final = (390, 1280)
THEMES: Final[Mapping[str, str]] = {"clair": "light", "sombre": "dark"}
CASE: Final = "{dossier}"
"""In an address: the first case of the person's list."""
LETTERS: Final[Mapping[str, str]] = {
    "{demande}": r"(/lien/[\w-]+)\?reponse=",
    "{mon-dossier}": r"(/mon-dossier/[\w-]+)",
}
"""In an address: a link of the latest mail that bears one such."""
LETTER: Final = "{courriel}"
"""In an address: the mail that asks an operator."""
READ: Final = 80
"""How many of the latest mails are looked through for these links."""
Screens = Mapping[Role | None, Mapping[str, str]]
SCREENS: Final[Screens] = {
    None: {
        "connexion": "/connexion", "demo": "/demo", "messagerie": "/demo/messagerie", "courriel": f"{LETTER}/corps",
        "demande": "{demande}", "oui": "{demande}?reponse=oui", "non": "{demande}?reponse=non", "question": "{demande}?reponse=question",
        "mon-dossier": "{mon-dossier}", "etre-rappele": "/demander-un-contact", "aide": "/aide", "composants": "/aide/composants",
        "accessibilite": "/accessibilite", "donnees-personnelles": "/donnees-personnelles", "perdue": "/nulle-part",
    },
    Role.ADVISER: {
        "a-faire": "/", "signaler": "/dossiers/nouveau", "dossiers": "/dossiers", "tableau": "/dossiers?vue=tableau", "carte": "/dossiers?vue=carte",
        "aucun": "/dossiers?q=zzzz",
        "dossier": f"/dossiers/{CASE}", "orienter": f"/dossiers/{CASE}/orienter", "documents": f"/dossiers/{CASE}/documents",
        "clore": f"/dossiers/{CASE}/actions/close", "noter": f"/dossiers/{CASE}/noter/contact",
        "mentorat": "/mentorat", "aides": "/aides", "imports": "/imports", "relances": "/relances", "annuaire": "/annuaire",
        "compte": "/mon-compte", "agenda": "/calendrier", "rappels": "/mes-rappels",
    },
    Role.MANAGER: {
        "a-faire": "/", "pilotage": "/pilotage", "territoires": "/territoires", "territoire": "/territoires/roubaix",
        "delais": "/territoires/roubaix/delais", "choix": "/pilotage/choix", "relances": "/relances?pour=territoire", "messages": "/administration/messages",
        "personnes": "/administration/personnes", "confier": "/dossiers/ensemble?geste=hand_over&tout=1&etat=orientation",
    },
    Role.OPERATOR: {"a-faire": "/", "boite": "/orientations", "en-cours": "/orientations?etat=en-cours", "dossiers": "/dossiers", "dossier": f"/dossiers/{CASE}"},
    Role.MENTOR: {"a-faire": "/", "mentorat": "/mentorat"},
    Role.ADMIN: {"a-faire": "/", "administration": "/administration", "audit": "/administration/journal", "machine": "/administration/machines/case"},
    Role.OBSERVER: {"pilotage": "/pilotage"},
}  # fmt: skip


async def take(
    base: str, chromium: str, folder: Path, said: Callable[[str], None], screens_of: Screens = SCREENS
) -> int:  # fmt: skip
    """Picture every screen that is there, in files named « role-screen-width-theme.png »; how many were taken."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=chromium, args=list(LAUNCH_ARGUMENTS))
        for role, screens in screens_of.items():
            for theme in THEMES:
                async with _signed_in(browser, base, role, theme) as page:
                    count += await _of_a_person(page, base, screens, folder / f"{role or 'visiteur'}-", theme)
            said(f"{role or 'visiteur'}: {count}")
        await browser.close()
    return count


@asynccontextmanager
async def _signed_in(browser: Browser, base: str, role: Role | None, theme: str) -> AsyncIterator[Page]:
    """A page as the first of the cast with that role has it."""
    context = await browser.new_context(locale="fr-FR", color_scheme="dark" if THEMES[theme] == "dark" else "light")
    page = await context.new_page()
    if role is not None:
        name = next(player.name for player in PLAYERS if player.role is role)
        await page.goto(f"{base}/demo")
        await page.get_by_role("button", name=re.compile(re.escape(name))).click()
    yield page
    await context.close()


async def _of_a_person(page: Page, base: str, screens: Mapping[str, str], prefix: Path, theme: str) -> int:
    known, count = await _found(page, base, " ".join(screens.values())), 0
    for name, wanted in screens.items():
        path = wanted
        for place, address in known.items():
            path = path.replace(place, address)
        if "{" in path:
            continue
        answer = await page.goto(base + path, wait_until="load")
        if answer is None or (answer.status == 404 and name != "perdue"):
            continue
        for width in WIDTHS:
            await page.set_viewport_size({"width": width, "height": 844 if width < 600 else 900})
            await page.screenshot(path=f"{prefix}{name}-{width}-{theme}.png", full_page=True)
            count += 1
    return count


async def _found(page: Page, base: str, wanted: str) -> dict[str, str]:
    """What stands for the places of these addresses, as far as it is there."""
    known = await _in_letters(page, base) if LETTER in wanted else {}
    if CASE in wanted and (case := await _first_case(page, base)):
        known[CASE] = case
    return known


async def _in_letters(page: Page, base: str) -> dict[str, str]:
    """The links of the latest mails: an operator's, an entrepreneur's; and the mail that bears the first."""
    listed = await (await page.request.get(f"{base}/demo/messagerie")).text()
    known: dict[str, str] = {}
    for letter in re.findall(r'href="(/demo/messagerie/\d+)"', listed)[:READ]:
        text = await (await page.request.get(base + letter)).text()
        for place, pattern in LETTERS.items():
            if place not in known and (link := re.search(pattern, text)):
                known |= {place: link[1], **({LETTER: letter} if place == "{demande}" else {})}
    return known


async def _first_case(page: Page, base: str) -> str | None:
    await page.goto(f"{base}/dossiers")
    found = re.search(r'href="/dossiers/(QP-[0-9A-Z-]+)"', await page.content())
    return found[1] if found else None
