"""French sentences that remember how they were made, so that whoever shows one may say it in another language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Literal


class Sentence(str):
    """A French sentence, with the pattern it was made of and what stands in it."""

    pattern: str
    given: Mapping[str, object]
    first: Literal["", "small", "capital"] = ""
    """How its first letter is written, in whichever language it is said."""
    is_known_again: bool = False
    """Whether the words alone say which pattern made them."""


class Euros(str):
    """An amount as French writes it, « 12 000 € », that remembers how much it is."""

    amount: Decimal


def in_euros(amount: int | Decimal) -> Euros:
    """« 12 000 € »: whole euros, to stand in a sentence."""
    made = Euros(f"{amount:,.0f} €".replace(",", " "))
    made.amount = Decimal(amount)
    return made


def say(pattern: str, /, **given: object) -> Sentence:
    """The sentence that a pattern makes of what it is given: `say("« {name} » existe déjà.", name=slug)`."""
    made = Sentence(pattern.format(**given))
    made.pattern, made.given = pattern, given
    return made


def contracted(sentence: Sentence, french: str) -> Sentence:
    """A sentence that French writes in its own way, as « au conseiller » for « à le conseiller »; other languages say the sentence."""
    made = Sentence(french)
    made.pattern, made.given, made.first = sentence.pattern, sentence.given, sentence.first
    return made


def lowered(words: str) -> Sentence:
    """Words of ours with a small letter first, for the middle of a sentence; an abbreviation stays as it is."""
    made = Sentence(small(words))
    made.pattern, made.given, made.first = "{words}", {"words": words}, "small"
    return made


def capital(words: str) -> Sentence:
    """Words of ours with a capital first."""
    made = Sentence(words[:1].upper() + words[1:])
    made.pattern, made.given, made.first = "{words}", {"words": words}, "capital"
    return made


def small(words: str) -> str:
    """A text with a small letter first unless it is an abbreviation: « acheter une hotte », « TVA »."""
    return words if words[1:2].isupper() else words[:1].lower() + words[1:]


def ours(words: str) -> Sentence:
    """Words of ours among what people typed, or stored as they were once said: known again where they are shown."""
    if isinstance(words, Sentence):
        return words
    made = Sentence(words)
    made.pattern, made.given, made.is_known_again = "{words}", {"words": words}, True
    return made


def together(parts: Iterable[str], by: str = " ") -> Sentence:
    """Several sentences, or words, one after the other; nothing of what is empty."""
    given = {f"part{place}": part for place, part in enumerate(part for part in parts if part)}
    return say(by.join(f"{{{name}}}" for name in given), **given)


def listed(names: Iterable[str]) -> Sentence:
    """« Adie », « Adie et BGE », « Adie, BGE et CCI »: names, or words of ours."""
    *before, last = list(names) or [""]
    return say("{others} et {last}", others=together(before, ", "), last=last) if before else together([last])
