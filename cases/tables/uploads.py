"""Files that were sent and wait for their sender to agree to what they change."""

from datetime import datetime

from sqlalchemy import LargeBinary, Text
from sqlmodel import Field, SQLModel

from cases.tables.columns import Id, Instant, table_of


class DirectoryUpload(SQLModel, table=True):
    """A file of the directory that was tried: kept until it is written, or for a day."""

    __tablename__ = "directory_upload"

    id: str = Field(sa_type=Id, primary_key=True)
    by_id: str = Field(sa_type=Id, foreign_key="person.id", index=True)
    name: str = Field(sa_type=Text)
    content: bytes = Field(sa_type=LargeBinary)
    sent_at: datetime = Field(sa_type=Instant)


directory_upload = table_of(DirectoryUpload)
