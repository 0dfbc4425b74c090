"""What can go wrong with the memory, said to the person who asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.model import CASE_TRACK, Refusal
from engine.sentences import together


class CasesError(Exception):
    """The root of this package's errors. The message is French, for the user, and says what to do."""

    @property
    def said(self) -> str:
        """What it says, as it was made: whoever shows it may say it in another language."""
        return self.args[0] if self.args and isinstance(self.args[0], str) else str(self)


class NotFound(CasesError):
    """There is no such thing, or it is not yours: the same answer for both."""

    def __init__(self, message: str = "Ce dossier n’existe pas, ou il n’est pas à vous.") -> None:
        super().__init__(message)


class Refused(CasesError):
    """A step is not possible on that track; `reasons` say why. Nothing was written."""

    def __init__(self, reasons: Sequence[Refusal], track: str = CASE_TRACK) -> None:
        super().__init__(together(reason.message for reason in reasons))
        self.reasons = tuple(reasons)
        self.track = track


class Unreadable(Refused):
    """What was entered is not of the kind that is asked for; each reason's `field` is the way to it."""


class Conflict(CasesError):
    """Somebody changed the case since it was read; `current` is the fresh one."""

    def __init__(self, current: Mapping[str, Any]) -> None:
        super().__init__("Le dossier a changé entre-temps : relisez-le, puis recommencez.")
        self.current = current


class KeyReused(CasesError):
    """The same idempotency key came with another body."""

    def __init__(self) -> None:
        super().__init__("Cette clé d’idempotence a déjà servi pour une autre demande : prenez-en une nouvelle.")


class Invalid(CasesError):
    """What was entered cannot be kept; `field` points at it."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field
