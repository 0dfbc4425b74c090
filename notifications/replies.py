"""A mail that comes in answer to one of ours, read: who sends it, what they say, what they attach, and whether a machine wrote it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage, MIMEPart
from email.policy import default
from email.utils import getaddresses
from typing import Final

from notifications.html_text import text_of
from notifications.quoting import said_in

PARTS_AT_MOST: Final = 100
FILES_AT_MOST: Final = 10
WORDS_AT_MOST: Final = 8_000
"""Letters of a note; what is longer was not written by hand."""
_CUT: Final = "\n[…] La suite de ce message était trop longue pour être gardée."
_BY_MACHINES: Final = frozenset({"bulk", "junk", "list", "auto_reply"})
"""Values of `Precedence` that no person writes."""
_MACHINE_HEADERS: Final = ("X-Autoreply", "X-Autorespond", "X-Auto-Reply", "List-Id", "List-Unsubscribe", "Feedback-ID", "X-Loop")  # fmt: skip
_AWAY: Final = re.compile(
    r"^(?:r[ée]ponse automatique|automatic reply|auto(?:matique)?\s*:|absence du bureau|absent(?:e|\(e\))? du bureau|out of office|message d['’]absence"
    r"|undeliver(?:able|ed)|delivery status|mail delivery|échec de (?:la )?remise|non remis)",
    re.IGNORECASE,
)
_ANSWERS: Final = re.compile(r"^\s*(?:re|ré|rép|tr|fwd?|aw)\s*:", re.IGNORECASE)
_DRAWN: Final = re.compile(r"(?:image|outlook-)\w{0,20}\.(?:png|jpe?g|gif)", re.IGNORECASE)
"""Names that mail programs give to the pictures of a signature."""
_SMALL_PICTURE: Final = 20_000


class ReplyUnreadable(Exception):
    """A mail that cannot be read as one; the message is French, for who sent it, and says what to do."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a reply."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply as it was read. `automatic` says why no person wrote it; nothing when one did."""

    fingerprint: str
    """What makes it one and the same, however often it is handed in."""
    message_id: str
    sender: str
    text: str
    files: tuple[Attachment, ...]
    left_out: tuple[str, ...]
    """Names of what came with it and was too much."""
    automatic: str = ""


def read_reply(content: bytes, author: str = "", *, envelope_sender: str | None = None) -> Reply:
    """Read a mail. `author` is the name of who is expected to write. Raises ReplyUnreadable.

    `envelope_sender` is the sender of the envelope, empty for a machine's mail; None when it is not known.
    """
    letter = _parsed(content)
    files, left_out = _files(letter)
    message_id = str(letter.get("Message-ID") or "").strip()
    return Reply(
        hashlib.sha256(message_id.encode(errors="replace") or content).hexdigest(), message_id, _sender(letter), _text(letter, author), files, left_out,
        _why_automatic(letter, envelope_sender),
    )  # fmt: skip


def _parsed(content: bytes) -> EmailMessage:
    if content.lower().count(b"boundary=") > PARTS_AT_MOST:
        raise ReplyUnreadable("Ce message a trop de parties : répondez par un message simple.")
    try:
        letter = message_from_bytes(content, policy=default)
        parts = sum(1 for _ in letter.walk())
    except (MessageError, RecursionError, ValueError, LookupError, IndexError) as error:
        raise ReplyUnreadable("Ce message est illisible : répondez par un message simple.") from error
    if parts > PARTS_AT_MOST:
        raise ReplyUnreadable("Ce message a trop de parties : répondez par un message simple.")
    return letter


def _sender(letter: EmailMessage) -> str:
    """The one address that the mail says it is from; nothing when it says none, or several."""
    try:
        found = [address for _, address in getaddresses(letter.get_all("From", [])) if "@" in address]
    except (MessageError, ValueError, IndexError, AttributeError):
        return ""
    return found[0].strip().lower() if len(found) == 1 else ""


def _why_automatic(letter: EmailMessage, envelope_sender: str | None) -> str:
    said = str(letter.get("Auto-Submitted") or "no").partition(";")[0].strip().lower()
    if said != "no":
        return "Auto-Submitted"
    if envelope_sender == "" or _returned_to_nobody(letter):
        return "null sender"
    if str(letter.get("Precedence") or "").strip().lower() in _BY_MACHINES:
        return "Precedence"
    if found := next((name for name in _MACHINE_HEADERS if letter.get(name) is not None), ""):
        return found
    if letter.get_content_type() == "multipart/report":
        return "report"
    return "subject" if _AWAY.match(str(letter.get("Subject") or "").strip()) else ""


def _returned_to_nobody(letter: EmailMessage) -> bool:
    return str(letter.get("Return-Path") or "-").strip() == "<>"


# -- what it says -----------------------------------------------------------------------------------------------------------


def _text(letter: EmailMessage, author: str) -> str:
    """The author's own words; the subject when there are none and it is their own."""
    own = said_in(_written(letter), author)
    subject = str(letter.get("Subject") or "").strip()
    if not own and subject and not _ANSWERS.match(subject):
        own = subject
    own = "".join(one for one in own if one in "\n\t" or one.isprintable())
    return own if len(own) <= WORDS_AT_MOST else own[:WORDS_AT_MOST] + _CUT


def _written(letter: EmailMessage) -> str:
    plain, html = letter.get_body(("plain",)), letter.get_body(("html",))
    text = _content(plain) if plain is not None else ""
    return text if text.strip() or html is None else text_of(_content(html))


def _content(part: MIMEPart) -> str:
    try:
        return str(part.get_content())
    except (LookupError, ValueError, KeyError, MessageError):
        return _bytes(part).decode("utf-8", errors="replace")


# -- what comes with it -----------------------------------------------------------------------------------------------------


def _files(letter: EmailMessage) -> tuple[tuple[Attachment, ...], tuple[str, ...]]:
    found = list(_attached(letter))
    return tuple(found[:FILES_AT_MOST]), tuple(one.name for one in found[FILES_AT_MOST:])


def _attached(letter: EmailMessage) -> Iterator[Attachment]:
    """What a person attached: not the pictures of a signature, not the mail's own texts."""
    bodies = {id(part) for part in (letter.get_body(("plain",)), letter.get_body(("html",))) if part is not None}
    for part in letter.walk():
        if part.is_multipart() or id(part) in bodies:
            continue
        name, content = _name(part), _bytes(part)
        if content and (name or part.get_content_maintype() != "text") and not _is_drawn(part, name, content):
            yield Attachment(name or "document", content)


def _name(part: MIMEPart) -> str:
    try:
        return str(part.get_filename() or "")
    except (LookupError, ValueError, MessageError):
        return ""


def _bytes(part: MIMEPart) -> bytes:
    try:
        found = part.get_payload(decode=True)
    except (LookupError, ValueError):
        return b""
    return found if isinstance(found, bytes) else b""


def _is_drawn(part: MIMEPart, name: str, content: bytes) -> bool:
    """Whether it is a picture inside the text, as signatures have: small, or named by the program."""
    if part.get("Content-ID") is None or part.get_content_maintype() != "image":
        return False
    return len(content) < _SMALL_PICTURE or bool(_DRAWN.fullmatch(name))
