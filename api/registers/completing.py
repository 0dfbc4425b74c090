"""A SIRET completes the rest of a detection: what somebody typed stands, and a silent register changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

from api.registers.addresses import search_addresses
from api.registers.asking import PublicService, Unavailable
from api.registers.companies import HIDDEN, Establishment, search_companies
from api.settings import Settings
from cases.clock import Clock
from cases.intake import Detection


@dataclass(frozen=True, slots=True)
class Registers:
    """The public services that this installation may ask; None is not asked."""

    companies: PublicService | None = None
    addresses: PublicService | None = None

    @classmethod
    def of(cls, settings: Settings, clock: Clock) -> Self:
        """Those whose addresses the settings give."""
        asked = (settings.sirene_url, settings.geocode_url)
        return cls(*(PublicService(address, clock) if address else None for address in asked))

    async def close(self) -> None:
        """Let their connections go."""
        for service in (self.companies, self.addresses):
            if service is not None:
                await service.close()


async def completed(detection: Detection, registers: Registers) -> Detection:
    """The same with what the registers know of its SIRET and of its address. Never raises, never overwrites what was said."""
    if registers.companies is not None and detection.siret:
        found = await _establishment(registers.companies, detection.siret)
        detection = replace(detection, **_missing(detection, found)) if found else detection
    if registers.addresses is not None and detection.address_line and detection.position is None:
        detection = replace(detection, position=await _position(registers.addresses, detection))
    return detection


async def _establishment(service: PublicService, siret: str) -> Establishment | None:
    try:
        found = await search_companies(service, siret)
    except Unavailable:
        return None
    return next((one for one in found if one.siret == siret), None)


def _missing(detection: Detection, found: Establishment) -> dict[str, Any]:
    known: dict[str, Any] = {
        "name": None if found.name == HIDDEN else found.name, "address_line": found.address, "postcode": found.postcode, "city": found.city,
        "insee": found.insee, "naf": found.naf,
    }  # fmt: skip
    if found.longitude is not None and found.latitude is not None:
        known["position"] = (found.longitude, found.latitude)
    return {name: value for name, value in known.items() if value and not getattr(detection, name)}


async def _position(service: PublicService, detection: Detection) -> tuple[float, float] | None:
    words = " ".join(part for part in (detection.address_line, detection.postcode, detection.city) if part)
    try:
        found = await search_addresses(service, words, insee=detection.insee)
    except Unavailable:
        return None
    best = found[0] if found else None
    return (best.longitude, best.latitude) if best is not None and best.sure else None
