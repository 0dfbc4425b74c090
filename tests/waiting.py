"""Waiting for what another process or thread does by itself."""

from __future__ import annotations

import time
from collections.abc import Callable

SECONDS = 30
"""How long a test waits before it says that nothing happens."""


def until(fact: Callable[[], bool]) -> None:
    """Come back once it is so. Raises AssertionError when it does not happen."""
    for _ in range(SECONDS * 10):
        if fact():
            return
        time.sleep(0.1)
    raise AssertionError("it did not happen")
