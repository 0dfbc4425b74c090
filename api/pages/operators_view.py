"""The directory as its templates show it: the list, an operator with its branches, the form of a line, what a file would change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from starlette.datastructures import FormData

from api.forms import Field, Option
from api.pages.shell import ROLES
from api.pages.step_view import summary
from cases.access import Identity
from cases.directory.charge import OWN_COLUMNS, Charge, keeps_all
from cases.directory.columns import COLUMNS, LISTS, NATURES, SHAPES, Nature, written
from cases.directory.held import Held, Row
from cases.views.choices import subject_label
from cases.views.operators import BranchSheet, OperatorRow, OperatorSheet
from engine.lists import AID_SCOPE, AXIS, LEVER, OFFER_KIND, OPERATOR_KIND
from engine.model import Refusal, Role
from notifications.typography import day_short, phone

LEVELS: Final = {
    "quartier": "quartier", "commune": "commune", "epci": "intercommunalité", "departement": "département", "region": "région",
    "national": "tout le pays",
}  # fmt: skip
_KINDS: Final = {"programme": "Du programme", "field": "De terrain"}
_YES_NO: Final = {"oui": "Oui", "non": "Non"}
_MANY: Final = frozenset({"axes", "levers", "needs"})
_FLAGS: Final = frozenset({"step_free", "active", "siret_required", "qpv_required"})
_NEEDED: Final = frozenset({"operator", "name", "capacity", "languages", "covers", "from_day", "to_day", "agent"})
_DAYS: Final = frozenset({"from_day", "to_day"})
_HINTS: Final[Mapping[str, str]] = {
    "operator": "En minuscules, sans accent : initiative-france.",
    "covers": "Un lieu par ligne : quartier QN05901M, commune 59512, epci 245900410, departement 59, region 32 ou national.",
    "languages": "Par leur code : fr, ar, tr.",
    "naf_only": "Codes NAF ou leur début, séparés par des virgules. Vide : toutes.",
    "naf_except": "Codes NAF ou leur début, séparés par des virgules.",
    "aid": "Son nom court au catalogue.",
    "substitute": "Un collègue de la même antenne.",
    "capacity": "Nouvelles demandes qu’elle peut prendre en une semaine.",
}
_SHOWN: Final = 200
"""Lines of a report that a page shows; the command prints them all."""


@dataclass(frozen=True, slots=True)
class Line:
    """The line that a form is about: its nature, and what is known of it already."""

    nature: Nature
    given: Mapping[str, str]


# -- the list -------------------------------------------------------------------------------------------------------------


def list_context(found: tuple[OperatorRow, ...], who: Identity, *, kind: str, words: str) -> dict[str, Any]:
    """Everything that `operators.html` shows."""
    tabs = [
        {"label": label, "href": f"/annuaire?famille={code}", "current": code == kind and not words}
        for code, label in _KINDS.items()
    ]
    return {
        "title": "Annuaire", "lead": "Qui aide, où, et pour quoi.", "tabs": tabs, "words": words, "all": keeps_all(who),
        "rows": [_operator(one, sorted_by_kind=not words) for one in found],
        "columns": [{"label": "Opérateur"}, {"label": "Axes et leviers", "fold": "full"}, {"label": "Antennes", "right": True, "fold": "end"}],
    }  # fmt: skip


def _operator(one: OperatorRow, *, sorted_by_kind: bool) -> list[dict[str, Any]]:
    axes = ", ".join([AXIS.get(code, code) for code in one.axes] + [LEVER.get(code, code) for code in one.levers])
    about = " · ".join(filter(None, ("" if sorted_by_kind else OPERATOR_KIND.get(one.kind, ""), one.role)))
    return [
        {"text": one.name, "href": f"/annuaire/{one.slug}", "sub": about},
        {"text": axes or "tous"},
        {"text": str(one.branches)},
    ]


# -- one operator ---------------------------------------------------------------------------------------------------------


def sheet_context(found: OperatorSheet, who: Identity) -> dict[str, Any]:
    """Everything that `operator.html` shows."""
    row = found.row
    lists = [AXIS.get(code, code) for code in row["axes"] or ()] + [
        LEVER.get(code, code) for code in row["levers"] or ()
    ]
    about = " · ".join(filter(None, (OPERATOR_KIND.get(row["kind"], ""), row["role_text"], ", ".join(lists))))
    may_add = keeps_all(who) or who.has(Role.MANAGER)
    return {
        "title": row["name"], "lead": about, "slug": row["slug"], "branches": [_branch(one, row["slug"], who) for one in found.branches],
        "edit": _form(Nature.OPERATOR, operator=row["slug"]) if keeps_all(who) else None,
        "add": _form(Nature.BRANCH, operator=row["slug"]) if may_add else None,
    }  # fmt: skip


def _form(nature: Nature, **given: str) -> str:
    return f"/annuaire/lignes/{nature}?{urlencode(given)}"


def _branch(one: BranchSheet, slug: str, who: Identity) -> dict[str, Any]:
    row, where = one.row, {"operator": slug, "branch": one.row["name"]}
    return {
        "id": row["id"], "name": row["name"], "active": row["active"], "facts": _facts(one),
        "offers": [_offer(offer, where, one.charge) for offer in one.offers],
        "closures": [f"Fermée du {day_short(c['from_day'])} au {day_short(c['to_day'], year=True)}." for c in one.closures],
        "absences": [_absence(away, one, who) for away in one.absences],
        "people": [{"name": p["name"], "detail": ROLES.get(Role(p["role"]), ""), "phone": p["phone"]} for p in one.agents],
        "acts": _acts(one, where, who),
    }  # fmt: skip


def _facts(one: BranchSheet) -> list[dict[str, str]]:
    row = one.row
    places = [" ".join(filter(None, (LEVELS.get(level, level), name or code))) for level, code, name in one.covers]
    reach = ", ".join(filter(None, (row["email"], phone(row["phone"]) if row["phone"] else None)))
    step_free = {True: "de plain-pied", False: "avec des marches", None: ""}[row["step_free"]]
    return [
        {"label": "Où elle travaille", "value": ", ".join(places) or "nulle part : dites-le"},
        {"label": "Places", "value": f"{row['capacity_per_week']} par semaine"},
        {"label": "Pour la joindre", "value": reach or "ses conseillers"},
        {"label": "Accueil", "value": " · ".join(filter(None, (", ".join(row["languages"] or ("fr",)), step_free)))},
    ]


def _offer(row: Mapping[Any, Any], where: Mapping[str, str], charge: Charge) -> dict[str, Any]:
    needs = ", ".join(subject_label(code).lower() for code in row["needs"] or ()) or "tous les besoins"
    parts = (OFFER_KIND.get(row["kind"], row["kind"]), AID_SCOPE.get(row["scope"], row["scope"]).lower(), needs)
    rules = [f"{COLUMNS[name].header.lower()} : {_rule(value)}" for name, value in (row["eligibility"] or {}).items()]
    href = _form(Nature.OFFER, **where, name=row["name"]) if charge is Charge.ALL else None
    return {
        "name": row["name"],
        "text": " · ".join(parts),
        "rules": ", ".join(rules),
        "active": row["active"],
        "href": href,
    }


def _rule(value: Any) -> str:
    return "oui" if value is True else written(value)


def _absence(away: Mapping[Any, Any], one: BranchSheet, who: Identity) -> dict[str, Any]:
    instead = f", {away['substitute']} répond à sa place" if away["substitute"] else ""
    own = away["person_id"] == who.person or one.charge in (Charge.ALL, Charge.OWN)
    days = f"du {day_short(away['from_day'])} au {day_short(away['to_day'], year=True)}"
    return {
        "text": f"{away['name']} s’absente {days}{instead}.",
        "remove": f"/annuaire/absences/{away['id']}/retirer" if own else None,
    }


def _acts(one: BranchSheet, where: Mapping[str, str], who: Identity) -> list[dict[str, str]]:
    """What the reader may change of a branch."""
    name, charge = one.row["name"], one.charge
    acts = []
    if charge in (Charge.ALL, Charge.OWN):
        acts.append({"label": "Modifier", "href": _form(Nature.BRANCH, operator=where["operator"], name=name)})
    if charge is Charge.ALL:
        acts.append({"label": "Ajouter une offre", "href": _form(Nature.OFFER, **where)})
    if charge is not Charge.NOTHING:
        acts.append({"label": "Déclarer une fermeture", "href": _form(Nature.CLOSURE, **where)})
        acts.append({"label": "Déclarer une absence", "href": _form(Nature.ABSENCE, **where)})
    return [{**act, "spoken": name} for act in acts]


# -- the form of a line ---------------------------------------------------------------------------------------------------


def form_context(
    held: Held, line: Line, who: Identity, sent: FormData | None, errors: tuple[Refusal, ...]
) -> dict[str, Any]:
    """Everything that `operators_line.html` shows."""
    nature, given = line.nature, line.given
    there = (
        held.row(nature, *(given.get(name, "") for name in SHAPES[nature].key))
        if nature is not Nature.ABSENCE
        else None
    )
    wrong = {error.field: error.message for error in errors if error.field}
    fixed = _fixed(nature, there, given)
    texts = (
        dict(given)
        if sent is not None or there is None
        else {name: written(value) for name, value in there.values.items()}
    )
    names = [name for name in SHAPES[nature].columns if name not in fixed and _may_say(name, nature, there, held, who)]
    fields = [_field(name, texts.get(name, ""), wrong.get(name), _colleagues(held, nature, given)) for name in names]
    slug = given.get("operator") or given.get("retour", "")
    return {
        "title": _title(nature, there, given), "action": f"/annuaire/lignes/{nature}", "fields": fields, "fixed": fixed, "slug": slug,
        "errors": summary(errors, tuple(fields)), "back": f"/annuaire/{slug}" if slug else "/annuaire",
    }  # fmt: skip


def _fixed(nature: Nature, there: Row | None, given: Mapping[str, str]) -> dict[str, str]:
    """What names the line, and is not changed by its form."""
    where = ("operator", "branch") if nature is not Nature.OPERATOR else ()
    key = SHAPES[nature].key if there is not None else where
    return {name: given[name] for name in key if given.get(name)}


def _may_say(name: str, nature: Nature, there: Row | None, held: Held, who: Identity) -> bool:
    """Whether a column is the reader's to say: a branch says of itself how to reach it and its places."""
    if nature is not Nature.BRANCH or there is None or there.id not in who.branches():
        return True
    return name in OWN_COLUMNS or keeps_all(who) or who.has(Role.MANAGER)


