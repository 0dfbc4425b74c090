"""A message becomes words: the template of its key, the facts it is about, the links it gives; in text, in HTML and as an SMS."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, Unpack

from cases.views.agenda import Entry
from engine.model import MailClass, Role
from engine.sentences import say
from notifications.calendars import invitation
from notifications.destinations import Destinations
from notifications.grammar import Days, clipped, is_discreet
from notifications.languages import FRENCH, LANGUAGES, OF_WORK, language, said_again, shown, speaking
from notifications.links import MakeLink, Opens
from notifications.paper import HtmlPaper, TextPaper, has_template
from notifications.preferences import category_of, may_be_stopped
from notifications.said import CaseSaid, LineSaid, Said, Someone, TrackSaid
from notifications.said_rows import Rows
from notifications.schedule import A_DAY
from notifications.sms import sms
from notifications.typography import phone, typo
from notifications.wording import said_of

SUBJECT: Final = 120
"""Letters of a subject."""
LISTED: Final = 20
"""Reminders that a digest names; the others are counted."""
REVIEWED: Final[frozenset[tuple[str, str]]] = frozenset()
"""The mails that a native reader has reviewed, by key and language: (« case_logged », « ar »). The others say that nobody has yet."""
PRODUCT: Final = "Quartiers productifs"

_WHY: Final[Mapping[str, str]] = {
    Role.ENTREPRENEUR: "Vous recevez ce message parce que vous avez demandé de l'aide. C'est gratuit, et vous pouvez arrêter à tout moment.",
    Role.MENTOR: "Vous recevez ce message parce que vous êtes mentor.",
    Role.OPERATOR: "Vous recevez ce message parce que cette demande vous est adressée.",
    Role.OPERATOR_MANAGER: "Vous recevez ce message parce que vous êtes responsable de l'antenne.",
}
"""Why a message came, by its reader's role; the territory's own people read what sent it."""
_WHY_TOGETHER: Final = say("Vos rappels sont réunis : {count} messages de rappel par jour au plus.", count=A_DAY)


@dataclass(frozen=True, slots=True)
class Composed:
    """The words of one mail, in each of its forms."""

    subject: str
    preheader: str
    text: str
    html: str
    from_name: str
    reply_to: str | None
    sms: str
    """The first line and the link, in at most 160 letters: the subject says who and what, and holds nothing that must stay hidden."""
    calendar: tuple[str, bytes] | None = None
    """What it asks of the reader's agenda, and the file that goes with it."""
    stop: str | None = None
    """Where one press stops this kind of mail; None when it is not one that may be stopped."""


def compose(
    rows: Rows, message: Mapping[str, Any], *, now: datetime, base_url: str, make_link: MakeLink,
    reviewed: Collection[tuple[str, str]] = REVIEWED,
) -> Composed:  # fmt: skip
    """The words of a message, a row of the table `message`, from the rows read for it. Raises TemplateNotFound when no template has its key."""
    said, key = said_of(rows, message), message["key"]
    with speaking(language_of(said, key)) as spoken:
        unreviewed = spoken.code not in OF_WORK and (key, spoken.code) not in reviewed
        return compose_said(said, message, now=now, base_url=base_url, make_link=make_link, unreviewed=unreviewed)


def compose_said(
    said: Said, message: Mapping[str, Any], *, now: datetime, base_url: str, make_link: MakeLink, **more: Any
) -> Composed:
    """The words of a message from what it can say; `more` is what its template may name besides."""
    links = Destinations(message, said, base_url, make_link)
    given = _given(said, message, links, now)
    works_here = said.role != Role.ENTREPRENEUR
    in_french = [] if works_here or language().is_french else _in_french(said, message, given)
    return _printed(template_of(message["key"]), said, links, given | {"in_french": in_french} | more)


def subjects_of(rows: Rows, message: Mapping[str, Any], now: datetime) -> dict[str, str]:
    """What a message says in one line, for who says it aloud instead, in each language that they may read: nothing is made for it that must stay hidden."""
    said = said_of(rows, message)
    return {code: _subject(said, message, now, code) for code in OF_WORK}


def _subject(said: Said, message: Mapping[str, Any], now: datetime, code: str) -> str:
    with speaking(code):
        given = _given(said, message, Destinations(message, said, "", _no_link), now)
        return clipped(TextPaper().block(template_of(message["key"]), "subject", given), SUBJECT)


