"""Messages: what waits, what left, what could not and why, which addresses no longer answer; for who is in charge."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.pages.dates import when
from api.pages.desk import waiting_for
from api.pages.shell import PageVisit, done, own_address, page, see_other
from cases.database import Scope
from engine.sentences import say, together
from engine.working_days import Calendar
from notifications import outgoing
from notifications.dropping import why_dropped
from notifications.languages import said_again
from notifications.outgoing import Outgoing, Tray
from notifications.typography import day_short

router = APIRouter(prefix="/administration/messages")
HERE: Final = "/administration/messages"
LABELS: Final = {
    Tray.DEAD: "Non partis", Tray.AGAIN: "À reprendre", Tray.WAITING: "En attente", Tray.SENT: "Partis", Tray.DROPPED: "Abandonnés",
    Tray.SUPPRESSED: "Adresses refusées",
}  # fmt: skip
_NOTHING: Final = {
    Tray.DEAD: ("Aucun courriel n’est resté là", "Un courriel vient ici quand il ne pourra plus partir sans vous."),
    Tray.AGAIN: ("Rien à reprendre", "Un courriel refusé pour un moment vient ici ; il repart de lui-même, de plus en plus tard."),
    Tray.WAITING: ("Rien n’attend", "Un courriel attend son heure : le matin de la personne qui le reçoit."),
    Tray.SENT: ("Rien n’est parti depuis trente jours", "Ce qui part vient ici, sans ses mots."),
    Tray.DROPPED: ("Rien n’a été abandonné depuis trente jours", "Un rappel qui n’a plus lieu d’être quand vient son heure vient ici, avec pourquoi."),
    Tray.SUPPRESSED: ("Aucune adresse refusée", "Une adresse vient ici quand son serveur dit qu’elle n’existe pas."),
}  # fmt: skip


@router.get("")
async def show_messages(request: Request, visit: PageVisit) -> Response:
    """One tray of what leaves."""
    given = request.query_params.get("etat", "")
    tray = Tray(given) if given in set(Tray) else Tray.DEAD
    # The system reads: who is in charge sees that a message could not leave, on a case that they may not open.
    found = await visit.count(lambda db: outgoing.outgoing(db, visit.identity, tray, visit.now))
    waits = await visit.read(lambda db: waiting_for(db, visit))
    return page(request, "messages.html", **waits, **messages_context(found, visit.now))


@router.post("/{identifier}/reprendre")
async def retry(request: Request, identifier: str, visit: PageVisit) -> Response:
    """Send it again."""
    await visit.work.write(lambda db: outgoing.retry(db, visit.identity, identifier, visit.now), Scope.worker())
    return see_other(request, HERE, done("Il repart dans la minute."))


@router.post("/{identifier}/laisser")
async def give_up(request: Request, identifier: str, visit: PageVisit) -> Response:
    """Let it be."""
    await visit.work.write(lambda db: outgoing.give_up(db, visit.identity, identifier), Scope.worker())
    return see_other(request, HERE, done("Ce courriel ne partira plus."))


@router.post("/adresses/retablir")
async def trust_again(request: Request, visit: PageVisit) -> Response:
    """Write again to an address that was refused."""
    sent = await request.form()
    mark, back = (
        str(sent.get("adresse") or ""),
        own_address(str(sent.get("retour") or ""), f"{HERE}?etat={Tray.SUPPRESSED}"),
    )
    await visit.work.write(lambda db: outgoing.trust_again(db, visit.identity, mark), Scope.worker())
    return see_other(request, back, done("Les prochains courriels partiront de nouveau à cette adresse."))


# -- what is shown --------------------------------------------------------------------------------------------------------


def messages_context(found: Outgoing, now: datetime) -> dict[str, Any]:
    """Everything that `messages.html` shows."""
    title, text = _NOTHING[found.tray]
    tabs = [
        {"label": LABELS[tray], "href": f"{HERE}?etat={tray}", "count": found.counts[tray], "current": tray is found.tray} for tray in Tray
    ]  # fmt: skip
    row = _address if found.tray is Tray.SUPPRESSED else _message
    return {
        "title": "Messages", "lead": "Ce qui part, et ce qui n’a pas pu. Les mots d’un courriel ne sont pas montrés ici.", "tabs": tabs,
        "tray": LABELS[found.tray], "rows": [row(one, found, now) for one in found.rows], "nothing": {"title": title, "text": text},
    }  # fmt: skip


def _message(row: Any, found: Outgoing, now: datetime) -> dict[str, Any]:
    """A message as the macro `letter` takes it."""
    calendar = Calendar(row["holidays"], row["timezone"])
    actions = []
    if found.tray is Tray.DEAD:
        own = f"{HERE}/{row['id']}"
        actions = [_post("Renvoyer", f"{own}/reprendre", "go"), _post("Laisser", f"{own}/laisser", "quiet")]
    why = why_not if found.tray is not Tray.DROPPED else lambda reason, _: why_dropped(reason)
    href = f"/dossiers/{row['reference']}" if row["reference"] and found.by_name else None
    return {
        "when": when(row["sent_at"] or row["send_at"], calendar, now), "title": say("À {name}", name=_to(row, found)), "href": href,
        "text": together((said_again(row["reason"] or ""), row["reference"] or ""), " · "), "why": why(row["last_error"], row["attempts"]), "actions": actions,
    }  # fmt: skip


def _address(row: Any, found: Outgoing, now: datetime) -> dict[str, Any]:
    """A refused address as the macro `letter` takes it."""
    shown = row["email"] if found.by_name or not row["entrepreneur_id"] else "Une adresse"
    return {
        "when": day_short(row["at"].date()), "title": say("{title} ({name})", title=shown, name=_to(row, found)), "href": None, "why": None,
        "text": say("Refusée : {reason}. Vérifiez l’adresse avec cette personne avant d’y écrire de nouveau.", reason=row['reason']),
        "actions": [_post("Écrire de nouveau", f"{HERE}/adresses/retablir", "", adresse=outgoing.mark_of(row["email"]))],
    }  # fmt: skip


def _to(row: Any, found: Outgoing) -> str:
    if row["entrepreneur_id"] and not found.by_name:
        return "l’entrepreneur"
    return row["to_name"] or say("une personne sans nom")


def why_not(error: str | None, attempts: int) -> str | None:
    """Why a message did not leave, in words: what the server answered, or what is broken."""
    if not error:
        return None
    tries = "Un essai" if attempts == 1 else say("{count} essais", count=attempts)
    if error[:1].isdigit():
        return say("{tries}. Le serveur a répondu : {error}", tries=tries, error=error)
    if " " in error:
        return say("{title} : {name}.", title=tries, name=error)
    return say(
        "{tries}. Le modèle ou l’envoi est en défaut ({error}) : prévenez l’équipe technique.", tries=tries, error=error
    )


def _post(label: str, address: str, kind: str, **fields: str) -> dict[str, Any]:
    return {"label": label, "href": address, "method": "post", "kind": kind, "fields": fields}
