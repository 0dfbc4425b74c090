"""What the JSON interface takes; unknown fields are refused."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from cases.intake import Detection


def _printable(text: str) -> str:
    """Text that can be kept: no NUL, no lone surrogate."""
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("retirez les caractères de contrôle")
    return text


Words = Annotated[str, Field(max_length=10_000), AfterValidator(_printable)]


class Body(BaseModel):
    """A body of a request."""

    model_config = ConfigDict(extra="forbid")


class NeedBody(Body):
    """A need, as somebody noted it."""

    subject: Words
    axis: Words | None = None
    levers: list[Words] = []
    amount: float | None = None
    detail: Words | None = None


class CaseBody(Body):
    """A detected business or person."""

    name: Words = ""
    siret: Words | None = None
    activity: Words | None = None
    address_line: Words | None = None
    postcode: Words | None = None
    city: Words | None = None
    insee: Words | None = None
    person_name: Words | None = None
    phone: Words | None = None
    email: Words | None = None
    territory: Words | None = None
    situation: Annotated[str, Field(pattern="^(inside|outside|unknown)$")] = "unknown"
    channel: Words | None = None
    consents: list[Words] = []
    legal_basis: Words | None = None
    met_in_person: bool = False
    needs: list[NeedBody] = []
    filled_in_on: date | None = None

    def detection(self) -> Detection:
        """What intake takes."""
        known = self.model_dump(exclude={"consents", "needs"})
        return Detection(
            **known, consents=tuple(self.consents), needs=tuple(n.model_dump() for n in self.needs), origin="api"
        )


class StepBody(Body):
    """A step of a machine of the case; `kind` for one that creates a track."""

    step: Words
    track: Words = "case"
    kind: Words | None = None
    version: int | None = None
    on_behalf_of: dict[str, Words] | None = None
    reason: Words | None = None
    payload: dict[str, Any] = {}

    def entered(self) -> dict[str, Any]:
        """What was entered, the reason among it."""
        return {**self.payload, **({"reason": self.reason} if self.reason is not None else {})}


class TerritoryStepBody(Body):
    """A step or a record of a territory."""

    step: Words
    version: int | None = None
    payload: dict[str, Any] = {}


class RecordBody(Body):
    """Something to note on a case or on one of its tracks."""

    track: Words = "case"
    payload: dict[str, Any] = {}
    on_behalf_of: dict[str, Words] | None = None
    day: date | None = None
