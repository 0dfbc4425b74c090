"""What the JSON interface takes; unknown fields are refused. What a step itself asks for is read by `engine.inputs`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from cases.corrections import Correction
from cases.importers.values import ValueRefused, read_email, read_phone, read_siret
from cases.intake import Detection
from engine.inputs import FIRST_DAY, LAST_DAY, LONGEST_LIST, LONGEST_NAME, LONGEST_TEXT, is_printable
from engine.lists import AXIS, CHANNEL, LEVER, PURPOSE

FRANCE = "FR"
"""The region by which a telephone number without its country's code is read."""


def _printable(text: str) -> str:
    if not is_printable(text):
        raise ValueError("Ce texte contient des caractères illisibles : écrivez-le de nouveau.")
    return text


def _read_by(read: Callable[[str], str | None]) -> AfterValidator:
    """A value as the sheets' readers understand it, with their sentence when they do not."""

    def check(text: str) -> str | None:
        try:
            return read(text)
        except ValueRefused as error:
            raise ValueError(error.reason) from None

    return AfterValidator(check)


Words = Annotated[str, Field(max_length=LONGEST_TEXT), AfterValidator(_printable)]
Name = Annotated[str, Field(max_length=LONGEST_NAME), AfterValidator(_printable)]
Siret = Annotated[Name, _read_by(read_siret)]
Phone = Annotated[Name, _read_by(partial(read_phone, region=FRANCE))]
Email = Annotated[Name, _read_by(read_email)]
Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]
Version = Annotated[int, Field(ge=0, le=2_000_000_000, strict=True)]
Naf = Annotated[Name, Field(pattern=r"^\d{2}\.\d{2}[A-Z]$")]
Insee = Annotated[Name, Field(pattern=r"^\d[\dAB]\d{3}$")]
Language = Annotated[str, Field(pattern="^[a-z]{2,3}$")]
Situation = Literal["inside", "outside", "unknown"]


def in_list(codes: Collection[str]) -> AfterValidator:
    """The check that a code is of a closed list."""

    def check(code: str) -> str:
        if code not in codes:
            raise ValueError("Cette valeur n’est pas parmi celles proposées.")
        return code

    return AfterValidator(check)


Axis = Annotated[Name, in_list(AXIS)]
Lever = Annotated[Name, in_list(LEVER)]
Channel = Annotated[Name, in_list(CHANNEL)]
Purpose = Annotated[Name, in_list(PURPOSE)]


class Body(BaseModel):
    """A body of a request."""

    model_config = ConfigDict(extra="forbid")


class Money(Body):
    """An amount in euros, to the cent."""

    amount: Annotated[str, Field(pattern=r"^\d{1,9}(\.\d{1,2})?$")]
    currency: Literal["EUR"]


class NeedBody(Body):
    """A need, as somebody noted it."""

    subject: Name
    axis: Axis | None = None
    levers: Annotated[list[Lever], Field(max_length=len(LEVER))] = []
    amount: Money | None = None
    detail: Words | None = None

    def noted(self) -> dict[str, Any]:
        """What intake takes."""
        return {**self.model_dump(), "amount": Decimal(self.amount.amount) if self.amount else None}


class CaseBody(Body):
    """A detected business or person."""

    name: Name = ""
    siret: Siret | None = None
    naf: Naf | None = None
    activity: Words | None = None
    address_line: Name | None = None
    postcode: Name | None = None
    city: Name | None = None
    insee: Insee | None = None
    person_name: Name | None = None
    phone: Phone | None = None
    email: Email | None = None
    language: Language = "fr"
    territory: Name | None = None
    situation: Situation = "unknown"
    quartier: Name | None = None
    channel: Channel | None = None
    consents: Annotated[list[Purpose], Field(max_length=len(PURPOSE))] = []
    legal_basis: Words | None = None
    met_in_person: Annotated[bool, Field(strict=True)] = False
    needs: Annotated[list[NeedBody], Field(max_length=LONGEST_LIST)] = []
    filled_in_on: Day | None = None

    def detection(self) -> Detection:
        """What intake takes."""
        known = self.model_dump(exclude={"consents", "needs"})
        needs = tuple(need.noted() for need in self.needs)
        return Detection(**known, consents=tuple(dict.fromkeys(self.consents)), needs=needs, origin="api")


class AddressBody(Body):
    """An address to correct."""

    line: Name | None = None
    postcode: Name | None = None
    city: Name | None = None
    insee: Insee | None = None


class BusinessBody(Body):
    """Facts of a business to correct."""

    name: Annotated[Name, Field(min_length=1)] = ""
    siret: Siret | None = None
    naf: Naf | None = None
    activity: Words | None = None
    address: AddressBody = AddressBody()


class PersonBody(Body):
    """Facts of a person to correct."""

    name: Name | None = None
    phone: Phone | None = None
    email: Email | None = None
    language: Language = "fr"


class QuartierBody(Body):
    """Where the business is, to correct; a code says that it is inside that quartier."""

    situation: Situation = "unknown"
    code: Name | None = None


class CorrectionBody(Body):
    """What is wrong on a case and how it should be: what is absent stays as it is. A state is no fact: it moves by steps."""

    business: BusinessBody = BusinessBody()
    person: PersonBody = PersonBody()
    quartier: QuartierBody = QuartierBody()

    def correction(self) -> Correction:
        """What `cases.corrections` takes: the facts that were given, by their names."""
        business, address = self.business, self.business.address
        parts: tuple[tuple[str, Body, set[str]], ...] = (
            ("business_", business, {"address"}),
            ("business_", address, set()),
            ("person_", self.person, set()),
            ("quartier_", self.quartier, set()),
        )
        found: dict[str, str | None] = {}
        for prefix, part, apart in parts:
            for name, value in part.model_dump(exclude_unset=True, exclude=apart).items():
                found["business_address_line" if part is address and name == "line" else prefix + name] = value
        return Correction(found)


class OnBehalfBody(Body):
    """For whom somebody answers, by what channel, and who said it."""

    role: Name = "operator"
    channel: Channel
    person: Name


class StepBody(Body):
    """A step of a machine of the case; `kind` for one that creates a track."""

    step: Name
    track: Name = "case"
    kind: Name | None = None
    version: Version | None = None
    on_behalf_of: OnBehalfBody | None = None
    reason: Words | None = None
    payload: dict[str, Any] = {}

    def entered(self) -> dict[str, Any]:
        """What was entered, the reason among it."""
        return {**self.payload, **({"reason": self.reason} if self.reason is not None else {})}


class BulkBody(StepBody):
    """The same step on several cases."""

    cases: Annotated[list[Name], Field(min_length=1, max_length=200)]


class TerritoryStepBody(Body):
    """A step or a record of a territory."""

    step: Name
    version: Version | None = None
    payload: dict[str, Any] = {}


class RecordBody(Body):
    """Something to note on a case or on one of its tracks."""

    track: Name = "case"
    payload: dict[str, Any] = {}
    on_behalf_of: OnBehalfBody | None = None
    day: Day | None = None


class ClosureBody(Body):
    """The days when a branch is closed, both included."""

    first: Annotated[Day, Field(alias="from")]
    last: Annotated[Day, Field(alias="to")]
