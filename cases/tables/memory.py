"""What the write path keeps: deadlines, the journal and its words, stays, the outbox, what is planned, keys and imports."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from cases.tables.columns import Id, Instant, Json, table_of

_OPEN, _REAL = text("status = 'open'"), text("NOT dry_run AND undone_at IS NULL")


class Deadline(SQLModel, table=True):
    """One deadline of a case or a territory; days are local, instants UTC."""

    __tablename__ = "deadline"
    __table_args__ = (
        UniqueConstraint("subject_id", "track", "rule", "occurrence", "item", name="deadline_once"),
        Index("deadline_next", "next_at", postgresql_where=_OPEN, sqlite_where=_OPEN),
        Index("deadline_owner", "owner_id", "status", "due_at"),
    )

    id: str = Field(sa_type=Id, primary_key=True)
    subject: str = Field(sa_type=Text)
    subject_id: str = Field(sa_type=Id)
    territory_id: str | None = Field(default=None, sa_type=Id, index=True)
    track: str = Field(sa_type=Text)
    rule: str = Field(sa_type=Text)
    occurrence: int
    item: str = Field(default="", sa_type=Text)
    status: str = Field(sa_type=Text)
    armed_at: datetime = Field(sa_type=Instant)
    armed_on: date
    due_on: date
    due_at: datetime = Field(sa_type=Instant)
    length: int | None = Field(default=None)
    source: str = Field(default="default", sa_type=Text)
    """Where its length comes from: the programme's `default`, or its `territory`."""
    unit: str = Field(sa_type=Text)
    left: int | None = Field(default=None)
    paused_by: str = Field(default="", sa_type=Text)
    extended: bool = Field(default=False)
    missed: int = Field(default=0)
    met_by: str | None = Field(default=None, sa_type=Text)
    undo_of: str | None = Field(default=None, sa_type=Text)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    owner_role: str | None = Field(default=None, sa_type=Text)
    owner_id: str | None = Field(default=None, sa_type=Id)
    next_mark: int | None = Field(default=None)
    next_at: datetime | None = Field(default=None, sa_type=Instant)
    attempts: int = Field(default=0)
    retry_at: datetime | None = Field(default=None, sa_type=Instant)
    last_error: str | None = Field(default=None, sa_type=Text)


class MarkFired(SQLModel, table=True):
    """A mark that fired: whom it reminded, or what the system did."""

    __tablename__ = "mark_fired"

    id: str = Field(sa_type=Id, primary_key=True)
    deadline_id: str = Field(sa_type=Id, foreign_key="deadline.id", index=True)
    subject_id: str = Field(sa_type=Id, index=True)
    rule: str = Field(sa_type=Text)
    track: str = Field(sa_type=Text)
    item: str = Field(default="", sa_type=Text)
    mark: str = Field(sa_type=Text)
    do: str = Field(sa_type=Text)
    recipients: Any = Field(default_factory=list, sa_type=Json)
    act: str | None = Field(default=None, sa_type=Text)
    at: datetime = Field(sa_type=Instant)
    fired_at: datetime = Field(sa_type=Instant)


class Journal(SQLModel, table=True):
    """The lines of a case or a territory: append-only, chained by their hashes."""

    __tablename__ = "journal"

    subject_id: str = Field(sa_type=Id, primary_key=True)
    sequence: int = Field(primary_key=True)
    subject: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=Instant)
    track: str = Field(sa_type=Text)
    event: str = Field(sa_type=Text)
    from_state: str | None = Field(default=None, sa_type=Text)
    to_state: str | None = Field(default=None, sa_type=Text)
    actor_role: str = Field(sa_type=Text)
    actor_id: str | None = Field(default=None, sa_type=Id)
    via: str = Field(sa_type=Text)
    on_behalf: Any = Field(default=None, sa_type=Json, nullable=True)
    reason: str | None = Field(default=None, sa_type=Text)
    facts: Any = Field(default_factory=dict, sa_type=Json)
    words_hash: str | None = Field(default=None, sa_type=Text)
    cause: int | None = Field(default=None)
    cascade: Any = Field(default=None, sa_type=Json, nullable=True)
    definition: int
    previous: str = Field(sa_type=Text)
    hash: str = Field(sa_type=Text)


