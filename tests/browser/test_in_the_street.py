"""In the street without a network: shops are noted on the telephone, and each is logged once when the network is back."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, async_playwright, expect
from sqlalchemy import select

from cases.database import connect
from cases.tables.case import business, case_file, document
from cases.tables.memory import deadline
from tests.api.browser import application
from tests.api.street import NOW, WORKER, Street, people_of_the_street
from tests.browser import serving
from tests.cases.conftest import migrated_file
from tests.chromium import LAUNCH_ARGUMENTS, find_chromium

pytestmark = [pytest.mark.browser, pytest.mark.skipif(find_chromium() is None, reason="needs Chromium")]
TWO_DAYS_LATER = NOW + timedelta(days=2)
READY = "async () => (await navigator.serviceWorker.ready) && (await caches.match('/dossiers/nouveau')) !== undefined"
REMEMBER = """addEventListener("submit", ({ target }) => {
  window.name = JSON.stringify(Object.fromEntries([...new FormData(target)].filter(([, value]) => typeof value === "string")));
});"""
"""The name of a window outlives its page: what a form sent is read on the next one."""
ALL_KEPT = "async () => (await allKept()).map((entry) => entry.wrong)"


@dataclass(frozen=True)
class Place:
    """The street's people, and the product at an address of this machine."""

    street: Street
    base: str

    def session(self, name: str) -> Any:
        """The cookie of a new session of that person."""
        return {"name": "qp_session", "value": self.street.secret(name), "url": self.base}

    def logged(self) -> list[tuple[Any, ...]]:
        """The shops that are cases, each with the day of its first deadline."""
        query = (
            select(business.c.name, deadline.c.due_at)
            .join_from(case_file, business, business.c.id == case_file.c.business_id)
            .join(deadline, deadline.c.subject_id == case_file.c.id)
            .where(deadline.c.rule == "case.detection.qualification")
        )
        rows = self.street.database.read(lambda db: db.execute(query.order_by(business.c.name)).all(), WORKER)
        return [(row.name, row.due_at.date().isoformat()) for row in rows]


