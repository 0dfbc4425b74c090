"""The orientation of a need as its templates show it: candidates with their points, those put aside with why not, the messages that would leave."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from starlette.datastructures import FormData

from api.pages.case_steps import way_out
from api.pages.dates import before, sentence
from api.pages.step_view import summary
from cases.orienting import ToAsk
from cases.views.orientation import Orientation
from engine.lists import CHANNEL, CHOSEN_FOR
from engine.model import CASE_TRACK, Refusal
from engine.sentences import listed, lowered, say, small, together
from engine.state_names import CaseState
from engine.states.orientation.work import MESSAGE_AT_MOST
from notifications.grammar import at, capital, the
from notifications.languages import said_again
from notifications.previewing import Preview
from notifications.typography import day_long, euros, hour

CRITERIA: Final = {
    "coverage": "Couverture",
    "qpv_specific": "Aide de quartier",
    "fit": "Activité, taille, âge",
    "capacity": "Place libre",
    "reliability": "Fiabilité",
    "earlier_tie": "Lien antérieur",
    "access": "Langue, accès",
}
"""The criteria of the score, as short as a line needs."""
DRAFT, READ_AGAIN, ONESELF = "brouillon", "relire", "moi"
"""What the buttons say beside « Envoyer »."""
SCOPES: Final = {"qpv": "réservé aux quartiers", "common_law": say("droit commun")}
COMPARED: Final = 2
"""How many criteria say where a candidate is better, or less good, than the first."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read: the orientation, and the message of each branch that is chosen."""

    found: Orientation
    previews: tuple[Preview, ...]


def orientation_context(seen: Seen, *, now: datetime) -> dict[str, Any]:
    """Everything that `orientation.html` shows."""
    found = seen.found
    candidates = list((found.proposal or {}).get("candidates", ()))
    kept = [one for one in candidates if one["kept"]]
    return {
        **_head(found), "lead": _lead(found), "needs": _tabs(found), "kept": _kept(kept, found), "aside": _aside(candidates),
        "nobody": _nobody(found), "first": _first(seen, kept, now), "consent": _consent(found),
        "others": [{"value": one.value, "label": one.label} for one in found.others], "why": _chips(None), "mine": _mine(kept, found), "oneself": ONESELF,
    }  # fmt: skip


def messages_context(
    seen: Seen, *, now: datetime, sent: FormData | None = None, errors: tuple[Refusal, ...] = ()
) -> dict[str, Any]:
    """Everything that `orientation_message.html` shows."""
    found, asked = seen.found, seen.found.asked
    reasons = {reason.message: reason for one in asked for reason in one.reasons}
    ranks = {one["branch"]["id"]: one["rank"] for one in (found.proposal or {}).get("candidates", ()) if one["kept"]}
    return {
        **_head(found), **_words(seen, sent), "title": "Ce qui partira", "oneself": ONESELF if _takes_on(found) else None,
        "letters": [_message(*pair, now=now, found=found) for pair in zip(asked, seen.previews, strict=True)],
        "reasons": [way_out(r.code, r.message, _case(found), CASE_TRACK) for r in reasons.values()], "errors": summary(errors, ()),
        "ask_why": all(ranks.get(one.branch) != 1 for one in asked), "must_say": not all(one.kept for one in asked), "why": _chips(sent),
        "precision": str(sent.get("precision") or "") if sent else "", "several": len(asked) > 1, "one_is_enough": sent is None or bool(sent.get("une_seule")),
        "button": "Envoyer" if len(asked) < 2 else say("Envoyer les {count} demandes", count=len(asked)),
    }  # fmt: skip


def sent_said(many: int, gesture: str) -> str:
    """What is said once it is done, by the button that was pressed."""
    if gesture == ONESELF:
        return "C’est noté : vous vous en occupez, et vous vous êtes parlé."
    if gesture == DRAFT:
        return (
            "La demande est gardée en brouillon."
            if many < 2
            else say("Les {many} demandes sont gardées en brouillon.", many=many)
        )
    return "La demande est partie." if many < 2 else say("Les {many} demandes sont parties.", many=many)


def ask_address(case: str, need: str, branch: str) -> str:
    """Where the message to a branch is seen before it leaves."""
    return f"{case}/orienter/message?{urlencode({'besoin': need, 'antenne': branch})}"


def short_name(branch_name: str) -> str:
    """« Adie » for « Adie, antenne de Roubaix »."""
    return branch_name.partition(",")[0]


def _mine(kept: Sequence[Mapping[str, Any]], found: Orientation) -> list[dict[str, str]]:
    """The branches near the case for which the reader works too, those that the proposal keeps first."""
    near = {one["branch"]["id"]: one["branch"]["name"] for one in kept} | {c.value: c.label for c in found.others}
    return [{"branch": own, "name": name} for own, name in near.items() if own in found.own]


def _words(seen: Seen, sent: FormData | None) -> dict[str, Any]:
    """The adviser's own words: the sentence that is prepared, until they change it."""
    prepared = seen.previews[0].prepared if seen.previews else ""
    written = prepared if sent is None else str(sent.get("message") or prepared)
    return {"prepared": prepared, "written": written, "at_most": MESSAGE_AT_MOST, "rewritten": written != prepared}


