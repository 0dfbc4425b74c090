"""A message and its words become a letter that mail readers understand: headers, a text and its HTML form."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.utils import format_datetime, formataddr, parseaddr
from functools import lru_cache
from typing import Any, Final

from notifications.composer import Composed
from notifications.errors import AddressRefused
from notifications.painting import painted
from notifications.preferences import may_be_stopped

NAME: Final = 80
"""Letters of a name in a header."""
_ONE_CLICK: Final = "List-Unsubscribe=One-Click"


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as the mail server takes it: from whom, to whom, and all of it in bytes of seven bits."""

    sender: str
    recipient: str
    content: bytes

    @property
    def domain(self) -> str:
        """Where it goes."""
        return self.recipient.rpartition("@")[2].lower()


def write_letter(
    row: Mapping[str, Any], composed: Composed, sender: str, now: datetime, previous: str | None = None
) -> Letter:
    """The letter of a message. Its Message-ID is the message's own, so that a repeat folds into the first in the reader's client.

    `sender` is the product's address, `Name <address>`; `previous` the Message-ID of the last letter to the same reader on the same case.
    Raises AddressRefused when the recipient's address is not one.
    """
    name, address = _parsed(sender)
    to, recipient = _reader(row)
    reply_to = one_line(composed.reply_to or "")
    headers = {
        "From": _named(composed.from_name or name, address), "To": to, "Subject": _header(composed.subject), "Date": format_datetime(now),
        "Message-ID": row["message_id"], "In-Reply-To": previous, "References": " ".join(filter(None, (row["thread_id"], previous))),
        "Reply-To": reply_to if reply_to.isascii() else "", "Auto-Submitted": "auto-generated", **_may_be_stopped(row, composed.stop, address),
    }  # fmt: skip
    parts = [_words("plain", composed.text), _words("html", painted(composed.html))]
    body = _joined("alternative", parts, f"=_{row['id']}")
    if composed.calendar:
        body = _joined("mixed", [body, _invitation(*composed.calendar)], f"=_{row['id']}.all")
    said = [f"{header}: {value}" for header, value in headers.items() if value]
    return Letter(address, recipient, "\r\n".join([*said, "MIME-Version: 1.0", body, ""]).encode("ascii"))


def one_line(text: str) -> str:
    """A text without line ends, NUL and other controls: a name or a subject cannot add a header."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def message_id_of(identifier: str, domain: str) -> str:
    """The Message-ID of a message: always the same one."""
    return f"<{identifier}@{domain}>"


def thread_of(subject_id: str, recipient: str, domain: str) -> str:
    """What the letters to one reader on one case all refer to."""
    return f"<{subject_id}.{recipient.replace(':', '.')}@{domain}>"


def domain_of(sender: str) -> str:
    """The domain of the product's address."""
    return parseaddr(sender)[1].rpartition("@")[2] or "localhost"


@lru_cache(maxsize=16)
def _parsed(sender: str) -> tuple[str, str]:
    return parseaddr(sender)


def _reader(row: Mapping[str, Any]) -> tuple[str, str]:
    """The header of the reader, and their address alone. A domain with accents is written as mail servers read it; an account with accents
    reaches too few of them. Raises AddressRefused."""
    account, _, domain = (row["to_email"] or "").rpartition("@")
    try:
        address = Address(addr_spec=f"{account}@{domain.encode('idna').decode()}").addr_spec
        address.encode("ascii")
    except (ValueError, IndexError, MessageError) as error:
        raise AddressRefused("l’adresse n’est pas une adresse") from error
    return _named(row["to_name"] or "", address), address


def _named(name: str, address: str) -> str:
    """`Name <address>`, its name in words that any server carries."""
    said = one_line(name)[:NAME]
    return formataddr((said, address)) if said.isascii() else f"{_header(said)} <{address}>"


@lru_cache(maxsize=1024)
def _header(text: str) -> str:
    """A text in words that any server carries, folded where it is long. Source: RFC 2047."""
    line = one_line(text)
    return (
        line if line.isascii() else Header(line, "utf-8", maxlinelen=70, header_name="Subject").encode(linesep="\r\n")
    )


def _may_be_stopped(row: Mapping[str, Any], stop: str | None, address: str) -> dict[str, str | None]:
    """The buttons of mail readers that stop reminders: one press, or a mail. Source: RFC 2369 and RFC 8058."""
    if not may_be_stopped(row):
        return {}
    by_mail = f"<mailto:{address}?subject=Moins%20de%20rappels>"
    return {
        "List-Unsubscribe": f"<{stop}>, {by_mail}" if stop else by_mail,
        "List-Unsubscribe-Post": _ONE_CLICK if stop else None,
    }


# By hand: the library takes ten times as long, which is half of what a letter costs.


def _joined(kind: str, parts: Sequence[str], boundary: str) -> str:
    """Several parts as one. Source: RFC 2046, 5.1."""
    inside = [line for part in parts for line in (f"--{boundary}", part)]
    return "\r\n".join([f'Content-Type: multipart/{kind}; boundary="{boundary}"', "", *inside, f"--{boundary}--"])


def _words(subtype: str, words: str) -> str:
    """A text in seven bits, whose lines no server has to break. Source: RFC 2045, 6.7."""
    quoted = binascii.b2a_qp(words.encode(errors="replace"), istext=True).decode("ascii")
    about = [f'Content-Type: text/{subtype}; charset="utf-8"', "Content-Transfer-Encoding: quoted-printable", ""]
    return "\r\n".join([*about, *quoted.splitlines()])


def _invitation(method: str, content: bytes) -> str:
    """A file for the reader's agenda. Source: RFC 6047, 2."""
    about = [
        f'Content-Type: text/calendar; method={method}; charset="utf-8"', 'Content-Disposition: attachment; filename="rendez-vous.ics"',
        "Content-Transfer-Encoding: base64", "",
    ]  # fmt: skip
    return "\r\n".join([*about, *base64.encodebytes(content).decode("ascii").splitlines()])
