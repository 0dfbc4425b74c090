"""The tracks of a case: referrals, mentoring pairs, transition plans. Each keeps its number for ever."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Computed, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from cases.tables.columns import Id, Instant, Json, table_of


def _track(kind: str) -> Column[str]:
    """What its deadlines and stays call it: a column, as behind row-level security PostgreSQL looks for no word that it would have to make up."""
    return Column(Text, Computed(f"'{kind}-' || CAST(number AS TEXT)", persisted=True))


class Referral(SQLModel, table=True):
    """One request to one branch."""

    __tablename__ = "referral"
    __table_args__ = (
        UniqueConstraint("case_id", "number", name="referral_once"),
        Index("referral_of_branch", "branch_id", "state"),
        Index("referral_moved", "branch_id", "state_since"),
    )

    id: str = Field(sa_type=Id, primary_key=True)
    case_id: str = Field(sa_type=Id, foreign_key="case_file.id")
    number: int
    track: str = Field(sa_column=_track("referral"))
    state: str = Field(sa_type=Text)
    state_since: datetime = Field(sa_type=Instant)
    opened_at: datetime = Field(sa_type=Instant)
    branch_id: str = Field(sa_type=Id, foreign_key="branch.id")
    offer_id: str | None = Field(default=None, sa_type=Id, foreign_key="offer.id", index=True)
    agent_id: str | None = Field(default=None, sa_type=Id, foreign_key="person.id", index=True)
    proposal_id: str | None = Field(default=None, sa_type=Id)
    choice_reason: str | None = Field(default=None, sa_type=Text)
    targeted: bool = Field(default=False)
    exclusive_group: str | None = Field(default=None, sa_type=Text)
    questions: int = Field(default=0)
    answered_at: datetime | None = Field(default=None, sa_type=Instant)
    touched: bool = Field(default=False)
    attempts: int = Field(default=0)
    withdrawn_for: str | None = Field(default=None, sa_type=Text)
    progress: str | None = Field(default=None, sa_type=Text)
    closing_reason: str | None = Field(default=None, sa_type=Text)
    noted_by: str | None = Field(default=None, sa_type=Text)


class ReferralNeed(SQLModel, table=True):
    """The needs that a referral is about."""

    __tablename__ = "referral_need"

    referral_id: str = Field(sa_type=Id, primary_key=True, foreign_key="referral.id")
    need_id: str = Field(sa_type=Id, primary_key=True, foreign_key="need.id", index=True)


class MentoringPair(SQLModel, table=True):
    """A mentor and an entrepreneur."""

    __tablename__ = "mentoring_pair"
    __table_args__ = (UniqueConstraint("case_id", "number", name="mentoring_pair_once"),)

    id: str = Field(sa_type=Id, primary_key=True)
    case_id: str = Field(sa_type=Id, foreign_key="case_file.id")
    number: int
    track: str = Field(sa_column=_track("mentoring_pair"))
    state: str = Field(sa_type=Text)
    state_since: datetime = Field(sa_type=Instant)
    opened_at: datetime = Field(sa_type=Instant)
    mentor_id: str = Field(sa_type=Id, foreign_key="person.id", index=True)
    began_on: date | None = Field(default=None)
    mentor_signed_at: datetime | None = Field(default=None, sa_type=Instant)
    entrepreneur_signed_at: datetime | None = Field(default=None, sa_type=Instant)
    entrepreneur_paper: bool = Field(default=False)
    reviewed: bool = Field(default=False)
    paused_until: date | None = Field(default=None)
    progress: str | None = Field(default=None, sa_type=Text)
    closing_reason: str | None = Field(default=None, sa_type=Text)


class MentoringSession(SQLModel, table=True):
    """A meeting of a pair."""

    __tablename__ = "mentoring_session"

    id: str = Field(sa_type=Id, primary_key=True)
    case_id: str = Field(sa_type=Id, foreign_key="case_file.id", index=True)
    track: str = Field(sa_type=Text)
    day: date
    length_minutes: int | None = Field(default=None)
    at: datetime = Field(sa_type=Instant)
    sequence: int


class TransitionPlan(SQLModel, table=True):
    """A digital or ecological plan."""

    __tablename__ = "transition_plan"
    __table_args__ = (UniqueConstraint("case_id", "number", name="transition_plan_once"),)

    id: str = Field(sa_type=Id, primary_key=True)
    case_id: str = Field(sa_type=Id, foreign_key="case_file.id")
    number: int
    track: str = Field(sa_column=_track("transition_plan"))
    state: str = Field(sa_type=Text)
    state_since: datetime = Field(sa_type=Instant)
    opened_at: datetime = Field(sa_type=Instant)
    lever: str = Field(sa_type=Text)
    owner_id: str | None = Field(default=None, sa_type=Id, foreign_key="person.id", index=True)
    branch_id: str | None = Field(default=None, sa_type=Id, foreign_key="branch.id", index=True)
    diagnostician: str | None = Field(default=None, sa_type=Text)
    score_before: Any = Field(default=None, sa_type=Json, nullable=True)
    score_after: Any = Field(default=None, sa_type=Json, nullable=True)
    progress: str | None = Field(default=None, sa_type=Text)
    closing_reason: str | None = Field(default=None, sa_type=Text)


class PlanAction(SQLModel, table=True):
    """One action of a plan."""

    __tablename__ = "plan_action"

    id: str = Field(sa_type=Id, primary_key=True)
    plan_id: str = Field(sa_type=Id, foreign_key="transition_plan.id", index=True)
    case_id: str = Field(sa_type=Id, foreign_key="case_file.id", index=True)
    name: str = Field(sa_type=Text)
    day: date
    done_on: date | None = Field(default=None)
    moved: int = Field(default=0)


referral = table_of(Referral)
referral_need = table_of(ReferralNeed)
mentoring_pair = table_of(MentoringPair)
mentoring_session = table_of(MentoringSession)
transition_plan = table_of(TransitionPlan)
plan_action = table_of(PlanAction)
