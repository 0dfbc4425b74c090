"""The de minimis total in words: what counts, over which days, under which ceiling and by which text."""

from __future__ import annotations

from typing import Any

from engine.de_minimis import Total
from notifications.typography import day_short, euros


def total_said(total: Total) -> dict[str, Any]:
    """The total as the templates show it: its sentence, how far it is, and its source."""
    ceiling = total.ceiling
    since, until = (day_short(day, year=True) for day in (total.since, total.until))
    doubt = " Ce texte ne s’applique plus ce jour-là : vérifiez celui qui le suit." if total.to_verify else ""
    return {
        "text": f"Aides de minimis notées du {since} au {until} : {euros(total.euros)}, pour un plafond de {euros(ceiling.euros)}.{doubt}",
        "kind": "error" if total.exceeded else "info", "euros": min(int(total.euros), ceiling.euros), "ceiling": ceiling.euros,
        "source": ceiling.source, "law": f"{ceiling.text[:1].upper()}{ceiling.text[1:]}", "verified": day_short(ceiling.verified_on, year=True),
    }  # fmt: skip