def _takes_on(found: Orientation) -> bool:
    """Whether the one branch that is chosen is the reader's own."""
    return len(found.asked) == 1 and found.asked[0].branch in found.own


# -- the head -------------------------------------------------------------------------------------------------------------


def _case(found: Orientation) -> str:
    return f"/dossiers/{found.case['reference']}"


def _head(found: Orientation) -> dict[str, Any]:
    case = _case(found)
    need = found.chosen.id if found.chosen else ""
    return {
        "title": say("À qui confier {name} ?", name=found.business['name']),
        "name": found.business["name"], "case_href": case, "here": f"{case}/orienter", "need": need,
        "back": f"{case}/orienter?{urlencode({'besoin': need})}", "version": found.case["version"], "key": secrets.token_urlsafe(12),
    }  # fmt: skip


def _lead(found: Orientation) -> dict[str, str]:
    """The need in bold, then the business, then when the proposal was made."""
    if found.chosen is None:
        return {"need": "", "about": "Aucun besoin n’attend d’issue dans ce dossier."}
    need = found.chosen
    said = together((need.detail or need.label, euros(need.amount) if need.amount else ""), ", ")
    shop, count = found.business, found.business["headcount"]
    staff = None if count is None else say("{count} salariés" if count > 1 else "{count} salarié", count=count)
    about = together((shop["activity"] or "", staff or "", found.quartier or ""), ", ")
    return {"need": said, "about": together(sentence(part) for part in (about, _established(found)) if part)}


def _established(found: Orientation) -> str:
    if found.proposal is None:
        return ""
    zone = found.facts.calendar.timezone
    made = datetime.fromisoformat(found.proposal["computed_at"])
    said = say("{day} à {hour}", day=day_long(made, zone, weekday=False), hour=hour(made, zone, minutes=True))
    return say("Proposition établie le {said} avec les règles en vigueur ce jour-là", said=said)


def _tabs(found: Orientation) -> list[dict[str, Any]]:
    """The open needs, when there are several."""
    if len(found.needs) < 2:
        return []
    own = found.chosen.id if found.chosen else None
    return [
        {
            "label": one.label,
            "href": f"{_case(found)}/orienter?{urlencode({'besoin': one.id})}",
            "current": one.id == own,
        }
        for one in found.needs
    ]


# -- candidates -----------------------------------------------------------------------------------------------------------


def _kept(kept: Sequence[Mapping[str, Any]], found: Orientation) -> list[dict[str, Any]]:
    """The kept candidates by rank. A branch of which two offers are kept is asked once."""
    seen: set[str] = set()
    shown = []
    for place, one in enumerate(kept):
        own = one["branch"]["id"]
        again, name = own in seen, one["branch"]["name"]
        seen.add(own)
        shown.append({
            "branch": own, "name": name, "again": again, "offer": _offer(one), "score": one["score"], "first": place == 0, "criteria": _criteria(one),
            "compared": _compared(one, kept[0]) if place else "", "notes": _notes(one),
            "ask": _ask(name, "Demander {name} plutôt" if place else "Demander {name}"),
            "href": ask_address(_case(found), found.chosen.id if found.chosen else "", own),
        })  # fmt: skip
    return shown


def _ask(branch: str, pattern: str = "Demander {name}") -> str:
    """« Demander à l’Adie »: the button, as its language says whom one asks."""
    return say(pattern, name=at(short_name(branch)))


def _offer(one: Mapping[str, Any]) -> str:
    room = next((part["message"] for part in one["criteria"] if part["code"] == "capacity"), "")
    parts = (one["offer"]["name"], SCOPES.get(one["offer"].get("scope", ""), ""), _lower(room))
    return together(parts, " · ")


def _notes(one: Mapping[str, Any]) -> list[str]:
    """What is to be known before this one is asked: what could not be verified, an absence, another axis than the territory's."""
    said = [said_again(check["message"]) for check in one["filters"] if check.get("to_verify")]
    agent = one.get("agent") or {}
    if agent.get("instead_of"):
        said.append(
            say(
                "{instead_of} est en congé : {name} répond à sa place.",
                instead_of=agent["instead_of"],
                name=agent["name"],
            )
        )
    if one["outside_axis"]:
        said.append("Hors axe : ce besoin n’est pas dans les axes choisis par le territoire.")
    return said


def _criteria(one: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {**part, "label": CRITERIA.get(part["code"], part["code"]), "message": said_again(part["message"])}
        for part in one["criteria"]
    ]


def _compared(one: Mapping[str, Any], first: Mapping[str, Any]) -> str:
    """Where it is better than the first, and where it is less good, each with its points."""
    pairs = list(zip(one["criteria"], first["criteria"], strict=True))
    better = sorted(
        (b for b in pairs if b[0]["points"] > b[1]["points"]), key=lambda b: b[1]["points"] - b[0]["points"]
    )
    worse = sorted((b for b in pairs if b[0]["points"] < b[1]["points"]), key=lambda b: b[0]["points"] - b[1]["points"])
    pairs_said = (("Mieux", better), ("Moins bien", worse))
    said = [
        say("{title} : {name}.", title=start, name=together((_pointed(own) for own, _ in found[:COMPARED]), ", "))
        for start, found in pairs_said
        if found
    ]
    return together(said)


