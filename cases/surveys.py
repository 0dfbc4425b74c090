"""What people say of the help that they got, or gave: a question or two, each answer kept as soon as it is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, RowMapping, bindparam, func, insert, select, update

from cases.errors import Invalid, NotFound
from cases.identifiers import new_id
from cases.tables.case import business, case_file, entrepreneur, survey
from cases.tables.memory import outbox
from cases.tables.operators import branch, operator
from cases.tables.tracks import referral
from engine.model import Kind, MailClass, Role

QUESTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "helped": {"yes": "Oui", "a_little": "Un peu", "no": "Non"},
    "open": {"yes": "Oui", "no": "Non", "not_yet": "Pas encore"},
}
"""The questions in their order, each with its answers: whether they were helped, whether the business is open."""
ASKED_OF: Final[Mapping[Role, tuple[str, ...]]] = {Role.ENTREPRENEUR: ("helped", "open"), Role.MENTOR: ("helped",)}
"""Who is surveyed, and of what."""

ASKED_AGAIN: Final = (timedelta(days=7), timedelta(days=21))
"""After how long a survey that nobody answered is asked again."""
FORGOTTEN: Final = timedelta(days=60)
"""Nobody is asked again what was asked longer ago."""


@dataclass(frozen=True, slots=True)
class Surveyed:
    """Who was asked, and on which track of which case."""

    case_id: str
    track: str
    whose: Role = Role.ENTREPRENEUR


@dataclass(frozen=True, slots=True)
class SurveyShown:
    """A survey as it stands: what was answered, the question that comes next, None when all is said, and whom it is about."""

    answers: Mapping[str, str]
    asks: str | None
    about: str | None
    """The operator that helped; for a mentor, who was helped; None when the question names nobody."""


def keep_sent(db: Connection, case_id: str, track: str, *, now: datetime) -> None:
    """Keep that a survey left: to who was helped, and of a pair to its mentor too."""
    sent_to = ASKED_OF if track.startswith(Kind.MENTORING_PAIR) else (Role.ENTREPRENEUR,)
    for whose in sent_to:
        row = {"id": new_id(now), "case_id": case_id, "track": track, "recipient": str(whose), "sent_at": now}
        db.execute(insert(survey).values(**row))


def survey_of(db: Connection, asked: Surveyed) -> SurveyShown:
    """The last survey of a track that was sent to somebody. Raises NotFound when none was."""
    answers = _row(db, asked)["answers"] or {}
    comes_next = next((question for question in ASKED_OF[asked.whose] if question not in answers), None)
    question = _WHO_WAS_HELPED if asked.whose is Role.MENTOR else _WHO_HELPED
    return SurveyShown(
        answers, comes_next, db.execute(question, {"case": asked.case_id, "track": asked.track}).scalar()
    )


def last_survey(db: Connection, case_id: str) -> str | None:
    """The track of the last survey that was sent to who is helped; None when there is none."""
    theirs = (survey.c.case_id == case_id, survey.c.recipient == Role.ENTREPRENEUR)
    return db.execute(select(survey.c.track).where(*theirs).order_by(survey.c.sent_at.desc()).limit(1)).scalar()


def answer_survey(db: Connection, asked: Surveyed, *, question: str, answer: str, now: datetime) -> None:
    """Keep one answer; it may be changed. Raises NotFound when no survey was sent, Invalid for what is not in the lists."""
    if question not in ASKED_OF[asked.whose] or answer not in QUESTIONS[question]:
        raise Invalid("Choisissez une réponse.", question)
    row = _row(db, asked)
    answers = {**(row["answers"] or {}), question: answer}
    db.execute(update(survey).where(survey.c.id == row["id"]).values(answers=answers, answered_at=now))


def ask_again(db: Connection, now: datetime) -> int:
    """Have the surveys that nobody answered asked once more, at their days; give how many."""
    asked = 0
    for place, wait in enumerate(ASKED_AGAIN):
        late = (survey.c.answered_at.is_(None), survey.c.reminders == place, survey.c.sent_at <= now - wait)
        theirs = (survey.c.recipient == Role.ENTREPRENEUR, survey.c.sent_at > now - FORGOTTEN)
        columns = (survey.c.case_id, survey.c.track)
        rows = db.execute(update(survey).where(*late, *theirs).values(reminders=place + 1).returning(*columns)).all()
        for row in rows:
            told = {
                "subject": "case",
                "subject_id": row.case_id,
                "track": row.track,
                "kind": "survey",
                "role": str(Role.ENTREPRENEUR),
            }
            when = {"mail_class": str(MailClass.REMINDER), "facts": {}, "not_before": now, "created_at": now}
            db.execute(insert(outbox).values(id=new_id(now), **told, **when))
        asked += len(rows)
    return asked


def is_answered(db: Connection, asked: Surveyed) -> bool:
    """Whether the last survey that was sent to somebody was answered, in part at least."""
    row = _last(db, asked)
    return row is not None and row["answered_at"] is not None


def _row(db: Connection, asked: Surveyed) -> RowMapping:
    row = _last(db, asked)
    if row is None:
        raise NotFound("Cette enquête n’existe pas.")
    return row


def _last(db: Connection, asked: Surveyed) -> RowMapping | None:
    mine = (survey.c.case_id == asked.case_id, survey.c.track == asked.track, survey.c.recipient == asked.whose)
    return db.execute(select(survey).where(*mine).order_by(survey.c.sent_at.desc())).mappings().first()


_WHO_HELPED: Final = (
    select(operator.c.name)
    .select_from(referral.join(branch, branch.c.id == referral.c.branch_id).join(operator))
    .where(referral.c.case_id == bindparam("case"), referral.c.track == bindparam("track"))
)
_WHO_WAS_HELPED: Final = (
    select(func.coalesce(entrepreneur.c.name, business.c.name))
    .select_from(case_file.join(business).join(entrepreneur))
    .where(case_file.c.id == bindparam("case"))
)
