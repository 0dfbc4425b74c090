"""A case: the business, the entrepreneur, what they need, what was agreed, said and obtained."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from cases.tables.columns import Amount, Id, Instant, Json, table_of


class Business(SQLModel, table=True):
    """A business, or one that is to be created."""

    __tablename__ = "business"

    id: str = Field(sa_type=Id, primary_key=True)
    name: str = Field(sa_type=Text)
    siret: str | None = Field(default=None, sa_type=Text, index=True)
    naf: str | None = Field(default=None, sa_type=Text)
    legal_form: str | None = Field(default=None, sa_type=Text)
    activity: str | None = Field(default=None, sa_type=Text)
    address_line: str | None = Field(default=None, sa_type=Text, index=True)
    postcode: str | None = Field(default=None, sa_type=Text)
    city: str | None = Field(default=None, sa_type=Text)
    insee: str | None = Field(default=None, sa_type=Text)
    latitude: float | None = Field(default=None)
    longitude: float | None = Field(default=None)
    created_on: date | None = Field(default=None)
    headcount: int | None = Field(default=None)


class Entrepreneur(SQLModel, table=True):
    """The person who is helped."""

    __tablename__ = "entrepreneur"

    id: str = Field(sa_type=Id, primary_key=True)
    name: str | None = Field(default=None, sa_type=Text)
    phone: str | None = Field(default=None, sa_type=Text, index=True)
    email: str | None = Field(default=None, sa_type=Text, index=True)
    language: str = Field(default="fr", sa_type=Text)
    reads_in: str | None = Field(default=None, sa_type=Text)
    birth_year: int | None = Field(default=None)
    gender: str | None = Field(default=None, sa_type=Text)
    prefers: str | None = Field(default=None, sa_type=Text)


class CaseFile(SQLModel, table=True):
    """A case. What lists and decisions read stands on this row."""

    __tablename__ = "case_file"
    __table_args__ = (
        Index("case_file_list", "territory_id", "state", "next_due_at", "id"),
        Index("case_file_referent", "referent_id", "next_due_at"),
    )

    id: str = Field(sa_type=Id, primary_key=True)
    reference: str = Field(sa_type=Text, unique=True)
    territory_id: str | None = Field(default=None, sa_type=Id, foreign_key="territory.id")
    state: str = Field(sa_type=Text)
    state_since: datetime = Field(sa_type=Instant)
    version: int = Field(default=0)
    urgent: bool = Field(default=False)
    hold_reason: str | None = Field(default=None, sa_type=Text)
    hold_until: date | None = Field(default=None)
    hold_days_used: int = Field(default=0)
    referent_id: str | None = Field(default=None, sa_type=Id, foreign_key="person.id")
    business_id: str = Field(sa_type=Id, foreign_key="business.id", index=True)
    entrepreneur_id: str = Field(sa_type=Id, foreign_key="entrepreneur.id", index=True)
    situation: str = Field(default="unknown", sa_type=Text)
    quartier_id: str | None = Field(default=None, sa_type=Id, foreign_key="quartier.id", index=True)
    legal_basis: str | None = Field(default=None, sa_type=Text)
    notice_version: str | None = Field(default=None, sa_type=Text)
    informed_at: datetime | None = Field(default=None, sa_type=Instant)
    real_contact_at: datetime | None = Field(default=None, sa_type=Instant)
    opened_at: datetime = Field(sa_type=Instant)
    logged_at: datetime = Field(sa_type=Instant)
    origin: str = Field(default="page", sa_type=Text)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    closed_reason: str | None = Field(default=None, sa_type=Text)
    kept_case_id: str | None = Field(default=None, sa_type=Id, foreign_key="case_file.id", index=True)
    anonymised_at: datetime | None = Field(default=None, sa_type=Instant)
    nobody_called_on: date | None = Field(default=None)
    surveyed_on: date | None = Field(default=None)
    open_tracks: int = Field(default=0)
    pending_needs: int = Field(default=0)
    progress: str | None = Field(default=None, sa_type=Text)
    next_due_at: datetime | None = Field(default=None, sa_type=Instant)
    next_rule: str | None = Field(default=None, sa_type=Text)
    next_track: str | None = Field(default=None, sa_type=Text)
    search_text: str = Field(default="", sa_type=Text)
    import_line_id: str | None = Field(default=None, sa_type=Id)
    head_sequence: int = Field(default=0)
    head_hash: str | None = Field(default=None, sa_type=Text)
    definition: int = Field(default=1)
    updated_at: datetime = Field(sa_type=Instant)


class CaseSearch(SQLModel, table=True):
    """The words by which a case is found; triggers keep them as `case_file.search_text` says, an index of trigrams beside them."""

    __tablename__ = "case_search"

    id: int = Field(primary_key=True)
    case_id: str = Field(sa_type=Id, foreign_key="case_file.id", ondelete="CASCADE", unique=True)
    words: str = Field(sa_type=Text)


class Need(SQLModel, table=True):
    """What the entrepreneur needs."""

    __tablename__ = "need"

    id: str = Field(sa_type=Id, primary_key=True)
    case_id: str = Field(sa_type=Id, foreign_key="case_file.id", index=True)
    subject: str = Field(sa_type=Text)
    axis: str | None = Field(default=None, sa_type=Text)
    levers: Any = Field(default_factory=list, sa_type=Json)
    amount: Decimal | None = Field(default=None, sa_type=Amount)
    detail: str | None = Field(default=None, sa_type=Text)
    bank_refused: bool = Field(default=False)
    outcome: str | None = Field(default=None, sa_type=Text)
    outcome_on: date | None = Field(default=None)
    created_at: datetime = Field(sa_type=Instant)
    from_case_id: str | None = Field(default=None, sa_type=Id)


class Consent(SQLModel, table=True):
    """What the entrepreneur agreed to, when, by which channel."""

    __tablename__ = "consent"

    id: str = Field(sa_type=Id, primary_key=True)
    case_id: str = Field(sa_type=Id, foreign_key="case_file.id", index=True)
    purpose: str = Field(sa_type=Text)
    given: bool
    at: datetime = Field(sa_type=Instant)
    channel: str | None = Field(default=None, sa_type=Text)
    notice_version: str | None = Field(default=None, sa_type=Text)
    withdrawn_at: datetime | None = Field(default=None, sa_type=Instant)


class Contact(SQLModel, table=True):
    """A real exchange, or an attempt at one."""

    __tablename__ = "contact"

    id: str = Field(sa_type=Id, primary_key=True)
    case_id: str = Field(sa_type=Id, foreign_key="case_file.id", index=True)
    track: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    channel: str = Field(sa_type=Text)
    result: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=Instant)
    day: date
    person_id: str | None = Field(default=None, sa_type=Id)
    sequence: int
    disputed: bool = Field(default=False)


class Note(SQLModel, table=True):
    """A note; its words are beside the journal."""

    __tablename__ = "note"

    id: str = Field(sa_type=Id, primary_key=True)
    case_id: str = Field(sa_type=Id, foreign_key="case_file.id", index=True)
    track: str = Field(sa_type=Text)
    author_id: str | None = Field(default=None, sa_type=Id)
    shared: bool = Field(default=False)
    at: datetime = Field(sa_type=Instant)
    sequence: int


class Meeting(SQLModel, table=True):
    """A meeting that took place."""

    __tablename__ = "meeting"

    id: str = Field(sa_type=Id, primary_key=True)
    case_id: str = Field(sa_type=Id, foreign_key="case_file.id", index=True)
    track: str = Field(sa_type=Text)
    day: date
    place: str | None = Field(default=None, sa_type=Text)
    at: datetime = Field(sa_type=Instant)
    sequence: int


class ActionPlan(SQLModel, table=True):
    """An operator's action plan."""

    __tablename__ = "action_plan"

    id: str = Field(sa_type=Id, primary_key=True)
    case_id: str = Field(sa_type=Id, foreign_key="case_file.id", index=True)
    track: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=Instant)
    sequence: int


