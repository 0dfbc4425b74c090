"""`qp bench`: what is said of speed, memory and faults, measured again; each command keeps its figures in bench/results."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Annotated, Any, Final

import typer

from bench import contract as asked
from bench import faults as killed
from bench import imports as sheets
from bench import lives as walks
from bench import mail as post
from bench import mail_faults, slow_disk, sweeping
from bench import pages as desks
from bench import quartiers as map_of
from bench import routing as proposals
from bench import sign_in as door
from bench import write_path as measures

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Measure the write path, or break things on purpose."
)
DATABASES = ("sqlite", "postgresql")
CASES = (10_000, 100_000)
IMPORT_SECONDS, IMPORT_MEGABYTES = 60, 300
AT_MOST_MS = 1.0
"""What finding the quartier of a point may take, at the median: the 95th percentile says how busy the machine is."""
BRANCHES = (100, 1_000)
MOST_MS, MOST_STATEMENTS = 50, 12
"""What a proposal may take: milliseconds (p95) and statements."""
PAGE_MS = 100
"""What the server may take for a page (p95)."""

SOAKS: Final[Mapping[str, Callable[[], Any]]] = {
    "sweep": lambda: None,
    "mails-killed": lambda: mail_faults.kill_workers("postgresql", 200),
    "mails-stopped": lambda: mail_faults.stop_one_of_four("postgresql", 10_000),
    "mails-outage": lambda: mail_faults.come_back_after_three_days("postgresql", 1_000),
    "mails-poisoned": lambda: mail_faults.poison_two("postgresql", 100),
}
"""What is broken on purpose, in full; tests/faults does each in small."""


@app.command("write-path")
def write_path(
    cases: Annotated[list[int], typer.Option(help="How many cases there are.", default_factory=lambda: [*CASES])],
    databases: Annotated[list[str], typer.Option("--database", default_factory=lambda: [*DATABASES])],
    steps: Annotated[int, typer.Option(help="Steps of one run; five pairs of runs are made.")] = 600,
    disk: Annotated[float, typer.Option(help="Milliseconds that each fsync takes more, on SQLite.")] = 0,
) -> None:
    """Measure `fire` beside the same statements in bare SQL, with 1 and 8 clients; keep the figures in bench/results."""
    slow_disk.run_again_on_it(disk)
    slower = f"-{disk:g}ms-more" if disk else ""
    for database in databases:
        found = []
        for one in measures.measure(database, cases, (1, 8), steps):
            print(
                f"{database} {one.cases} cases, {one.clients} clients: {one.product} of {one.bare}, share {one.share}, growth {one.growth}"
            )
            found.append(one)
        measures.keep(found, database + slower, folder=tempfile.gettempdir())


@app.command()
def faults(
    soaks: Annotated[
        list[str],
        typer.Option("--soak", help="Which, by its name; all of them unless told.", default_factory=lambda: [*SOAKS]),
    ],
    cases: Annotated[int, typer.Option(help="Two deadlines of each are due, of those that are swept.")] = 2_500,
) -> None:
    """Break things on purpose: sweepers and mail workers are killed or stopped, nothing works for three days, mails are poisoned."""
    held = True
    for soak in soaks:
        found = _sweep(cases) if soak == "sweep" else SOAKS[soak]()
        print(found)
        measures.keep_one("faults" if soak == "sweep" else f"faults-{soak}", asdict(found))
        held = held and found.held
    raise typer.Exit(0 if held else 1)


def _sweep(cases: int) -> killed.Swept:
    with tempfile.TemporaryDirectory() as folder:
        return killed.sweep_by_four(folder, cases)


@app.command()
def mail(
    databases: Annotated[list[str], typer.Option("--database", default_factory=lambda: [*DATABASES])],
    mails: Annotated[int, typer.Option(help="How many leave at once.")] = 5_000,
    few: Annotated[int, typer.Option(help="How many leave to a server that thinks before each answer.")] = 500,
) -> None:
    """Mails a second from one worker: to a server that takes them at once, then to one that thinks, by many connections and by one."""
    found = {database: list(post.measure(database, mails, few)) for database in databases}
    for runs in found.values():
        print(*runs, sep="\n")
    measures.keep_one("mail", {database: post.summary(runs) for database, runs in found.items()})
    raise typer.Exit(0 if all(post.held(runs) for runs in found.values()) else 1)


@app.command("sweep")
def sweep_alone(cases: Annotated[int, typer.Option(help="Two deadlines of each are due.")] = 5_000) -> None:
    """One process fires due deadlines on each database: each mark once, ten thousand deadlines in ten seconds at the most."""
    found = [sweeping.sweep_alone(database, cases) for database in DATABASES]
    for swept in found:
        print(swept)
    measures.keep_one("sweep", {swept.database: asdict(swept) for swept in found})
    raise typer.Exit(1 if any(swept.twice or swept.left for swept in found) else 0)


@app.command()
def lives(events: Annotated[int, typer.Option(help="On each database.")] = 10_000) -> None:
    """Random events through the write path on both databases: replaying the journals gives what is stored."""
    found = [walks.live_on(database, events) for database in DATABASES]
    for lived in found:
        print(lived)
    measures.keep_one("lives", {lived.database: asdict(lived) for lived in found})
    raise typer.Exit(1 if any(lived.wrong for lived in found) else 0)


@app.command()
def quartiers(many: Annotated[int, typer.Option(help="How many quartiers there are.")] = 1_600) -> None:
    """Find the quartier of a point among all of them, on each database: a millisecond at the most, at the median."""
    found = [map_of.locate_on(database, many) for database in DATABASES]
    for one in found:
        print(one)
    measures.keep_one("quartiers", {one.database: asdict(one) for one in found})
    raise typer.Exit(1 if any(one.run.p50 > AT_MOST_MS for one in found) else 0)


@app.command("import")
def import_sheet(lines: Annotated[int, typer.Option(help="How many lines the sheet has.")] = 20_000) -> None:
    """Import a large sheet, killed half-way and resumed, on each database: each line is one case, within a minute and 300 MB."""
    found = [sheets.import_on(database, lines) for database in DATABASES]
    for one in found:
        print(one)
    measures.keep_one("import", {one.database: asdict(one) for one in found})
    within = all(one.exact and one.seconds <= IMPORT_SECONDS and one.megabytes <= IMPORT_MEGABYTES for one in found)
    raise typer.Exit(0 if within else 1)


@app.command()
def contract(cases: Annotated[int, typer.Option(help="In all, for everybody together.")] = 10_000) -> None:
    """Generated requests on every route, as each role: no failure of ours, no answer that is not as described, nobody let in without a token."""
    with tempfile.TemporaryDirectory() as folder:
        found = asked.ask_as_everybody(folder, cases)
    print(found)
    measures.keep_one("contract", found.told())
    raise typer.Exit(1 if found.server_errors or found.failures else 0)


@app.command("sign-in")
def sign_in(tries: Annotated[int, typer.Option(help="Of each kind.")] = 200) -> None:
    """Addresses that are known and others, asked for in turn of a real server: medians within 10 %."""
    with tempfile.TemporaryDirectory() as folder:
        found = door.knock(folder, tries)
    print(found)
    measures.keep_one("sign-in", asdict(found))
    raise typer.Exit(0 if found.alike else 1)


@app.command()
def routing(
    branches: Annotated[
        list[int], typer.Option(help="How many branches there are.", default_factory=lambda: [*BRANCHES])
    ],
) -> None:
    """Propose operators for one case among few branches and among many, with as many candidates: milliseconds and statements."""
    found = [proposals.measure(database, many) for database in DATABASES for many in branches]
    for one in found:
        print(one)
    measures.keep_one("routing", {"measures": [asdict(one) for one in found]})
    slow = [one for one in found if one.p95 > MOST_MS or one.statements > MOST_STATEMENTS]
    raise typer.Exit(1 if slow else 0)


@app.command()
def pages(cases: Annotated[int, typer.Option(help="How many cases there are.")] = 100_000) -> None:
    """Open the pages of each role where there are many cases, on each database: 100 ms at the most (p95)."""
    found = [one for database in DATABASES for one in desks.show_all(database, cases)]
    for one in found:
        print(one)
    measures.keep_one("pages", {"pages": [asdict(one) for one in found]})
    raise typer.Exit(1 if any(one.p95 > PAGE_MS for one in found) else 0)


if __name__ == "__main__":
    app(prog_name="qp bench")
