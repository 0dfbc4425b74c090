"""Importing the directory from a file: tried first, then written whole, or not at all."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from cases.access import Identity
from cases.directory.charge import refuse_unless_in_charge_of_all
from cases.directory.files import read_file, report_of
from cases.directory.keeping import keep_lines


def import_directory(db: Connection, content: bytes, *, by: Identity, now: datetime, dry_run: bool) -> dict[str, Any]:
    """What the file changes, and what is wrong with it; written when it is no dry run and no line is refused.

    Raises NotFound for who does not keep the whole directory, ImportFileRefused for what is no directory.
    """
    refuse_unless_in_charge_of_all(by)
    entries, unread = read_file(content)
    kept = keep_lines(db, entries, by=by, now=now, dry_run=dry_run or bool(unread))
    return report_of(kept, unread, dry_run=dry_run)
