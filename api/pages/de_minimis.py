"""The de minimis total in words: what counts, over which days, under which ceiling and by which text."""

from __future__ import annotations

from typing import Any

from engine.de_minimis import Total
from engine.sentences import capital, say, together
from notifications.typography import day_short, euros


def total_said(total: Total) -> dict[str, Any]:
    """The total as the templates show it: its sentence, how far it is, and its source."""
    ceiling = total.ceiling
    since, until = (day_short(day, year=True) for day in (total.since, total.until))
    doubt = "Ce texte ne s’applique plus ce jour-là : vérifiez celui qui le suit." if total.to_verify else ""
    noted = say(
        "Aides de minimis notées du {since} au {until} : {total}, pour un plafond de {ceiling}.",
        since=since,
        until=until,
        total=euros(total.euros),
        ceiling=euros(ceiling.euros),
    )
    return {
        "text": together((noted, doubt)),
        "kind": "error" if total.exceeded else "info", "euros": min(int(total.euros), ceiling.euros), "ceiling": ceiling.euros,
        "source": ceiling.source, "law": capital(ceiling.text), "verified": day_short(ceiling.verified_on, year=True),
    }  # fmt: skip