def _title(nature: Nature, there: Row | None, given: Mapping[str, str]) -> str:
    if nature is Nature.CLOSURE:
        return f"Fermeture de {given.get('branch') or 'l’antenne'}"
    if nature is Nature.ABSENCE:
        return "Absence d’un conseiller"
    if there is None:
        return {"operator": "Nouvel opérateur", "branch": "Nouvelle antenne", "offer": "Nouvelle offre"}[nature]
    return f"{NATURES[nature]} : {there.values['name']}"


def _colleagues(held: Held, nature: Nature, given: Mapping[str, str]) -> Mapping[str, str]:
    """The people of the branch, by their address."""
    if nature is not Nature.ABSENCE:
        return {}
    office = held.row(Nature.BRANCH, given.get("operator", ""), given.get("branch", ""))
    return {email: one.name for email, one in held.people.items() if office is not None and office.id in one.branches}


def _field(name: str, text: str, error: str | None, colleagues: Mapping[str, str]) -> Field:
    """A column as a field: a list, yes or no, a day, a colleague, or words."""
    common: dict[str, Any] = {"error": error, "hint": _HINTS.get(name), "required": name in _NEEDED}
    label = COLUMNS[name].header
    if name in ("agent", "substitute"):
        label = "Qui s’absente" if name == "agent" else "Qui répond à sa place"
        return Field(name, label, "select", options=_options(colleagues, {text}), **common)
    if name in LISTS:
        shape = "checks_many" if name in _MANY else "chips"
        return Field(name, label, shape, options=_options(LISTS[name], set(text.split(", "))), **common)
    if name in _FLAGS:
        return Field(name, label, "chips", options=_options(_YES_NO, {text}), **common)
    shape = "date" if name in _DAYS else "textarea" if name == "covers" else "text"
    value = text.replace(", ", "\n") if name == "covers" else text
    return Field(name, label, shape, value=value, attributes={"rows": "4"} if shape == "textarea" else {}, **common)


