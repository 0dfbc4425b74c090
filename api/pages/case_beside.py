"""Beside the journey of a case: its tracks and needs, its deadlines, what leaves next, its people, its agreements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import chain
from typing import Any, Final

from api.pages import rules
from api.pages.case_steps import act, records_of
from api.pages.dates import before, due_chip, paused_chip, sentence, when, working_days
from api.pages.sentences import ROLES, whom
from cases.documents import DocumentSeen
from cases.views.aids_obtained import AidSeen
from cases.views.case_sheet import NeedSeen, Sheet, TrackSeen
from cases.views.choices import may_be_taken
from engine.definition import MACHINES, owner_role
from engine.facts import ArmedDeadline, Pair, Plan, Referral
from engine.lists import CHANNEL, OUTCOME, PROGRESS, PURPOSE
from engine.model import TRACK_KINDS, Do, Kind, Role
from engine.sentences import capital, contracted, listed, lowered, say, together
from notifications.outgoing import mark_of
from notifications.typography import day_short, euros

_BARS: Final[Mapping[str, tuple[str, ...]]] = {
    Kind.REFERRAL: ("sent", "accepted", "engaged", "completed"),
    Kind.MENTORING_PAIR: ("proposed", "active", "mid_review", "ended"),
    Kind.TRANSITION_PLAN: ("planned", "diagnosing", "plan_ready", "in_progress"),
}
_HERE: Final = {
    "draft": 0,
    "sent": 1,
    "info_requested": 1,
    "accepted": 2,
    "engaged": 3,
    "done": 4,
    "completed": 4,
    "paused": 1,
}
FIRST: Final = (
    "send",
    "answer_info",
    "accept",
    "first_contact",
    "record_progress",
    "sign_charter",
    "start_diagnosis",
    "validate_plan",
    "start_action",
)
"""Steps of a track that have a button, the likeliest first; the others are in its menu."""
BUTTONS: Final = 2
DOCUMENTS: Final = 5
"""How many documents are shown beside the case; the others are on their page."""
_SAID: Final = {"sent": "attend une réponse", "info_requested": "question posée", "draft": "à envoyer"}
_WELL: Final = frozenset({"accepted", "engaged", "completed", "active", "ended", "done", "in_progress", "plan_ready"})


# -- tracks and needs -----------------------------------------------------------------------------------------------------


def track_groups(sheet: Sheet, now: datetime) -> list[dict[str, Any]]:
    """Referrals, pairs and plans, each group with the way to begin one more."""
    titles = {
        Kind.REFERRAL: "Orientations",
        Kind.MENTORING_PAIR: "Mentorat",
        Kind.TRANSITION_PLAN: "Plans de transition",
    }
    begun = {p.track: p for p in sheet.steps if p.track in TRACK_KINDS and may_be_taken(p)}
    groups = []
    for kind, title in titles.items():
        items = [_track(t, sheet, now) for t in sheet.tracks if t.track.kind is kind]
        if items or (kind is Kind.REFERRAL and kind in begun):
            more = {"label": "Ajouter", "href": act(begun[kind], sheet)["href"]} if kind in begun else None
            groups.append({"title": title, "items": items, "more": more})
    return groups


def _track(seen: TrackSeen, sheet: Sheet, now: datetime) -> dict[str, Any]:
    track, facts = seen.track, sheet.facts
    kind, state = str(track.kind), track.state
    due = next((d for d in sheet.deadlines if d.track == track.name), None)
    words = _SAID.get(state) or lowered(MACHINES[track.kind].states[state].french)
    name = whom(track.name, facts)
    steps = [act(p, sheet) for p in sheet.steps if p.track == track.name and may_be_taken(p)]
    steps.sort(key=lambda step: FIRST.index(step["step"]) if step["step"] in FIRST else len(FIRST))
    return {
        "id": track.name, "name": say("Plan {name}", name=name) if isinstance(track, Plan) else name, "kind": "person" if isinstance(track, Pair) else "org",
        "due": {"kind": _track_tone(state, due, sheet, now), "text": words}, "text": _track_text(seen, due, sheet, now), "bars": _bars(kind, state),
        "actions": steps[:BUTTONS], "records": [*steps[BUTTONS:], *records_of(sheet, track.name)],
    }  # fmt: skip


def _track_tone(state: str, due: ArmedDeadline | None, sheet: Sheet, now: datetime) -> str:
    if due is not None and due.status == "paused":
        return "paused"
    chip = due_chip(due.due_on, sheet.facts.calendar, now) if due else None
    if chip and chip["kind"] in ("late", "today"):
        return chip["kind"]
    return "done" if state in _WELL else "paused" if state == "paused" else "soon"


def _track_text(seen: TrackSeen, due: ArmedDeadline | None, sheet: Sheet, now: datetime) -> str:
    """What it is about, who works on it, how it goes, why it ended, what comes next."""
    track = seen.track
    said: list[str] = []
    if isinstance(track, Referral):
        labels = {need.id: need.label for need in sheet.needs}
        said.append(together((labels[need] for need in track.needs if need in labels), ", "))
    worker = sheet.names.get(getattr(track, "agent", None) or getattr(track, "owner", None) or "")
    said += [say("{worker} suit le dossier", worker=worker) if worker else "", PROGRESS.get(seen.progress or "", "")]
    said.append(_ended(track.kind, seen.closing_reason))
    if due is not None and due.status == "open":
        said.append(together((rules.todo_of(due.rule, due.item), before(due.due_on, sheet.facts.calendar, now))))
    return together(sentence(part) for part in said if part)


def _ended(kind: Kind, reason: str | None) -> str:
    """Why a track ended, in the words of the list from which the reason was chosen."""
    lists = (
        asked.choices for step in MACHINES[kind].events.values() for asked in step.inputs if asked.name == "reason"
    )
    if reason is None:
        return ""
    return next((labels[reason] for labels in lists if labels and reason in labels), "")


def _bars(kind: str, state: str) -> list[str]:
    stops = _BARS[kind]
    here = _HERE.get(state, stops.index(state) if state in stops else None)
    if here is None:
        return []
    return ["past" if place < here else "here" if place == here else "next" for place in range(len(stops))]


def need_shown(need: NeedSeen) -> dict[str, Any]:
    """A need in a panel: its words, its amount, who was asked, how it came out."""
    amount = euros(need.amount) if need.amount else ""
    levers = together((_LEVERS[lever] for lever in need.levers if lever in _LEVERS), ", ")
    asked = say("demandé à {names}", names=", ".join(need.asked)) if need.asked else "personne ne l’a encore pris"
    outcome = OUTCOME.get(need.outcome or "")
    state = say("issue : {outcome}", outcome=lowered(outcome)) if outcome else asked
    bank = say("refus de la banque") if need.bank_refused else ""
    text = together((amount, levers, bank, state), " · ")
    return {"label": need.label, "detail": need.detail, "text": capital(text), "done": bool(outcome)}


_LEVERS: Final = {"digital": "numérique", "ecological": "écologique"}


# -- beside ---------------------------------------------------------------------------------------------------------------


def clock(armed: ArmedDeadline, sheet: Sheet, now: datetime) -> dict[str, Any]:
    """A deadline with the rule behind it, as the macro `clocks` takes it."""
    label = rules.label_of(armed.rule, armed.item)
    on = whom(armed.track, sheet.facts)
    if armed.status == "paused":
        left = say("Il restera {length}.", length=working_days(armed.left)) if armed.left is not None else ""
        return {
            "label": label,
            "due": paused_chip(sheet.case["hold_until"], now.date()),
            "rule": together((sentence(on) if on else "", "Délai arrêté.", left)),
        }
    chip = due_chip(armed.due_on, sheet.facts.calendar, now)
    behind = rules.behind(armed, urgent=sheet.case["urgent"])
    return {"label": label, "due": chip, "rule": together((sentence(on) if on else "", behind))}


def send(found: Any, sheet: Sheet, now: datetime, me: str | None) -> dict[str, Any]:
    """A mark to come, as the macro `sends` takes it."""
    at, armed, mark = found
    title, to = rules.leaving(mark, recipients(mark.to, armed.track, sheet, me))
    late = mark.do in (Do.ESCALATE, Do.ACT)
    due = say(
        "{label} : {value}", label=rules.label_of(armed.rule, armed.item), value=day_short(armed.due_on, weekday=True)
    )
    return {
        "when": when(at, sheet.facts.calendar, now), "at": at.isoformat(), "title": title, "text": to,
        "condition": "si rien n’est fait d’ici là" if late else due,
    }  # fmt: skip


def people(sheet: Sheet) -> Iterable[dict[str, Any]]:
    """Who is in the case, as the macro `people` takes them."""
    if sheet.sight.working:
        prefers = sheet.person["prefers"]
        detail = say("personne aidée · préfère {prefers}", prefers=prefers) if prefers else "personne aidée"
        yield {"name": sheet.person["name"] or sheet.business["name"], "detail": detail, "phone": sheet.person["phone"]}
    referent = sheet.names.get(sheet.case["referent_id"] or "")
    if referent:
        yield {"name": referent, "detail": say("suit le dossier")}
    for name, detail in dict.fromkeys(chain.from_iterable(_of_track(t, sheet) for t in sheet.tracks)):
        yield {"name": name, "detail": detail}


def _of_track(seen: TrackSeen, sheet: Sheet) -> Iterable[tuple[str, str]]:
    track = seen.track
    if isinstance(track, Referral) and track.agent and track.agent in sheet.names:
        yield sheet.names[track.agent], track.branch_name
    elif isinstance(track, Pair):
        yield track.mentor_name, say("mentor")


def agreement(found: Mapping[Any, Any], sheet: Sheet) -> dict[str, Any]:
    """What the entrepreneur agreed to, or took back."""
    given = found["given"] and found["withdrawn_at"] is None
    purpose = PURPOSE.get(found["purpose"], found["purpose"])
    on = day_short(found["at"], sheet.facts.calendar.timezone)
    channel = CHANNEL.get(found["channel"] or "")
    said = say("Donné le {day}" if given else "Retiré le {day}", day=on)
    how = say("({channel})", channel=lowered(channel)) if channel else ""
    return {"given": given, "label": purpose, "text": together((said, how))}


def document_shown(seen: DocumentSeen, sheet: Sheet) -> dict[str, Any]:
    """A document: its name, that leads to it when its bytes are kept, on which track, and its day."""
    on = day_short(seen.at, sheet.facts.calendar.timezone)
    href = f"/dossiers/{sheet.case['reference']}/documents/{seen.id}" if seen.path else None
    return {
        "name": seen.name,
        "href": href,
        "text": together((whom(seen.track, sheet.facts), on), " · "),
    }


def aid_shown(aid: AidSeen) -> dict[str, Any]:
    """An aid that was obtained: its amount, its day, and whether it counts as de minimis aid."""
    amount = euros(aid.amount) if aid.amount is not None else "montant à préciser"
    counts = say("de minimis") if aid.de_minimis else ""
    on = say("accordée le {day}", day=day_short(aid.day, year=True))
    return {"name": aid.name, "text": together((amount, on, counts), ", ")}


def refused_address(found: Mapping[str, Any], sheet: Sheet) -> dict[str, Any]:
    """An address that no longer answers: whose, why, since when, and the way to write to it again."""
    since = day_short(found["at"], sheet.facts.calendar.timezone)
    return {
        "name": found["to_name"],
        "text": say("{email} ne reçoit plus nos courriels depuis le {since} : {reason}", email=found['email'], since=since, reason=found['reason']),
        "lift": {"label": "L’adresse est bonne : y écrire de nouveau", "href": "/administration/messages/adresses/retablir", "method": "post",
                 "fields": {"adresse": mark_of(found["email"]), "retour": f"/dossiers/{sheet.case['reference']}"}},
    }  # fmt: skip


# -- who ----------------------------------------------------------------------------------------------------------------


def owner_of(armed: ArmedDeadline, sheet: Sheet, me: str | None) -> str:
    """Who must act on a deadline: « vous », a name, or a role."""
    role = owner_role(armed.rule)
    return _who(role, armed.track, sheet, me)


def _who(role: Role | None, track: str, sheet: Sheet, me: str | None) -> str:
    known, names = sheet.facts.tracks.get(track), sheet.names
    if role is Role.ADVISER:
        person = sheet.case["referent_id"]
    elif role is Role.OWNER and isinstance(known, Plan):
        person = known.owner
    else:
        person = getattr(known, "agent" if role is Role.OPERATOR else "mentor", None) if role in (Role.OPERATOR, Role.MENTOR) else None  # fmt: skip
    if person is not None and person == me:
        return say("vous")
    if person in names:
        return names[person]
    if role is Role.OPERATOR and isinstance(known, Referral) and known.branch == sheet.actor.branch:
        return say("vous")
    if role in (Role.OPERATOR, Role.OPERATOR_MANAGER) and isinstance(known, Referral):
        return (
            known.branch_name
            if role is Role.OPERATOR
            else say("le responsable de {branch_name}", branch_name=known.branch_name)
        )
    if role is Role.ENTREPRENEUR:
        return str(sheet.person["name"] or "l’entrepreneur")
    return ROLES.get(str(role), say("personne"))


def recipients(roles: Iterable[Role], track: str, sheet: Sheet, me: str | None) -> str:
    """Whom a mark tells, by name."""
    said = dict.fromkeys(_who(role, track, sheet, me) for role in roles)
    return listed(_to(who) for who in said)


def _to(who: str) -> str:
    """« à Karim », « au conseiller »: French contracts."""
    made = say("à {who}", who=who)
    return contracted(made, f"au {who[3:]}") if who.startswith("le ") else made
