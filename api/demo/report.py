"""What the demo's check tells: the journal of the case, its mails, and the verdict."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from api.demo.building import CALENDAR
from api.pages.demo import CaughtMail

SAMIRA = "Samira"
"""The first name of the entrepreneur of the check, whom nobody else bears."""


def tell(wrong: Sequence[str], lines: Sequence[dict[str, Any]], mails: Sequence[CaughtMail], reference: str) -> int:
    """Print what happened and the mails about that case; 0 when nothing is wrong, else 1."""
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(_journal(lines, reference))
    console.print(_mails([mail for mail in mails if reference in mail.text or SAMIRA in f"{mail.to} {mail.text}"]))
    for one in wrong:
        console.print(f"[red]✗[/red] {one}")
    if not wrong:
        console.print(
            f"[green]✓[/green] {reference}: from detection to closing, {len(lines)} lines, all whole; {len(mails)} mails caught."
        )
    return 1 if wrong else 0


def _journal(lines: Sequence[dict[str, Any]], reference: str) -> Table:
    table = Table("when", "who", "what", "from", "to", title=f"Journal of {reference}")
    for line in lines:
        moved = (line["from"], line["to"]) if line["from"] != line["to"] else ("", "")
        table.add_row(
            _local(datetime.fromisoformat(line["at"])),
            line["actor"]["role"],
            f"{line['track']} {line['event']}",
            *moved,
        )
    return table


def _mails(mails: Sequence[CaughtMail]) -> Table:
    table = Table("when", "to", "subject", title="Mails about it")
    for mail in mails:
        table.add_row(_local(mail.at), mail.to, mail.subject)
    return table


def _local(at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo(CALENDAR.timezone)):%Y-%m-%d %H:%M}"
