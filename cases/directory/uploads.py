"""A file of the directory between its trial and its writing: its sender's alone, and gone after a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, insert, or_, select

from cases.access import Identity
from cases.directory.charge import refuse_unless_in_charge_of_all
from cases.directory.files import read_file
from cases.errors import NotFound
from cases.identifiers import new_id
from cases.tables.uploads import directory_upload

KEPT_FOR: Final = timedelta(days=1)


def keep(db: Connection, content: bytes, name: str, *, by: Identity, now: datetime) -> str:
    """Keep a file that can be read, in place of its sender's last one; give its id. Raises ImportFileRefused."""
    refuse_unless_in_charge_of_all(by)
    read_file(content)
    old = or_(directory_upload.c.by_id == by.person, directory_upload.c.sent_at < now - KEPT_FOR)
    db.execute(delete(directory_upload).where(old))
    own = new_id(now)
    db.execute(insert(directory_upload).values(id=own, by_id=by.person, name=name, content=content, sent_at=now))
    return own


def kept(db: Connection, identifier: str, *, by: Identity) -> tuple[str, bytes]:
    """The name and the bytes of a file that somebody sent. Raises NotFound."""
    mine = (directory_upload.c.id == identifier, directory_upload.c.by_id == by.person)
    row = db.execute(select(directory_upload).where(*mine)).first()
    if row is None:
        raise NotFound("Ce fichier n’attend plus : envoyez-le de nouveau.")
    return row.name, row.content


def drop(db: Connection, identifier: str) -> None:
    """Forget a file once it is written."""
    db.execute(delete(directory_upload).where(directory_upload.c.id == identifier))
