"""Logging a shop on a phone, at its doorstep: five fields, nothing hidden, one press, and it works without scripts too."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright
from sqlalchemy import select

from cases.database import connect
from cases.tables.case import business, case_file, entrepreneur, need
from tests.api.browser import application
from tests.api.street import NOW, WORKER, Street, people_of_the_street
from tests.browser import serving
from tests.cases.conftest import migrated_file
from tests.chromium import LAUNCH_ARGUMENTS, find_chromium

pytestmark = [pytest.mark.browser, pytest.mark.skipif(find_chromium() is None, reason="needs Chromium")]
PHONE = {"width": 390, "height": 844}


@dataclass(frozen=True)
class Served:
    """The street's people, and the product at an address of this machine."""

    street: Street
    base: str


@pytest.fixture
def served(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    shutil.copy(migrated_file(tmp_path_factory.getbasetemp()), tmp_path / "cases.db")
    street = people_of_the_street(connect(f"sqlite:///{tmp_path}/cases.db"))
    street.clock.set(NOW)
    with serving.served(lambda settings: application(street.database, street.clock, settings=settings)) as base:
        yield Served(street, base)


async def _logged_by_hand(page: Page, base: str) -> None:
    await page.goto(f"{base}/")
    await page.get_by_role("link", name="Signaler", exact=True).click()
    await page.get_by_label("Nom de l’enseigne ou SIRET").fill("Épicerie Traoré")
    await page.get_by_label("Dans un quartier prioritaire").check()
    await page.get_by_label("Son téléphone").fill("06 39 98 66 90")
    await page.get_by_label("Financement").check()
    await page.get_by_label("Elle accepte que ses coordonnées soient gardées").check()
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    await page.get_by_role("button", name="Enregistrer", exact=True).click()
    await page.get_by_role("heading", level=1, name="Épicerie Traoré").wait_for()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_an_adviser_logs_a_shop_on_a_phone_of_390_pixels(served: Served, scripts: bool) -> None:
    complaints: list[str] = []

    async def journey() -> None:
        async with async_playwright() as started:
            chromium = await started.chromium.launch(executable_path=find_chromium(), args=list(LAUNCH_ARGUMENTS))
            context = await chromium.new_context(
                viewport=PHONE, has_touch=True, java_script_enabled=True, locale="fr-FR"
            )
            if not scripts:
                await context.route("**/*.js", lambda route: route.abort())
            await context.add_cookies(
                [{"name": "qp_session", "value": served.street.secret("ines"), "url": served.base}]
            )
            page = await context.new_page()
            page.set_default_timeout(10_000)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on(
                "console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None
            )
            await _logged_by_hand(page, served.base)
            await chromium.close()

    asyncio.run(journey())
    assert not complaints
    query = (
        select(business.c.name, entrepreneur.c.phone, need.c.subject, case_file.c.situation, case_file.c.state)
        .join_from(case_file, business, business.c.id == case_file.c.business_id)
        .join(entrepreneur, entrepreneur.c.id == case_file.c.entrepreneur_id)
        .join(need, need.c.case_id == case_file.c.id)
    )
    logged = served.street.database.read(lambda db: db.execute(query).all(), WORKER)
    assert [tuple(row) for row in logged] == [("Épicerie Traoré", "+33639986690", "funding", "inside", "detection")]
