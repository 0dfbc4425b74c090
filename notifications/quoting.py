"""What somebody wrote in a reply: the quoted mail, the signature and the mentions of their mail program are cut away."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

_ANY: Final = re.IGNORECASE
_WROTE: Final = re.compile(
    r"^(?:le\s.{4,300}?\sa\s[ée]crit\s*:|on\s.{4,300}?\swrote\s*:|.{0,100}<[^<>\s]+@[^<>\s]+>\s+a\s[ée]crit\s*:)$", _ANY
)
"""« Le mar. 2 févr. 2027 à 10:15, Inès Morvan <ines@roubaix.example> a écrit : », on one line or wrapped on several."""
_WRAPPED_ON: Final = 4
"""Lines over which that may be wrapped."""
_BEGINS: Final = re.compile(r"^(?:le|on)\s", _ANY)
_RULE: Final = re.compile(
    r"^[-_=*\s]{2,}(?:message\s+(?:d['’]origine|original|transf[ée]r[ée]|initial)|mail\s+(?:original|d['’]origine)"
    r"|original\s+message|forwarded\s+message|début\s+du\s+message\s+(?:réexpédié|transféré))[-_=*:\s]*$",
    _ANY,
)
"""« -----Message d’origine----- », « ----- Mail original ----- »."""
_LONG_RULE: Final = re.compile(r"^_{20,}$")
_OF_A_HEAD: Final = re.compile(
    r"^\*?(de|from|envoy[ée]|date|sent|[àa]|to|objet|sujet|subject|cc|copie(?:\s+à)?|message\s+du|répondre\s+à)\s*:?\*?\s*:?\*?\s",
    _ANY,
)
_HEAD_LINES: Final = 8
_HEAD_NEEDS: Final = 3
"""Lines of a head (De, Envoyé, À, Objet) that make it one."""
_DEVICE: Final = re.compile(
    r"^(?:envoy[ée]\s+(?:de(?:puis)?|à\s+partir|avec|par)\s.{2,80}|sent\s+(?:from|with)\s.{2,80}|(?:obtenir|obtenez|télécharger|téléchargez|get)\s+outlook\s.{2,120}"
    r"|provenance\s*:\s*courrier\s+pour\s+windows.{0,80}|(?:garanti\s+)?sans\s+virus[\s.].{0,60}|virus-free.{0,60}|l['’]absence\s+de\s+virus.{0,120})$",
    _ANY,
)
"""What a telephone or a mail program says of itself."""
_NOTICE: Final = re.compile(
    r"^(?:(?:ce|le présent)\s+(?:message|courriel|mail|e-mail)\b.{0,60}\b(?:pièces?\s+jointes?|confidentiel|destinataire|exclusivement|établi|est\s+destiné)"
    r"|this\s+(?:message|e-?mail)\b.{0,60}\b(?:attachments?|confidential|intended)|(?:pensez|avant)\s.{0,40}\b(?:environnement|imprimer)\b"
    r"|p\s+pensez\s|afin\s+de\s+(?:respecter|préserver)\s+l['’]environnement)",
    _ANY,
)
"""The notices that organisations add under every mail."""
_CLOSING: Final = re.compile(
    r"^(?:(?:très\s+|bien\s+)?(?:cordialement|amicalement|sincèrement)|bien\s+à\s+(?:vous|toi)|cdlt|cdt|bonne\s+(?:journée|soirée|réception|fin\s+de\s+journée)"
    r"|salutations(?:\s+distinguées)?|sincères\s+salutations|(?:mes\s+)?meilleures\s+salutations|à\s+bientôt|merci)(?:\s+(?:à\s+vous|d['’]avance))?\s*[,.!]*$",
    _ANY,
)
_SIGNED_IN: Final = 12
"""Lines of the longest signature."""
_SIGNED_WIDE: Final = 90


def said_in(text: str, author: str = "") -> str:
    """The author's own words in the text of a reply. `author` is their name: a closing formula before it begins a signature."""
    lines = [
        line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ").split("\n")
    ]
    own = list(_unquoted(lines))
    own = _without_signature(own, author)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(own)).strip()


def _unquoted(lines: Sequence[str]) -> Iterator[str]:
    """The lines that are not quoted. What is marked with `>` goes, wherever it stands; what follows an unmarked head goes to the end."""
    place = 0
    while place < len(lines):
        line = lines[place].strip()
        if wrapped := _wrote(lines, place):
            place += wrapped
            if not _marked_next(lines, place):
                return
        elif _ends_here(lines, place):
            return
        else:
            if not line.startswith(">") and not _DEVICE.match(line.strip("*_ ")):
                yield lines[place]
            place += 1


def _wrote(lines: Sequence[str], place: int) -> int:
    """Over how many lines somebody is said to have written what follows; none when nobody is."""
    first = lines[place].strip()
    if not (_BEGINS.match(first) or "@" in first):
        return 0
    for count in range(1, _WRAPPED_ON + 1):
        joined = " ".join(line.strip() for line in lines[place : place + count])
        if _WROTE.match(joined):
            return count
    return 0


def _marked_next(lines: Sequence[str], place: int) -> bool:
    following = (line.strip() for line in lines[place:])
    return next((line.startswith(">") for line in following if line), False)


def _ends_here(lines: Sequence[str], place: int) -> bool:
    """Whether nothing of the author's own comes from here on: a rule, the head of the quoted mail, a notice."""
    line = lines[place].strip()
    if _RULE.match(line) or _NOTICE.match(line):
        return True
    if _LONG_RULE.match(line):
        return _is_a_head(lines, place + 1)
    return bool(_OF_A_HEAD.match(f"{line} ")) and _is_a_head(lines, place)


def _is_a_head(lines: Sequence[str], place: int) -> bool:
    following = [line.strip() for line in lines[place:] if line.strip()][:_HEAD_LINES]
    if not following or not _OF_A_HEAD.match(f"{following[0]} "):
        return False
    names = {found[1].lower() for line in following if (found := _OF_A_HEAD.match(f"{line} ")) and ":" in line}
    return len(names) >= _HEAD_NEEDS


def _without_signature(lines: Sequence[str], author: str) -> list[str]:
    own = list(lines)
    for place, line in enumerate(own):
        if line.strip() in ("--", "—", "__") and place > 0:
            return own[:place]
    for place, line in enumerate(own):
        if _CLOSING.match(line.strip()) and _is_signed(own[place + 1 :], author):
            return own[: place + 1]
    return own


def _is_signed(after: Sequence[str], author: str) -> bool:
    """Whether what follows a closing formula is a signature: it begins with the author's name, and says nothing in sentences."""
    said = [line.strip() for line in after if line.strip()]
    if not said or len(said) > _SIGNED_IN or any(len(line) > _SIGNED_WIDE for line in said):
        return False
    if any("?" in line or re.match(r"p\.?\s?s\b", line, _ANY) for line in said):
        return False
    known = {word for word in re.findall(r"\w{3,}", author.casefold())}
    return bool(known & set(re.findall(r"\w{3,}", said[0].casefold())))
