"""What entrepreneurs need: the closed list of subjects, with axis and levers, and the words people write for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cases.duplicates import fold


class NeedSubject(StrEnum):
    """The subjects of needs. Offers serve them, and the gaps in the offer are counted by them."""

    FUNDING = "funding"
    CASH_FLOW = "cash_flow"
    MANAGEMENT = "management"
    PREMISES = "premises"
    WORKSHOP = "workshop"
    SHOP_FRONT = "shop_front"
    ONLINE_PRESENCE = "online_presence"
    MARKETING_TRAINING = "marketing_training"
    ENERGY = "energy"
    WASTE = "waste"
    HIRING = "hiring"
    LEGAL_STATUS = "legal_status"
    MENTOR = "mentor"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class NeedKind:
    """A subject with its French label, the axis it belongs to unless the adviser says otherwise, and its levers.

    Axes and levers are codes of `engine.lists.AXIS` and `engine.lists.LEVER`. `written` are the words, folded, by which
    people write it, with their plural in s or x; a star stands for any ending.
    """

    subject: NeedSubject
    label: str
    axis: str
    levers: tuple[str, ...] = ()
    written: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NeedChip:
    """One chip to tap on the page « Signaler une entreprise »: its words, and the subjects it stands for."""

    label: str
    subjects: tuple[NeedSubject, ...]


@dataclass(frozen=True, slots=True)
class StatedNeed:
    """A need as it was said: its subject, the words themselves, and whether they tell of a bank's refusal."""

    subject: NeedSubject
    words: str
    refused_by_bank: bool = False


NEED_KINDS: Final[Mapping[NeedSubject, NeedKind]] = {
    kind.subject: kind
    for kind in (
        NeedKind(NeedSubject.FUNDING, "Trouver un financement", "entrepreneurship", written=(
            "financement", "financer", "credit", "pret", "emprunt*", "microcredit", "banque", "bancaire",
            "subvention*", "aide financiere", "investi*", "apport", "leasing",
        )),
        NeedKind(NeedSubject.CASH_FLOW, "Trésorerie", "local_trade", written=(
            "tresorerie", "decouvert", "dette", "impaye", "retard de loyer", "loyers en retard",
            "difficultes financieres", "fin de mois", "creance",
        )),
        NeedKind(NeedSubject.MANAGEMENT, "Gestion, caisse, comptabilité", "entrepreneurship", ("digital",), (
            "caisse", "compta*", "gestion", "factur*", "devis", "logiciel", "urssaf", "impot", "administrati*",
            "tableau de bord",
        )),
        NeedKind(NeedSubject.PREMISES, "Trouver ou garder un local commercial", "local_trade", written=(
            "local", "locaux", "bail", "baux", "boutique", "emplacement", "loyer", "demenag*", "cellule commerciale",
            "pas de porte",
        )),
        NeedKind(NeedSubject.WORKSHOP, "Trouver un atelier ou un entrepôt", "productive_activities", written=(
            "atelier", "entrepot", "hangar", "stockage", "local d activite", "local de production", "laboratoire",
            "immobilier d entreprise",
        )),
        NeedKind(NeedSubject.SHOP_FRONT, "Rénover la vitrine", "local_trade", written=(
            "vitrine", "devanture", "facade", "rideau metallique", "amenagement", "accessibilite", "travaux",
            "renov*",
        )),
        NeedKind(NeedSubject.ONLINE_PRESENCE, "Site internet, réseaux sociaux", "local_trade", ("digital",), (
            "site", "internet", "web", "insta*", "facebook", "tiktok", "whatsapp", "google", "reseaux", "en ligne",
            "numerique", "digital", "faire connaitre", "visibilite", "referencement", "communication",
        )),
        NeedKind(NeedSubject.MARKETING_TRAINING, "Se former à la vente", "entrepreneurship", written=(
            "formation", "former", "marketing", "trouver des clients", "clientele", "prospection",
        )),
        NeedKind(NeedSubject.ENERGY, "Dépenser moins d’énergie", "local_trade", ("ecological",), (
            "energie", "energetique", "electricite", "gaz", "chauffage", "isolation", "chambre froide",
            "climatisation", "panneaux solaires",
        )),
        NeedKind(NeedSubject.WASTE, "Trier et réduire les déchets", "local_trade", ("ecological",), (
            "dechet", "tri", "trier", "poubelle", "recycl*", "compost*", "biodechet", "emballage", "invendu",
            "gaspi*",
        )),
        NeedKind(NeedSubject.HIRING, "Embaucher", "entrepreneurship", written=(
            "embauch*", "recrut*", "apprenti*", "alternan*", "salarie*", "employe*", "stagiaire", "main d oeuvre",
        )),
        NeedKind(NeedSubject.LEGAL_STATUS, "Créer ou changer de statut", "entrepreneurship", written=(
            "statut", "immatricul*", "creation d entreprise", "creation d activite", "creer son entreprise",
            "creer sa boite", "micro entreprise", "auto entrepreneur", "juridique", "cession", "transmission", "kbis",
        )),
        NeedKind(NeedSubject.MENTOR, "Être accompagné par un mentor", "entrepreneurship", written=(
            "mentor*", "parrain*", "marraine", "tuteur", "rompre l isolement", "coach*",
        )),
        NeedKind(NeedSubject.OTHER, "Autre besoin", "entrepreneurship"),
    )
}  # fmt: skip
"""Every subject, in the order of the lists on the screens."""

