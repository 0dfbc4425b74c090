"""What the rules and the mails came to, counted over everything that happened: for whoever weighs a rule."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, func, select

from cases.spreadsheet import Table
from cases.tables.memory import mark_fired
from engine.model import Do
from engine.sentences import ours
from notifications.tables import message

DID: Final = {Do.REMIND: "Rappels", Do.TELL: "Nouvelles données", Do.ESCALATE: "Alertes", Do.ACT: "Gestes d’office"}
ENDED: Final = {
    "sent": "Partis",
    "merged": "Réunis dans un résumé",
    "dropped": "Devenus inutiles",
    "task": "À dire par téléphone",
}


def tables_of_what_left(db: Connection) -> tuple[Table, Table]:
    """What each rule did by itself, by its code; and what became of each mail, by its name."""
    did = [func.count().filter(mark_fired.c.do == str(done)) for done in DID]
    marks = db.execute(select(mark_fired.c.rule, *did).group_by(mark_fired.c.rule).order_by(mark_fired.c.rule))
    ended = [func.count().filter(message.c.status == status) for status in ENDED]
    mails = db.execute(select(message.c.key, *ended).group_by(message.c.key).order_by(message.c.key))
    return (
        Table("Ce que chaque règle a fait d’elle-même", ("Règle", *map(ours, DID.values())), tuple(map(tuple, marks))),
        Table("Ce que chaque courriel est devenu", ("Courriel", *map(ours, ENDED.values())), tuple(map(tuple, mails))),
    )