class JournalText(SQLModel, table=True):
    """The words of a line, salted: erased without breaking the chain."""

    __tablename__ = "journal_text"

    subject_id: str = Field(sa_type=Id, primary_key=True)
    sequence: int = Field(primary_key=True)
    salt: str = Field(sa_type=Text)
    words: Any = Field(default_factory=dict, sa_type=Json)


class Stay(SQLModel, table=True):
    """The time that a track spent in a state."""

    __tablename__ = "stay"

    id: str = Field(sa_type=Id, primary_key=True)
    subject_id: str = Field(sa_type=Id, index=True)
    track: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    entered_at: datetime = Field(sa_type=Instant)
    left_at: datetime | None = Field(default=None, sa_type=Instant)
    definition: int


class Outbox(SQLModel, table=True):
    """What is to be told: one row for each thing, in the same transaction."""

    __tablename__ = "outbox"
    __table_args__ = (UniqueConstraint("subject_id", "sequence", "kind", "role", "track", name="outbox_once"),)

    id: str = Field(sa_type=Id, primary_key=True)
    subject: str = Field(sa_type=Text)
    subject_id: str = Field(sa_type=Id)
    sequence: int | None = Field(default=None)
    track: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    role: str = Field(sa_type=Text)
    mail_class: str = Field(sa_type=Text)
    facts: Any = Field(default_factory=dict, sa_type=Json)
    cause: int | None = Field(default=None)
    not_before: datetime = Field(sa_type=Instant, index=True)
    created_at: datetime = Field(sa_type=Instant)


class PendingStep(SQLModel, table=True):
    """What the system will do by itself, if it is possible then."""

    __tablename__ = "pending_step"

    id: str = Field(sa_type=Id, primary_key=True)
    subject_id: str = Field(sa_type=Id, index=True)
    track: str = Field(sa_type=Text)
    event: str = Field(sa_type=Text)
    payload: Any = Field(default_factory=dict, sa_type=Json)
    at: datetime = Field(sa_type=Instant, index=True)
    cause: int | None = Field(default=None)
    attempts: int = Field(default=0)
    retry_at: datetime | None = Field(default=None, sa_type=Instant)
    last_error: str | None = Field(default=None, sa_type=Text)


class IdempotencyKey(SQLModel, table=True):
    """A request that was answered: a replay gives the same answer."""

    __tablename__ = "idempotency_key"

    scope: str = Field(sa_type=Text, primary_key=True)
    key: str = Field(sa_type=Text, primary_key=True)
    body_hash: str = Field(sa_type=Text)
    answer: Any = Field(default=None, sa_type=Json, nullable=True)
    created_at: datetime = Field(sa_type=Instant)


class RefusedAttempt(SQLModel, table=True):
    """A step that was refused, and why; kept 90 days."""

    __tablename__ = "refused_attempt"

    id: str = Field(sa_type=Id, primary_key=True)
    subject_id: str = Field(sa_type=Id, index=True)
    at: datetime = Field(sa_type=Instant)
    actor_role: str = Field(sa_type=Text)
    actor_id: str | None = Field(default=None, sa_type=Id)
    event: str = Field(sa_type=Text)
    track: str = Field(sa_type=Text)
    codes: Any = Field(default_factory=list, sa_type=Json)


class AccessLog(SQLModel, table=True):
    """Who looked at a case: once for a reader, a way of looking and a clock hour. A reader is a person, or a branch by its common address."""

    __tablename__ = "access_log"
    __table_args__ = (UniqueConstraint("subject_id", "reader", "what", "hour", name="access_log_once"),)

    id: str = Field(sa_type=Id, primary_key=True)
    subject_id: str = Field(sa_type=Id)
    reader: str = Field(sa_type=Text)
    """`person:ID` or `branch:ID`."""
    person_id: str | None = Field(default=None, sa_type=Id, index=True)
    branch_id: str | None = Field(default=None, sa_type=Id)
    role: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=Instant, index=True)
    hour: datetime = Field(sa_type=Instant)
    what: str = Field(sa_type=Text)


