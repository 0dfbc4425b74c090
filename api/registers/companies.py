"""API Recherche d’entreprises: a SIRET or a name completes the rest. Names of non-diffusible establishments are not shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from api.registers.asking import PublicService, Unavailable

PER_PAGE: Final = 6
HIDDEN: Final = "Établissement non diffusible"
"""What is shown in place of a name whose holder asked not to be found (statut_diffusion_etablissement P)."""


@dataclass(frozen=True, slots=True)
class Establishment:
    """An establishment as the register knows it; None is not known. `open` is None when the register does not say."""

    siret: str
    name: str
    address: str | None
    postcode: str | None
    city: str | None
    insee: str | None
    naf: str | None
    longitude: float | None
    latitude: float | None
    open: bool | None


async def search_companies(service: PublicService, words: str, *, insee: str | None = None) -> list[Establishment]:
    """Establishments by SIRET or by words, those of the commune first. Raises Unavailable."""
    asked = {"q": words.strip(), "per_page": str(PER_PAGE)} | ({"code_commune": insee} if insee else {})
    found = await service.get("/search", asked)
    results = found.get("results") if isinstance(found, dict) else None
    if not isinstance(results, list):
        raise Unavailable("Le registre public a répondu autre chose que prévu : continuez à la main.")
    siret = "".join(words.split())
    all_of_them = [one for result in results if isinstance(result, dict) for one in _establishments(result)]
    exact = [one for one in all_of_them if one.siret == siret]
    return (exact or all_of_them)[:PER_PAGE]


def _establishments(result: Mapping[str, Any]) -> Iterator[Establishment]:
    """The establishments that match, else the seat."""
    matching = [row for row in result.get("matching_etablissements") or [] if isinstance(row, dict)]
    seat = result.get("siege")
    for row in matching or ([seat] if isinstance(seat, dict) else []):
        if row.get("siret"):
            yield _read(row, result)


def _read(row: Mapping[str, Any], company: Mapping[str, Any]) -> Establishment:
    hidden = row.get("statut_diffusion_etablissement") == "P"
    signs = row.get("liste_enseignes") or []
    name = HIDDEN if hidden else str((signs or [None])[0] or company.get("nom_complet") or row["siret"])
    state = row.get("etat_administratif")
    return Establishment(
        siret=str(row["siret"]),
        name=name,
        address=None if hidden else _text(row.get("adresse")),
        postcode=_text(row.get("code_postal")),
        city=_text(row.get("libelle_commune")),
        insee=_text(row.get("commune")),
        naf=_text(row.get("activite_principale")),
        longitude=None if hidden else _degrees(row.get("longitude")),
        latitude=None if hidden else _degrees(row.get("latitude")),
        open=None if state is None else state == "A",
    )


def _text(value: Any) -> str | None:
    return str(value).strip() or None if value is not None else None


def _degrees(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
