"""Every route of the product with its class: what it is about, who may, and what they send. One that is not here fails the matrix."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

PEOPLE: Final = ("adviser", "operator", "operator_manager", "mentor", "manager", "admin", "observer", "api_client")
ROLES: Final = ("anonymous", "entrepreneur", *PEOPLE)
"""Who knocks. The entrepreneur has a link and nothing else; the API client a token, which opens no page."""
TERRITORY: Final = frozenset({"adviser", "manager"})
ADMIN: Final = frozenset({"admin"})
LEADERS: Final = frozenset({"admin", "manager"})
BRANCH: Final = frozenset({"operator", "operator_manager"})


@dataclass(frozen=True, slots=True)
class Way:
    """The class of a route.

    `about` is the kind of object that its path names: somebody who does not see it is answered as if there were none. `roles` are those that
    may, when not all who see it: the others are answered `refused`. `ok` are the answers to who may; `public` asks for no sign-in.
    """

    about: str = ""
    roles: frozenset[str] | None = None
    refused: int = 403
    ok: tuple[int, ...] = (200,)
    public: bool = False
    fill: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    json: Any = None
    content: bytes | None = None
    form: Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    held: str | None = None
    """By whom it is held, when that is another test than the matrix: a route of the demo, which no product has."""

    @property
    def names_cases(self) -> bool:
        """Whether what is sent names a case: `{case}` stands for each in turn."""
        return "{case}" in f"{self.query} {self.json} {self.form}"

    @property
    def bears_words(self) -> bool:
        """Whether somebody wrote what is sent: who is not signed in is given their words back, in the place of the door."""
        return any(" " in value for value in (self.form or {}).values())


NOTE: Final = {"payload": {"text": "Une note."}}
HOLD: Final = {"step": "hold", "payload": {}}
"""A step that asks for what is not given: who may take it is told what to add, and nothing moves."""
SHEET: Final = "Enseigne;Téléphone\nBoutique du Canal;06 39 98 00 21\n".encode()

JSON: Final[Mapping[str, Way]] = {
    "GET /api/v1/me": Way(),
    "GET /api/v1/cases/{reference}/routing": Way("case", TERRITORY, 404),
    "GET /api/v1/offer-gaps": Way(),
    "POST /api/v1/cases": Way(
        ok=(201,),
        roles=TERRITORY | BRANCH,
        json={"name": "Atelier du Pont", "territory": "roubaix", "consents": ["contact"], "channel": "visit"},
    ),
    "GET /api/v1/cases": Way(query="?limit=200"),
    "GET /api/v1/cases/{reference}": Way("case"),
    "PATCH /api/v1/cases/{reference}": Way(
        "case",
        TERRITORY,
        ok=(412,),
        refused=412,
        json={"business": {"activity": "Couture"}},
        headers={"If-Match": '"0"'},
    ),
    "GET /api/v1/cases/{reference}/diagram.svg": Way("case"),
    "GET /api/v1/cases/{reference}/steps": Way("case"),
    "POST /api/v1/cases/steps": Way(json={"cases": ["{case}"], "step": "hold", "payload": {}}),
    "POST /api/v1/cases/{reference}/steps": Way("case", ok=(422, 403), json=HOLD),
    "GET /api/v1/cases/{reference}/journal": Way("case"),
    "GET /api/v1/cases/{reference}/deadlines": Way("case"),
    "GET /api/v1/cases/{reference}/messages": Way("case"),
    "POST /api/v1/cases/{reference}/{collection}": Way("case", ok=(201, 422), fill={"collection": "notes"}, json=NOTE),
    "GET /api/v1/operators": Way(),
    "GET /api/v1/operators/{slug}": Way(fill={"slug": "adie"}),
    "GET /api/v1/aids": Way(),
    "POST /api/v1/branches/{branch}/closures": Way(
        "branch", ok=(201,), json={"from": "2027-07-05", "to": "2027-07-09"}
    ),
    "GET /api/v1/territories": Way(),
    "GET /api/v1/territories/{slug}": Way(fill={"slug": "roubaix"}),
    "POST /api/v1/territories/{slug}/steps": Way(
        roles=frozenset({"admin"}), ok=(422,), fill={"slug": "roubaix"}, json={"step": "exit", "payload": {}}
    ),
    "GET /api/v1/quartiers": Way(),
    "GET /api/v1/backlog": Way(roles=TERRITORY | {"admin", "observer"}, refused=404),
    "GET /api/v1/tasks": Way(),
    "POST /api/v1/tasks/{identifier}/done": Way("task"),
    "POST /api/v1/imports": Way(
        roles=TERRITORY | {"admin"}, refused=404, ok=(201,), query="?territory=roubaix&dry_run=true", content=SHEET
    ),
    "GET /api/v1/imports/{identifier}": Way("import"),
    "POST /api/v1/imports/{identifier}/undo": Way("import", ok=(200, 422)),
    "PATCH /api/v1/imports/{identifier}/lines/{line}": Way(
        "import", ok=(200, 404, 422), fill={"line": "3"}, json={"values": {"Téléphone": "06"}}
    ),
    "GET /api/v1/indicators": Way(roles=TERRITORY | {"admin", "observer"}, refused=404),
    "GET /api/v1/indicators/flow": Way(roles=TERRITORY | {"admin", "observer"}, refused=404),
    "POST /api/v1/webhooks": Way(ok=(201, 422), json={"url": "https://outil.example/lignes", "events": []}),
    "GET /api/v1/webhooks": Way(),
    "GET /api/v1/webhooks/{identifier}": Way("webhook"),
    "POST /api/v1/webhooks/{identifier}/resume": Way("webhook", ok=(200, 404)),
    "DELETE /api/v1/webhooks/{identifier}": Way("webhook", ok=(204, 404)),
    "GET /api/v1/workflow": Way(public=True),
    "GET /api/v1/workflow/{machine}": Way(public=True, fill={"machine": "case"}),
    "GET /api/v1/workflow/{machine}/diagram.svg": Way(public=True, fill={"machine": "case"}),
}
PAGES: Final[Mapping[str, Way]] = {
    "GET /connexion": Way(public=True, ok=(200, 303)),
    "POST /connexion": Way(public=True, ok=(303,), form={"email": "personne@example.org"}),
    "GET /connexion/envoye": Way(public=True),
    "POST /deconnexion": Way(public=True, ok=(303,), form={}),
    "GET /lien/{token}": Way("link", public=True, ok=(303,)),
    "POST /lien/{token}": Way("link", public=True, ok=(303,), form={}),
    "POST /lien/{token}/nouveau": Way(
        public=True, ok=(303,), fill={"token": "aucun-lien-ne-porte-ces-lettres"}, form={}
    ),
    "GET /lien/{token}/envoye": Way(public=True, fill={"token": "aucun-lien-ne-porte-ces-lettres"}),
    "GET /mon-dossier/envoye": Way(public=True),
    "POST /lien/{token}/langue": Way("link", public=True, ok=(303,), form={"langue": "ar"}),
    "POST /langue": Way(public=True, ok=(303,), form={"langue": "en"}),
    "GET /mon-dossier/{token}": Way("link", public=True),
    "GET /mon-dossier/{token}/{word}": Way("link", public=True, fill={"word": "arreter"}),
    "POST /mon-dossier/{token}": Way(
        "link", public=True, ok=(422,), form={"step": "answer_info", "track": "referral-1"}
    ),
    "GET /mon-dossier/{token}/documents/{identifier}": Way(
        "link", public=True, ok=(404,), fill={"identifier": "aucun"}
    ),
    "POST /mon-dossier/{token}/documents": Way("link", public=True, ok=(422,), form={}),
    "GET /": Way(ok=(200, 303)),
    "POST /appels/{identifier}/fait": Way("task", ok=(303,), form={}),
    "POST /doublons/{identifier}/distincts": Way("doubt", ok=(303,), form={}),
    "GET /dossiers": Way(),
    "GET /dossiers/ensemble": Way(query="?geste=set_urgent&dossier={case}", ok=(200, 303, 404, 422)),
    "POST /dossiers/ensemble": Way(ok=(303, 404, 422), form={"geste": "hold", "dossier": "{case}", "reason": ""}),
    "GET /dossiers/ensemble/{key}": Way(ok=(404,), fill={"key": "aucune"}),
    "POST /dossiers/ensemble/{key}/annuler": Way(ok=(404,), fill={"key": "aucune"}, form={}),
    "GET /dossiers/export.{format}": Way(fill={"format": "csv"}),
    "GET /dossiers/gardes": Way(ok=(200, 404)),
    "POST /dossiers/gardes": Way(ok=(200, 303, 404, 422), form={}),
    "POST /dossiers/vues": Way(ok=(303, 422), form={}),
    "POST /dossiers/vues/{view}/oublier": Way(ok=(404,), fill={"view": "aucune"}, form={}),
    "GET /dossiers/nouveau": Way(),
    "POST /dossiers/nouveau": Way(ok=(422,), form={}),
    "GET /dossiers/{reference}": Way("case"),
    "GET /dossiers/{reference}/parcours.svg": Way("case"),
    "GET /dossiers/{reference}/donnees": Way("case", TERRITORY, 404),
    "GET /dossiers/{reference}/donnees/export.zip": Way("case", TERRITORY, 404),
    "POST /dossiers/{reference}/donnees/effacer": Way("case", frozenset({"manager"}), 404, ok=(422,), form={}),
    "POST /dossiers/{reference}/mots/{sequence}/effacer": Way(
        "case", TERRITORY, 404, ok=(404,), fill={"sequence": "1"}, form={}
    ),
    "GET /dossiers/{reference}/actions/{step}": Way("case", fill={"step": "hold"}),
    "GET /dossiers/{reference}/noter/{step}": Way("case", fill={"step": "note"}),
    "POST /dossiers/{reference}/actions/{step}": Way(
        "case", ok=(422,), fill={"step": "hold"}, form={"reason": "inconnu"}
    ),
    "POST /dossiers/{reference}/noter/{step}": Way("case", ok=(422,), fill={"step": "note"}, form={"text": ""}),
    "GET /dossiers/{reference}/documents/{identifier}": Way("case", ok=(404,), fill={"identifier": "aucun"}),
    "GET /orientations": Way(),
    "GET /orientations/{reference}/{track}": Way("case", BRANCH, 404, ok=(200, 404), fill={"track": "referral-1"}),
    "GET /mentorat": Way(),
    "GET /pilotage/export.{format}": Way(roles=TERRITORY | {"admin", "observer"}, refused=404, fill={"format": "csv"}),
    "GET /pilotage": Way(roles=TERRITORY | {"admin", "observer"}, refused=404),
    "GET /aides": Way(),
    "GET /territoires": Way(),
    "GET /territoires/{slug}": Way(fill={"slug": "roubaix"}),
    "GET /territoires/{slug}/actions/{step}": Way(fill={"slug": "roubaix", "step": "exit"}),
    "POST /territoires/{slug}/actions/{step}": Way(ok=(422,), fill={"slug": "roubaix", "step": "exit"}, form={}),
    "GET /imports": Way(roles=TERRITORY | {"admin"}, refused=404),
    "POST /imports": Way(roles=TERRITORY | {"admin"}, refused=404, ok=(422,), form={"territory": "roubaix"}),
    "GET /imports/{identifier}": Way("import"),
    "POST /imports/{identifier}/colonnes": Way("import", ok=(303, 404, 422), form={}),
    "POST /imports/{identifier}/importer": Way("import", ok=(303, 404, 422), form={}),
    "GET /imports/{identifier}/a-corriger.csv": Way("import"),
    "POST /imports/{identifier}/lignes/{line}": Way("import", ok=(303, 404, 422), fill={"line": "3"}, form={}),
    "GET /imports/{identifier}/annuler": Way("import"),
    "POST /imports/{identifier}/annuler": Way("import", ok=(303, 422), form={}),
    **{
        f"GET /administration{page}": Way(roles=LEADERS, refused=404)
        for page in ("", "/conservation", "/courriels", "/journal", "/personnes")
    },
    "GET /administration/courriels/{key}": Way(roles=LEADERS, refused=404, fill={"key": "sign_in"}),
    "GET /administration/machines/{machine}": Way(roles=LEADERS, refused=404, fill={"machine": "case"}),
    "GET /administration/machines/{machine}/schema.svg": Way(roles=LEADERS, refused=404, fill={"machine": "case"}),
    "GET /administration/dossier": Way(roles=ADMIN, refused=404),
    "POST /administration/dossier": Way(
        roles=ADMIN, refused=404, ok=(422,), form={"reference": "QP-0000-0000", "reason": "Un contrôle."}
    ),
    "POST /administration/dossier/{reference}/refermer": Way(
        roles=ADMIN, refused=404, ok=(404,), fill={"reference": "QP-0000-0000"}, form={}
    ),
    "GET /administration/jetons": Way(roles=ADMIN, refused=404),
    "POST /administration/jetons": Way(roles=ADMIN, refused=404, ok=(422,), form={"name": ""}),
    "GET /administration/webhooks": Way(roles=ADMIN, refused=404),
    "POST /administration/webhooks": Way(roles=ADMIN, refused=404, ok=(422,), form={"url": "http://outil.example"}),
    "GET /administration/webhooks/{identifier}": Way("webhook", ADMIN, 404),
    "POST /administration/webhooks/{identifier}/arreter": Way("webhook", ADMIN, 404, ok=(303, 404), form={}),
    "POST /administration/webhooks/{identifier}/reprendre": Way("webhook", ADMIN, 404, ok=(303, 404), form={}),
    "POST /administration/webhooks/{identifier}/supprimer": Way(
        roles=ADMIN, refused=404, ok=(404,), fill={"identifier": "aucun"}, form={}
    ),
    "POST /administration/personnes/{person}/sessions/fermer": Way(fill={"person": "aucune"}, ok=(404,), form={}),
    "POST /administration/jetons/{identifier}/revoquer": Way(
        roles=ADMIN, refused=404, ok=(404,), fill={"identifier": "aucun"}, form={}
    ),
    "POST /administration/conservation": Way(
        roles=ADMIN, refused=404, ok=(422,), form={"name": "mail_body", "length": "jamais"}
    ),
    "POST /administration/personnes": Way(roles=LEADERS, refused=404, ok=(422,), form={"name": ""}),
    "GET /administration/personnes/{person}": Way("person"),
    "POST /administration/personnes/{person}/absences": Way("person", ok=(422,), form={"from": "", "to": ""}),
    "POST /administration/personnes/{person}/absences/{absence}/supprimer": Way(
        "person", ok=(404,), fill={"absence": "aucune"}, form={}
    ),
    "POST /administration/personnes/{person}/confier": Way("person", ok=(422,), form={"to": ""}),
    "POST /administration/personnes/{person}/fermer": Way(fill={"person": "aucune"}, ok=(404,), form={}),
    "POST /administration/personnes/{person}/roles/{grant}/retirer": Way(
        "person", ok=(404,), fill={"grant": "aucun"}, form={}
    ),
    "GET /aide/erreurs": Way(public=True),
    "GET /aides/fichier": Way(roles=ADMIN, refused=404),
    "GET /aides/fichier/{identifier}": Way(ok=(404,), fill={"identifier": "aucun"}),
    "POST /aides/fichier": Way(roles=ADMIN, refused=404, ok=(422,), form={}),
    "POST /aides/fichier/{identifier}": Way(ok=(404,), fill={"identifier": "aucun"}, form={}),
    "POST /aides/fichier/{identifier}/annuler": Way(ok=(404,), fill={"identifier": "aucun"}, form={}),
    "GET /annuaire": Way(),
    "GET /annuaire/export.{form}": Way(ok=(200, 403, 404), fill={"form": "csv"}),
    "GET /annuaire/fichier": Way(ok=(200, 303)),
    "GET /annuaire/fichier/{upload}": Way(ok=(403, 404), fill={"upload": "aucun"}),
    "GET /annuaire/lignes/{nature}": Way(ok=(200, 403, 404), fill={"nature": "branch"}),
    "GET /annuaire/{slug}": Way(fill={"slug": "adie"}),
    "POST /annuaire/absences/{identifier}/retirer": Way(ok=(303, 403, 404), fill={"identifier": "aucune"}, form={}),
    "POST /annuaire/fermetures/{identifier}/retirer": Way(ok=(303, 403, 404), fill={"identifier": "aucune"}, form={}),
    "POST /annuaire/fichier": Way(ok=(403, 404, 422), form={}),
    "POST /annuaire/fichier/{upload}": Way(ok=(403, 404, 422), fill={"upload": "aucun"}, form={}),
    "POST /annuaire/lignes/{nature}": Way(ok=(403, 404, 422), fill={"nature": "branch"}, form={}),
    "GET /connexion/fournisseur": Way(public=True, ok=(303, 404)),
    "GET /connexion/fournisseur/retour": Way(public=True, ok=(303, 400, 403, 404, 422)),
    "POST /connexion/code": Way(public=True, ok=(303, 422, 429), form={"code": "000000"}),
    "GET /dossiers/{reference}/orienter": Way("case", TERRITORY, 404, ok=(200, 303, 404, 422)),
    "GET /dossiers/{reference}/orienter/message": Way(ok=(303,), fill={"reference": "QP-0000-0000"}),
    "POST /dossiers/{reference}/orienter": Way("case", TERRITORY, 404, ok=(303, 404, 422), form={}),
    "GET /imports/{identifier}/rapport.{kind}": Way("import", fill={"kind": "csv"}),
    "GET /mon-compte": Way(),
    "GET /mon-compte/donnees.zip": Way(),
    "POST /mon-compte/jetons/{token_id}/fermer": Way(ok=(404,), fill={"token_id": "aucun"}, form={}),
    "POST /mon-compte/sessions/{session_id}/fermer": Way(ok=(404,), fill={"session_id": "aucune"}, form={}),
    "POST /mon-compte/sessions/autres/fermer": Way(ok=(303,), form={}),
    "POST /mon-compte/role": Way(ok=(303, 404, 422), form={"role": "aucun"}),
    "POST /mon-compte/langue": Way(ok=(303, 422), form={"langue": "en"}),
    "POST /mon-compte/telephone": Way(ok=(303, 404, 422), form={}),
    "GET /pilotage/choix": Way(roles=TERRITORY, refused=404),
    "GET /aide/composants": Way(public=True),
    "GET /calendrier": Way(),
    "POST /calendrier": Way(ok=(200, 303, 422), form={}),
    "POST /calendrier/revoquer": Way(ok=(303, 404), form={}),
    "GET /calendrier/{token}.ics": Way(public=True, ok=(404,), fill={"token": "aucun"}),
    "GET /dossiers/{reference}/documents": Way("case", ok=(200, 303, 404)),
    "POST /dossiers/{reference}/documents": Way("case", ok=(403, 422), form={}),
    "GET /demander-un-contact": Way(public=True),
    "POST /demander-un-contact": Way(
        public=True, ok=(303,), form={"name": "Chez personne", "reach": "personne@example.org", "contact": "1"}
    ),
    "GET /demander-un-contact/merci": Way(public=True),
    "GET /mon-dossier": Way(public=True),
    "POST /mon-dossier": Way(public=True, ok=(303, 422), form={}),
    "GET /mon-dossier/{token}/enquete": Way("link", public=True, ok=(200, 303, 404, 410)),
    "POST /mon-dossier/{token}/enquete": Way("link", public=True, ok=(303, 404, 410, 422), form={}),
    "GET /mon-dossier/{token}/charte": Way("link", public=True, ok=(200, 404)),
    "POST /mon-dossier/{token}/charte": Way("link", public=True, ok=(303, 404, 422), form={}),
    "GET /relances": Way(ok=(200, 404)),
    "POST /relances/{deadline}/plus-tard": Way(ok=(404,), fill={"deadline": "aucune"}, form={}),
    "GET /territoires/{slug}/delais": Way(ok=(200, 403, 404), fill={"slug": "roubaix"}),
    "GET /territoires/{slug}/delais/{family}": Way(ok=(200, 403, 404), fill={"slug": "roubaix", "family": "case"}),
    "POST /territoires/{slug}/delais/{family}": Way(
        ok=(403, 404, 422), fill={"slug": "roubaix", "family": "case"}, form={}
    ),
    "GET /administration/messages": Way(roles=LEADERS, refused=404, ok=(200, 404)),
    "POST /administration/messages/adresses/retablir": Way(roles=LEADERS, refused=404, ok=(303, 404, 422), form={}),
    "POST /administration/messages/{identifier}/laisser": Way(
        roles=LEADERS, refused=404, ok=(303, 404), fill={"identifier": "aucun"}, form={}
    ),
    "POST /administration/messages/{identifier}/reprendre": Way(
        roles=LEADERS, refused=404, ok=(303, 404), fill={"identifier": "aucun"}, form={}
    ),
    "GET /mes-rappels": Way(),
    "POST /mes-rappels": Way(ok=(200, 303, 422), form={}),
    "GET /desabonnement/{token}": Way(public=True, ok=(303,), fill={"token": "aucun"}),
    "POST /desabonnement/{token}": Way(public=True, ok=(422,), fill={"token": "aucun"}, form={}),
    "GET /preferences/{token}": Way(public=True, ok=(404, 410), fill={"token": "aucun"}),
    "POST /preferences/{token}": Way(public=True, ok=(404, 410), fill={"token": "aucun"}, form={}),
    "GET /hors-ligne": Way(public=True),
    "GET /manifest.webmanifest": Way(public=True),
    "GET /service-worker.js": Way(public=True),
    "GET /accessibilite": Way(public=True),
    "GET /donnees-personnelles": Way(public=True),
    "GET /aide": Way(public=True),
}
OF_THE_DEMO: Final = Way(held="tests/api/test_demo.py")
DEMO: Final[Mapping[str, Way]] = {
    name: OF_THE_DEMO
    for name in (
        "GET /demo", "POST /demo/entrer", "GET /demo/messagerie", "GET /demo/messagerie/{number}", "GET /demo/messagerie/{number}/corps",
    )
}  # fmt: skip
MACHINES: Final[Mapping[str, Way]] = {
    "GET /healthz": Way(public=True),
    "GET /readyz": Way(public=True, ok=(200, 503)),
    "GET /metrics": Way(public=True, ok=(404,)),
    "GET /api/openapi.json": Way(public=True),
    "GET /api/docs": Way(public=True),
    "GET /static/{fingerprint}/{path:path}": Way(public=True, ok=(404,)),
}
"""For machines, and for who writes one: no case, no name."""
DECLARED: Final[Mapping[str, Way]] = {**JSON, **PAGES, **MACHINES, **DEMO}


def names_of(app: Any) -> set[str]:
    """Every route of an application, as « GET /path »."""
    return {f"{method} {path}" for methods, path in _flat(app.routes) for method in methods if method != "HEAD"}


def _flat(routes: Any) -> Iterator[tuple[Collection[str], str]]:
    for route in routes:
        if hasattr(route, "effective_route_contexts"):
            yield from _flat(route.effective_route_contexts())
        else:
            yield route.methods or (), route.path
