"""What people say of the help that they got: two questions, each answer kept as soon as it is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, RowMapping, insert, select, update

from cases.errors import Invalid, NotFound
from cases.identifiers import new_id
from cases.tables.case import survey
from cases.tables.memory import outbox
from engine.model import MailClass, Role

QUESTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "helped": {"yes": "Oui", "a_little": "Un peu", "no": "Non"},
    "open": {"yes": "Oui", "no": "Non", "not_yet": "Pas encore"},
}
"""The questions in their order, each with its answers: whether they were helped, whether the business is open."""

ASKED_AGAIN: Final = (timedelta(days=7), timedelta(days=21))
"""After how long a survey that nobody answered is asked again."""
FORGOTTEN: Final = timedelta(days=60)
"""Nobody is asked again what was asked longer ago."""


@dataclass(frozen=True, slots=True)
class SurveyShown:
    """A survey as it stands: what was answered, and the question that comes next; None when all is said."""

    answers: Mapping[str, str]
    asks: str | None


def survey_of(db: Connection, case_id: str, track: str) -> SurveyShown:
    """The last survey of a track. Raises NotFound when none was sent."""
    return _shown(_row(db, case_id, track)["answers"] or {})


def last_survey(db: Connection, case_id: str) -> str | None:
    """The track of the last survey that was sent to who is helped; None when there is none."""
    theirs = (survey.c.case_id == case_id, survey.c.recipient == "entrepreneur")
    return db.execute(select(survey.c.track).where(*theirs).order_by(survey.c.sent_at.desc()).limit(1)).scalar()


def answer_survey(
    db: Connection, case_id: str, track: str, *, question: str, answer: str, now: datetime
) -> SurveyShown:
    """Keep one answer; it may be changed. Raises NotFound when no survey was sent, Invalid for what is not in the lists."""
    if answer not in QUESTIONS.get(question, {}):
        raise Invalid("Choisissez une réponse.", question)
    row = _row(db, case_id, track)
    answers = {**(row["answers"] or {}), question: answer}
    db.execute(update(survey).where(survey.c.id == row["id"]).values(answers=answers, answered_at=now))
    return _shown(answers)


def ask_again(db: Connection, now: datetime) -> int:
    """Have the surveys that nobody answered asked once more, at their days; give how many."""
    asked = 0
    for place, wait in enumerate(ASKED_AGAIN):
        late = (survey.c.answered_at.is_(None), survey.c.reminders == place, survey.c.sent_at <= now - wait)
        theirs = (survey.c.recipient == "entrepreneur", survey.c.sent_at > now - FORGOTTEN)
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


def is_answered(db: Connection, case_id: str, track: str) -> bool:
    """Whether the last survey of a track was answered, in part at least."""
    mine = (survey.c.case_id == case_id, survey.c.track == track, survey.c.recipient == "entrepreneur")
    last = select(survey.c.answered_at).where(*mine).order_by(survey.c.sent_at.desc()).limit(1)
    return db.execute(last).scalar() is not None


def _row(db: Connection, case_id: str, track: str) -> RowMapping:
    mine = (survey.c.case_id == case_id, survey.c.track == track)
    row = db.execute(select(survey).where(*mine).order_by(survey.c.sent_at.desc())).mappings().first()
    if row is None:
        raise NotFound("Cette enquête n’existe pas.")
    return row


def _shown(answers: Mapping[str, str]) -> SurveyShown:
    return SurveyShown(answers, next((question for question in QUESTIONS if question not in answers), None))
