"""A reply to one of our mails becomes a note on its case: found by its secret address, taken from the known sender alone, written by the one write path."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from api.linked import identity_of
from cases import records
from cases.access import BRANCH_ROLES, Identity, case_row
from cases.documents import SentFile, add_document, read_file, request_for
from cases.errors import CasesError, Invalid, NotFound
from cases.journey import Fired, Request
from cases.tables.case import case_file
from cases.tables.operators import branch
from cases.tables.people import person, role_grant
from cases.views.sight import sight_of
from engine.model import Role
from engine.sentences import say
from notifications.filed import first_time, is_ours, tell_adviser, tell_not_filed, too_many
from notifications.links import Link, find_link
from notifications.replies import Attachment, Reply

UNKNOWN: Final = "Cette adresse ne sert pas, ou ne sert plus : ouvrez le dossier, ou écrivez à votre contact."
ELSEWHERE: Final = "Répondez depuis l'adresse à laquelle ce message vous a été envoyé : rien n'a été noté."
OVER: Final = "Votre travail sur ce dossier est terminé : écrivez à votre contact."
EMPTY: Final = "Votre réponse est vide : écrivez au-dessus du message cité."


class NotFiled(Exception):
    """A reply that is not filed, now or ever; the message is French, for who sent it. `code` is how mail servers say it."""

    def __init__(self, message: str, code: str = "554 5.6.0") -> None:
        super().__init__(message)
        self.code = code


class ComeBack(Exception):
    """A reply that may be handed in again later."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Who may write by an address: the link, for whom it acts, the addresses they write from, the first being where they are told."""

    link: Link
    identity: Identity
    reference: str
    addresses: tuple[str, ...]


def writer_of(db: Connection, token: str | None, now: datetime) -> Writer:
    """Who may write to the address of a token. Raises NotFiled for one that opens nothing."""
    link = find_link(db, token, now) if token else None
    try:
        identity = identity_of(db, link, via="reply") if link else None
    except NotFound:
        identity = None
    reference = db.execute(select(case_file.c.reference).where(case_file.c.id == link.case_id)).scalar() if link else None  # fmt: skip
    if link is None or identity is None or reference is None:
        raise NotFiled(UNKNOWN, "550 5.1.1")
    return Writer(link, identity, reference, tuple(_addresses(db, identity)))


def is_to_be_filed(db: Connection, writer: Writer, reply: Reply, now: datetime) -> bool:
    """Whether a person answered; false for what machines write. Raises ComeBack for too many."""
    if reply.automatic or is_ours(db, reply.message_id):
        return False
    if too_many(db, writer.link, now):
        raise ComeBack("Trop de réponses en une heure.")
    return True


def comes_from_elsewhere(db: Connection, writer: Writer, reply: Reply, now: datetime) -> bool:
    """Whether the sender is not who the mail was for: then the known address is told."""
    if reply.sender in writer.addresses:
        return False
    if writer.addresses:
        role = writer.identity.grants[0].role if writer.identity.grants else Role.OBSERVER
        tell_not_filed(db, writer.link, (writer.identity.name, writer.addresses[0]), role, now)
    return True


def files_of(reply: Reply) -> tuple[list[SentFile], list[str]]:
    """What came with a reply: the files that can be kept, and the names of the others."""
    kept, left_out = [], list(reply.left_out)
    for one in reply.files:
        fit = _fit(one)
        if fit is None:
            left_out.append(one.name[:100])
        else:
            kept.append(fit)
    return kept, left_out


def file_reply(
    db: Connection, writer: Writer, reply: Reply, documents: Sequence[tuple[SentFile, str]], left_out: Sequence[str], now: datetime
) -> bool:  # fmt: skip
    """Note a reply and its documents, and tell the adviser; false when it was before. Raises NotFiled with why not, and nothing is written."""
    if not first_time(db, writer.link, reply.fingerprint, now):
        return False
    try:
        track = _track(db, writer)
        lines = [_note(db, writer, text, track, now)] if (text := _words(reply, left_out)) else []
        lines += [_document(db, writer, one, path, track, now) for one, path in documents]
    except CasesError as error:
        raise NotFiled(str(error)) from error
    if not lines:
        raise NotFiled(EMPTY)
    tell_adviser(db, lines[0].case_id, track, lines[0].lines[0]["sequence"], now)
    return True


def _fit(one: Attachment) -> SentFile | None:
    try:
        return read_file(one.content, one.name)
    except Invalid:
        return None


def _words(reply: Reply, left_out: Sequence[str]) -> str:
    """What the note says: their own words, and what could not be kept."""
    lost = say("(Pièces jointes non gardées : {names}.)", names=", ".join(left_out)) if left_out else ""
    return "\n\n".join(part for part in (reply.text, lost) if part)


def _track(db: Connection, writer: Writer) -> str:
    """Where it is noted: on the mail's own track, else on one of theirs. Raises NotFound when their work there is over."""
    sight = sight_of(db, writer.identity, case_row(db, writer.identity, writer.reference))
    if not (sight.whole or sight.working):
        raise NotFound(OVER)
    track = writer.link.track or "case"
    return track if sight.of_track(track) else max(sight.tracks, default=track)


def _note(db: Connection, writer: Writer, text: str, track: str, now: datetime) -> Fired:
    return records.record(db, Request(writer.reference, "note", track, {"text": text}), by=writer.identity, now=now)


def _document(db: Connection, writer: Writer, file: SentFile, path: str, track: str, now: datetime) -> Fired:
    return add_document(db, request_for(file, writer.reference, track), path, by=writer.identity, now=now)


def _addresses(db: Connection, who: Identity) -> Iterable[str]:
    """From where they may write: a person's own address; a branch's common one, then those of its agents."""
    if who.person:
        yield from _written(db.execute(select(person.c.email).where(person.c.id == who.person)).scalars())
        return
    own = who.branches()
    yield from _written(db.execute(select(branch.c.email).where(branch.c.id.in_(own))).scalars())
    agents = select(role_grant.c.person_id).where(
        role_grant.c.branch_id.in_(own), role_grant.c.role.in_(BRANCH_ROLES), role_grant.c.ended_at.is_(None)
    )
    yield from _written(db.execute(select(person.c.email).where(person.c.id.in_(agents), person.c.active)).scalars())


def _written(found: Iterable[str | None]) -> Iterable[str]:
    return (address.strip().lower() for address in found if address)
