"""What is taken away in a file: the cases of a list, the figures of a territory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from cases.backlog import AGES
from cases.indicators import Indicators
from cases.spreadsheet import Cell, Table
from cases.views.choices import subject_in_short
from cases.views.counted import Figure
from cases.views.listing import CaseRow
from engine.definition import MACHINES, RULES
from engine.lists import AXIS, DECLINE, LEVER, SITUATION
from engine.model import Kind, Role
from engine.sentences import ours, say, together

Rows = tuple[tuple[Cell, ...], ...]
AT_MOST: Final = 10_000
"""Cases of one file."""
OWNERS: Final[Mapping[str, str]] = {
    Role.MENTOR: "Mentors", Role.OWNER: "Qui suit un plan", Role.MANAGER: "Responsables", Role.OPERATOR: "Opérateurs", Role.ADVISER: "Conseillers",
}  # fmt: skip
DELAYS: Final[Mapping[Figure, str]] = {
    Figure.FIRST_CONTACT: "Premier contact après la détection", Figure.ANSWER: "Réponse après la transmission", Figure.CALL: "Appel après l’accord",
}  # fmt: skip
ANSWERS: Final[Mapping[Figure, str]] = {
    Figure.WORKING: "En cours", Figure.WAITING: "Sans réponse", Figure.ACCEPTED: "Acceptés", Figure.DECLINED: "Déclinés", Figure.EXPIRED: "Expirés",
}  # fmt: skip


def table_of_cases(rows: Sequence[CaseRow], now: datetime) -> Table:
    """A list of cases: what it shows, and how to reach each person."""
    columns = (
        "Référence", "Enseigne", "Personne", "Téléphone", "Étape", "Depuis le", "Jours ouvrés dans l’étape", "Besoins", "Quartier", "Territoire",
        "Suivi par", "Chez", "Prochaine échéance", "Objet", "En retard", "Urgent", "En attente jusqu’au",
    )  # fmt: skip
    return Table("Dossiers", columns, tuple(_case(row, now) for row in rows))


def tables_of_indicators(found: Indicators, *, whole: bool = False) -> tuple[Table, ...]:
    """The figures of a territory, a table for each part; `whole`: all of them in one, a line a figure."""
    parts = (_grid(found), _broken(found), _delays(found), _branches(found), _needs(found), _gaps(found), _weeks(found))
    if not whole:
        return parts
    lines = [
        (ours(part.title), row[0] or "", ours(name), cell)
        for part in parts for row in part.rows for name, cell in zip(part.columns[1:], row[1:], strict=True)
    ]  # fmt: skip
    return (Table(found.backlog.name, ("Rubrique", "Ligne", "Mesure", "Valeur"), tuple(lines)),)


def _grid(found: Indicators) -> Table:
    states = MACHINES[Kind.CASE].states
    rows: Rows = tuple((ours(states[state].french), *ages, sum(ages)) for state, ages in found.backlog.grid.items())
    ages = tuple(
        say("{least} à {most} jours ouvrés", least=least, most=most)
        if most
        else say("plus de {count} jours ouvrés", count=least - 1)
        for least, most in AGES
    )
    return Table("Étape et âge", ("Étape", *ages, "Total"), rows)


def _broken(found: Indicators) -> Table:
    rows = tuple((one.owner or ours(OWNERS.get(one.role, one.role)), one.cases.count) for one in found.backlog.broken)
    return Table("En retard", ("Chez", "Dossiers en retard"), rows)


def _delays(found: Indicators) -> Table:
    rows = tuple((ours(DELAYS[one.figure]), one.cases.count, one.median, one.p90, one.rule) for one in found.delays)
    return Table(
        "Délais",
        ("Délai, sur 90 jours", "Dossiers", "Médiane (jours ouvrés)", "9 sur 10 (jours ouvrés)", "Règle"),
        rows,
    )


def _branches(found: Indicators) -> Table:
    columns = (
        "Antenne",
        "Dossiers par semaine",
        *ANSWERS.values(),
        *(say("Décliné : {label}", label=label) for label in DECLINE.values()),
    )
    rows: Rows = tuple(
        (one.name, one.capacity, *(one.told[figure].count for figure in ANSWERS), *(one.declines[why].count if why in one.declines else 0 for why in DECLINE))
        for one in found.backlog.branches
    )  # fmt: skip
    return Table("Opérateurs", columns, rows)


def _needs(found: Indicators) -> Table:
    rows = [(ours(label), found.axes[code]) for code, label in AXIS.items()]
    return Table(
        "Axes et leviers",
        ("Axe ou levier", "Dossiers ouverts"),
        (*rows, *((ours(label), found.levers[code]) for code, label in LEVER.items())),
    )


def _gaps(found: Indicators) -> Table:
    rows = tuple(
        (together((ours(subject_in_short(one.subject)), one.quartier or ours("hors quartier")), ", "), one.cases.count)
        for one in found.gaps
    )
    return Table("Sans offre", ("Besoin et quartier", "Dossiers"), rows)


def _weeks(found: Indicators) -> Table:
    calendar = found.backlog.calendar
    rows = tuple((calendar.day_of(one.monday).isoformat(), one.entered.count, one.left.count) for one in found.weeks)
    return Table("Flux", ("Semaine du", "Entrées", "Sorties"), rows)


def _case(row: CaseRow, now: datetime) -> tuple[Cell, ...]:
    late = row.due_at is not None and row.due_at < now
    return (
        row.reference, row.name, row.person, row.phone, ours(MACHINES[Kind.CASE].states[row.state].french),
        row.calendar.day_of(row.state_since).isoformat(), row.age, together(map(subject_in_short, row.needs), ", "),
        row.place or ours(SITUATION.get(row.situation, "")), row.territory, row.referent, row.holder,
        row.due_on.isoformat() if row.due_on else None, _rule(row.rule),
        _YES if late else "", _YES if row.urgent else "", row.hold_until.isoformat() if row.hold_until else None,
    )  # fmt: skip


_YES: Final = say("oui")


def _rule(name: str | None) -> str | None:
    rule = RULES.get(name) if name else None
    return ours(rule.label) if rule else None
