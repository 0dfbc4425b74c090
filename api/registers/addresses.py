"""Géoplateforme geocoding: an address becomes a point. Under a score of 0.7 the person is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from api.registers.asking import PublicService, Unavailable

SURE: Final = 0.7
"""Of 1: a lower score is asked of the person (the service's own advice)."""
LIMIT: Final = 5


@dataclass(frozen=True, slots=True)
class Address:
    """An address that was found: its words, where it is (degrees, WGS84), and how sure the service is (0 to 1)."""

    label: str
    longitude: float
    latitude: float
    score: float
    postcode: str | None
    city: str | None
    insee: str | None

    @property
    def sure(self) -> bool:
        """Whether it may be taken without asking."""
        return self.score >= SURE


async def search_addresses(service: PublicService, words: str, *, insee: str | None = None) -> list[Address]:
    """Addresses by their words, the surest first. Raises Unavailable."""
    asked = {"q": words.strip(), "limit": str(LIMIT)} | ({"citycode": insee} if insee else {})
    found = await service.get("/geocodage/search", asked)
    features = found.get("features") if isinstance(found, dict) else None
    if not isinstance(features, list):
        raise Unavailable("Le service des adresses a répondu autre chose que prévu : continuez à la main.")
    read = [address for address in map(_read, features) if address is not None]
    return sorted(read, key=lambda address: -address.score)


def _read(feature: Any) -> Address | None:
    """A feature of the answer; None when it is not one."""
    try:
        said: Mapping[str, Any] = feature["properties"]
        longitude, latitude = feature["geometry"]["coordinates"][:2]
        return Address(
            str(said["label"]), float(longitude), float(latitude), float(said["score"]),
            said.get("postcode"), said.get("city"), said.get("citycode"),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError):
        return None
