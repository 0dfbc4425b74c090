"""Routing proposals, frozen with what they were computed from."""

from datetime import datetime
from typing import Any

from sqlalchemy import Text
from sqlmodel import Field, SQLModel

from cases.tables.columns import Id, Instant, Json, Written, table_of


class RoutingProposal(SQLModel, table=True):
    """Who could be asked, and why: kept as it was computed."""

    __tablename__ = "routing_proposal"

    id: str = Field(sa_type=Id, primary_key=True)
    case_id: str = Field(sa_type=Id, foreign_key="case_file.id", index=True)
    need_id: str | None = Field(default=None, sa_type=Id, foreign_key="need.id", index=True)
    computed_at: datetime = Field(sa_type=Instant)
    rules_version: str = Field(sa_type=Text)
    inputs: Any = Field(default_factory=dict, sa_type=Written)
    candidates: Any = Field(default_factory=list, sa_type=Written)
    gap: bool = Field(default=False)
    current: bool = Field(default=True)
    choice: Any = Field(default=None, sa_type=Json, nullable=True)


routing_proposal = table_of(RoutingProposal)
