"""The short form of a message: its first line and its link, in the alphabet of an SMS."""

from __future__ import annotations

import unicodedata
from typing import Final

from notifications.grammar import clipped

LONGEST: Final = 160
"""Letters of one SMS. Source: 3GPP TS 23.040, 140 bytes of 7-bit letters."""
LONGEST_FOREIGN: Final = 134
"""Letters of two SMS in an alphabet of sixteen bits: 67 each, once they are joined. Source: 3GPP TS 23.040, 9.2.3.24."""
_ARABIC: Final = range(0x0600, 0x0700)
_ALPHABET: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The letters that take seven bits; one other letter and the SMS holds 70. Source: 3GPP TS 23.038, 6.2.1."""
_WRITTEN: Final = {
    "’": "'",
    "‘": "'",
    "«": '"',
    "»": '"',
    "“": '"',
    "”": '"',
    "…": "...",
    "–": "-",
    "—": "-",
    "œ": "oe",
    "Œ": "OE",
    "€": "EUR",
    "ᵉ": "e",
    "ʳ": "r",
    "ı": "i",
}


def sms(line: str, link: str) -> str:
    """The line, cut to leave room for the link, then the link; the line alone when the link takes all the room."""
    foreign = any(ord(letter) in _ARABIC for letter in line)
    said, longest = (line, LONGEST_FOREIGN) if foreign else (_spelt(line), LONGEST)
    room = longest - len(link) - 1
    return f"{_cut(said, room)} {link}" if room >= 20 else _cut(said, longest)


def _cut(line: str, room: int) -> str:
    return line if len(line) <= room else clipped(line, room - 2).removesuffix("…") + "..."


def _spelt(line: str) -> str:
    """The line in letters of an SMS: accents that it lacks fall, what it cannot write is left out."""
    return " ".join("".join(_letter(one) for one in line).split())


def _letter(one: str) -> str:
    if one in _ALPHABET:
        return one
    if one in _WRITTEN:
        return _WRITTEN[one]
    if one.isspace():
        return " "
    return "".join(part for part in unicodedata.normalize("NFKD", one) if part in _ALPHABET)