def paragraphs_of(said: Said, message: Mapping[str, Any], parts: Sequence[str], now: datetime) -> list[str]:
    """Those parts of a message in its reader's language, a paragraph each, for who reads it before it leaves: nothing is made for it that must stay hidden."""
    with speaking(language_of(said, message["key"])):
        given = _given(said, message, Destinations(message, said, "", _no_link), now)
        paper, name = TextPaper(), template_of(message["key"])
        return [line for part in parts for line in paper.paragraphs(name, part, given)]


def _no_link(purpose: str, **_: Unpack[Opens]) -> str:
    return purpose


def compose_digest(
    rows: Rows, messages: Sequence[Mapping[str, Any]], *, now: datetime, base_url: str, make_link: MakeLink
) -> Composed:
    """The words of several reminders to one person: what each is about, and where it is done. Raises ValueError when there are none."""
    if not messages:
        raise ValueError("a digest has something to say")
    said = said_of(rows, messages[0])
    with speaking(language_of(said, "digest")):
        return _digest(rows, said, messages, now, base_url, make_link)


def _digest(
    rows: Rows, said: Said, messages: Sequence[Mapping[str, Any]], now: datetime, base_url: str, make_link: MakeLink
) -> Composed:
    parts = [_part(rows, one, now, base_url, make_link) for one in messages[:LISTED]]
    first, keys = messages[0], {one["key"] for one in messages}
    if len({one["case_id"] for one in messages}) > 1:
        said = replace(said, case=CaseSaid(), track=TrackSaid(), line=LineSaid(), own=None)
    kinds = {category for one in messages if (category := category_of(one))}
    reader = _who_reads_replies(rows, messages)
    links = Destinations(first, said, base_url, make_link, kinds)
    digest = {
        "why": shown(_WHY_TOGETHER), "items": [item for item, _ in parts], "count": len(messages), "more": len(messages) - len(parts),
        "reply_to": reader.email or None, "answered_by": reader, "only": first["key"] if len(keys) == 1 else "",
        "since": min((since for _, since in parts if since), default=None),
    }  # fmt: skip
    return _printed(template_of("digest"), said, links, {**_given(said, first, links, now), **digest})


def _who_reads_replies(rows: Rows, messages: Sequence[Mapping[str, Any]]) -> Someone:
    """Whom an answer to several reminders reaches: the one adviser who follows all of what they are about; nobody when there are several."""
    everybody = [said_of(rows, one) for one in messages]
    referents = {said.case.referent for said in everybody}
    known = referents.pop() if len(referents) == 1 else Someone()
    return known if _reply_to(everybody[0]) else Someone()


def template_of(key: str) -> str:
    """The file of a message's key, in `notifications/emails`: in the language that is spoken, where there is one."""
    own = f"{language().code}/{key}.jinja"
    return own if has_template(own) else f"{key}.jinja"


def language_of(said: Said, key: str) -> str:
    """In which language a message is written: the one that its reader chose or speaks, when it is said in it; French otherwise."""
    helped = said.role == Role.ENTREPRENEUR
    wanted = (said.case.language if helped else said.reads_in) or FRENCH.code
    if wanted not in (LANGUAGES if helped else OF_WORK):
        return FRENCH.code
    return wanted if LANGUAGES[wanted].is_french or has_template(f"{wanted}/{key}.jinja") else FRENCH.code


def _in_french(said: Said, message: Mapping[str, Any], given: Mapping[str, Any]) -> list[str]:
    """What a mail in another language says too in simple French, for those to whom its reader shows it."""
    with speaking(FRENCH.code):
        again = {**given, "hello": _hello(said, message)}
        return TextPaper().paragraphs(f"{message['key']}.jinja", "simple", again)


def _hello(said: Said, message: Mapping[str, Any]) -> str:
    has_a_name = message["person_id"] or (message["entrepreneur_id"] and said.case.person)
    return shown(say("Bonjour {name}", name=said.to.first)) if has_a_name else shown("Bonjour")


def _part(
    rows: Rows, message: Mapping[str, Any], now: datetime, base_url: str, make_link: MakeLink
) -> tuple[tuple[str, str], date | None]:
    """One reminder of a digest: what it is about and where its button leads, and since when it is expected."""
    said = said_of(rows, message)
    given = _given(said, message, Destinations(message, said, base_url, make_link), now)
    paper, name = TextPaper(), template_of(message["key"])
    about = paper.block(name, "item", given) or paper.block(name, "subject", given)
    paper.block(name, "button", given)
    return (clipped(about, SUBJECT), paper.pressed), said.own.armed_on if said.own else None


