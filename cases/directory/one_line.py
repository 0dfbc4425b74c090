"""One line of the directory, kept by somebody who is in charge of it: what a page does, by the same judge as a file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, select

from cases.access import Identity
from cases.directory.charge import OWN_COLUMNS, Charge, charge_of, keeps_all
from cases.directory.columns import Nature
from cases.directory.judging import Entry
from cases.directory.keeping import keep_lines
from cases.errors import NotFound, Unreadable
from cases.tables.operators import branch, operator
from cases.tables.people import absence, person, role_grant
from engine.model import Refusal, Role

_NOT_YOURS = "Cette antenne n’existe pas, ou elle n’est pas à vous."


def keep_line(db: Connection, entry: Entry, *, by: Identity, now: datetime) -> None:
    """Keep a line. Raises NotFound for who is not in charge of it, Unreadable with the reason of each column that is wrong.

    The transaction must see every case: the clocks of a branch that closes stand still wherever it works.
    """
    _refuse_unless_in_charge(db, entry, by)
    kept = keep_lines(db, [entry], by=by, now=now)
    if kept.refused:
        wrong = kept.refused[0].wrong
        raise Unreadable(tuple(Refusal(one.code, one.reason, field=one.column) for one in wrong))
    if entry.nature is Nature.BRANCH:
        _refuse_out_of_reach(db, entry, by)


def refuse_unless_may_open(db: Connection, nature: Nature, given: Mapping[str, str], *, by: Identity) -> None:
    """Raises NotFound for who would keep nothing of what a form asks: it names the people of a branch."""
    if keeps_all(by):
        return
    named = "name" if nature is Nature.BRANCH else "branch"
    own = branch_named(db, given.get("operator", ""), given.get(named, ""))
    adds = own is None and nature is Nature.BRANCH and by.has(Role.MANAGER)
    keeps = own is not None and nature is not Nature.OPERATOR and charge_of(db, by, own) is not Charge.NOTHING
    if not (adds or keeps):
        raise NotFound(_NOT_YOURS)


def drop_absence(db: Connection, identifier: str, *, by: Identity) -> str:
    """Take an absence away; give the name of who is there after all. Raises NotFound."""
    joined = absence.join(person, person.c.id == absence.c.person_id)
    row = db.execute(select(person.c.id, person.c.name).select_from(joined).where(absence.c.id == identifier)).first()
    if row is None or not may_speak_for(db, by, row.id):
        raise NotFound("Cette absence n’existe pas, ou elle n’est pas à vous.")
    db.execute(delete(absence).where(absence.c.id == identifier))
    return str(row.name)


def may_speak_for(db: Connection, by: Identity, person_id: str) -> bool:
    """Whether somebody may say when a person is away: that person, and who keeps one of their branches."""
    if keeps_all(by) or by.person == person_id:
        return True
    theirs = (role_grant.c.person_id == person_id, role_grant.c.branch_id.is_not(None), role_grant.c.ended_at.is_(None))
    offices = db.execute(select(role_grant.c.branch_id).where(*theirs)).scalars().all()
    return any(charge_of(db, by, office) in (Charge.ALL, Charge.OWN) for office in offices)


def branch_named(db: Connection, slug: str, name: str) -> str | None:
    """The id of an operator's branch by its name."""
    joined = branch.join(operator, operator.c.id == branch.c.operator_id)
    where = (operator.c.slug == slug, branch.c.name == name)
    return db.execute(select(branch.c.id).select_from(joined).where(*where)).scalar()


def _refuse_unless_in_charge(db: Connection, entry: Entry, by: Identity) -> None:
    if keeps_all(by):
        return
    if entry.nature is Nature.ABSENCE:
        agent = db.execute(select(person.c.id).where(person.c.email == entry.texts.get("agent", "").lower())).scalar()
        allowed = agent is not None and may_speak_for(db, by, agent)
    else:
        allowed = entry.nature is not Nature.OPERATOR and _may(db, entry, by)
    if not allowed:
        raise NotFound(_NOT_YOURS)


def _may(db: Connection, entry: Entry, by: Identity) -> bool:
    is_branch = entry.nature is Nature.BRANCH
    named = entry.texts.get("name" if is_branch else "branch", "")
    own = branch_named(db, entry.texts.get("operator", ""), (is_branch and entry.known_as) or named)
    if own is None:
        return is_branch  # a new one: whether it is theirs shows once it says where it works
    charge = charge_of(db, by, own)
    if entry.nature is Nature.CLOSURE:
        return charge is not Charge.NOTHING
    said = {name for name, text in entry.texts.items() if text} - {"operator", "name"}
    own_words = is_branch and charge is Charge.OWN and said <= OWN_COLUMNS and entry.known_as in (None, named)
    return charge is Charge.ALL or own_words


def _refuse_out_of_reach(db: Connection, entry: Entry, by: Identity) -> None:
    """A manager keeps branches of their own territory: one that would work wider, or elsewhere, is not theirs."""
    own = branch_named(db, entry.texts["operator"], entry.texts["name"])
    if own is None or charge_of(db, by, own) not in (Charge.ALL, Charge.OWN):
        said = "Cette antenne ne travaille pas que dans votre territoire : le programme s’en occupe."
        raise Unreadable((Refusal("not_your_territory", said, field="covers"),))
