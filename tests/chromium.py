"""Chromium as the browser tests start it: as the product does for its pictures."""

from api.demo.chromium import LAUNCH_ARGUMENTS, find_chromium

__all__ = ["LAUNCH_ARGUMENTS", "find_chromium"]