def _pointed(part: Mapping[str, Any]) -> str:
    return say("{title} ({name})", title=_lower(part["message"]), name=part["points"])


def _lower(text: str) -> str:
    return small(said_again(text)).rstrip(".")


def _nobody(found: Orientation) -> dict[str, Any]:
    """What stands where nobody is proposed: why, and what there is to do about it."""
    case = _case(found)
    if found.chosen is None:
        return {"title": "Rien à confier", "link": {"label": "Noter un besoin", "href": f"{case}/noter/need"}}
    if found.proposal is None:
        link = {"label": "Qualifier", "href": f"{case}/actions/qualify"}
        text = "La proposition vient avec la qualification du dossier."
        waits = found.facts.state == CaseState.DETECTION
        return {"title": "Personne n’est encore proposé", "text": text, "link": link if waits else None}
    gap = "C’est un manque de l’offre : il est compté au pilotage du territoire."
    text = gap if found.proposal["gap"] else "Voyez ci-dessous ce qui empêche chaque offre."
    return {"title": "Personne n’est proposé pour ce besoin", "text": text}


def _aside(candidates: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Those that a filter stops, by the first reason: what is said of ten offers is read once."""
    by_reason: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in candidates:
        why = [said_again(check["message"]) for check in one["filters"] if not check["passed"]]
        if not one["kept"]:
            offer = {"name": one["branch"]["name"], "offer": one["offer"]["name"]}
            by_reason[why[0]].append({**offer, "more": why[1:], "criteria": _criteria(one)})
    return [{"why": why, "offers": offers, "names": _names(offers)} for why, offers in by_reason.items()]


def _names(offers: Sequence[Mapping[str, Any]]) -> str:
    """« Initiative, Adie et CMA »: whose offers these are; a branch alone by its whole name."""
    names = dict.fromkeys(short_name(one["name"]) for one in offers)
    return listed(names) if len(names) > 1 else str(offers[0]["name"])


# -- what leaves ----------------------------------------------------------------------------------------------------------


def _first(seen: Seen, kept: Sequence[Mapping[str, Any]], now: datetime) -> dict[str, Any] | None:
    """The first candidate: the message that would leave, the button, and who comes next without an answer."""
    if not kept or not seen.found.asked or seen.found.chosen is None:
        return None
    asked, preview = seen.found.asked[0], seen.previews[0]
    name = short_name(asked.branch_name)
    others = [one for one in kept if one["branch"]["id"] != asked.branch]
    otherwise = None
    if others and asked.answer_by:
        after = capital(the(short_name(others[0]["branch"]["name"])))
        otherwise = say("Sans réponse {day}, {after} vous sera proposée.", day=day_long(asked.answer_by), after=after)
    return {
        "message": _message(asked, preview, now=now, found=seen.found), "ask": _ask(name), "otherwise": otherwise,
        "href": ask_address(_case(seen.found), seen.found.chosen.id, asked.branch),
        "reasons": [way_out(r.code, r.message, _case(seen.found), CASE_TRACK) for r in asked.reasons],
    }  # fmt: skip


def _message(asked: ToAsk, preview: Preview, *, now: datetime, found: Orientation) -> dict[str, Any]:
    people = together(preview.to, ", ") or "personne : l’antenne n’a pas d’adresse, appelez-la"
    due = (
        say("Réponse attendue {before}.", before=before(asked.answer_by, found.facts.calendar, now))
        if asked.answer_by
        else None
    )
    return {
        "branch": asked.branch, "name": asked.branch_name, "to": say("À {people} · dès l’envoi", people=people),
        "language": preview.language, "subject": preview.subject, "paragraphs": preview.paragraphs,
        "due": due,
    }  # fmt: skip


def _consent(found: Orientation) -> dict[str, Any]:
    """Whether the person agreed that their case is shared, when and how."""
    row, who = found.consent, found.person["name"] or "La personne"
    if row is None or not row["given"] or row["withdrawn_at"] is not None:
        href = f"{_case(found)}/noter/consent"
        return {
            "given": False,
            "text": say("{who} n’a pas encore donné son accord pour partager son dossier.", who=who),
            "href": href,
        }
    day = day_long(row["at"], found.facts.calendar.timezone, weekday=False)
    how = lowered(CHANNEL.get(row["channel"] or "", ""))
    return {
        "given": True,
        "text": say("{who} est d’accord pour partager son dossier.", who=who),
        "hint": sentence(together((say("Accord donné le {day}", day=day), how), ", ")),
    }


def _chips(sent: FormData | None) -> list[dict[str, Any]]:
    chosen = sent.get("motif") if sent else None
    return [
        {"value": label, "label": label, "checked": label == chosen}
        for code, label in CHOSEN_FOR.items()
        if code != "oneself"
    ]
