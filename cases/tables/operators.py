"""Operators: their branches, what these cover and offer, when they are closed; and the aids."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel

from cases.tables.columns import Id, Instant, Json, table_of


class Operator(SQLModel, table=True):
    """An organisation that helps: of the programme, or in the field."""

    __tablename__ = "operator"

    id: str = Field(sa_type=Id, primary_key=True)
    slug: str = Field(sa_type=Text, unique=True)
    name: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    role_text: str | None = Field(default=None, sa_type=Text)
    axes: Any = Field(default_factory=list, sa_type=Json)
    levers: Any = Field(default_factory=list, sa_type=Json)
    confidence: str | None = Field(default=None, sa_type=Text)


class Branch(SQLModel, table=True):
    """A local office of an operator: who is asked."""

    __tablename__ = "branch"

    id: str = Field(sa_type=Id, primary_key=True)
    operator_id: str = Field(sa_type=Id, foreign_key="operator.id", index=True)
    name: str = Field(sa_type=Text)
    email: str | None = Field(default=None, sa_type=Text)
    phone: str | None = Field(default=None, sa_type=Text)
    capacity_per_week: int = Field(default=5)
    languages: Any = Field(default_factory=lambda: ["fr"], sa_type=Json)
    step_free: bool | None = Field(default=None)
    active: bool = Field(default=True)


class Coverage(SQLModel, table=True):
    """Where a branch works."""

    __tablename__ = "coverage"
    __table_args__ = (Index("coverage_place", "level", "code", "branch_id"),)

    id: str = Field(sa_type=Id, primary_key=True)
    branch_id: str = Field(sa_type=Id, foreign_key="branch.id", index=True)
    level: str = Field(sa_type=Text)
    code: str | None = Field(default=None, sa_type=Text)


class BranchClosure(SQLModel, table=True):
    """Days when a branch is closed: its clocks stand still."""

    __tablename__ = "branch_closure"

    id: str = Field(sa_type=Id, primary_key=True)
    branch_id: str = Field(sa_type=Id, foreign_key="branch.id", index=True)
    from_day: date
    to_day: date
    declared_at: datetime = Field(sa_type=Instant)
    started_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


class Aid(SQLModel, table=True):
    """An aid of the catalogue; what it says is dated. Eligibility is data; `search_text` is what a search reads, folded."""

    __tablename__ = "aid"

    id: str = Field(sa_type=Id, primary_key=True)
    slug: str = Field(sa_type=Text, unique=True)
    name: str = Field(sa_type=Text)
    operator: str | None = Field(default=None, sa_type=Text)
    axes: Any = Field(default_factory=list, sa_type=Json)
    levers: Any = Field(default_factory=list, sa_type=Json)
    scope: str = Field(sa_type=Text)
    kind: str | None = Field(default=None, sa_type=Text)
    facts: str | None = Field(default=None, sa_type=Text)
    confidence: str | None = Field(default=None, sa_type=Text)
    caveat: str | None = Field(default=None, sa_type=Text)
    url: str | None = Field(default=None, sa_type=Text)
    status: str | None = Field(default=None, sa_type=Text)
    verified_on: date | None = Field(default=None)
    valid_until: date | None = Field(default=None)
    conditions: str | None = Field(default=None, sa_type=Text)
    perimeter: str | None = Field(default=None, sa_type=Text)
    eligibility: Any = Field(default_factory=dict, sa_type=Json)
    de_minimis: bool | None = Field(default=None)
    search_text: str = Field(default="", sa_type=Text)


class Offer(SQLModel, table=True):
    """What a branch offers, for whom; eligibility is data."""

    __tablename__ = "offer"

    id: str = Field(sa_type=Id, primary_key=True)
    branch_id: str = Field(sa_type=Id, foreign_key="branch.id", index=True)
    aid_id: str | None = Field(default=None, sa_type=Id, foreign_key="aid.id", index=True)
    name: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    scope: str = Field(sa_type=Text)
    axes: Any = Field(default_factory=list, sa_type=Json)
    levers: Any = Field(default_factory=list, sa_type=Json)
    needs: Any = Field(default_factory=list, sa_type=Json)
    eligibility: Any = Field(default_factory=dict, sa_type=Json)
    active: bool = Field(default=True)


class DirectoryCorrection(SQLModel, table=True):
    """What somebody put right in a line of the directory that was there: each column before and after, as texts."""

    __tablename__ = "directory_correction"

    id: str = Field(sa_type=Id, primary_key=True)
    nature: str = Field(sa_type=Text)
    line_id: str = Field(sa_type=Id, index=True)
    changes: Any = Field(sa_type=Json)
    by_id: str | None = Field(default=None, sa_type=Id)
    at: datetime = Field(sa_type=Instant)


operator = table_of(Operator)
branch = table_of(Branch)
coverage = table_of(Coverage)
branch_closure = table_of(BranchClosure)
aid = table_of(Aid)
offer = table_of(Offer)
directory_correction = table_of(DirectoryCorrection)
