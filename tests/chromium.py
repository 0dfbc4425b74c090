"""Chromium as the browser tests start it: as the product does for its pictures, and sparing what never pays on pages that are left at once."""

from typing import Final

from api.demo.chromium import LAUNCH_ARGUMENTS as OF_THE_PRODUCT
from api.demo.chromium import find_chromium

LAUNCH_ARGUMENTS: Final = (*OF_THE_PRODUCT, "--js-flags=--no-opt")
"""Scripts run as they are compiled first: to optimise them took an eighth of the computing, and each page begins anew."""

__all__ = ["LAUNCH_ARGUMENTS", "find_chromium"]
