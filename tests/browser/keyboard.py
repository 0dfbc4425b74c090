"""A person at a keyboard: they reach what is on a page by Tab alone, see where they are, and never touch a mouse."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from playwright.async_api import Locator, Page

FAR: Final = 150
"""More Tabs than that is out of reach."""
IS_SEEN: Final = (
    """(one) => [one, one.nextElementSibling].some((e) => e && getComputedStyle(e).outlineStyle !== "none")"""
)
"""The ring of the focus, around what has it or around the chip that it is in."""


class NotReached(AssertionError):
    """Something is not in the order of Tab, or nothing says that it has the focus."""


@dataclass
class Keyboard:
    """The keyboard of somebody on a page of the product."""

    page: Page
    base: str

    async def opens(self, path: str) -> None:
        """Come to a page by its address: a bookmark, or the link of a mail."""
        await self.page.goto(self.base + path)

    async def reaches(self, target: Locator) -> None:
        """Once the page is there whole, Tab until something has the focus, and see that it has. Raises NotReached."""
        wanted = await target.first.element_handle()
        await self.page.wait_for_load_state()
        for _ in range(FAR):
            if await self.page.evaluate("(one) => one === document.activeElement", wanted):
                break
            await self.page.keyboard.press("Tab")
        else:
            raise NotReached(f"{target} on {self.page.url}")
        if not await self.page.evaluate(IS_SEEN, wanted):
            raise NotReached(f"no ring around {target} on {self.page.url}")

    async def presses(self, target: Locator) -> None:
        """Reach a link or a button and press it."""
        await self.reaches(target)
        await self.page.keyboard.press("Enter")

    async def unfolds(self, target: Locator) -> None:
        """Reach the head of what is folded, and open it."""
        await self.reaches(target)
        await self.page.keyboard.press("Space")

    async def ticks(self, label: str | re.Pattern[str]) -> None:
        """Reach a box and tick it; of several choices, reach the group and go to the one that is wanted by the arrows."""
        box = self.page.get_by_label(label).first
        if await box.get_attribute("type") == "checkbox":
            await self.reaches(box)
            await self.page.keyboard.press("Space")
            return
        group = self.page.locator(f"input[name='{await box.get_attribute('name')}']")
        checked = group.locator("xpath=self::*[@checked]")
        await self.reaches(checked if await checked.count() else group)
        await self.page.keyboard.press("Space")
        for _ in range(await group.count()):
            if await box.is_checked():
                return
            await self.page.keyboard.press("ArrowDown")
        raise NotReached(f"{label} on {self.page.url}")

    async def types(self, label: str | re.Pattern[str], words: str) -> None:
        """Reach a field and type into it."""
        await self.reaches(self.page.get_by_label(label))
        await self.page.keyboard.type(words)

    async def chooses(self, label: str, option: str) -> None:
        """Reach a list and choose in it, by the first letters."""
        field = self.page.get_by_label(label).first
        await self.reaches(field)
        await self.page.keyboard.type(option)

    async def reads(self, words: str | re.Pattern[str]) -> None:
        """See what says that it is done."""
        await self.page.get_by_text(words).first.wait_for()

    def link(self, name: str | re.Pattern[str]) -> Locator:
        """The link of that name that can be seen."""
        return self.page.get_by_role("link", name=name).locator("visible=true")

    def button(self, name: str | re.Pattern[str]) -> Locator:
        """The button of that name that can be seen."""
        return self.page.get_by_role("button", name=name).locator("visible=true")
