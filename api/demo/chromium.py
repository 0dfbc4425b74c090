"""Chromium as the pictures and the browser tests start it: the machine's own, never one that is downloaded."""

from __future__ import annotations

import shutil
from typing import Final

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
LAUNCH_ARGUMENTS: Final = (
    "--no-sandbox",  # root in a container has none
    "--disable-dev-shm-usage",  # a container's shared memory is small
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium() -> str | None:
    """The path of the machine's Chromium, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)
