"""A case on paper: one column without navigation or buttons, and a code that leads back to it."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect

from cases.database import connect
from tests.api.browser import application
from tests.api.street import Street, a_street
from tests.browser.serving import served
from tests.cases.conftest import migrated_file
from tests.chromium import LAUNCH_ARGUMENTS, find_chromium

pytestmark = [pytest.mark.browser, pytest.mark.skipif(find_chromium() is None, reason="needs Chromium")]
A4 = {"width": 680, "height": 1000}  # 180 mm at 96 dots an inch


@pytest.fixture
def street(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Street:
    shutil.copy(migrated_file(tmp_path_factory.getbasetemp()), tmp_path / "cases.db")
    return a_street(connect(f"sqlite:///{tmp_path}/cases.db"))


def test_a_case_is_printed_without_what_can_only_be_pressed(street: Street) -> None:
    async def print_it(base: str) -> None:
        async with async_playwright() as play:
            chromium = await play.chromium.launch(executable_path=find_chromium(), args=list(LAUNCH_ARGUMENTS))
            context = await chromium.new_context(locale="fr-FR", viewport=A4)
            await context.add_cookies([{"name": "qp_session", "value": street.secret("ines"), "url": base}])
            page = await context.new_page()
            await page.goto(f"{base}/dossiers/{street.cases['pagnes']}")
            await expect(page.locator(".qr")).to_be_hidden()
            await page.emulate_media(media="print")
            for pressed in (".rail", ".btn", ".menu", ".jump", ".acts"):
                assert not await page.locator(f"{pressed}:visible").count(), pressed
            for read in (".qr", ".steps", "#journal", "#besoins", "#echeances"):
                await expect(page.locator(read).first).to_be_visible()
            assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
            await chromium.close()

    with served(lambda settings: application(street.database, street.clock, settings=settings)) as base:
        asyncio.run(print_it(base))
