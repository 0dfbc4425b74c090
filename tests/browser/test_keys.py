"""The list of cases by the keyboard alone: searched, gone through, chosen, opened; the keys are told, and may be turned off."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from cases.database import connect
from tests.api.browser import application
from tests.api.street import Street, a_street
from tests.browser import serving
from tests.cases.conftest import migrated_file
from tests.chromium import LAUNCH_ARGUMENTS, find_chromium

pytestmark = [pytest.mark.browser, pytest.mark.skipif(find_chromium() is None, reason="needs Chromium")]


@pytest.fixture
def served(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Street, str]]:
    shutil.copy(migrated_file(tmp_path_factory.getbasetemp()), tmp_path / "cases.db")
    street = a_street(connect(f"sqlite:///{tmp_path}/cases.db"))
    with serving.served(lambda settings: application(street.database, street.clock, settings=settings)) as base:
        yield street, base


async def _by_the_keys(page: Page, base: str) -> None:
    await page.goto(f"{base}/")
    await page.keyboard.press("/")
    await expect(page.get_by_label("Chercher un dossier")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await page.keyboard.press("k")
    await expect(page.locator("a.name").first).to_be_focused()
    await page.keyboard.press("x")
    await expect(page.locator("td input[type=checkbox]").first).to_be_checked()
    await expect(page.get_by_text("Avec les dossiers cochés (1)")).to_be_visible()
    await page.keyboard.press("/")
    await page.keyboard.type("garrage du pil")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("voici ceux qui s’en approchent")).to_be_visible()
    await page.locator("body").press("j")
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", level=1, name="Garage du Pile").wait_for()
    await page.keyboard.press("?")
    await page.wait_for_url("**/aide#clavier")


async def _turned_off(page: Page, base: str) -> None:
    await page.get_by_label("Se servir de ces touches sur cet appareil").uncheck()
    await page.goto(f"{base}/dossiers")
    await page.locator("body").press("j")
    await expect(page.locator("a.name").first).not_to_be_focused()


def test_a_case_is_found_chosen_and_opened_by_the_keys_alone(served: tuple[Street, str]) -> None:
    street, base = served
    complaints: list[str] = []

    async def journey() -> None:
        async with async_playwright() as started:
            chromium = await started.chromium.launch(executable_path=find_chromium(), args=list(LAUNCH_ARGUMENTS))
            context = await chromium.new_context(locale="fr-FR", reduced_motion="reduce")
            await context.add_cookies([{"name": "qp_session", "value": street.secret("ines"), "url": base}])
            page = await context.new_page()
            page.on("console", lambda said: complaints.append(said.text))
            page.on("pageerror", lambda error: complaints.append(str(error)))
            await _by_the_keys(page, base)
            await _turned_off(page, base)
            await chromium.close()

    asyncio.run(journey())
    assert not complaints
