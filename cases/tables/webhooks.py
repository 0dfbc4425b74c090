"""Webhooks: where other tools are told of each line, the secret that signs it, and what is still to be told."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text, text
from sqlmodel import Field, SQLModel

from cases.tables.columns import Id, Instant, Json, table_of

_WAITING = text("status = 'waiting'")


class Webhook(SQLModel, table=True):
    """An address to which lines are told, on behalf of the person who made it: no more than they see. Without `disabled_at`, it is on."""

    __tablename__ = "webhook"

    id: str = Field(sa_type=Id, primary_key=True)
    person_id: str = Field(sa_type=Id, foreign_key="person.id", index=True)
    url: str = Field(sa_type=Text)
    events: Any = Field(default_factory=list, sa_type=Json)
    """The events that are told; all of them when it is empty."""
    created_at: datetime = Field(sa_type=Instant)
    failing_since: datetime | None = Field(default=None, sa_type=Instant)
    disabled_at: datetime | None = Field(default=None, sa_type=Instant)
    disabled_because: str | None = Field(default=None, sa_type=Text)


class WebhookSecret(SQLModel, table=True):
    """What signs the lines of a webhook: read by the system alone."""

    __tablename__ = "webhook_secret"

    webhook_id: str = Field(sa_type=Id, primary_key=True, foreign_key="webhook.id")
    secret: str = Field(sa_type=Text)


class WebhookDelivery(SQLModel, table=True):
    """A line to tell to a webhook: written with the line itself. Its status is waiting; then delivered, failed, or dropped as not theirs to read."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        Index("webhook_delivery_next", "next_at", postgresql_where=_WAITING, sqlite_where=_WAITING),
        Index("webhook_delivery_of_subject", "subject_id", "sequence"),
    )

    webhook_id: str = Field(sa_type=Id, primary_key=True, foreign_key="webhook.id")
    subject_id: str = Field(sa_type=Id, primary_key=True)
    sequence: int = Field(primary_key=True)
    subject: str = Field(sa_type=Text)
    status: str = Field(default="waiting", sa_type=Text)
    attempts: int = Field(default=0)
    next_at: datetime = Field(sa_type=Instant)
    last_error: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = Field(sa_type=Instant)
    delivered_at: datetime | None = Field(default=None, sa_type=Instant)


webhook = table_of(Webhook)
webhook_secret = table_of(WebhookSecret)
webhook_delivery = table_of(WebhookDelivery)
