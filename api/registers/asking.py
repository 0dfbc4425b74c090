"""Asking a public service: soon, politely, and never in the way. What it answered is kept a while."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx2

from cases.clock import Clock

PATIENCE: Final = 2.0
"""Seconds: somebody is standing in front of a shop."""
KEPT: Final = timedelta(hours=1)
MOST_KEPT: Final = 2000
"""Answers."""
LONGEST_SILENCE: Final = timedelta(minutes=5)
"""However long a service asks us to stay away, we try again after that."""
AGENT: Final = "quartiers-productifs"


class Unavailable(Exception):
    """The service did not answer, or asks to be left alone; the sentence can be shown."""


class PublicService:
    """One service: its address, the answers it gave, and until when it asked not to be called."""

    def __init__(self, address: str, clock: Clock, *, patience: float = PATIENCE) -> None:
        self._client = httpx2.AsyncClient(base_url=address, timeout=patience, headers={"User-Agent": AGENT})
        self._clock = clock
        self._answers: OrderedDict[tuple[str, ...], tuple[datetime, Any]] = OrderedDict()
        self._silent_until: datetime | None = None

    async def get(self, path: str, asked: Mapping[str, str]) -> Any:
        """The JSON that it answers, asked for or remembered. Raises Unavailable."""
        now, key = self._clock.now(), (path, *(f"{name}={value}" for name, value in sorted(asked.items())))
        known = self._answers.get(key)
        if known is not None and now < known[0] + KEPT:
            return known[1]
        if self._silent_until is not None and now < self._silent_until:
            raise Unavailable("Le registre public est très demandé : continuez à la main, on réessaiera.")
        found = await self._ask(path, asked, now)
        self._answers[key] = (now, found)
        if len(self._answers) > MOST_KEPT:
            self._answers.popitem(last=False)
        return found

    async def _ask(self, path: str, asked: Mapping[str, str], now: datetime) -> Any:
        try:
            answer = await self._client.get(path, params=dict(asked))
            if answer.status_code == 429:
                self._silent_until = now + _silence(answer.headers.get("retry-after"), now)
            answer.raise_for_status()
            return answer.json()
        except (httpx2.HTTPError, ValueError):
            raise Unavailable("Le registre public ne répond pas : continuez à la main.") from None

    async def close(self) -> None:
        """Let the connections go."""
        await self._client.aclose()


def _silence(retry_after: str | None, now: datetime) -> timedelta:
    """How long to stay away (RFC 9110, 10.2.3): seconds, or a date; a second when it says nothing that can be read."""
    text = (retry_after or "").strip()
    wanted = timedelta(seconds=1)
    if text.isdigit() and len(text) < 7:
        wanted = timedelta(seconds=int(text))
    elif text:
        try:
            wanted = parsedate_to_datetime(text) - now
        except (ValueError, TypeError):
            wanted = timedelta(seconds=1)
    return min(max(wanted, timedelta(0)), LONGEST_SILENCE)
