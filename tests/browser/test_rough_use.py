"""Rough use: names that never end, a double click, the back button, the same case in two tabs."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright, expect
from sqlalchemy import func, select

from cases.database import connect
from cases.tables.case import case_file
from tests.api.browser import application
from tests.api.street import NOW, WORKER, Street, people_of_the_street
from tests.browser.serving import served
from tests.browser.test_every_page import CHECKS
from tests.cases.conftest import migrated_file
from tests.chromium import LAUNCH_ARGUMENTS, find_chromium

pytestmark = [pytest.mark.browser, pytest.mark.skipif(find_chromium() is None, reason="needs Chromium")]
ENDLESS = "Anticonstitutionnellementementissimo" * 4
WIDTHS = (320, 390, 640, 1280)  # 640: a desk at 200 %
Use = Callable[[Page, str], Awaitable[None]]


@pytest.fixture
def street(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    shutil.copy(migrated_file(tmp_path_factory.getbasetemp()), tmp_path / "cases.db")
    street = people_of_the_street(connect(f"sqlite:///{tmp_path}/cases.db"))
    street.clock.set(NOW)
    yield street
    street.database.close()


def used(street: Street, who: str, use: Use) -> None:
    """Somebody uses the product, in a browser of their own."""

    async def use_it(base: str) -> None:
        async with async_playwright() as play:
            chromium = await play.chromium.launch(executable_path=find_chromium(), args=list(LAUNCH_ARGUMENTS))
            context = await chromium.new_context(locale="fr-FR", reduced_motion="reduce")
            await context.add_cookies([{"name": "qp_session", "value": street.secret(who), "url": base}])
            page = await context.new_page()
            page.set_default_timeout(10_000)
            await use(page, base)
            await chromium.close()

    with served(lambda settings: application(street.database, street.clock, settings=settings)) as base:
        asyncio.run(use_it(base))


def count(street: Street, table: Any) -> int:
    query = select(func.count()).select_from(table)
    return int(street.database.read(lambda db: db.execute(query).scalar_one(), WORKER))


@pytest.mark.parametrize(
    ("who", "paths"),
    [
        ("ines", ("/", "/dossiers", "/dossiers?vue=tableau", "/dossiers?vue=carte", "{case}", "{case}/orienter", "{case}/documents", "{case}/noter/note")),
        ("laurent", ("/", "/pilotage", "/relances?pour=territoire", "{case}")),
    ],
)  # fmt: skip
def test_a_name_that_never_ends_widens_no_page(street: Street, who: str, paths: tuple[str, ...]) -> None:
    street.log("11-24 08:00", "ines", "endless", {"name": ENDLESS, "person_name": ENDLESS, "activity": ENDLESS, "phone": "+33639986690"})  # fmt: skip
    street.do("11-24 08:00", "ines", "endless", "qualify")
    wide: list[str] = []

    async def look(page: Page, base: str) -> None:
        for path in paths:
            await page.goto(base + path.replace("{case}", f"/dossiers/{street.cases['endless']}"))
            for width in WIDTHS:
                await page.set_viewport_size({"width": width, "height": 800})
                found = await page.evaluate(CHECKS)
                wide.extend(f"{path}, {width} px: {one}" for one in found if "sideways" in one)

    used(street, who, look)

    assert wide == []


def test_a_double_click_logs_one_shop(street: Street) -> None:
    async def click_twice(page: Page, base: str) -> None:
        await page.goto(f"{base}/dossiers/nouveau")
        await page.get_by_label("Nom de l’enseigne ou SIRET").fill("Épicerie Traoré")
        await page.get_by_label("Elle accepte que ses coordonnées soient gardées").check()
        await page.get_by_role("button", name="Enregistrer", exact=True).dblclick()
        await page.get_by_role("heading", level=1, name="Épicerie Traoré").wait_for()

    used(street, "ines", click_twice)

    assert count(street, case_file) == 1


def test_who_goes_back_and_logs_the_shop_again_is_told_that_it_is_known(street: Street) -> None:
    async def go_back(page: Page, base: str) -> None:
        await page.goto(f"{base}/dossiers/nouveau")
        for _ in range(2):
            await page.get_by_label("Nom de l’enseigne ou SIRET").fill("Épicerie Traoré")
            await page.get_by_label("Son téléphone").fill("06 39 98 66 90")
            await page.get_by_label("Elle accepte que ses coordonnées soient gardées").check()
            await page.get_by_role("button", name="Enregistrer", exact=True).click()
            await (
                page.get_by_role("heading", level=1, name="Épicerie Traoré")
                .or_(page.get_by_text("est déjà connue"))
                .first.wait_for()
            )
            if page.url.endswith("/nouveau"):
                break
            await page.go_back()
        await expect(page.get_by_role("link", name="C’est la même")).to_be_visible()

    used(street, "ines", go_back)

    assert count(street, case_file) == 1


def test_who_goes_back_and_takes_a_step_again_is_told_that_it_is_taken(street: Street) -> None:
    street.log("11-24 08:00", "ines", "shop", {"name": "Épicerie Traoré"})

    async def go_back(page: Page, base: str) -> None:
        await page.goto(f"{base}/dossiers/{street.cases['shop']}/actions/qualify")
        await page.locator("textarea").first.fill("Un prêt.")
        await page.get_by_role("button", name="Qualifier le besoin").click()
        await expect(page.get_by_text("C’est noté.")).to_be_visible()
        await page.go_back()
        await expect(page.get_by_text("Ce n’est pas possible pour l’instant")).to_be_visible()

    used(street, "ines", go_back)


def test_of_two_tabs_the_second_reads_what_the_first_did_and_keeps_its_words(street: Street) -> None:
    street.log("11-24 08:00", "ines", "shop", {"name": "Épicerie Traoré"})

    async def in_two_tabs(page: Page, base: str) -> None:
        case = f"{base}/dossiers/{street.cases['shop']}"
        await page.goto(f"{case}/actions/qualify")
        other = await page.context.new_page()
        await other.goto(f"{case}/noter/note")
        await other.get_by_label("Votre note").fill("Elle a rappelé.")
        await other.get_by_role("button", name="Écrire une note").click()
        await expect(other.get_by_text("C’est noté.")).to_be_visible()
        words = page.locator("textarea").first
        await words.fill("Un prêt pour le stock.")
        await page.get_by_role("button", name="Qualifier le besoin").click()
        await expect(page.get_by_text("Le dossier a changé entre-temps.")).to_be_visible()
        await expect(words).to_have_value("Un prêt pour le stock.")

    used(street, "ines", in_two_tabs)
