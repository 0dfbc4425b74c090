"""The directory as its templates show it: the list, an operator with its branches, the form of a line, what a file would change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from starlette.datastructures import FormData

from api.forms import Field, Option
from api.pages.dates import sentence
from api.pages.shell import ROLES
from api.pages.step_view import summary
from cases.access import Identity
from cases.directory.charge import OWN_COLUMNS, Charge, keeps_all
from cases.directory.columns import COLUMNS, LISTS, NATURES, SHAPES, Nature, written
from cases.directory.corrections import Correction
from cases.directory.held import Held, Row
from cases.facts.of_case import NO_TERRITORY
from cases.views.choices import subject_label
from cases.views.operators import BranchSheet, OperatorRow, OperatorSheet
from engine.lists import AID_SCOPE, AXIS, LEVER, OFFER_KIND, OPERATOR_KIND, SPOKEN
from engine.model import Refusal, Role
from engine.sentences import lowered, say, together
from notifications.typography import day_short, number, phone

LEVELS: Final = {
    "quartier": "quartier", "commune": "commune", "epci": "intercommunalité", "departement": "département", "region": "région",
    "national": say("tout le pays"),
}  # fmt: skip
_KINDS: Final = {"programme": "Du programme", "field": "De terrain"}
_YES_NO: Final = {"oui": "Oui", "non": "Non"}
_MANY: Final = frozenset({"axes", "levers", "needs"})
_FLAGS: Final = frozenset({"step_free", "active", "siret_required", "qpv_required"})
_NEEDED: Final = frozenset({"operator", "name", "capacity", "languages", "covers", "from_day", "to_day", "agent"})
_DAYS: Final = frozenset({"from_day", "to_day"})
_RENAMED: Final = frozenset({Nature.BRANCH, Nature.OFFER})
"""Lines that are found again by a name, which their form can change."""
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


@dataclass(frozen=True, slots=True)
class Line:
    """The line that a form is about: its nature, and what is known of it already; the name under which it is known, once another was typed."""

    nature: Nature
    given: Mapping[str, str]
    known_as: str | None = None


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
        "columns": [{"label": "Opérateur"}, {"label": "Axes et leviers", "fold": "full"}, {"label": "Antennes", "right": True, "fold": "label"}],
    }  # fmt: skip


def _operator(one: OperatorRow, *, sorted_by_kind: bool) -> list[dict[str, Any]]:
    axes = together([AXIS.get(code, code) for code in one.axes] + [LEVER.get(code, code) for code in one.levers], ", ")
    about = together(("" if sorted_by_kind else OPERATOR_KIND.get(one.kind, ""), one.role or ""), " · ")
    return [
        {"text": one.name, "href": f"/annuaire/{one.slug}", "sub": about},
        {"text": axes or say("tous")},
        {"text": str(one.branches)},
    ]


# -- one operator ---------------------------------------------------------------------------------------------------------


def sheet_context(found: OperatorSheet, who: Identity) -> dict[str, Any]:
    """Everything that `operator.html` shows."""
    row = found.row
    lists = [AXIS.get(code, code) for code in row["axes"] or ()] + [
        LEVER.get(code, code) for code in row["levers"] or ()
    ]
    about = together((OPERATOR_KIND.get(row["kind"], ""), row["role_text"] or "", together(lists, ", ")), " · ")
    may_add = keeps_all(who) or who.has(Role.MANAGER)
    return {
        "title": row["name"], "lead": about, "slug": row["slug"], "branches": [_branch(one, row["slug"], who) for one in found.branches],
        "corrections": [_correction(done) for done in found.corrections],
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
        "closures": [_closure(closed, one.charge) for closed in one.closures], "corrections": [_correction(done) for done in one.corrections],
        "absences": [_absence(away, one, who) for away in one.absences],
        "people": [{"name": p["name"], "detail": ROLES.get(Role(p["role"]), ""), "phone": p["phone"]} for p in one.agents],
        "acts": _acts(one, where, who),
    }  # fmt: skip


def _facts(one: BranchSheet) -> list[dict[str, str]]:
    row = one.row
    places = [together((LEVELS.get(level, level), name or code or "")) for level, code, name in one.covers]
    reach = ", ".join(filter(None, (row["email"], phone(row["phone"]) if row["phone"] else None)))
    step_free = {True: "de plain-pied", False: say("avec des marches"), None: ""}[row["step_free"]]
    return [
        {"label": "Où elle travaille", "value": together(places, ", ") or "nulle part : dites-le"},
        {
            "label": "Places",
            "value": say("{count} par semaine", count=row["capacity_per_week"]),
        },
        {"label": "Pour la joindre", "value": reach or say("ses conseillers")},
        {"label": "Accueil", "value": together((_spoken(row["languages"] or ("fr",)), step_free), " · ")},
    ]


def _spoken(codes: Iterable[str]) -> str:
    return together((SPOKEN.get(code, code) for code in codes), ", ")


def _offer(row: Mapping[Any, Any], where: Mapping[str, str], charge: Charge) -> dict[str, Any]:
    needs = together((lowered(subject_label(code)) for code in row["needs"] or ()), ", ") or say("tous les besoins")
    parts = (OFFER_KIND.get(row["kind"], row["kind"]), lowered(AID_SCOPE.get(row["scope"], row["scope"])), needs)
    rules = [_rule(COLUMNS[name].header, value) for name, value in (row["eligibility"] or {}).items()]
    href = _form(Nature.OFFER, **where, name=row["name"]) if charge is Charge.ALL else None
    return {
        "name": row["name"],
        "text": together(parts, " · "),
        "rules": together(rules, ", "),
        "active": row["active"],
        "href": href,
    }


def _rule(header: str, value: Any) -> str:
    """« salariés au plus : 10 », « réservée aux quartiers »."""
    if value is True:
        return lowered(header)
    shown = number(value) if isinstance(value, int | float) and value is not False else written(value)
    return say("{label} : {value}", label=lowered(header), value=shown)


def _absence(away: Mapping[Any, Any], one: BranchSheet, who: Identity) -> dict[str, Any]:
    instead = say("{name} répond à sa place", name=away["substitute"]) if away["substitute"] else ""
    own = away["person_id"] == who.person or one.charge in (Charge.ALL, Charge.OWN)
    days = {"first": day_short(away["from_day"]), "last": day_short(away["to_day"], year=True)}
    absent = say("{name} s’absente du {first} au {last}", name=away["name"], **days)
    return {
        "text": sentence(together((absent, instead), ", ")),
        "remove": f"/annuaire/absences/{away['id']}/retirer" if own else None,
    }


def _closure(row: Mapping[Any, Any], charge: Charge) -> dict[str, Any]:
    days = say(
        "Fermée du {first} au {last}.", first=day_short(row["from_day"]), last=day_short(row["to_day"], year=True)
    )
    return {"text": days, "lift": None if charge is Charge.NOTHING else f"/annuaire/fermetures/{row['id']}/retirer"}


def _correction(done: Correction) -> str:
    """« Le 2 févr. 2027, Laurent : Nom, Adie → Adie Roubaix. »"""
    pairs = (
        say("{label}, {old} → {new}", label=COLUMNS[name].header, old=old or say("rien"), new=new or say("rien"))
        for name, (old, new) in done.changes.items()
    )
    what = "fermeture retirée" if done.nature == Nature.CLOSURE else together(pairs, " ; ")
    return say(
        "Le {day}, {by} : {what}.",
        day=day_short(NO_TERRITORY.day_of(done.at), year=True),
        by=done.by or say("le programme"),
        what=what,
    )


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
    there = _there(held, line)
    wrong = {error.field: error.message for error in errors if error.field}
    renames = nature in _RENAMED and there is not None and _may_say("name", nature, there, held, who)
    fixed = _fixed(nature, there, given, renames=renames)
    texts = (
        dict(given)
        if sent is not None or there is None
        else {name: written(value) for name, value in there.values.items()}
    )
    names = [name for name in SHAPES[nature].columns if name not in fixed and _may_say(name, nature, there, held, who)]
    fields = [_field(name, texts.get(name, ""), wrong.get(name), _colleagues(held, nature, given)) for name in names]
    slug = given.get("operator") or given.get("retour", "")
    return {
        "known_as": there.values["name"] if renames and there else None, "title": _title(nature, there, given),
        "action": f"/annuaire/lignes/{nature}", "fields": fields, "fixed": fixed, "slug": slug,
        "errors": summary(errors, tuple(fields)), "back": f"/annuaire/{slug}" if slug else "/annuaire",
    }  # fmt: skip


def _there(held: Held, line: Line) -> Row | None:
    """The line as it is in the directory, by the name that it has there."""
    if line.nature is Nature.ABSENCE:
        return None
    said = {**line.given, **({"name": line.known_as} if line.known_as else {})}
    return held.row(line.nature, *(said.get(name, "") for name in SHAPES[line.nature].key))


def _fixed(nature: Nature, there: Row | None, given: Mapping[str, str], *, renames: bool) -> dict[str, str]:
    """What names the line, and is not changed by its form."""
    where = ("operator", "branch") if nature is not Nature.OPERATOR else ()
    key = SHAPES[nature].key if there is not None else where
    key = tuple(name for name in key if not (renames and name == "name"))
    return {name: given[name] for name in key if given.get(name)}


def _may_say(name: str, nature: Nature, there: Row | None, held: Held, who: Identity) -> bool:
    """Whether a column is the reader's to say: a branch says of itself how to reach it and its places."""
    if nature is not Nature.BRANCH or there is None or there.id not in who.branches():
        return True
    return name in OWN_COLUMNS or keeps_all(who) or who.has(Role.MANAGER)


def _title(nature: Nature, there: Row | None, given: Mapping[str, str]) -> str:
    if nature is Nature.CLOSURE:
        return say("Fermeture de {name}", name=given.get("branch") or "l’antenne")
    if nature is Nature.ABSENCE:
        return "Absence d’un conseiller"
    if there is None:
        return {"operator": "Nouvel opérateur", "branch": "Nouvelle antenne", "offer": "Nouvelle offre"}[nature]
    return say("{title} : {name}", title=NATURES[nature], name=there.values["name"])


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
