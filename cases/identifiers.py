"""Identifiers: UUIDv7 for rows, and the references that people read to each other on the phone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from random import Random, SystemRandom
from typing import Final

from cases.errors import NotFound

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U."""
_MISREAD: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": ""})
_PREFIX: Final = "QP"
_LENGTH: Final = 8
_OF_THE_MACHINE: Final = SystemRandom()
_chance: ContextVar[Random] = ContextVar("chance")


class ReferenceUnknown(NotFound):
    """What was typed is no reference: a letter is wrong, missing or in another's place."""

    def __init__(self) -> None:
        super().__init__("Cette référence n’existe pas : relisez-la, elle s’écrit comme QP-1A2B-3C4D.")


@contextmanager
def drawn_from(chance: Random) -> Iterator[None]:
    """Inside, identifiers are drawn from that source instead of the machine's own: so that a demo is the same on every run."""
    before = _chance.set(chance)
    try:
        yield
    finally:
        _chance.reset(before)


def new_id(now: datetime) -> str:
    """A UUIDv7 (RFC 9562): its first 48 bits are the instant in milliseconds, so that ids sort by age."""
    milliseconds = int(now.timestamp() * 1000)
    random = _chance.get(_OF_THE_MACHINE).getrandbits(74)
    value = (
        (milliseconds & ((1 << 48) - 1)) << 80
        | 0x7 << 76
        | (random >> 62) << 64
        | 0b10 << 62
        | random & ((1 << 62) - 1)
    )
    digits = f"{value:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def drawn_below(count: int) -> int:
    """A number from 0, less than that one."""
    return _chance.get(_OF_THE_MACHINE).randrange(count)


def new_reference() -> str:
    """A random reference such as `QP-7K3F-9XM2`: eight letters, the last one checks the others."""
    body = "".join(_chance.get(_OF_THE_MACHINE).choice(ALPHABET) for _ in range(_LENGTH - 1))
    return _written(body + _check_letter(body))


def read_reference(text: str) -> str:
    """A reference as somebody typed it, put right: any case, O for 0, I and L for 1. Raises ReferenceUnknown when its check letter is wrong."""
    letters = text.strip().upper().translate(_MISREAD)
    if len(letters) == len(_PREFIX) + _LENGTH:
        letters = letters.removeprefix(_PREFIX)
    if len(letters) != _LENGTH or set(letters) - set(ALPHABET) or _check_letter(letters[:-1]) != letters[-1]:
        raise ReferenceUnknown
    return _written(letters)


def _written(letters: str) -> str:
    return f"{_PREFIX}-{letters[:4]}-{letters[4:]}"


def _check_letter(body: str) -> str:
    """A weighted sum in the field of 32 elements: as every place weighs differently, one wrong letter and two swapped ones always show."""
    total = 0
    for letter in body:
        total = _doubled(total ^ ALPHABET.index(letter))
    return ALPHABET[total]


def _doubled(element: int) -> int:
    """Twice an element, modulo x⁵ + x² + 1."""
    return element << 1 ^ (0b100101 if element & 0b10000 else 0)
