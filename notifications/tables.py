"""What leaves and what was left to choose: messages, preferences, signed links, addresses that no longer answer, work of a day."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from cases.tables.columns import Id, Instant, Json, table_of

_WAITING = text("status IN ('waiting', 'leased')")


class Message(SQLModel, table=True):
    """One thing to say to one person: a mail, or a task where there is no address. Its status is waiting or leased; then sent, merged
    in a digest, dropped as no longer true, dead, given up, or a task."""

    __tablename__ = "message"
    __table_args__ = (Index("message_next", "send_at", postgresql_where=_WAITING, sqlite_where=_WAITING),)

    id: str = Field(sa_type=Id, primary_key=True)
    key: str = Field(sa_type=Text)
    mail_class: str = Field(sa_type=Text)
    person_id: str | None = Field(default=None, sa_type=Id, foreign_key="person.id", index=True)
    entrepreneur_id: str | None = Field(default=None, sa_type=Id, foreign_key="entrepreneur.id", index=True)
    case_id: str | None = Field(default=None, sa_type=Id, foreign_key="case_file.id", index=True)
    subject_id: str | None = Field(default=None, sa_type=Id, index=True)
    track: str | None = Field(default=None, sa_type=Text)
    role: str = Field(default="", sa_type=Text)
    recipient: str = Field(default="", sa_type=Text, index=True)
    timezone: str = Field(default="Europe/Paris", sa_type=Text)
    holidays: str = Field(default="FR", sa_type=Text)
    to_email: str | None = Field(default=None, sa_type=Text)
    to_name: str | None = Field(default=None, sa_type=Text)
    kind: str = Field(default="mail", sa_type=Text)
    subject: str | None = Field(default=None, sa_type=Text)
    text: str | None = Field(default=None, sa_type=Text)
    html: str | None = Field(default=None, sa_type=Text)
    facts: Any = Field(default_factory=dict, sa_type=Json)
    reason: str | None = Field(default=None, sa_type=Text)
    message_id: str | None = Field(default=None, sa_type=Text, unique=True)
    thread_id: str | None = Field(default=None, sa_type=Text)
    status: str = Field(default="waiting", sa_type=Text)
    send_at: datetime = Field(sa_type=Instant)
    leased_until: datetime | None = Field(default=None, sa_type=Instant)
    leased_by: str | None = Field(default=None, sa_type=Text)
    attempts: int = Field(default=0)
    last_error: str | None = Field(default=None, sa_type=Text)
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)
    outbox_key: str = Field(sa_type=Text, unique=True)
    digest_id: str | None = Field(default=None, sa_type=Id, foreign_key="message.id", index=True)
    deadline_id: str | None = Field(default=None, sa_type=Id, foreign_key="deadline.id", index=True)


class Preference(SQLModel, table=True):
    """Whether somebody wants the reminders of a category: a person, an entrepreneur or a branch, by the key of messages to them."""

    __tablename__ = "preference"

    recipient: str = Field(sa_type=Text, primary_key=True)
    category: str = Field(sa_type=Text, primary_key=True)
    wanted: bool
    at: datetime = Field(sa_type=Instant)


class Snooze(SQLModel, table=True):
    """Until which day somebody put off the reminders of a deadline that come to them."""

    __tablename__ = "snooze"

    person_id: str = Field(sa_type=Id, primary_key=True, foreign_key="person.id")
    deadline_id: str = Field(sa_type=Id, primary_key=True, foreign_key="deadline.id", index=True)
    until: date
    at: datetime = Field(sa_type=Instant)


class SignedLink(SQLModel, table=True):
    """A link that lets somebody act without an account; only the hash of its secret is kept."""

    __tablename__ = "signed_link"

    id: str = Field(sa_type=Id, primary_key=True)
    token_hash: str = Field(sa_type=Text, unique=True)
    purpose: str = Field(sa_type=Text)
    person_id: str | None = Field(default=None, sa_type=Id, foreign_key="person.id", index=True)
    entrepreneur_id: str | None = Field(default=None, sa_type=Id, foreign_key="entrepreneur.id", index=True)
    case_id: str | None = Field(default=None, sa_type=Id, foreign_key="case_file.id", index=True)
    track: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    used_at: datetime | None = Field(default=None, sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)
    data: Any = Field(default_factory=dict, sa_type=Json)


class Suppression(SQLModel, table=True):
    """An address to which nothing is sent any more, and why."""

    __tablename__ = "suppression"

    email: str = Field(sa_type=Text, primary_key=True)
    reason: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=Instant)


class MailCount(SQLModel, table=True):
    """How many mails somebody got on a local day."""

    __tablename__ = "mail_count"

    person_key: str = Field(sa_type=Text, primary_key=True)
    day: date = Field(primary_key=True)
    sent: int = Field(default=0)


class InboundMail(SQLModel, table=True):
    """A mail that came in answer to one of ours and was filed: it is not filed twice. Neither its words nor its sender are here."""

    __tablename__ = "inbound_mail"
    __table_args__ = (UniqueConstraint("link_id", "fingerprint", name="inbound_mail_once"),)

    id: str = Field(sa_type=Id, primary_key=True)
    link_id: str = Field(sa_type=Id, foreign_key="signed_link.id")
    fingerprint: str = Field(sa_type=Text)
    """The hash of its Message-ID."""
    case_id: str = Field(sa_type=Id, foreign_key="case_file.id", index=True)
    received_at: datetime = Field(sa_type=Instant)


class DailyWork(SQLModel, table=True):
    """Work that is done once on a local day, whoever does it and however often it is tried."""

    __tablename__ = "daily_work"

    name: str = Field(sa_type=Text, primary_key=True)
    day: date = Field(primary_key=True)
    at: datetime = Field(sa_type=Instant)


class Heartbeat(SQLModel, table=True):
    """When a worker was last heard of."""

    __tablename__ = "heartbeat"

    name: str = Field(sa_type=Text, primary_key=True)
    at: datetime = Field(sa_type=Instant)


message = table_of(Message)
preference = table_of(Preference)
snooze = table_of(Snooze)
signed_link = table_of(SignedLink)
suppression = table_of(Suppression)
mail_count = table_of(MailCount)
inbound_mail = table_of(InboundMail)
daily_work = table_of(DailyWork)
heartbeat = table_of(Heartbeat)
