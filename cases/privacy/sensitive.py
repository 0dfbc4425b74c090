"""Words that touch on what the law protects most (RGPD, article 9): a hint to who writes them in a note, never a refusal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

ABOUT: Final[Mapping[str, str]] = {
    "santé": r"malad\w*|cancer\w*|diab[eè]t\w*|d[ée]pressi\w*|handicap\w*|grossesse|enceinte|hospitalis\w*"
    r"|psychiatr\w*|addiction\w*|alcooli\w*|toxicoman\w*|vih|sida|invalidit[ée]",
    "religion": r"musulman\w*|catholi\w*|protestant\w*|juifs?|juives?|juda[iï]s\w*|islam\w*|bouddhis\w*|hindou\w*"
    r"|chr[ée]tien\w*|ath[ée]es?|voil[ée]e?s?|ramadan|religi\w*",
    "syndicat": r"syndi\w*|cgt|cfdt|cftc|cfe-cgc",
    "opinions": r"militant\w*|extr[êe]me[ -](?:droite|gauche)|communiste\w*|socialiste\w*|opinions? politiques?",
    "vie intime": r"homosexuel\w*|lesbien\w*|bisexuel\w*|transgenre\w*|orientation sexuelle|vie sexuelle",
    "origine": r"race|ethni\w*|origine (?:africaine|arabe|maghr[ée]bine|asiatique|rom)",
    "justice": r"casier judiciaire|condamn\w*|prison|garde [àa] vue|bracelet [ée]lectronique",
}
"""By what they touch on: words of French as people write them, with and without accents."""
_WORDS: Final = {about: re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE) for about, words in ABOUT.items()}


def sensitive_in(text: str) -> tuple[str, str] | None:
    """The first such word of a text, with what it touches on; None when there is none."""
    found = ((match.start(), match.group(), about) for about, words in _WORDS.items() if (match := words.search(text)))
    first = min(found, default=None)
    return (first[1], first[2]) if first else None
