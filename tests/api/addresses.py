"""What sort of page an address leads to, for who walks the pages by their links: two cases, two letters or two values of a filter are one sort."""

from __future__ import annotations

import re
from typing import Final

EACH_ROLE: Final = re.compile(r"^/(?!demo)[a-z]*(/REF)?$")
"""The pages that every role sees its own way; the others are looked at once."""
COMBINED: Final = re.compile(r"^/(dossiers|aides|orientations)\?.*&|^/dossiers\?chiffre=")
"""Two filters at once show nothing that one does not, nor does a number of Pilotage."""
FILES: Final = re.compile(r"\.(svg|csv|xlsx|zip|ics|pdf|json)(\?|$)|/documents/.")
"""What is no page: a picture, a file to save."""


def kind_of(path: str) -> str:
    """What sort of page an address leads to: the same for two cases, two letters or two values of a filter."""
    known = re.sub(r"QP-[\w-]+", "REF", re.sub(r"#.*|[?&]retour=.*", "", path))
    known = re.sub(r"/courriels/\w+", "/courriels/KEY", known)
    return re.sub(r"=[^&]*", "=", re.sub(r"-\d+\b|/\d+$", "", known))
