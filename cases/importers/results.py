"""What reading a canvassing sheet gives: one row for each line, recorded, linked, refused, declined or blank."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from cases.duplicates import Fingerprint, Likeness, fingerprint
from cases.importers.columns import Column
from cases.importers.values import Consent
from cases.needs import StatedNeed


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to look at in a line that is recorded all the same."""

    column: str
    value: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Detection:
    """A business or a person seen in the street, as one line tells it. Texts are empty when nothing is said."""

    line: int
    name: str
    person: str
    phone: str | None = None
    """E.164."""
    other_phone: str | None = None
    email: str | None = None
    address: str = ""
    postcode: str | None = None
    city: str = ""
    siret: str | None = None
    naf: str | None = None
    activity: str = ""
    needs: tuple[StatedNeed, ...] = ()
    visited_on: date | None = None
    seen_by: str = ""
    consent: Consent = Consent.NOT_NOTED
    consent_words: str = ""
    """The answer as it was written: « Oui (oral) »."""
    note: str = ""
    remarks: tuple[Remark, ...] = ()

    @property
    def fingerprint(self) -> Fingerprint:
        """What it is compared by with other lines, and with the cases recorded before."""
        return fingerprint(
            siret=self.siret,
            phone=self.phone,
            email=self.email,
            name=self.name,
            person=self.person,
            address=(self.address, self.postcode),
        )


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A line that repeats an earlier one of the same file, which is recorded."""

    line: int
    of: int
    likeness: Likeness
    detection: Detection


@dataclass(frozen=True, slots=True)
class Fault:
    """One value that cannot be read: the column's header, the value as written, a code, and what to do about it."""

    column: str
    value: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that waits for a correction: its faults, at least one, from left to right, and its cells as written."""

    line: int
    faults: tuple[Fault, ...]
    cells: tuple[str, ...]

    @property
    def column(self) -> str:
        """The header of the first fault's column."""
        return self.faults[0].column

    @property
    def value(self) -> str:
        """The value of the first fault."""
        return self.faults[0].value

    @property
    def code(self) -> str:
        """The code of the first fault."""
        return self.faults[0].code

    @property
    def reason(self) -> str:
        """What to do about the first fault."""
        return self.faults[0].reason


@dataclass(frozen=True, slots=True)
class DeclinedContact:
    """A person who does not want to be contacted: nothing is kept but the line's number."""

    line: int


@dataclass(frozen=True, slots=True)
class Blank:
    """A line on which nothing is written in a column that we know."""

    line: int


ReadLine = Detection | Refused | DeclinedContact | Blank
Row = ReadLine | Duplicate


@dataclass(frozen=True, slots=True)
class DetectionFile:
    """A file as it was read: one row for each line under the header, in order."""

    filename: str
    sha256: str
    encoding: str | None
    delimiter: str | None
    header_line: int
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    @property
    def recorded(self) -> tuple[Detection, ...]:
        """The lines to record."""
        return tuple(row for row in self.rows if isinstance(row, Detection))

    @property
    def duplicates(self) -> tuple[Duplicate, ...]:
        """The lines that repeat an earlier one."""
        return tuple(row for row in self.rows if isinstance(row, Duplicate))

    @property
    def refused(self) -> tuple[Refused, ...]:
        """The lines to correct."""
        return tuple(row for row in self.rows if isinstance(row, Refused))

    @property
    def declined_contact(self) -> tuple[int, ...]:
        """The numbers of the lines of people who said no."""
        return tuple(row.line for row in self.rows if isinstance(row, DeclinedContact))

    @property
    def blank(self) -> int:
        """How many lines are blank."""
        return sum(isinstance(row, Blank) for row in self.rows)
