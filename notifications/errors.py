"""What can go wrong with a mail, and what follows of it."""

from __future__ import annotations


class NotificationsError(Exception):
    """The root of this package's errors."""


class TryLater(NotificationsError):
    """This letter did not leave, and may leave later: the server said 4xx, or the connection broke."""


class LetterRefused(NotificationsError):
    """This letter will never leave: the server said 5xx of it."""


class AddressRefused(LetterRefused):
    """No letter will ever reach this address: it is not one, or the server said 5xx of it."""


class Closed(NotificationsError):
    """No letter leaves now: there is no server there, or it does not want us. Not the fault of any letter."""


class ServerUnreadable(NotificationsError):
    """QP_SMTP_URL is not `smtp://[user:pass@]host[:port][?starttls=required|off][&connections=10]`, nor `smtps://…`."""

    def __init__(self) -> None:
        super().__init__(
            "QP_SMTP_URL s’écrit smtp://[compte:secret@]serveur[:port][?starttls=required|off][&connections=10]."
        )