class Task(SQLModel, table=True):
    """Something for a person to do: a call, where there is no address. `detail` is what there is to say, a line for each thing."""

    __tablename__ = "task"

    id: str = Field(sa_type=Id, primary_key=True)
    case_id: str | None = Field(default=None, sa_type=Id, foreign_key="case_file.id", index=True)
    territory_id: str | None = Field(default=None, sa_type=Id, foreign_key="territory.id", index=True)
    owner_id: str | None = Field(default=None, sa_type=Id, foreign_key="person.id", index=True)
    kind: str = Field(sa_type=Text)
    label: str = Field(sa_type=Text)
    detail: str | None = Field(default=None, sa_type=Text)
    translations: Any = Field(default=None, sa_type=Json, nullable=True)
    """What there is to say in other languages than French, by their code."""
    phone: str | None = Field(default=None, sa_type=Text)
    message_id: str | None = Field(default=None, sa_type=Id)
    created_at: datetime = Field(sa_type=Instant)
    due_on: date | None = Field(default=None)
    done_at: datetime | None = Field(default=None, sa_type=Instant)


class PossibleDuplicate(SQLModel, table=True):
    """A case that looks like an older one: somebody is to say whether they are one and the same."""

    __tablename__ = "possible_duplicate"
    __table_args__ = (UniqueConstraint("case_id", "other_id", name="possible_duplicate_once"),)

    id: str = Field(sa_type=Id, primary_key=True)
    case_id: str = Field(sa_type=Id, foreign_key="case_file.id")
    other_id: str = Field(sa_type=Id, foreign_key="case_file.id", index=True)
    reason: str = Field(sa_type=Text)
    found_at: datetime = Field(sa_type=Instant)
    dismissed_at: datetime | None = Field(default=None, sa_type=Instant)
    dismissed_by: str | None = Field(default=None, sa_type=Id, foreign_key="person.id", index=True)


