"""One deadline of a subject, as it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class ArmedDeadline:
    """One deadline of a case: open, paused, or met by an answer that may still be undone.

    Days are local. `length` is what it was armed with, in `unit`; `left` what remains while paused, in its own unit.
    `next_mark` is the position of its next mark in the rule's order, None once all have fired.
    """

    track: str
    rule: str
    armed_on: date
    due_on: date
    unit: str
    length: int | None = None
    item: str = ""
    status: str = "open"
    left: int | None = None
    paused_by: frozenset[str] = frozenset()
    extended: bool = False
    missed: int = 0
    next_mark: int | None = None
    undo_of: str | None = None
    id: str | None = None
    source: str = "default"
    """Where its length comes from: the programme's `default`, or its `territory`."""

    @property
    def state(self) -> str:
        """The state that it belongs to."""
        return self.rule.split(".")[1]

    @property
    def name(self) -> str:
        """The rule's last word: `answer` for `referral.sent.answer`."""
        return self.rule.rsplit(".", 1)[1]

    @property
    def live(self) -> bool:
        """Whether it still runs or waits to run again."""
        return self.status in ("open", "paused")
