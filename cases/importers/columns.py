"""Guess which column of a sheet holds which field, from its header, with how sure we are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rapidfuzz.fuzz import token_sort_ratio

from cases.duplicates import fold


class Field(StrEnum):
    """What a column of a canvassing sheet may hold."""

    NAME = "name"
    GIVEN_NAME = "given_name"
    PERSON = "person"
    PHONE = "phone"
    OTHER_PHONE = "other_phone"
    EMAIL = "email"
    ADDRESS = "address"
    POSTCODE = "postcode"
    CITY = "city"
    SIRET = "siret"
    NAF = "naf"
    ACTIVITY = "activity"
    NEED = "need"
    VISITED_ON = "visited_on"
    SEEN_BY = "seen_by"
    CONSENT = "consent"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its place (0 is the first), its header as written, the field guessed and how sure (0 to 1)."""

    index: int
    header: str
    field: Field | None
    confidence: float


SURE_ENOUGH: Final = 0.6
"""Below this confidence a column is left without a field."""

_SYNONYMS: Final[dict[Field, tuple[str, ...]]] = {
    Field.SIRET: (
        "siret", "n siret", "no siret", "num siret", "numero siret", "numero de siret", "code siret",
        "siret etablissement",
    ),
    Field.EMAIL: (
        "mail", "email", "e mail", "courriel", "mel", "adresse mail", "adresse email", "adresse e mail",
        "adresse courriel", "adresse electronique", "boite mail", "contact mail",
    ),
    Field.PHONE: (
        "telephone", "tel", "n tel", "n telephone", "no telephone", "numero de telephone", "num tel", "mobile",
        "portable", "tel portable", "tel mobile", "telephone portable", "telephone mobile", "gsm", "phone",
        "contact telephonique", "coordonnees telephoniques",
    ),
    Field.OTHER_PHONE: (
        "fixe", "tel fixe", "telephone fixe", "autre telephone", "autre tel", "telephone 2", "tel 2",
        "deuxieme telephone", "second telephone",
    ),
    Field.POSTCODE: ("cp", "code postal", "c p", "code post"),
    Field.CITY: ("ville", "commune", "localite", "municipalite"),
    Field.ADDRESS: (
        "adresse", "adresse postale", "rue", "voie", "n et rue", "numero et rue", "adresse du commerce",
        "adresse de l etablissement", "localisation", "adresse 1", "lieu",
    ),
    Field.CONSENT: (
        "d accord pour etre recontacte", "accord", "d accord", "accord contact", "accord de contact", "consentement",
        "rgpd", "accord rgpd", "recontact", "recontacter", "a recontacter", "ok pour contact", "ok contact",
        "ok pour etre recontacte", "souhaite etre recontacte", "accepte d etre recontacte", "accepte d etre contacte",
        "autorisation", "autorise le contact", "opt in", "recontacte",
    ),
    Field.VISITED_ON: (
        "date visite", "date de visite", "date de la visite", "date", "date passage", "date de passage",
        "date reperage", "date du reperage", "date de reperage", "vu le", "visite le", "rencontre le",
        "date rencontre", "date de rencontre", "date du contact", "date contact",
    ),
    Field.SEEN_BY: (
        "vu par", "visite par", "rencontre par", "repere par", "reperage par", "agent", "conseiller", "referent",
        "saisi par", "nom du conseiller", "nom du referent", "developpeur",
    ),
    Field.NEED: (
        "besoin", "besoins", "besoin s", "besoin exprime", "besoins exprimes", "besoins identifies", "demande",
        "demandes", "problematique", "problematiques", "attentes", "projet", "sujet", "difficultes",
    ),
    Field.NAF: ("naf", "code naf", "ape", "code ape", "naf ape", "code naf ape", "ape naf"),
    Field.ACTIVITY: (
        "activite", "type d activite", "secteur", "secteur d activite", "metier", "activite principale",
        "nature de l activite", "type de commerce", "domaine", "domaine d activite", "libelle naf",
        "libelle activite", "categorie",
    ),
    Field.GIVEN_NAME: ("prenom", "prenoms", "prenom du gerant", "prenom dirigeant", "prenom du dirigeant"),
    Field.PERSON: (
        "gerant", "gerant e", "gerante", "dirigeant", "dirigeant e", "dirigeante", "responsable", "proprietaire",
        "patron", "exploitant", "exploitant e", "nom du gerant", "nom du dirigeant", "nom gerant", "nom dirigeant",
        "nom prenom", "nom et prenom", "prenom nom", "prenom et nom", "porteur", "porteur de projet", "contact",
        "personne", "personne rencontree", "nom du contact", "nom contact", "representant", "representant legal",
        "entrepreneur", "commercant", "nom de famille", "identite", "chef d entreprise",
    ),
    Field.NAME: (
        "enseigne", "nom enseigne", "nom de l enseigne", "nom commercial", "raison sociale", "denomination",
        "denomination sociale", "entreprise", "nom entreprise", "nom de l entreprise", "commerce", "nom du commerce",
        "nom commerce", "societe", "nom de la societe", "etablissement", "nom etablissement",
        "nom de l etablissement", "magasin", "boutique", "nom du magasin", "structure", "nom de la structure",
        "company",
    ),
    Field.NOTE: (
        "remarque", "remarques", "commentaire", "commentaires", "observation", "observations", "note", "notes",
        "precisions", "divers", "infos", "informations", "complement", "suite a donner",
    ),
}  # fmt: skip
"""Headers as people write them, folded. The order says who wins a header that fits two fields as well."""

