"""Appointments to come, and the private calendars in which people see theirs."""

from datetime import date, datetime

from sqlalchemy import Text
from sqlmodel import Field, SQLModel

from cases.tables.columns import Id, Instant, table_of


class Appointment(SQLModel, table=True):
    """An appointment with the entrepreneur, on a local day and at a local hour when it is known; it may move, or be cancelled."""

    __tablename__ = "appointment"

    id: str = Field(sa_type=Id, primary_key=True)
    case_id: str = Field(sa_type=Id, foreign_key="case_file.id", index=True)
    track: str = Field(sa_type=Text)
    person_id: str | None = Field(default=None, sa_type=Id, foreign_key="person.id", index=True)
    """Who made it."""
    day: date
    time: str | None = Field(default=None, sa_type=Text)
    """HH:MM."""
    place: str | None = Field(default=None, sa_type=Text)
    changes: int = Field(default=0)
    cancelled_at: datetime | None = Field(default=None, sa_type=Instant)
    sequence: int
    """The line that last said it."""


class CalendarFeed(SQLModel, table=True):
    """The private address at which somebody's agenda reads their calendar; only the hash of its secret is kept."""

    __tablename__ = "calendar_feed"

    person_id: str = Field(sa_type=Id, primary_key=True, foreign_key="person.id")
    token_hash: str = Field(sa_type=Text, unique=True)
    created_at: datetime = Field(sa_type=Instant)


appointment = table_of(Appointment)
calendar_feed = table_of(CalendarFeed)
