"""People: who they are, what they may do, when they are away, and how they come in."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Text
from sqlmodel import Field, SQLModel

from cases.tables.columns import Id, Instant, Json, table_of


class Person(SQLModel, table=True):
    """People who have an account: advisers, agents, mentors, managers."""

    __tablename__ = "person"

    id: str = Field(sa_type=Id, primary_key=True)
    name: str = Field(sa_type=Text)
    email: str | None = Field(default=None, sa_type=Text, unique=True)
    phone: str | None = Field(default=None, sa_type=Text)
    reads_in: str | None = Field(default=None, sa_type=Text)
    timezone: str = Field(default="Europe/Paris", sa_type=Text)
    active: bool = Field(default=True)
    created_at: datetime = Field(sa_type=Instant)
    disabled_at: datetime | None = Field(default=None, sa_type=Instant)


class RoleGrant(SQLModel, table=True):
    """A role that somebody has, on a territory or at a branch."""

    __tablename__ = "role_grant"

    id: str = Field(sa_type=Id, primary_key=True)
    person_id: str = Field(sa_type=Id, foreign_key="person.id", index=True)
    role: str = Field(sa_type=Text)
    territory_id: str | None = Field(default=None, sa_type=Id, foreign_key="territory.id", index=True)
    branch_id: str | None = Field(default=None, sa_type=Id, foreign_key="branch.id", index=True)
    created_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


class Absence(SQLModel, table=True):
    """When somebody is away, and who stands in."""

    __tablename__ = "absence"

    id: str = Field(sa_type=Id, primary_key=True)
    person_id: str = Field(sa_type=Id, foreign_key="person.id", index=True)
    from_day: date
    to_day: date
    substitute_id: str | None = Field(default=None, sa_type=Id, foreign_key="person.id", index=True)


class MentorProfile(SQLModel, table=True):
    """What a mentor can offer."""

    __tablename__ = "mentor_profile"

    person_id: str = Field(sa_type=Id, primary_key=True, foreign_key="person.id")
    territory_id: str | None = Field(default=None, sa_type=Id, foreign_key="territory.id", index=True)
    capacity: int = Field(default=2)
    skills: str | None = Field(default=None, sa_type=Text)
    employer: str | None = Field(default=None, sa_type=Text)


class Session(SQLModel, table=True):
    """Somebody signed in on a device; only the hash of its secret is kept."""

    __tablename__ = "session"

    id: str = Field(sa_type=Id, primary_key=True)
    person_id: str = Field(sa_type=Id, foreign_key="person.id", index=True)
    token_hash: str = Field(sa_type=Text, unique=True)
    created_at: datetime = Field(sa_type=Instant)
    seen_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    user_agent: str | None = Field(default=None, sa_type=Text)
    network: str | None = Field(default=None, sa_type=Text)
    own_until: datetime | None = Field(default=None, sa_type=Instant)
    grant_id: str | None = Field(default=None, sa_type=Id)
    provider_token: str | None = Field(default=None, sa_type=Text)


class SignInRequest(SQLModel, table=True):
    """Somebody asked to come in, known or not: a mail follows, with a code that serves on the browser where it was asked for."""

    __tablename__ = "sign_in_request"

    id: str = Field(sa_type=Id, primary_key=True)
    browser_hash: str = Field(sa_type=Text, index=True)
    email: str = Field(sa_type=Text)
    next_page: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=Instant)
    answered_at: datetime | None = Field(default=None, sa_type=Instant)
    code_hash: str | None = Field(default=None, sa_type=Text)
    code_until: datetime | None = Field(default=None, sa_type=Instant)
    tries: int = Field(default=0)
    used_at: datetime | None = Field(default=None, sa_type=Instant)


class ApiToken(SQLModel, table=True):
    """A token for the JSON interface; only its hash is kept."""

    __tablename__ = "api_token"

    id: str = Field(sa_type=Id, primary_key=True)
    person_id: str = Field(sa_type=Id, foreign_key="person.id", index=True)
    name: str = Field(sa_type=Text)
    token_hash: str = Field(sa_type=Text, unique=True)
    scopes: Any = Field(default_factory=list, sa_type=Json)
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime | None = Field(default=None, sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)
    used_at: datetime | None = Field(default=None, sa_type=Instant)


class ProviderIdentity(SQLModel, table=True):
    """Whom an identity provider knows somebody as: an id that it gives to nobody else, while an address may be given to a successor."""

    __tablename__ = "provider_identity"

    issuer: str = Field(sa_type=Text, primary_key=True)
    subject: str = Field(sa_type=Text, primary_key=True)
    person_id: str = Field(sa_type=Id, foreign_key="person.id", index=True)
    created_at: datetime = Field(sa_type=Instant)


class RateCount(SQLModel, table=True):
    """How often something was asked for since the clock hour, or the day, that began then: of whom, only the hash is kept."""

    __tablename__ = "rate_count"

    what: str = Field(sa_type=Text, primary_key=True)
    who_hash: str = Field(sa_type=Text, primary_key=True)
    hour: datetime = Field(sa_type=Instant, primary_key=True)
    times: int = Field(default=0)


class SavedView(SQLModel, table=True):
    """A list of cases that somebody opens often, under a name of theirs; `asked` is what narrows it, as the address says it."""

    __tablename__ = "saved_view"

    id: str = Field(sa_type=Id, primary_key=True)
    person_id: str = Field(sa_type=Id, foreign_key="person.id", index=True)
    name: str = Field(sa_type=Text)
    asked: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=Instant)


person = table_of(Person)
role_grant = table_of(RoleGrant)
absence = table_of(Absence)
mentor_profile = table_of(MentorProfile)
session = table_of(Session)
sign_in_request = table_of(SignInRequest)
api_token = table_of(ApiToken)
rate_count = table_of(RateCount)
saved_view = table_of(SavedView)
provider_identity = table_of(ProviderIdentity)
