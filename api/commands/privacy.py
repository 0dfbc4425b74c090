"""`qp privacy`: what is given to people of what is held on them, what is erased, how long things are kept, who saw what."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer
from sqlalchemy import Connection, select

from api.commands.doorway import CLOCK, opened_database
from api.privacy_export import zipped, zipped_account
from api.settings import settings
from cases import people
from cases.access import THE_SYSTEM, Grant, Identity
from cases.database import Scope
from cases.files import Files
from cases.identifiers import read_reference
from cases.journal import plain
from cases.privacy.erasure import Erased, drop_files
from cases.privacy.seen import seen_since
from cases.tables.case import case_file
from engine.model import Role
from notifications import personal_data, retention
from notifications.own_account import account_held

app = typer.Typer(no_args_is_help=True, help="Personal data: access, erasure, retention, who saw what.")

SYSTEM: Final = Scope.worker()
AsJson = Annotated[bool, typer.Option("--json")]
WHOM: Final = "A case’s reference, or the address or the telephone number of who is helped."


@app.command()
def export(
    whom: Annotated[str, typer.Argument(help=WHOM)],
    file: Annotated[Path | None, typer.Option("--file", help="Where to write it; by default in this folder.")] = None,
) -> None:
    """Write all that is held on somebody as a ZIP: JSON, and pages to read, mails included."""
    now = CLOCK.now()
    with opened_database() as database:

        def unit(db: Connection) -> list[personal_data.Held]:
            found = personal_data.cases_about(db, THE_SYSTEM, whom)
            return [personal_data.held_on(db, THE_SYSTEM, reference, now=now) for reference in found]

        held = database.write(unit, SYSTEM)
    target = file or Path(f"donnees-{held[0].reference}.zip")
    target.write_bytes(zipped(held, now))
    print(f"{target}: {len(held)} case{'s' if len(held) > 1 else ''}.")


@app.command()
def erase(
    whom: Annotated[str, typer.Argument(help=WHOM)],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask once more.")] = False,
    as_json: AsJson = False,
) -> None:
    """Close and anonymise the cases of somebody, and print the proof; a case that is shared waits until its partners are told."""
    now = CLOCK.now()
    with opened_database() as database:
        references = database.read(lambda db: personal_data.cases_about(db, THE_SYSTEM, whom), SYSTEM)
        if not yes:
            typer.confirm(f"Erase {', '.join(references)} for ever?", abort=True)
        proofs = {one: database.write(partial(_erase, reference=one, now=now), SYSTEM) for one in references}
        drop_files(database, Files(settings().files_dir), now)
    if as_json:
        print(json.dumps({one: plain(asdict(proof)) if proof else None for one, proof in proofs.items()}, indent=1))
        return
    for reference, proof in proofs.items():
        if proof is None:
            print(f"{reference} is closed. Its partners are told first; the worker then erases it, within a day.")
        else:
            print(
                f"{reference} is anonymised: {proof.lines} lines without their words, chain verified, head {proof.head}."
            )


def _erase(db: Connection, reference: str, now: datetime) -> Erased | None:
    """Whoever has this machine's terminal acts for whoever answers for the case."""
    home = db.execute(select(case_file.c.territory_id).where(case_file.c.reference == reference)).scalar()
    grant = Grant(Role.MANAGER, territory=home) if home else Grant(Role.ADMIN)
    return personal_data.ask_erasure(db, reference, by=Identity(name="qp", grants=(grant,), via="api"), now=now)


@app.command("retention")
def keep_schedule(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and change nothing.")] = False, as_json: AsJson = False
) -> None:  # fmt: skip
    """Apply the schedule of retention now, as the worker does once a day."""
    with opened_database() as database:
        went = retention.run(database, CLOCK.now(), dry_run=dry_run)
    if as_json:
        print(json.dumps(plain(asdict(went)), indent=1))
        return
    verb = "would be" if dry_run else "are"
    print(f"{len(went.noticed)} cases {verb} announced, {len(went.anonymised)} {verb} anonymised.")
    for name, count in went.rows.items():
        print(f"{name:<20} {count}")
    for reference in went.failed:
        print(f"{reference} could not be anonymised: try again, then run « qp verify ».")


@app.command()
def seen(
    since: Annotated[datetime, typer.Option("--since", help="UTC: 2027-02-01, or 2027-02-01T08:00:00.")],
    until: Annotated[datetime | None, typer.Option("--until")] = None,
    person: Annotated[str | None, typer.Option("--person", help="An address.")] = None,
    case: Annotated[str | None, typer.Option("--case", help="A reference.")] = None,
    as_json: AsJson = False,
) -> None:
    """List who saw which case since then: reads, writes, exports. For a breach."""
    end, reference = _utc(until) if until else None, read_reference(case) if case else None
    with opened_database() as database:
        found = database.read(
            lambda db: seen_since(db, _utc(since), until=end, email=person, reference=reference), SYSTEM
        )
    if as_json:
        print(json.dumps([plain(asdict(one)) for one in found], ensure_ascii=False, indent=1))
        return
    for one in found:
        print(f"{one.at:%Y-%m-%d %H:%M}  {one.reference}  {one.how:<24} {one.role:<18} {one.name} <{one.email or '–'}>")
    people = {(one.name, one.email) for one in found}
    print(f"{len(found)} times, {len(people)} people, {len({one.reference for one in found})} cases.")


def _utc(instant: datetime) -> datetime:
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant


@app.command("account")
def export_account(
    email: Annotated[str, typer.Argument(help="The address of who works here, or did.")],
    file: Annotated[Path | None, typer.Option("--file", help="Where to write it; by default in this folder.")] = None,
) -> None:
    """Write all that is held on somebody who works here, as a ZIP: their account, what they looked at and did; no word of others."""
    now, target = CLOCK.now(), file or Path("compte.zip")
    with opened_database() as database:
        held = database.read(lambda db: account_held(db, str(people.by_email(db, email)["id"])), SYSTEM)
    target.write_bytes(zipped_account(held, now))
    print(f"{target}: {sum(len(rows) for rows in held.values())} lines.")
