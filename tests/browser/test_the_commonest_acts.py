"""The commonest acts, on a phone of 390 pixels, take no more touches and fields than they were designed to; the document says how many."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from tests.api.browser import application
from tests.api.street import Street
from tests.browser.acts import ACTS, Act, Hand
from tests.browser.serving import served
from tests.chromium import LAUNCH_ARGUMENTS, find_chromium

pytestmark = [pytest.mark.browser, pytest.mark.skipif(find_chromium() is None, reason="needs Chromium")]
TABLE = Path(__file__).parent.parent.parent / "docs" / "reference" / "acts.md"
HERE = {"latitude": 50.69, "longitude": 3.18}


async def done(act: Act, street: Street, base: str) -> Hand:
    """The hand that did an act, on the telephone of who does it."""
    async with async_playwright() as play:
        chromium = await play.chromium.launch(executable_path=find_chromium(), args=list(LAUNCH_ARGUMENTS))
        context = await chromium.new_context(
            viewport={"width": 390, "height": 844}, has_touch=True, locale="fr-FR", geolocation=HERE, permissions=["geolocation"]
        )  # fmt: skip
        if act.who:
            await context.add_cookies([{"name": "qp_session", "value": street.secret(act.who), "url": base}])
        hand = Hand(await context.new_page(), base)
        hand.page.set_default_timeout(15_000)
        await act.do(hand, street)
        await chromium.close()
    return hand


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
def test_an_act_takes_no_more_than_it_was_designed_to(act: Act, street: Street) -> None:
    with served(lambda settings: application(street.database, street.clock, settings=settings)) as base:
        hand = asyncio.run(done(act, street, base))

    words = " · ".join(f"**{said}**" for said in hand.said)
    row = f"| {act.number} | {act.name} | {hand.taps} of {act.taps} | {hand.fields} of {act.fields} | {words} |"
    assert (hand.taps <= act.taps, hand.fields <= act.fields) == (True, True), row
    assert row in TABLE.read_text(encoding="utf-8"), row
