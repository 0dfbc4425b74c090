"""A message and its words become a letter that mail readers understand: headers, a text and its HTML form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any

from engine.model import MailClass
from notifications.composer import Composed
from notifications.errors import AddressRefused


def write_letter(row: Mapping[str, Any], composed: Composed, sender: str, now: datetime) -> EmailMessage:
    """The letter of a message. Its Message-ID is the message's own, so that a repeat folds into the first in the reader's client.

    `sender` is the product's address, `Name <address>`. Raises AddressRefused when the recipient's address is not one.
    """
    letter = EmailMessage(policy=SMTP)
    name, address = parseaddr(sender)
    letter["From"] = Address(one_line(composed.from_name or name), addr_spec=address)
    letter["To"] = _recipient(row)
    letter["Subject"] = one_line(composed.subject)
    letter["Date"] = format_datetime(now)
    letter["Message-ID"] = row["message_id"]
    letter["Auto-Submitted"] = "auto-generated"
    if row["thread_id"]:
        letter["References"] = row["thread_id"]
    if composed.reply_to:
        letter["Reply-To"] = one_line(composed.reply_to)
    if row["mail_class"] == MailClass.REMINDER:
        letter["List-Unsubscribe"] = f"<mailto:{composed.reply_to or address}?subject=Moins%20de%20rappels>"
    letter.set_content(composed.text)
    letter.add_alternative(composed.html, subtype="html")
    if composed.calendar:
        method, content = composed.calendar
        letter.add_attachment(
            content, maintype="text", subtype="calendar", filename="rendez-vous.ics", params={"method": method, "charset": "utf-8"}
        )  # fmt: skip
    return letter


def one_line(text: str) -> str:
    """A text without line ends, NUL and other controls: a name or a subject cannot add a header."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def message_id_of(identifier: str, domain: str) -> str:
    """The Message-ID of a message: always the same one."""
    return f"<{identifier}@{domain}>"


def domain_of(sender: str) -> str:
    """The domain of the product's address."""
    return parseaddr(sender)[1].rpartition("@")[2] or "localhost"


def _recipient(row: Mapping[str, Any]) -> Address:
    try:
        return Address(one_line(row["to_name"] or ""), addr_spec=row["to_email"] or "")
    except (ValueError, IndexError, MessageError) as error:
        raise AddressRefused("l’adresse n’est pas une adresse") from error
