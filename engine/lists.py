"""The closed lists of the programme, each code with its French label. Source: the design's « closed lists »."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Labels = Mapping[str, str]

DECLINE: Final[Labels] = {
    "out_of_territory": "Pas mon secteur",
    "out_of_scope": "Pas notre offre",
    "not_eligible": "Pas éligible",
    "capacity_full": "Plus de place",
    "already_followed": "Déjà suivi",
    "insufficient_info": "Il me manque une information",
    "entrepreneur_declined": "La personne ne veut plus",
    "conflict_of_interest": "Lien personnel",
    "other": "Autre",
}
WITHDRAW: Final[Labels] = {
    "taken_by_other": "Une autre structure a répondu",
    "entrepreneur_changed_mind": "La personne a changé d’avis",
    "consent_withdrawn": "Accord retiré",
    "no_answer": "Pas de réponse",
    "sent_by_mistake": "Envoyée par erreur",
    "need_closed": "Le besoin est réglé",
    "branch_closed": "Antenne fermée",
    "not_allowed_yet": "Pas encore possible",
    "case_closed": "Dossier clos",
}
DISCONTINUE: Final[Labels] = {
    "unreachable": "Injoignable",
    "entrepreneur_stopped": "La personne arrête",
    "not_eligible": "Pas éligible",
    "capacity": "Plus de place",
    "moved_away": "Parti ailleurs",
    "activity_ceased": "Activité arrêtée",
    "other": "Autre",
}
CLOSE: Final[Labels] = {
    "goal_reached": "Objectif atteint",
    "aid_obtained": "Aide obtenue",
    "business_created": "Entreprise créée",
    "installed_in_qpv": "Installée dans le quartier",
    "redirected_to_common_law": "Orientée vers le droit commun",
    "answered_directly": "Réponse donnée tout de suite",
    "no_need": "Pas de besoin aujourd’hui",
    "no_solution": "Pas de solution",
    "unreachable": "Injoignable",
    "withdrawn_by_entrepreneur": "La personne arrête",
    "activity_ceased": "Activité arrêtée",
    "duplicate": "Doublon",
    "out_of_perimeter": "Hors périmètre",
}
HOLD: Final[Labels] = {
    "waiting_document": "En attente d’un papier",
    "seasonal": "Saison",
    "health": "Santé",
    "premises_works": "Travaux dans le local",
    "financing_decision": "Décision de financement",
    "other": "Autre",
}
OUTCOME: Final[Labels] = {
    "met": "Réglé",
    "partly_met": "Réglé en partie",
    "not_met": "Pas réglé",
    "no_longer_needed": "Plus nécessaire",
    "redirected": "Orienté ailleurs",
}
CHANNEL: Final[Labels] = {
    "visit": "Sur place",
    "phone": "Téléphone",
    "sms": "SMS",
    "email": "Courriel",
    "post": "Courrier",
    "video": "Visio",
}
RESULT: Final[Labels] = {
    "reached": "Nous avons parlé",
    "no_answer": "Pas de réponse",
    "message_left": "Message laissé",
    "wrong_number": "Mauvais numéro",
    "refused": "Refus de parler",
}
END_PAIR: Final[Labels] = {
    "goal_reached": "Objectif atteint",
    "end_of_term": "Fin de la période",
    "mentor_leaves": "Le mentor s’arrête",
    "entrepreneur_leaves": "La personne s’arrête",
    "no_match": "Le binôme ne convient pas",
    "consent_withdrawn": "Accord retiré",
    "case_closed": "Dossier clos",
}
DECLINE_PAIR: Final[Labels] = {
    "not_available": "Pas disponible",
    "conflict_of_interest": "Lien personnel",
    "no_match": "Le binôme ne convient pas",
    "entrepreneur_declined": "La personne ne veut plus",
    "other": "Autre",
}
PAUSE_PAIR: Final[Labels] = {
    "health": "Santé",
    "workload": "Charge de travail",
    "season": "Saison",
    "absence": "Absence",
    "other": "Autre",
}
ABANDON: Final[Labels] = {
    "no_funding": "Pas de financement",
    "not_a_priority": "Pas une priorité",
    "activity_ceased": "Activité arrêtée",
    "consent_withdrawn": "Accord retiré",
    "case_closed": "Dossier clos",
    "other": "Autre",
}
PROGRESS: Final[Labels] = {
    "on_track": "Ça avance",
    "slowed": "C’est ralenti",
    "blocked": "C’est bloqué",
    "goal_reached": "Objectif atteint",
}
AXIS: Final[Labels] = {
    "entrepreneurship": "Soutien à l’entrepreneuriat",
    "local_trade": "Commerce et artisanat de proximité",
    "productive_activities": "Activités productives et services",
}
AID_SCOPE: Final[Labels] = {"qpv": "Propre aux quartiers", "common_law": "Droit commun"}
LEVER: Final[Labels] = {"digital": "Transition numérique", "ecological": "Transition écologique"}
PURPOSE: Final[Labels] = {
    "contact": "Être rappelé",
    "share": "Partager avec les opérateurs",
    "mentoring": "Être mis en relation avec un mentor",
    "news": "Recevoir des nouvelles",
}
SITUATION: Final[Labels] = {"inside": "Dans le quartier", "outside": "Hors quartier", "unknown": "Pas encore situé"}
"""Where a business stands to a priority neighbourhood."""
CORRECTED: Final[Labels] = {
    "business_name": "Enseigne",
    "business_siret": "SIRET",
    "business_naf": "Code NAF",
    "business_activity": "Activité",
    "business_address_line": "Adresse",
    "business_postcode": "Code postal",
    "business_city": "Commune",
    "business_insee": "Code INSEE de la commune",
    "person_name": "Nom",
    "person_phone": "Téléphone",
    "person_email": "Courriel",
    "person_language": "Langue",
    "quartier_code": "Code du quartier",
}
"""The facts of a case that may be corrected in writing: what they are about, then what they are."""
SIGNATORY: Final[Labels] = {"mentor": "Le mentor", "entrepreneur": "L’entrepreneur"}
SCORE_MOMENT: Final[Labels] = {"before": "Avant les travaux", "after": "Après les travaux"}
NEWS_OF_BUSINESS: Final[Labels] = {"well": "Ça va", "difficult": "C’est difficile", "stopped": "C’est arrêté"}
"""How entrepreneurs say that their business goes."""
ACTION_NEWS: Final[Labels] = {"done": "Faite", "moved": "Reportée", "new": "Nouvelle"}

DIMENSIONS: Final[Mapping[str, Labels]] = {
    "digital": {
        "presence": "Présence en ligne",
        "sales": "Vente",
        "management": "Gestion",
        "data_security": "Données et sécurité",
        "skills": "Compétences",
    },
    "ecological": {
        "energy": "Énergie",
        "waste": "Déchets",
        "water": "Eau",
        "mobility_purchases": "Déplacements et achats",
        "building": "Bâtiment",
    },
}
"""The five dimensions of a transition score, 0 to 4 each."""

SETTLES_NEEDS: Final = frozenset(
    {"duplicate", "unreachable", "withdrawn_by_entrepreneur", "activity_ceased", "out_of_perimeter", "no_need"}
)
"""Closing for one of these reasons sets the outcome of every need to `no_longer_needed`."""

NO_SURVEY: Final = frozenset({"duplicate", "unreachable", "withdrawn_by_entrepreneur", "out_of_perimeter", "no_need"})
"""No satisfaction survey leaves after a closing for one of these reasons."""
CHOSEN_FOR: Final[Labels] = {
    "nearer": "Plus près de chez elle",
    "known": "Elle les connaît déjà",
    "faster": "Répond plus vite",
    "language": "Parle sa langue",
    "fits_better": "L’offre convient mieux",
    "asked_for": "C’est son choix",
    "oneself": "Je m’en occupe moi-même",
    "other": "Autre",
}
"""Why an adviser asks another operator than the one that the proposal puts first."""
OPERATOR_KIND: Final[Labels] = {"programme": "Opérateur du programme", "field": "Opérateur de terrain"}
OFFER_KIND: Final[Labels] = {
    "advice": "Conseil",
    "funding": "Financement",
    "training": "Formation",
    "mentoring": "Mentorat",
    "network": "Réseau",
    "premises": "Local",
}
SPOKEN: Final[Labels] = {
    "fr": "français", "ar": "arabe", "en": "anglais", "es": "espagnol", "pt": "portugais", "tr": "turc", "wo": "wolof", "rcf": "créole", "uk": "ukrainien",
    "zh": "chinois", "ta": "tamoul", "ro": "roumain",
}  # fmt: skip
"""Languages in which operators receive people, by their ISO 639 codes, as they stand in a sentence."""
