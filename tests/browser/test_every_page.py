"""Every page that somebody can reach: it fits a phone and a desk, says one thing, in French, and its browser has nothing to report."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import axe_playwright_python
import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright

from api.app import create_app
from api.demo import pictures
from api.demo.cast import PLAYERS
from cases.clock import FixedClock
from engine.model import Role
from tests.api.addresses import COMBINED, EACH_ROLE, FILES, kind_of
from tests.api.few_lives import TUESDAY, a_few_lives
from tests.browser.serving import served
from tests.chromium import LAUNCH_ARGUMENTS, find_chromium

pytestmark = [pytest.mark.browser, pytest.mark.skipif(find_chromium() is None, reason="needs Chromium")]
ROLES: Final = (Role.ADVISER, Role.MANAGER, Role.OPERATOR, Role.MENTOR, Role.ADMIN, Role.OBSERVER)
PEOPLE: Final = [next(player.name for player in PLAYERS if player.role is role) for role in ROLES]
WIDTHS: Final = (1280, 390, 320)
THEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
AXE_WIDTHS: Final = (1280, 390)
AXE: Final = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
RUN_AXE: Final = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations.flatMap(
  (rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")} (${rule.help})`))"""
CHECKS: Final = Path(__file__).with_name("page_checks.js").read_text(encoding="utf-8").partition("\n")[2]
WRONG_PAGE: Final = """<title></title><h1>Un</h1><h1>Deux</h1><main><h3>Trop bas</h3><p id="a">case_closed</p><p id="a">Le 2026-11-24</p>
<p>1 dossiers</p><p>Quoi ?</p><p style="font-size: 9px; color: #ccc; background: #fff">petit</p><input name="x"><button>court</button><a href="/"></a><img src="x">
<table style="table-layout: fixed; width: 60px"><tr><td>Accompagnement</td><td>4</td></tr></table><div style="width: 3000px">large</div></main>"""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A demo of a few lives, at an address."""
    folder = tmp_path_factory.mktemp("every page") / "demo"
    with (
        a_few_lives(tmp_path_factory.getbasetemp(), folder) as database,
        served(lambda settings: create_app(database, FixedClock(TUESDAY), demo=True, settings=settings)) as address,
    ):
        yield address


def family_of(path: str, name: str) -> str:
    """The template that a page is made with: axe looks at one page of each, and at each person's home."""
    made = re.sub(r"/(actions|noter)/[\w-]+", "/step", kind_of(path).partition("?")[0])
    return f"axe {made} {name if path == '/' else ''}"


async def wrong_on(page: Page) -> set[str]:
    """What the checks find on the page that is open, at each width."""
    found: set[str] = set()
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 800})
        found |= {f"{width} px: {one}" for one in await page.evaluate(CHECKS)}
    return found


async def violations_on(page: Page) -> set[str]:
    """What axe finds on the page that is open, in each theme, on a desk and on a phone."""
    found: set[str] = set()
    await page.evaluate(AXE)
    for theme in THEMES:
        await page.emulate_media(
            color_scheme=theme, reduced_motion="reduce"
        )  # colours that are still changing have no contrast
        for width in AXE_WIDTHS:
            await page.set_viewport_size({"width": width, "height": 800})
            found |= {f"axe, {theme}, {width} px: {one}" for one in await page.evaluate(RUN_AXE)}
    return found


async def walk(browser: Browser, base: str, name: str, looked_at: set[str]) -> list[str]:
    """Sign in as somebody and open every page that they can reach; what is wrong, and where."""
    context = await browser.new_context(locale="fr-FR")
    page, wrong, seen = await context.new_page(), [], set(looked_at)

    def report(message: ConsoleMessage) -> None:
        wrong.append(f"{name}, {page.url}: the console says {message.text}")

    def stay(request: Request) -> None:
        if not request.url.startswith((base, "data:")):
            wrong.append(f"{name}, {page.url}: asks {request.url}")

    page.on("console", report)
    page.on("request", stay)
    await page.goto(f"{base}/demo")
    await page.get_by_role("button", name=re.compile(name)).click()
    paths = [page.url.removeprefix(base), "/aide/composants", "/dossiers/ensemble?geste=hand_over&tout=1"]
    while paths:
        path = paths.pop(0)
        if kind_of(path) in seen:
            continue
        seen.add(kind_of(path))
        answer = await page.goto(base + path, wait_until="domcontentloaded")
        if answer is None or answer.status != 200:
            wrong.append(f"{name}, {path}: {answer and answer.status}")
        found = await wrong_on(page)
        if (family := family_of(path, name)) not in looked_at:
            looked_at.add(family)
            found |= await violations_on(page)
        wrong += [f"{name}, {path}, {one}" for one in sorted(found)]
        links = await page.locator("a[href^='/']").evaluate_all("all => all.map(one => one.getAttribute('href'))")
        paths += [link for link in links if not FILES.search(link) and not COMBINED.match(link)]
    looked_at |= {kind for kind in seen if not EACH_ROLE.match(kind)}
    await context.close()
    return wrong


async def walk_all(base: str) -> tuple[list[str], set[str]]:
    """The walk of each role, one after the other."""
    looked_at: set[str] = set()
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=find_chromium(), args=list(LAUNCH_ARGUMENTS))
        wrong = [one for name in PEOPLE for one in await walk(browser, base, name, looked_at)]
        await browser.close()
    return wrong, looked_at


async def looked_at_alone(written: str) -> set[str]:
    """What the checks find on a page that is nowhere in the product."""
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=find_chromium(), args=list(LAUNCH_ARGUMENTS))
        page = await browser.new_page()
        await page.set_content(written)
        found = await wrong_on(page) | await violations_on(page)
        await browser.close()
    return found


def test_the_checks_see_each_thing_that_can_be_wrong() -> None:
    said = "\n".join(asyncio.run(looked_at_alone(WRONG_PAGE)))

    for wrong in (
        "scrolls sideways", "stands out of its cell", "2 h1", "no title", "no language", "the id a stands twice", "no label", "no name", "no alt", "under 44 px",
        "under 12 px", "a code: « case_closed »", "a code: « 2026-11-24 »", "typography: « Quoi ? »", "plural: « 1 dossiers »",
        "axe, light, 390 px: label", "axe, dark, 1280 px: image-alt", "axe, light, 1280 px: color-contrast",
    ):  # fmt: skip
        assert wrong in said, wrong


@pytest.mark.long
def test_every_page_fits_every_screen_and_reads_as_french(base: str) -> None:
    wrong, looked_at = asyncio.run(walk_all(base))

    assert not wrong, "\n".join(wrong[:40])
    assert {
        "/dossiers?vue=",
        "/dossiers/REF/actions/close",
        "/territoires/roubaix",
        "/donnees-personnelles",
    } <= looked_at


def test_screens_are_pictured_for_each_theme_and_width_and_one_that_is_not_there_is_left_out(
    base: str, tmp_path: Path
) -> None:
    screens = {None: {"aide": "/aide", "rien": "/nulle-part"}, Role.ADVISER: {"dossier": f"/dossiers/{pictures.CASE}"}}

    count = asyncio.run(pictures.take(base, str(find_chromium()), tmp_path / "pictures", print, screens))

    names = {path.name for path in (tmp_path / "pictures").iterdir()}
    assert count == len(names) == 8
    assert "adviser-dossier-390-sombre.png" in names
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in (tmp_path / "pictures").iterdir())
