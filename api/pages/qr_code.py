"""A QR code of an address, for paper: the telephone that reads it opens the page."""

from __future__ import annotations

import segno
from markupsafe import Markup


def qr_svg(address: str) -> Markup:
    """The code as an SVG that takes its size from the style sheet; a smudge on a quarter of it is no harm."""
    made = segno.make(address, error="q", micro=False)
    return Markup(made.svg_inline(border=2, omitsize=True, svgclass="qr", lineclass=None))  # noqa: S704 - drawn by segno, from an address of ours  # nosec B704
