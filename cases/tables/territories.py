"""Territories: their perimeter, their phase, their convention, diagnostic, roadmap, reviews and snapshots."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from cases.tables.columns import Id, Instant, Json, table_of


class Territory(SQLModel, table=True):
    """A territory of the programme."""

    __tablename__ = "territory"

    id: str = Field(sa_type=Id, primary_key=True)
    slug: str = Field(sa_type=Text, unique=True)
    name: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    code: str | None = Field(default=None, sa_type=Text)
    state: str = Field(sa_type=Text)
    state_since: datetime = Field(sa_type=Instant)
    timezone: str = Field(default="Europe/Paris", sa_type=Text)
    holidays: str = Field(default="FR", sa_type=Text)
    version: int = Field(default=0)
    label_reference: str | None = Field(default=None, sa_type=Text)
    axes: Any = Field(default_factory=list, sa_type=Json)
    roadmap_at_phase: int = Field(default=0)
    evaluation_end: date | None = Field(default=None)
    exit_reason: str | None = Field(default=None, sa_type=Text)
    routing_weights: Any = Field(default=None, sa_type=Json, nullable=True)
    head_sequence: int = Field(default=0)
    head_hash: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = Field(sa_type=Instant)


class Commune(SQLModel, table=True):
    """A commune, by its INSEE code."""

    __tablename__ = "commune"

    insee: str = Field(sa_type=Text, primary_key=True)
    name: str = Field(sa_type=Text)
    postcode: str | None = Field(default=None, sa_type=Text)
    territory_id: str | None = Field(default=None, sa_type=Id, foreign_key="territory.id", index=True)
    epci: str | None = Field(default=None, sa_type=Text)
    departement: str = Field(sa_type=Text)
    region: str = Field(sa_type=Text)


class Quartier(SQLModel, table=True):
    """A priority neighbourhood; one row per commune, so a code can repeat. Polygons in degrees, WGS84, with the box around them."""

    __tablename__ = "quartier"
    __table_args__ = (
        UniqueConstraint("code", "insee", name="quartier_once"),
        Index("quartier_box", "west", "east", "south", "north"),
    )

    id: str = Field(sa_type=Id, primary_key=True)
    code: str = Field(sa_type=Text)
    insee: str | None = Field(default=None, sa_type=Text, index=True)
    name: str = Field(sa_type=Text)
    territory_id: str | None = Field(default=None, sa_type=Id, foreign_key="territory.id", index=True)
    geometry: Any = Field(default=None, sa_type=Json, nullable=True)
    west: float | None = Field(default=None)
    south: float | None = Field(default=None)
    east: float | None = Field(default=None)
    north: float | None = Field(default=None)


class Convention(SQLModel, table=True):
    """The convention that a territory signed."""

    __tablename__ = "convention"

    id: str = Field(sa_type=Id, primary_key=True)
    territory_id: str = Field(sa_type=Id, foreign_key="territory.id", index=True)
    signed_on: date
    reference: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=Instant)


class Diagnostic(SQLModel, table=True):
    """A territory's published diagnostic; each of its indicators has its source and its day."""

    __tablename__ = "diagnostic"

    id: str = Field(sa_type=Id, primary_key=True)
    territory_id: str = Field(sa_type=Id, foreign_key="territory.id", index=True)
    published_on: date
    indicators: Any = Field(default_factory=list, sa_type=Json)
    sources: str | None = Field(default=None, sa_type=Text)
    recorded_at: datetime = Field(sa_type=Instant)


class Roadmap(SQLModel, table=True):
    """A version of a territory's roadmap, with the axes chosen."""

    __tablename__ = "roadmap"

    id: str = Field(sa_type=Id, primary_key=True)
    territory_id: str = Field(sa_type=Id, foreign_key="territory.id", index=True)
    version: int
    approved_on: date
    axes: Any = Field(default_factory=list, sa_type=Json)
    objectives: Any = Field(default_factory=list, sa_type=Json)
    recorded_at: datetime = Field(sa_type=Instant)


class DeadlineLength(SQLModel, table=True):
    """The length that a territory chose for a rule, in the rule's unit; without a row it has the programme's."""

    __tablename__ = "deadline_length"

    territory_id: str = Field(sa_type=Id, primary_key=True, foreign_key="territory.id")
    family: str = Field(sa_type=Text, primary_key=True)
    value: int
    since: datetime = Field(sa_type=Instant)


class TerritoryReview(SQLModel, table=True):
    """A quarterly or yearly review, or the evaluation's report."""

    __tablename__ = "territory_review"

    id: str = Field(sa_type=Id, primary_key=True)
    territory_id: str = Field(sa_type=Id, foreign_key="territory.id", index=True)
    kind: str = Field(sa_type=Text)
    on_day: date
    text: str | None = Field(default=None, sa_type=Text)
    recorded_at: datetime = Field(sa_type=Instant)


class IndicatorSnapshot(SQLModel, table=True):
    """Indicators frozen on a day: they never move, the database itself refuses to change them."""

    __tablename__ = "indicator_snapshot"

    id: str = Field(sa_type=Id, primary_key=True)
    territory_id: str = Field(sa_type=Id, foreign_key="territory.id", index=True)
    taken_at: datetime = Field(sa_type=Instant)
    reason: str = Field(sa_type=Text)
    data: Any = Field(default_factory=dict, sa_type=Json)


territory = table_of(Territory)
commune = table_of(Commune)
quartier = table_of(Quartier)
convention = table_of(Convention)
diagnostic = table_of(Diagnostic)
roadmap = table_of(Roadmap)
deadline_length = table_of(DeadlineLength)
territory_review = table_of(TerritoryReview)
indicator_snapshot = table_of(IndicatorSnapshot)
