"""French sentences that remember how they were made, so that whoever shows one may say it in another language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


class Sentence(str):
    """A French sentence, with the pattern it was made of and what stands in it."""

    pattern: str
    given: Mapping[str, object]


def say(pattern: str, /, **given: object) -> Sentence:
    """The sentence that a pattern makes of what it is given: `say("« {name} » existe déjà.", name=slug)`."""
    made = Sentence(pattern.format(**given))
    made.pattern, made.given = pattern, given
    return made


def lowered(words: str) -> Sentence:
    """Words of ours with a small letter first, for the middle of a French sentence; another language has them as they are."""
    made = Sentence(words[:1].lower() + words[1:])
    made.pattern, made.given = words.replace("{", "{{").replace("}", "}}"), {}
    return made


def together(parts: Iterable[str], by: str = " ") -> Sentence:
    """Several sentences, or words, one after the other."""
    given = {f"part{place}": part for place, part in enumerate(parts)}
    return say(by.join(f"{{{name}}}" for name in given), **given)
