"""The register of processing (RGPD, article 30), as data: what is done with personal data, why, of whom, for how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cases.privacy.keeping import Kept


@dataclass(frozen=True, slots=True)
class Processing:
    """One processing, in French: it is read by who answers for the installation, and by the CNIL."""

    name: str
    purpose: str
    basis: str
    people: str
    data: str
    recipients: str
    kept: tuple[Kept, ...]
    """The rules of retention that end it."""


REGISTER: Final = (
    Processing(
        "Suivi des dossiers", "Mettre un commerce de quartier en relation avec qui peut l’aider, et vérifier que quelqu’un l’aide",
        "Mission d’intérêt public (article 6.1 e) ; consentement pour le partage (6.1 a)", "Entrepreneurs et porteurs de projet",
        "Nom, coordonnées, entreprise, besoins, échanges, notes, documents, aides obtenues", "Conseil local ; opérateurs et mentors sollicités, après accord",
        (Kept.CLOSED_CASE, Kept.NEVER_QUALIFIED),
    ),
    Processing(
        "Courriels et appels", "Prévenir chacun de ce qui le concerne, rappeler les délais", "Mission d’intérêt public (article 6.1 e)",
        "Entrepreneurs, agents, mentors", "Adresse, texte du message, date, ce qu’il est devenu", "Le destinataire ; le serveur de courriel de l’installation",
        (Kept.MAIL_BODY,),
    ),
    Processing(
        "Import de repérages", "Reprendre un tableau de prospection", "Mission d’intérêt public (article 6.1 e)", "Entrepreneurs repérés",
        "Les colonnes du tableau", "Conseil local du territoire", (Kept.IMPORT_FILE, Kept.IMPORT_LINE),
    ),
    Processing(
        "Comptes", "Savoir qui agit, avec quels droits", "Mission d’intérêt public (article 6.1 e)", "Agents, conseillers, mentors",
        "Nom, adresse, téléphone, rôles, absences", "Administration du programme ; responsable du territoire", (Kept.UNUSED_ACCOUNT,),
    ),
    Processing(
        "Sécurité", "Savoir qui a consulté quoi, empêcher les abus", "Obligation légale (articles 5.1 f et 32)", "Toute personne qui a un compte",
        "Consultations, sessions, liens, étapes refusées", "Administration du programme ; responsable du territoire, pour ses dossiers",
        (Kept.SECURITY_LOG, Kept.REFUSED_ATTEMPT),
    ),
    Processing(
        "Indicateurs", "Piloter le programme", "Mission d’intérêt public (article 6.1 e)", "Personne : des nombres, sans nom", "Des comptes et des durées",
        "Programme, observateurs", (),
    ),
)  # fmt: skip
"""Every processing of the product. An installation adds its name, its data protection officer and its processors."""