class Document(SQLModel, table=True):
    """A file of a case."""

    __tablename__ = "document"

    id: str = Field(sa_type=Id, primary_key=True)
    case_id: str = Field(sa_type=Id, foreign_key="case_file.id", index=True)
    track: str | None = Field(default=None, sa_type=Text)
    name: str = Field(sa_type=Text)
    media_type: str = Field(sa_type=Text)
    size: int
    sha256: str = Field(sa_type=Text)
    path: str | None = Field(default=None, sa_type=Text)
    at: datetime = Field(sa_type=Instant)
    sequence: int


class FollowUpCheck(SQLModel, table=True):
    """How the business is, some months later."""

    __tablename__ = "follow_up_check"

    id: str = Field(sa_type=Id, primary_key=True)
    case_id: str = Field(sa_type=Id, foreign_key="case_file.id", index=True)
    months: int
    still_active: bool | None = Field(default=None)
    jobs: int | None = Field(default=None)
    turnover: str | None = Field(default=None, sa_type=Text)
    at: datetime = Field(sa_type=Instant)
    sequence: int


class AidObtained(SQLModel, table=True):
    """An aid that was obtained, with its amount in euros; `granted_on` is a local day, where it is not that of `at`."""

    __tablename__ = "aid_obtained"

    id: str = Field(sa_type=Id, primary_key=True)
    case_id: str = Field(sa_type=Id, foreign_key="case_file.id", index=True)
    track: str = Field(sa_type=Text)
    aid: str = Field(sa_type=Text)
    aid_id: str | None = Field(default=None, sa_type=Id, foreign_key="aid.id", index=True)
    amount: Decimal | None = Field(default=None, sa_type=Amount)
    scope: str = Field(sa_type=Text)
    granted_on: date | None = Field(default=None)
    de_minimis: bool | None = Field(default=None)
    at: datetime = Field(sa_type=Instant)


class Survey(SQLModel, table=True):
    """A satisfaction survey that left."""

    __tablename__ = "survey"

    id: str = Field(sa_type=Id, primary_key=True)
    case_id: str = Field(sa_type=Id, foreign_key="case_file.id", index=True)
    track: str = Field(sa_type=Text)
    recipient: str = Field(sa_type=Text)
    sent_at: datetime = Field(sa_type=Instant)
    answered_at: datetime | None = Field(default=None, sa_type=Instant)
    answers: Any = Field(default=None, sa_type=Json, nullable=True)
    reminders: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """How often it was asked again."""


business = table_of(Business)
entrepreneur = table_of(Entrepreneur)
case_file = table_of(CaseFile)
case_search = table_of(CaseSearch)
need = table_of(Need)
consent = table_of(Consent)
contact = table_of(Contact)
note = table_of(Note)
meeting = table_of(Meeting)
action_plan = table_of(ActionPlan)
task = table_of(Task)
possible_duplicate = table_of(PossibleDuplicate)
document = table_of(Document)
follow_up_check = table_of(FollowUpCheck)
aid_obtained = table_of(AidObtained)
survey = table_of(Survey)