NEED_CHIPS: Final = (
    NeedChip("Financement", (NeedSubject.FUNDING,)),
    NeedChip("Trouver un local", (NeedSubject.PREMISES,)),
    NeedChip("Site, réseaux", (NeedSubject.ONLINE_PRESENCE,)),
    NeedChip("Énergie, déchets", (NeedSubject.ENERGY, NeedSubject.WASTE)),
    NeedChip("Gestion", (NeedSubject.MANAGEMENT,)),
    NeedChip("Embaucher", (NeedSubject.HIRING,)),
    NeedChip("Autre", (NeedSubject.OTHER,)),
)

_SEPARATORS: Final = re.compile(r"[,;\n+\u2022]|\s[-\u2013]\s|\bet\b", re.IGNORECASE)
_BANK_SAID_NO: Final = re.compile(
    r"\b(?:credits?|prets?|banques?|emprunts?|bancaire)\b.*\b(?:refus\w*|non|rejet\w*)\b"
    r"|\brefus\w*\b.*\b(?:banques?|bancaire|credits?|prets?)\b"
)
_NOTHING: Final = frozenset({
    "", "aucun", "aucun besoin", "rien", "neant", "ras", "non", "nc", "pas de besoin", "pas de besoin aujourd hui",
})  # fmt: skip


def read_needs(text: str) -> tuple[StatedNeed, ...]:
    """The needs in a text as people write it (« trésorerie, crédit refusé »), one a subject, in the order written.

    Words that say no known subject make one need of subject `other`, so that nothing said is lost.
    """
    stated: dict[NeedSubject, StatedNeed] = {}
    for part in _SEPARATORS.split(text):
        folded = fold(part)
        if folded in _NOTHING:
            continue
        refused = bool(_BANK_SAID_NO.search(folded))
        for subject in _subjects(folded):
            stated[subject] = _joined(stated.get(subject), subject, part.strip(), refused)
    return tuple(stated.values())


def _subjects(folded: str) -> tuple[NeedSubject, ...]:
    found = [subject for subject, pattern in _PATTERNS.items() if pattern.search(folded)]
    if NeedSubject.WORKSHOP in found and NeedSubject.PREMISES in found:
        found.remove(NeedSubject.PREMISES)  # « local d'activité » is no shop
    return tuple(found) or (NeedSubject.OTHER,)


def _joined(before: StatedNeed | None, subject: NeedSubject, words: str, refused: bool) -> StatedNeed:
    by_bank = refused and subject is NeedSubject.FUNDING
    if before is None:
        return StatedNeed(subject, words, by_bank)
    return StatedNeed(subject, f"{before.words}, {words}", before.refused_by_bank or by_bank)


def _pattern(written: tuple[str, ...]) -> re.Pattern[str]:
    forms = (words[:-1] + r"\w*" if words.endswith("*") else words + "[sx]?" for words in written)
    return re.compile(rf"\b(?:{'|'.join(forms)})\b")


_PATTERNS: Final = {kind.subject: _pattern(kind.written) for kind in NEED_KINDS.values() if kind.written}
