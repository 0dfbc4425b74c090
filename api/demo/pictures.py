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
Screens = Mapping[Role | None, Mapping[str, str]]
SCREENS: Final[Screens] = {
    None: {
        "connexion": "/connexion", "demo": "/demo", "messagerie": "/demo/messagerie", "aide": "/aide", "composants": "/aide/composants",
        "accessibilite": "/accessibilite", "donnees-personnelles": "/donnees-personnelles", "perdue": "/nulle-part",
    },
    Role.ADVISER: {
        "a-faire": "/", "signaler": "/dossiers/nouveau", "dossiers": "/dossiers", "tableau": "/dossiers?vue=tableau", "aucun": "/dossiers?q=zzzz",
        "dossier": f"/dossiers/{CASE}", "clore": f"/dossiers/{CASE}/actions/close", "noter": f"/dossiers/{CASE}/noter/contact",
        "mentorat": "/mentorat", "aides": "/aides", "imports": "/imports", "relances": "/relances", "annuaire": "/annuaire",
    },
    Role.MANAGER: {
        "a-faire": "/", "pilotage": "/pilotage", "territoires": "/territoires", "territoire": "/territoires/roubaix",
        "confier": "/dossiers/ensemble?geste=hand_over&tout=1&etat=orientation",
    },
    Role.OPERATOR: {"a-faire": "/", "boite": "/orientations", "dossiers": "/dossiers", "dossier": f"/dossiers/{CASE}"},
    Role.MENTOR: {"a-faire": "/", "mentorat": "/mentorat"},
    Role.ADMIN: {"a-faire": "/", "administration": "/administration"},
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
    case, count = await _first_case(page, base) if any(CASE in path for path in screens.values()) else None, 0
    for name, path in screens.items():
        if CASE in path and case is None:
            continue
        answer = await page.goto(base + path.replace(CASE, case or ""), wait_until="load")
        if answer is None or (answer.status == 404 and name != "perdue"):
            continue
        for width in WIDTHS:
            await page.set_viewport_size({"width": width, "height": 844 if width < 600 else 900})
            await page.screenshot(path=f"{prefix}{name}-{width}-{theme}.png", full_page=True)
            count += 1
    return count


async def _first_case(page: Page, base: str) -> str | None:
    await page.goto(f"{base}/dossiers")
    found = re.search(r'href="/dossiers/(QP-[0-9A-Z-]+)"', await page.content())
    return found[1] if found else None
