"""Every mail as it would be read, with people who do not exist: for whoever wants to see what the product writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Unpack

from engine.definition import MACHINES, RULES
from engine.lists import CLOSE
from engine.model import CASE_TRACK, MailClass, Role
from engine.records import CASE_RECORDS
from engine.territory_records import TERRITORY_RECORDS
from engine.working_days import Calendar
from notifications.composer import Composed, compose_said
from notifications.links import Opens
from notifications.said import (
    WORDS,
    Asked,
    CaseSaid,
    LineSaid,
    NeedSaid,
    NextOne,
    PlaceSaid,
    Running,
    Said,
    Someone,
    TokenSaid,
    TrackSaid,
)

_EMAILS: Final = Path(__file__).parent / "emails"
KEYS: Final = tuple(sorted(path.stem for path in _EMAILS.glob("*.jinja")))
"""Every mail of the product."""
_BASE: Final = "https://quartiers.example"
_READERS: Final[Mapping[str, Role]] = {
    "survey": Role.ENTREPRENEUR, "who_calls": Role.ENTREPRENEUR, "who_calls_corrected": Role.ENTREPRENEUR, "still_looking": Role.ENTREPRENEUR,
    "tried_to_reach": Role.ENTREPRENEUR, "contact_recorded": Role.ENTREPRENEUR, "retention_notice": Role.MANAGER,
}  # fmt: skip
"""Who reads a mail that an effect tells; the others are told by a step or a mark, which says to whom."""
_INES, _KARIM = (
    Someone("Inès Morvan", "+33639980001", "ines@quartiers.example"),
    Someone("Karim Haddadi", "+33639980002"),
)
_NADIA, _JEANNE = (
    Someone("Nadia Benali", "+33639980003", "nadia@quartiers.example"),
    Someone("Jeanne Lemaire", "+33639980004"),
)


def preview(key: str, now: datetime) -> Composed:
    """One mail, to its first reader. Raises TemplateNotFound for what is no mail."""
    role = reader_of(key)
    said = _said(key, role, now)
    message = {
        "key": key, "mail_class": MailClass.REQUESTED if key in ("sign_in", "new_link") else MailClass.REMINDER, "reason": "Aperçu",
        "person_id": None if role is Role.ENTREPRENEUR else "aperçu", "entrepreneur_id": "aperçu" if role is Role.ENTREPRENEUR else None,
        "case_id": "aperçu", "subject_id": "aperçu", "track": said.track.name, "role": str(role), "recipient": "aperçu",
        "facts": {"purpose": "answer", "count": 3, "on": (now + timedelta(days=30)).date().isoformat()},
    }  # fmt: skip
    more: dict[str, Any] = {}
    if key == "digest":
        items = [("Appeler Nadia B.", f"{_BASE}/dossiers"), ("Noter un échange : Épicerie Benali", f"{_BASE}/dossiers")]
        more = {
            "why": "Vos rappels sont réunis.",
            "items": items,
            "count": 2,
            "more": 0,
            "only": "",
            "since": now.date(),
            "answered_by": _INES,
        }
    return compose_said(said, message, now=now, base_url=_BASE, make_link=_no_link, **more)


def reader_of(key: str) -> Role:
    """To whom a mail is first told."""
    return next((role for known, role in _told() if known == key), None) or _READERS.get(key, Role.ADVISER)


def _told() -> Iterator[tuple[str, Role]]:
    steps = [step for compiled in MACHINES.values() for step in compiled.events.values()]
    for step in (*steps, *CASE_RECORDS.values(), *TERRITORY_RECORDS.values()):
        yield from ((one.key, one.to) for one in step.tells)
    for rule in RULES.values():
        yield from ((mark.key, role) for mark in rule.marks for role in mark.to)


def _said(key: str, role: Role, now: datetime) -> Said:
    today, track = now.date(), _track(key)
    own = _running(key, track.name, now)
    need = NeedSaid("Acheter un four", "un financement", Decimal(6500))
    asked = Asked("Adie", "accepted", 1, "adie", None, _KARIM)
    case = CaseSaid(
        "QP-0000-0000", _NADIA, "Épicerie Benali", "Épicerie", "12 rue du Pile", "Roubaix", "Le Pile", referent=_INES, needs=(need,), asked=(asked,),
        mentors=(_JEANNE,), hold_until=today + timedelta(days=21),
    )  # fmt: skip
    line = LineSaid(
        role=str(Role.ADVISER), actor=_INES, at=now, reason="goal_reached", why=CLOSE["goal_reached"],
        words={**dict.fromkeys(WORDS, ""), "text": "Elle a un devis.", "question": "A-t-elle un bail ?", "reason": "Elle a demandé de l’aide par courrier."},
    )  # fmt: skip
    people = {Role.ENTREPRENEUR: _NADIA, Role.OPERATOR: _KARIM, Role.MENTOR: _JEANNE}
    return Said(
        people.get(role, _INES), str(role), Calendar("FR", "Europe/Paris"), PlaceSaid("Roubaix", "roubaix", True), case, track, line,
        (own,) if own else (), own, "Installer le four", NextOne("BGE", ("couvre la commune",)),
        token=TokenSaid("Tableur du territoire", today + timedelta(days=14)),
    )  # fmt: skip


def _track(key: str) -> TrackSaid:
    """The track that a mail is about, by its name."""
    if key.startswith(("pair_", "mid_review", "logbook")):
        return TrackSaid("mentoring_pair-1", "mentoring_pair", "active", mentor=_JEANNE)
    if key.startswith(("plan_", "transition", "progress")):
        return TrackSaid(
            "transition_plan-1",
            "transition_plan",
            "in_progress",
            "Adie",
            "Adie Roubaix",
            agent=_KARIM,
            lever="numérique",
        )
    if key.startswith(("case_", "consent", "sign_in", "new_", "retention", "territory", "digest")):
        return TrackSaid(CASE_TRACK)
    return TrackSaid("referral-1", "referral", "sent", "Adie", "Adie Roubaix", "+33639980005", _KARIM)


def _running(key: str, track: str, now: datetime) -> Running | None:
    """The first deadline that tells the mail, a week old and due in a week."""
    name = next((name for name, rule in RULES.items() if any(mark.key == key for mark in rule.marks)), None)
    if name is None:
        return None
    return Running(track, name, (now + timedelta(days=7)).date(), (now - timedelta(days=7)).date())


def _no_link(purpose: str, **_: Unpack[Opens]) -> str:
    return f"apercu-{purpose.replace('_', '-')}"
