"""Documents of a case: a file that somebody adds, noted by the one write path, read by who may see the case and no one else."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, func, select, true, update

from cases import records
from cases.access import Identity, case_row
from cases.errors import Invalid, NotFound
from cases.file_kinds import kind_of
from cases.journey import Fired, Request
from cases.tables.case import document
from cases.tables.memory import journal
from cases.views.sight import sight_of
from engine.model import CASE_TRACK
from engine.sentences import say

LARGEST: Final = 10_000_000
"""Bytes of one document."""
AT_MOST: Final = 200
"""Documents of one case."""
_NAME: Final = 120
_UNFIT: Final = re.compile(r'[\\/:*?"<>|]+')


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file as it was sent, found fit to be kept: its name cleaned, its kind read in its content."""

    name: str
    media_type: str
    content: bytes

    @property
    def sha256(self) -> str:
        """The hash of its content, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class DocumentSeen:
    """A document as somebody sees it; `path` is where its bytes are (`cases.files`), None when it was only described."""

    id: str
    name: str
    media_type: str
    size: int
    track: str
    at: datetime
    path: str | None


def read_file(content: bytes, name: str) -> SentFile:
    """The file that was sent. Raises Invalid, with the field `file`, when it is empty, too large, or of a kind that is not kept."""
    if not content:
        raise Invalid("Ce fichier est vide : choisissez-en un autre.", "file")
    if len(content) > LARGEST:
        raise Invalid(say("Ce fichier est trop lourd : {count} Mo au plus.", count=LARGEST // 1_000_000), "file")
    kind = kind_of(content)
    if kind is None:
        raise Invalid("Envoyez une photo, un PDF, un texte ou un tableau (sans macros).", "file")
    stem = _clean(name).rpartition(".")[0] or _clean(name) or "document"
    return SentFile(f"{stem[:_NAME]}.{kind.extension}", kind.media_type, content)


def request_for(file: SentFile, reference: str, track: str = CASE_TRACK, key: str | None = None) -> Request:
    """What adding it asks of the case."""
    payload = {"name": file.name, "media_type": file.media_type, "size": len(file.content), "sha256": file.sha256}
    return Request(reference, "document", track, payload, key=key)


def add_document(db: Connection, request: Request, path: str, *, by: Identity, now: datetime) -> Fired:
    """Note a document whose bytes are kept under that path. Raises what `cases.records.record` raises, and Invalid for one too many."""
    fired = records.record(db, request, by=by, now=now)
    if fired.replayed:
        return fired
    own = document.c.case_id == fired.case_id
    if db.execute(select(func.count()).where(own)).scalar_one() > AT_MOST:
        raise Invalid(
            say("Ce dossier a déjà {at_most} documents : c’est le plus qu’il peut garder.", at_most=AT_MOST), "file"
        )
    line = (own, document.c.sequence == fired.lines[0]["sequence"])
    db.execute(update(document).where(*line).values(path=path))
    return fired


def documents_of(db: Connection, who: Identity, reference: str) -> tuple[DocumentSeen, ...]:
    """The documents of a case that this person may read, the newest first. Raises NotFound for another's case as for none."""
    return documents_on(db, who, case_row(db, who, reference))


def documents_on(db: Connection, who: Identity, case: Mapping[Any, Any]) -> tuple[DocumentSeen, ...]:
    """Those of a case whose row they may see."""
    mine = (document.c.case_id == case["id"], _readable(db, who, case))
    return tuple(_seen(db.execute(select(document).where(*mine).order_by(document.c.sequence.desc())).mappings()))


def document_of(db: Connection, who: Identity, reference: str, identifier: str) -> DocumentSeen:
    """One of them, whose bytes are kept. Raises NotFound for one that this person may not read as for none."""
    for found in documents_of(db, who, reference):
        if found.id == identifier and found.path is not None:
            return found
    raise NotFound("Ce document n’existe pas, ou il n’est pas à vous.")


def _readable(db: Connection, who: Identity, case: Mapping[Any, Any]) -> ColumnElement[bool]:
    """All of them for who sees the case whole; those of their own tracks for a partner at work; what they gave for who is helped."""
    if who.entrepreneur:
        line = and_(journal.c.subject_id == document.c.case_id, journal.c.sequence == document.c.sequence)
        return select(journal.c.sequence).where(line, journal.c.actor_role == "entrepreneur").exists()
    sight = sight_of(db, who, case)
    return true() if sight.whole else document.c.track.in_(sight.tracks if sight.working else ())


def _seen(rows: Iterable[RowMapping]) -> Iterable[DocumentSeen]:
    for row in rows:
        kept = {name: row[name] for name in ("id", "name", "media_type", "size", "at", "path")}
        yield DocumentSeen(track=row["track"] or CASE_TRACK, **kept)


def _clean(name: str) -> str:
    """A name without a path, controls, or letters that a file system refuses."""
    plain = "".join(letter for letter in unicodedata.normalize("NFC", name) if letter.isprintable())
    return " ".join(_UNFIT.sub(" ", plain).split()).strip(" .")
