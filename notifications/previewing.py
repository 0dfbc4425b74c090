"""What a branch would read, before the request leaves: the very mail, with links that open nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from cases.orienting import ToAsk
from cases.tables.case import need
from engine.model import CASE_TRACK, MailClass, Role
from notifications.composer import language_of, paragraphs_of
from notifications.languages import FRENCH, LANGUAGES
from notifications.recipients import Place, Recipient, asked_at, place_of
from notifications.said import Running
from notifications.said_rows import REQUEST, rows_for
from notifications.wording import need_said, own_words, said_of

_PARTS: Final = ("body", "facts", "due")


@dataclass(frozen=True, slots=True)
class Preview:
    """The mail that a branch would receive: to whom, its subject, its paragraphs. Nobody to write to: the branch is telephoned.

    `prepared` is the sentence that the adviser's own words would take the place of.
    """

    to: tuple[str, ...]
    subject: str
    paragraphs: tuple[str, ...]
    prepared: str = ""
    language: str = FRENCH.tag
    """In which it is written: its reader's."""


def preview_request(
    db: Connection, case_id: str, need_id: str, asked: ToAsk, *, written: str = "", now: datetime
) -> Preview:
    """The mail of a request for that need, as it would be sent to the branch now; `written` is what the adviser says in their own words."""
    place = place_of(db, "case", case_id)
    to, answer_by = asked_at(db, asked.branch, place, now), asked.answer_by
    message = _message(case_id, to[0] if to else None, place, now)
    said = said_of(rows_for(db, (message,)), message)
    wanted = need_said(db.execute(select(need).where(need.c.id == need_id)).mappings().one())
    running = Running(CASE_TRACK, "referral.sent.answer", answer_by, place.calendar.day_of(now)) if answer_by else None
    said = replace(said, case=replace(said.case, needs=(wanted,)), deadlines=(running,) if running else ())
    said = replace(said, track=replace(said.track, message=own_words(written)))
    subject, prepared = (" ".join(paragraphs_of(said, message, (part,), now)) for part in ("subject", "prepared"))
    spoken = LANGUAGES[language_of(said, message["key"])]
    return Preview(
        tuple(one.name for one in to), subject, tuple(paragraphs_of(said, message, _PARTS, now)), prepared, spoken.tag
    )


def _message(case_id: str, to: Recipient | None, place: Place, now: datetime) -> dict[str, Any]:
    """The row that the message would be."""
    return {
        "key": REQUEST, "mail_class": MailClass.DIRECT, "role": Role.OPERATOR, "to_name": to.name if to else "", "to_email": to.email if to else None,
        "holidays": place.calendar.name, "timezone": place.calendar.timezone, "case_id": case_id, "subject_id": case_id, "track": CASE_TRACK,
        "send_at": now, "facts": {}, "deadline_id": None, "person_id": to.person_id if to else None, "entrepreneur_id": None,
        "recipient": to.key if to else "", "reason": "",
    }  # fmt: skip
