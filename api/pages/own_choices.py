"""What the person who is helped may do besides, on « Mon dossier »: a link each, and what is asked once more before it is done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from api.pages.own_words import Now
from cases.views.own_case import OwnCase
from engine.facts import Pair
from engine.sentences import say
from engine.state_names import PairState
from notifications.grammar import first_name
from notifications.typography import phone_uri

CONSENT: Final = "consent"
"""They say that their information may be shared, again or at last."""
ASKS: Final[Mapping[str, str]] = {
    "reprendre": "resume", "accord": CONSENT, "partage": "withdraw_consent", "arreter": "close", "rouvrir": "reopen",
}  # fmt: skip
"""What is asked once more before it is done, by the word of its address."""
_LABELS: Final[Mapping[str, tuple[str, str]]] = {
    "reprendre": ("Reprendre mon dossier maintenant", "undo"),
    "accord": ("Partager mes informations", "done"),
    "partage": ("Ne plus partager mes informations", "lock"),
    "arreter": ("Tout arrêter", "x"),
}
"""Their words and their drawing; `rouvrir` is a button of its own."""


def may(case: OwnCase, step: str) -> bool:
    """Whether they may take that step now, or say that now."""
    return case.may_share if step == CONSENT else case.allows(step)


def choices_of(case: OwnCase, now: Now, here: str) -> list[dict[str, str]]:
    """What they may do besides: as the macro `links` takes it."""
    asked = [_link(label, f"{here}/{word}", icon) for word, (label, icon) in _LABELS.items() if may(case, ASKS[word])]
    return [*_answers(case, here), *_calls(case, now), *asked]


def _answers(case: OwnCase, here: str) -> Iterator[dict[str, str]]:
    for pair in case.tracks(PairState.PROPOSED):
        if isinstance(pair, Pair) and not pair.entrepreneur_signed:
            yield _link(say("Répondre à {name}, mentor", name=pair.mentor_name), f"{here}/charte", "s4")
    if case.survey is not None:
        yield _link("Répondre à deux questions", f"{here}/enquete", "chat")


def _calls(case: OwnCase, now: Now) -> Iterator[dict[str, str]]:
    if case.referent and case.referent.phone and case.referent != now.who:
        label = say("Appeler {name}, votre conseil", name=first_name(case.referent.name))
        yield _link(label, phone_uri(case.referent.phone), "phone")


def _link(label: str, href: str, icon: str) -> dict[str, str]:
    return {"label": label, "href": href, "icon": icon}