class Definition(SQLModel, table=True):
    """The machines of a version, as they ran."""

    __tablename__ = "definition"

    version: int = Field(primary_key=True)
    fingerprint: str = Field(sa_type=Text)
    document: str = Field(sa_type=Text)
    """JSON as text, so that states keep their order."""
    started_at: datetime = Field(sa_type=Instant)


class DayWork(SQLModel, table=True):
    """Work that is done once a day."""

    __tablename__ = "day_work"

    name: str = Field(sa_type=Text, primary_key=True)
    day: date = Field(primary_key=True)
    done_at: datetime = Field(sa_type=Instant)


class ImportFile(SQLModel, table=True):
    """A file that was imported."""

    __tablename__ = "import_file"
    __table_args__ = (
        Index("import_file_once", "sha256", "territory_id", unique=True, postgresql_where=_REAL, sqlite_where=_REAL),
    )

    id: str = Field(sa_type=Id, primary_key=True)
    name: str = Field(sa_type=Text)
    sha256: str = Field(sa_type=Text)
    territory_id: str | None = Field(default=None, sa_type=Id, foreign_key="territory.id", index=True)
    by_id: str | None = Field(default=None, sa_type=Id, foreign_key="person.id", index=True)
    status: str = Field(sa_type=Text)
    encoding: str | None = Field(default=None, sa_type=Text)
    delimiter: str | None = Field(default=None, sa_type=Text)
    columns: Any = Field(default_factory=list, sa_type=Json)
    rows: int = Field(default=0)
    started_at: datetime = Field(sa_type=Instant)
    finished_at: datetime | None = Field(default=None, sa_type=Instant)
    resumed: bool = Field(default=False)
    dry_run: bool = Field(default=False)
    undone_at: datetime | None = Field(default=None, sa_type=Instant)


class ImportContent(SQLModel, table=True):
    """The bytes of a file whose import is to be confirmed, or is not done."""

    __tablename__ = "import_content"

    import_id: str = Field(sa_type=Id, primary_key=True, foreign_key="import_file.id")
    content: bytes = Field(sa_type=LargeBinary)


class ImportLine(SQLModel, table=True):
    """One line of an imported file and what became of it."""

    __tablename__ = "import_line"
    __table_args__ = (UniqueConstraint("import_id", "line", name="import_line_once"),)

    id: str = Field(sa_type=Id, primary_key=True)
    import_id: str = Field(sa_type=Id, foreign_key="import_file.id")
    line: int
    verdict: str = Field(sa_type=Text)
    case_id: str | None = Field(default=None, sa_type=Id, foreign_key="case_file.id", index=True)
    of_line: int | None = Field(default=None)
    column: str | None = Field(default=None, sa_type=Text)
    value: str | None = Field(default=None, sa_type=Text)
    code: str | None = Field(default=None, sa_type=Text)
    reason: str | None = Field(default=None, sa_type=Text)
    data: Any = Field(default=None, sa_type=Json, nullable=True)
    undone_at: datetime | None = Field(default=None, sa_type=Instant)


deadline = table_of(Deadline)
mark_fired = table_of(MarkFired)
journal = table_of(Journal)
journal_text = table_of(JournalText)
stay = table_of(Stay)
outbox = table_of(Outbox)
pending_step = table_of(PendingStep)
idempotency_key = table_of(IdempotencyKey)
refused_attempt = table_of(RefusedAttempt)
access_log = table_of(AccessLog)
definition = table_of(Definition)
day_work = table_of(DayWork)
import_file = table_of(ImportFile)
import_content = table_of(ImportContent)
import_line = table_of(ImportLine)
