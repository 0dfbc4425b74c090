"""The address at which a mail can simply be answered: secret, bound to its reader, its case and its track; and what it opens when a reply comes."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

from engine.model import MailClass, Role
from notifications.links import MakeLink, Opens, Purpose

_BEFORE: Final = "reponse+"
_DOMAIN: Final = "reply_domain"
_ANSWERED: Final = frozenset({MailClass.DIRECT, MailClass.REMINDER})
_PARTNERS: Final = frozenset({Role.OPERATOR, Role.OPERATOR_MANAGER})


def with_domain(message: Mapping[str, Any], domain: str) -> dict[str, Any]:
    """A message that can be answered at that domain; nowhere when it is empty."""
    return {**message, _DOMAIN: domain}


def reply_address(message: Mapping[str, Any], make_link: MakeLink) -> str:
    """Where the reader of a message may answer it; nothing for one that is about no case, or goes to who is helped: their adviser reads them.

    A reminder that is part of several has no address of its own.
    """
    domain = message.get(_DOMAIN) or ""
    known = message["person_id"] or (str(message["recipient"]).startswith("branch:") and message["role"] in _PARTNERS)
    if not (domain and known and message["case_id"]) or message["mail_class"] not in _ANSWERED:
        return ""
    opens: Opens = {"case_id": message["case_id"], "track": message["track"]}
    if message["person_id"]:
        opens["person_id"] = message["person_id"]
    return address_of(make_link(str(Purpose.REPLY), **opens), domain)


def address_of(token: str, domain: str) -> str:
    """The address of a link's token: in letters that no mail server changes."""
    return f"{_BEFORE}{base64.urlsafe_b64decode(token).hex()}@{domain}"


def token_of(address: str, domain: str) -> str | None:
    """The token of an address; None for one that is not of ours."""
    account, _, at = address.strip().strip("<>").lower().rpartition("@")
    if at != domain.lower() or not account.startswith(_BEFORE):
        return None
    try:
        return base64.urlsafe_b64encode(binascii.unhexlify(account.removeprefix(_BEFORE))).decode()
    except (binascii.Error, ValueError):
        return None
