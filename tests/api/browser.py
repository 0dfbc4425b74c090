"""A browser as somebody uses it: it keeps cookies, follows links, fills in the forms that a page shows, and says where it comes from."""

from __future__ import annotations

import atexit
import html
import re
from collections.abc import Mapping
from contextlib import ExitStack
from functools import cache
from typing import Any

from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from cases.clock import Clock
from cases.database import Database
from tests.api.test_components import Page

HOST = "http://quartiers.example"
SETTINGS = Settings(secret_key="a key for the tests, and for nothing else", base_url=HOST, env="development")
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
_TITLE = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)


def application(database: Database, clock: Clock, **changes: Any) -> FastAPI:
    """The application, with the settings of the tests."""
    return create_app(database, clock, **{"settings": SETTINGS, **changes})


@cache
def one_loop() -> BlockingPortal:
    """The loop in which this process answers every request, as a server does: to make a loop for each took longer than many answers."""
    kept = ExitStack()
    atexit.register(kept.close)
    return kept.enter_context(start_blocking_portal())


class Browser:
    """One browser; `page` is the last page that it showed."""

    def __init__(self, app: FastAPI, *, raises: bool = True, network: str = "127.0.0.1") -> None:
        where = {"base_url": HOST, "client": (network, 50_000)}
        self.client = TestClient(app, follow_redirects=False, raise_server_exceptions=raises, **where)
        self.client.portal = one_loop()
        self.address, self.answer = "", self.client.get("/healthz")

    @property
    def page(self) -> str:
        return re.sub(r"[\u00a0\u202f]", " ", html.unescape(self.answer.text)).replace("’", "'")

    @property
    def title(self) -> str:
        found = _TITLE.search(self.page)
        return re.sub(r"<[^>]+>", "", found[1]) if found else ""

    @property
    def status(self) -> int:
        return int(self.answer.status_code)

    def open(self, address: str) -> Browser:
        """Open a page, and follow where it leads."""
        self._went(self.client.get(address), address)
        return self

    def fill(self, address: str | None = None, **fields: str) -> Browser:
        """Send the form of the page that goes to that address (the page's own unless told), with its hidden fields; then follow."""
        action = address or self.address.partition("?")[0]
        form = self._form(action)
        hidden = {name: html.unescape(value) for name, value in _HIDDEN.findall(form)}
        return self.post(action, {**hidden, **fields})

    def post(self, address: str, fields: Mapping[str, Any], **headers: str) -> Browser:
        """Send fields as they are."""
        said = {"Origin": HOST, "Sec-Fetch-Site": "same-origin", **headers}
        self._went(self.client.post(address, data=fields, headers=said), address)
        return self

    def send(self, action: str, name: str, content: bytes, /, *, field: str = "file", **fields: str) -> Browser:
        """Send the form of the page that goes to that address, with a file."""
        hidden = {key: html.unescape(value) for key, value in _HIDDEN.findall(self._form(action))}
        said = {"Origin": HOST, "Sec-Fetch-Site": "same-origin"}
        file = {field: (name, content, "application/octet-stream")}
        self._went(self.client.post(action, data={**hidden, **fields}, files=file, headers=said), action)
        return self

    def _form(self, action: str) -> str:
        forms = re.findall(r"<form[^>]*>.*?</form>", self.answer.text, re.DOTALL)
        found = [form for form in forms if f'action="{html.escape(action)}"' in form]
        assert found, f"no form goes to {action} on {self.address}: {self.page}"
        return str(found[0])

    def _went(self, answer: Any, address: str) -> None:
        while answer.status_code in (303, 307):
            address = answer.headers["location"]
            answer = self.client.get(address)
        self.answer, self.address = answer, address
        if answer.headers.get("content-type", "").startswith("text/html"):
            assert not (found := faults(answer.text)), f"{address}: {found}"


def faults(text: str) -> list[str]:
    """What is wrong with the tags of a page: not closed, twice the same attribute or id, a field that nobody names."""
    page = Page(text)
    ids = page.ids()
    labelled = {found["for"] for found in page.all("label") if "for" in found}
    fields = [
        one
        for name in ("input", "select", "textarea")
        for one in page.all(name)
        if one.get("type") not in ("hidden", "checkbox", "radio")
    ]
    unnamed = [one for one in fields if one.get("id") not in labelled and "aria-label" not in one]
    twice = {one for one in ids if ids.count(one) > 1}
    return [
        *page.faults,
        *page.open,
        *(f"twice the id {one}" for one in twice),
        *(f"no label: {one}" for one in unnamed),
    ]
