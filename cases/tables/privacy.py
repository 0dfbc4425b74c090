"""What the law asks to keep track of: cases opened with a reason, what was handed over or erased, how long things are kept."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from cases.tables.columns import Id, Instant, Json, table_of


class CaseOpening(SQLModel, table=True):
    """A case out of their sight that an admin opened, for a reason that stands in its journal and for some hours."""

    __tablename__ = "case_opening"

    id: str = Field(sa_type=Id, primary_key=True)
    case_id: str = Field(sa_type=Id, foreign_key="case_file.id", index=True)
    person_id: str = Field(sa_type=Id, foreign_key="person.id", index=True)
    opened_at: datetime = Field(sa_type=Instant)
    ends_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


class PrivacyAct(SQLModel, table=True):
    """What was done about personal data, and its proof: an export, an erasure, a retention. Ids and counts, never a word."""

    __tablename__ = "privacy_act"

    id: str = Field(sa_type=Id, primary_key=True)
    kind: str = Field(sa_type=Text)
    case_id: str | None = Field(default=None, sa_type=Id, foreign_key="case_file.id", index=True)
    about_id: str | None = Field(default=None, sa_type=Id, foreign_key="person.id", index=True)
    by_id: str | None = Field(default=None, sa_type=Id, foreign_key="person.id", index=True)
    at: datetime = Field(sa_type=Instant, index=True)
    facts: Any = Field(default_factory=dict, sa_type=Json)


class RetentionRule(SQLModel, table=True):
    """How long something is kept where it is not the default; in the unit of its rule."""

    __tablename__ = "retention_rule"

    name: str = Field(sa_type=Text, primary_key=True)
    length: int
    changed_at: datetime = Field(sa_type=Instant)
    changed_by: str | None = Field(default=None, sa_type=Id, foreign_key="person.id", index=True)


class RetentionNotice(SQLModel, table=True):
    """A case whose territory was told that it will be anonymised; `ended_at` once it was, or once somebody worked on it again."""

    __tablename__ = "retention_notice"
    __table_args__ = (UniqueConstraint("case_id", "noticed_at", name="retention_notice_once"),)

    id: str = Field(sa_type=Id, primary_key=True)
    case_id: str = Field(sa_type=Id, foreign_key="case_file.id")
    rule: str = Field(sa_type=Text)
    noticed_at: datetime = Field(sa_type=Instant)
    due_on: date
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


case_opening = table_of(CaseOpening)
privacy_act = table_of(PrivacyAct)
retention_rule = table_of(RetentionRule)
retention_notice = table_of(RetentionNotice)
