"""News that entrepreneurs give of themselves, months later too: how it goes, and whether they want to be called."""

from __future__ import annotations

from typing import Final

from engine.facts import Situation
from engine.inputs import choice, flag, words
from engine.lists import NEWS_OF_BUSINESS
from engine.model import Notify, Refusal, Role, Step


def _something_is_said(at: Situation) -> Refusal | None:
    if at.given("how") or at.given("call_me"):
        return None
    return Refusal("missing_news", "Choisissez une réponse.", field="how")


NEWS: Final = Step(
    "news",
    "Donner de ses nouvelles",
    frozenset({Role.ENTREPRENEUR}),
    record=True,
    guards=(_something_is_said,),
    tells=(Notify("owner_news", Role.ADVISER),),
    inputs=(
        choice("how", "Comment va l’entreprise", NEWS_OF_BUSINESS, required=False),
        flag("call_me", "Elle veut être rappelée"),
        words("text", "En quelques mots"),
    ),
)
"""What they say themselves; the follow-up check is still the adviser's to make."""
