"""A real SMTP server that keeps what it gets, and answers what it is told to."""

from __future__ import annotations

import asyncio
import email
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class MailServer:
    """What came in, by how many connections, and what to answer: to an address, or to the next letters."""

    letters: list[EmailMessage] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    """What to answer to RCPT, by address."""
    answers: list[str] = field(default_factory=list)
    """What to answer to the next letters, in turn; then they are taken."""
    refuses_us: bool = False
    """Whether it takes no letter of ours at all."""
    seconds: float = 0
    """How long it thinks before it takes a letter."""
    connections: set[Any] = field(default_factory=set)
    port: int = 0

    @contextmanager
    def running(self, port: int = 0) -> Iterator[MailServer]:
        controller = Controller(self, hostname="127.0.0.1", port=port or free_port())
        controller.start()
        self.port = controller.port
        try:
            yield self
        finally:
            controller.stop()

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.refuses_us:
            return "530 5.7.0 authentication required"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.connections.add(session.peer)
        await asyncio.sleep(self.seconds)
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            parsed = email.message_from_bytes(envelope.content, policy=default)
            assert isinstance(parsed, EmailMessage)
            self.letters.append(parsed)
        return answer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