def _given(said: Said, message: Mapping[str, Any], links: Destinations, now: datetime) -> dict[str, Any]:
    """All that a template may name."""
    named = (
        "to",
        "place",
        "case",
        "track",
        "line",
        "own",
        "item",
        "next_one",
        "appointment",
        "due",
        "is_team",
        "token",
    )
    days = Days(now, said.calendar)
    return {name: getattr(said, name) for name in named} | days.spoken() | {
        "news": lambda own: own.next_news(days) if own else None,
        "given": given_of(message), "links": links, "product": PRODUCT, "unreviewed": False, "in_french": [],
        "entrepreneur": said.role == Role.ENTREPRENEUR, "mentor": said.role == Role.MENTOR, "operator": said.role == Role.OPERATOR,
        "hello": _hello(said, message),
        "by_reply": links.reply, "reply_to": _reply_to(said), "calendar": _calendar(said, now), "may_be_stopped": may_be_stopped(message),
        "stuck": (message["facts"] or {}).get("territories", []),
        "signature": _signature(said), "why": _why(said, message), "asked_for": message["mail_class"] == MailClass.REQUESTED,
    }  # fmt: skip


def given_of(message: Mapping[str, Any]) -> dict[str, Any]:
    """What a message that no step tells was given to say: a count, a day."""
    facts = message["facts"] or {}
    on = facts.get("on")
    return {"count": int(facts.get("count") or 0), "on": date.fromisoformat(on) if isinstance(on, str) else None}


def _why(said: Said, message: Mapping[str, Any]) -> str:
    """Why a message came: what it is to its reader; for the territory's own people and for what was asked for, what sent it."""
    asked = message["mail_class"] == MailClass.REQUESTED and said.role != Role.ENTREPRENEUR
    known = "" if asked else _WHY.get(said.role, "")
    if known or not message["reason"]:
        return shown(known)
    return shown(say("Pourquoi ce message : {reason}.", reason=said_again(message["reason"])))


def _calendar(said: Said, now: datetime) -> tuple[str, bytes] | None:
    """The appointment that a mail is about, as its reader's agenda takes it."""
    about = said.appointment
    if about is None:
        return None
    theirs = said.line.actor.name or said.track.operator or said.case.referent.name or PRODUCT
    who = theirs if said.role == Role.ENTREPRENEUR else said.case.who
    entry = Entry(
        f"appointment-{about.id}", about.day, about.time or None, said.calendar.timezone, shown(say("Rendez-vous avec {who}", who=who)), about.place or None, "",
        about.changes, about.cancelled,
    )  # fmt: skip
    return invitation(entry, now)


def _signature(said: Said) -> str:
    """Who to ask, for those who are not of the territory's team."""
    referent = said.case.referent
    if said.is_team or not referent:
        return ""
    number = phone(referent.phone) if referent.phone else ""
    if said.role != Role.ENTREPRENEUR:
        known = f"{referent.short}, {number}" if number else referent.short
        return shown(say("Conseiller : {known}", known=known))
    if number:
        return shown(say("Une question ? {name}, {number}.", name=referent.first, number=number))
    return shown(say("Une question ? Répondez à ce message : {name} le lira.", name=referent.first))


def _printed(name: str, said: Said, links: Destinations, given: Mapping[str, Any]) -> Composed:
    text, html = TextPaper(), HtmlPaper()
    subject = clipped(text.block(name, "subject", given), SUBJECT)
    given = {**given, "preview": _preview(text, name, given, subject)}
    written = text.print(name, given)
    entrance = text.pressed if text.pressed.startswith("http") or said.role != Role.ENTREPRENEUR else links.my_case
    return Composed(
        subject, given["preview"], written, html.print(name, given), _sender(said), given["by_reply"] or given["reply_to"],
        sms(subject, entrance), given["calendar"], links.stop if given["may_be_stopped"] else None,
    )  # fmt: skip


def _preview(paper: TextPaper, name: str, given: Mapping[str, Any], subject: str) -> str:
    """What a list of mails shows after the subject: the template's own words, else the first that the mail says and that anybody may see."""
    if own := paper.block(name, "preheader", given):
        return own
    said = (line for line in paper.paragraphs(name, "body", given) if line.rstrip(",") != given["hello"])
    told_to_all = (line for line in said if line != subject and is_discreet(line))
    return clipped(next(told_to_all, typo(PRODUCT)), SUBJECT)


def _sender(said: Said) -> str:
    """Who writes: the adviser to those outside, the town's service to its own people."""
    if said.case.referent and not said.is_team:
        return said.case.referent.name
    return f"{PRODUCT}, {said.place.name}" if said.place.name else PRODUCT


def _reply_to(said: Said) -> str | None:
    email = said.case.referent.email
    return email if email and email != said.to.email else None
