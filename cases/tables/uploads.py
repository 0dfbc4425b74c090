"""Files that were sent and wait for their sender to agree to what they change."""

from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, Text
from sqlmodel import Field, SQLModel

from cases.tables.columns import Id, Instant, Json, table_of


class DirectoryUpload(SQLModel, table=True):
    """A file of the directory that was tried: kept until it is written, or for a day."""

    __tablename__ = "directory_upload"

    id: str = Field(sa_type=Id, primary_key=True)
    by_id: str = Field(sa_type=Id, foreign_key="person.id", index=True)
    name: str = Field(sa_type=Text)
    content: bytes = Field(sa_type=LargeBinary)
    sent_at: datetime = Field(sa_type=Instant)


class AidImport(SQLModel, table=True):
    """A file of the catalogue of aids: its bytes until it is written, then its report and what it wrote over, so that it can be undone."""

    __tablename__ = "aid_import"

    id: str = Field(sa_type=Id, primary_key=True)
    by_id: str = Field(sa_type=Id, foreign_key="person.id", index=True)
    name: str = Field(sa_type=Text)
    content: bytes | None = Field(default=None, sa_type=LargeBinary)
    sent_at: datetime = Field(sa_type=Instant)
    written_at: datetime | None = Field(default=None, sa_type=Instant)
    report: Any = Field(default=None, sa_type=Json, nullable=True)
    wrote: Any = Field(default=None, sa_type=Json, nullable=True)
    """For each aid: its row before, none where there was none, and after."""
    undone_at: datetime | None = Field(default=None, sa_type=Instant)


directory_upload = table_of(DirectoryUpload)
aid_import = table_of(AidImport)