_BARE_NAME: Final = frozenset({"nom", "noms"})
_SOMETHING_ELSE: Final = frozenset({"naissance", "ouverture", "creation", "fermeture", "siren", "tva"})
"""A header with one of these words is about something that is not kept."""
_GENERIC: Final = frozenset({"accord", "agent", "commerce", "contact", "date", "demande", "lieu", "projet", "rue"})
"""Words that fit, but leave the field to a header that says more."""
_EXACT: Final = 1.0
_EXACT_BUT_GENERIC: Final = 0.9
_WORDS_INSIDE: Final = (0.5, 0.4)
_TYPING_ERROR: Final = 84.0


def guess_columns(headers: Sequence[str]) -> tuple[Column, ...]:
    """One Column for each header, in order. A field is given to one column only, the one that fits best."""
    folded = [fold(header) for header in headers]
    ranks = {field: rank for rank, field in enumerate(_SYNONYMS)}
    fits = [
        (_confidence(header, field), -ranks[field], -index, field)
        for index, header in enumerate(folded)
        for field in Field
        if header and _SOMETHING_ELSE.isdisjoint(header.split())
    ]
    fits += _bare_names(folded, ranks)
    taken: dict[int, tuple[Field, float]] = {}
    for confidence, _, place, field in sorted(fits, reverse=True):
        if confidence < SURE_ENOUGH:
            break
        if -place not in taken and field not in (given for given, _ in taken.values()):
            taken[-place] = (field, confidence)
    return tuple(Column(index, header, *taken.get(index, (None, 0.0))) for index, header in enumerate(headers))


def columns_as_said(headers: Sequence[str], fields: Sequence[Field | None]) -> tuple[Column, ...]:
    """One Column for each header, with the fields that somebody chose. Of two columns with the same field, the first has it."""
    said = [*fields, *[None] * len(headers)][: len(headers)]
    kept = [field if field not in said[:place] else None for place, field in enumerate(said)]
    return tuple(
        Column(index, header, field, 1.0 if field else 0.0)
        for index, (header, field) in enumerate(zip(headers, kept, strict=True))
    )


def _confidence(header: str, field: Field) -> float:
    return max(_fit(header, synonym) for synonym in _SYNONYMS[field])


def _fit(header: str, synonym: str) -> float:
    """1 for the very words; less when they are among others, the fewer others the better; less for a typing error."""
    if header == synonym:
        return _EXACT_BUT_GENERIC if header in _GENERIC else _EXACT
    if f" {synonym} " in f" {header} ":
        least, more = _WORDS_INSIDE
        return round(least + more * len(synonym) / len(header), 2)
    ratio = token_sort_ratio(header, synonym)
    return round(ratio / 100 - 0.1, 2) if ratio >= _TYPING_ERROR and len(header) >= 4 else 0.0


def _bare_names(folded: Sequence[str], ranks: dict[Field, int]) -> list[tuple[float, int, int, Field]]:
    """« Nom » alone is a person's beside a first name or a column for the business, else the business's."""
    beside_given_name = any(header in _SYNONYMS[Field.GIVEN_NAME] for header in folded)
    business, person = (0.65, 0.9) if beside_given_name else (0.75, 0.65)
    return [
        (confidence, -ranks[field], -index, field)
        for index, header in enumerate(folded)
        if header in _BARE_NAME
        for field, confidence in ((Field.NAME, business), (Field.PERSON, person))
    ]