def _options(labels: Mapping[str, str], chosen: set[str]) -> tuple[Option, ...]:
    return tuple(Option(code, label, checked=code in chosen) for code, label in labels.items())


def texts_of(nature: Nature, sent: FormData) -> dict[str, str]:
    """What was sent, a text for each column that the form has; several boxes of one column are one text."""
    known = (name for name in SHAPES[nature].columns if name in sent or f"{name}.there" in sent)
    return {name: ", ".join(str(one).strip()[:2000] for one in sent.getlist(name) if one) for name in known}


# -- a file ---------------------------------------------------------------------------------------------------------------


def trial_context(upload: str, name: str, report: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that `operators_trial.html` shows."""
    changes, refused = report["changes"], report["refused"]
    said = {"new": "Ajout", "changed": "Changement"}
    return {
        "title": name, "action": f"/annuaire/fichier/{upload}", "refused": len(refused), "nothing": not changes and not refused,
        "keys": [
            {"value": str(report["new"]), "label": "lignes à ajouter"}, {"value": str(report["changed"]), "label": "lignes à changer"},
            {"value": str(report["same"]), "label": "lignes déjà à jour"}, {"value": str(len({one["line"] for one in refused})), "label": "lignes à corriger"},
        ],
        "wrong_columns": [*({"label": label, "fold": "label"} for label in ("Ligne", "Colonne", "Valeur")), {"label": "Que faire", "fold": "full"}],
        "wrong_rows": [[{"text": str(one["line"])}, {"text": one["column"]}, {"text": one["value"] or "–"}, {"text": one["reason"]}] for one in refused[:_SHOWN]],
        "columns": [{"label": "Ligne", "fold": "label"}, {"label": "Quoi", "fold": "full"}, {"label": "Ce qui change", "fold": "full"}],
        "rows": [[{"text": str(one["line"])}, {"text": one["what"], "sub": said[one["outcome"]]}, {"text": _changes(one)}] for one in changes[:_SHOWN]],
        "more": max(0, len(changes) - _SHOWN),
    }  # fmt: skip


def _changes(one: Mapping[str, Any]) -> str:
    """« Places par semaine : 5 → 8 ; Active : oui → non »."""
    if one["outcome"] == "new":
        return " ; ".join(f"{column['column']} : {column['after']}" for column in one["columns"])
    pairs = ((column["column"], column["before"] or "rien", column["after"] or "rien") for column in one["columns"])
    return " ; ".join(f"{name} : {before} → {after}" for name, before, after in pairs)