@pytest.fixture
def place(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    shutil.copy(migrated_file(tmp_path_factory.getbasetemp()), tmp_path / "cases.db")
    street = people_of_the_street(connect(f"sqlite:///{tmp_path}/cases.db"))
    street.clock.set(NOW)
    folder = {"files_dir": tmp_path / "files"}
    with serving.served(
        lambda settings: application(street.database, street.clock, settings=settings.model_copy(update=folder))
    ) as base:
        yield Place(street, base)


def live(place: Place, journey: Callable[[BrowserContext, Page], Awaitable[None]]) -> None:
    """A journey of Inès on her telephone, which keeps the product since this morning."""

    async def lived() -> None:
        async with async_playwright() as play:
            chromium = await play.chromium.launch(executable_path=find_chromium(), args=list(LAUNCH_ARGUMENTS))
            context = await chromium.new_context(viewport={"width": 390, "height": 844}, locale="fr-FR")
            await context.clock.set_fixed_time(NOW)
            await context.add_cookies([place.session("ines")])
            page = await context.new_page()
            page.set_default_timeout(10_000)
            await page.goto(f"{place.base}/")
            await page.wait_for_function(READY)
            await page.reload()  # the next page is the worker's
            await journey(context, page)
            await chromium.close()

    asyncio.run(lived())


async def note(page: Page, base: str, name: str, *, phone: str = "", photo: bytes = b"") -> None:
    """Note a shop from the form."""
    await page.goto(f"{base}/dossiers/nouveau")
    await page.get_by_label("Nom de l’enseigne ou SIRET").fill(name)
    await page.get_by_label("Son téléphone").fill(phone)
    if photo:
        front = {"name": "IMG_0012.png", "mimeType": "image/png", "buffer": photo}
        await page.get_by_label("Une photo de la vitrine").set_input_files(front)  # type: ignore[arg-type]  # a file that is in memory
        await expect(page.get_by_text("Photo prête")).to_be_visible()
    await page.get_by_label("Elle accepte que ses coordonnées soient gardées").check()
    await page.get_by_role("button", name="Enregistrer", exact=True).click()


def test_two_shops_noted_without_a_network_are_each_logged_once_when_it_is_back(place: Place) -> None:
    async def journey(context: BrowserContext, page: Page) -> None:
        await context.set_offline(True)
        await note(page, place.base, "Épicerie Traoré")
        await expect(page.get_by_text("Gardé sur ce téléphone, envoyé")).to_be_visible()
        await note(page, place.base, "Coiffure Awa")
        await expect(page.get_by_role("listitem")).to_have_count(2)
        assert place.logged() == []
        await context.clock.set_fixed_time(TWO_DAYS_LATER)
        place.street.clock.set(TWO_DAYS_LATER)
        await context.add_cookies([place.session("ines")])
        await context.set_offline(False)
        await expect(page.get_by_text("est envoyé.")).to_be_visible()
        await page.reload()
        assert await page.evaluate(ALL_KEPT) == []

    live(place, journey)

    the_day_of_the_visit_counts = "2026-12-08"
    assert place.logged() == [("Coiffure Awa", the_day_of_the_visit_counts), ("Épicerie Traoré", the_day_of_the_visit_counts)]  # fmt: skip


def test_the_photo_of_a_shop_front_waits_for_the_network_too_made_small(place: Place) -> None:
    async def journey(context: BrowserContext, page: Page) -> None:
        large = await page.screenshot(type="png", scale="css", clip={"x": 0, "y": 0, "width": 390, "height": 800})
        await context.set_offline(True)
        await note(page, place.base, "Épicerie Traoré", photo=large)
        await expect(page.get_by_text("Gardé sur ce téléphone, envoyé")).to_be_visible()
        await context.set_offline(False)
        await expect(page.get_by_text("est envoyé.")).to_be_visible()

    live(place, journey)

    [kept] = place.street.database.read(lambda db: db.execute(select(document)).all(), WORKER)
    assert (kept.name, kept.media_type) == ("vitrine.jpg", "image/jpeg")
    assert [name for name, _ in place.logged()] == ["Épicerie Traoré"]


def test_a_shop_whose_answer_was_lost_is_logged_once(place: Place) -> None:
    async def journey(context: BrowserContext, page: Page) -> None:
        fields = await _sent_but_not_heard(page, place.base)
        kept = "(fields) => keep({ key: fields.key, who: fields.who, at: Date.now(), fields: Object.entries(fields), wrong: null })"
        await page.evaluate(kept, fields)
        await page.goto(f"{place.base}/dossiers/nouveau")
        await expect(page.get_by_text("est envoyé.")).to_be_visible()

    live(place, journey)

    assert [name for name, _ in place.logged()] == ["Épicerie Traoré"]


async def _sent_but_not_heard(page: Page, base: str) -> dict[str, str]:
    """The fields of a form that reached the server."""
    await page.add_init_script(REMEMBER)
    await note(page, base, "Épicerie Traoré")
    await page.get_by_role("heading", level=1, name="Épicerie Traoré").wait_for()
    return dict(await page.evaluate("JSON.parse(window.name)"))


def test_what_cannot_be_logged_is_opened_again_and_put_right(place: Place) -> None:
    async def journey(context: BrowserContext, page: Page) -> None:
        await context.set_offline(True)
        await note(page, place.base, "Épicerie Traoré", phone="06 39")
        await context.set_offline(False)
        await expect(page.get_by_role("listitem")).to_contain_text("numéro")
        await page.get_by_role("button", name="Reprendre").click()
        await expect(page.get_by_label("Nom de l’enseigne ou SIRET")).to_have_value("Épicerie Traoré")
        await page.get_by_label("Son téléphone").fill("06 39 98 66 90")
        await page.get_by_role("button", name="Enregistrer", exact=True).click()
        await page.get_by_role("heading", level=1, name="Épicerie Traoré").wait_for()
        assert await page.evaluate(ALL_KEPT) == []

    live(place, journey)

    assert [name for name, _ in place.logged()] == ["Épicerie Traoré"]


def test_what_somebody_else_noted_on_this_telephone_waits_for_them(place: Place) -> None:
    async def journey(context: BrowserContext, page: Page) -> None:
        await context.set_offline(True)
        await note(page, place.base, "Épicerie Traoré")
        await expect(page.get_by_text("Gardé sur ce téléphone, envoyé")).to_be_visible()
        await context.add_cookies([place.session("bruno")])
        await context.set_offline(False)
        await page.goto(f"{place.base}/dossiers/nouveau")
        await page.evaluate("sendKept()")
        assert await page.evaluate(ALL_KEPT) == [None]

    live(place, journey)

    assert place.logged() == []


def test_another_page_without_a_network_says_so_and_leads_to_the_form(place: Place) -> None:
    async def journey(context: BrowserContext, page: Page) -> None:
        await context.set_offline(True)
        await page.goto(f"{place.base}/dossiers")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Pas de réseau")
        await page.get_by_role("link", name="Signaler une entreprise").click()
        await expect(page.get_by_label("Nom de l’enseigne ou SIRET")).to_be_visible()

    live(place, journey)
