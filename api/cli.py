"""The command line: what the product can be asked from a terminal, one file of `api/commands` a subject."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from functools import cache
from importlib import import_module
from typing import Any, Final, cast

import typer
from typer.core import TyperGroup
from typer.main import get_group

PLACES: Final[Mapping[str, str]] = {
    "workflow": "workflow:app",
    "db": "database:app",
    "user": "people:users",
    "token": "people:tokens",  # where the command is, no secret  # nosec B105
    "territory": "territories:app",
    "privacy": "privacy:app",
    "reference": "reference:app",
    "operators": "operators:app",
    "quartiers": "quartiers:app",
    "aids": "aids:app",
    "export": "export:app",
    "messages": "messages:app",
    "reminders": "reminders:app",
    "import": "imports:import_file",
    "doctor": "doctor:doctor",
    "verify": "database:verify",
    "backup": "database:backup",
    "restore": "database:restore",
    "migrate-cases": "workflow:migrate_cases",
    "demo": "demo:demo",
    "routing": "routing:show",
    "screenshots": "screenshots:screenshots",
    "simulate": "simulating:simulate",
    "serve": "serving:serve",
    "worker": "serving:worker",
}
"""Each command, and where it is: a file of `api/commands`, and what of it."""


class Commands(Mapping[str, Any]):
    """The commands by their names; the file of one is read when it is asked for, so that each starts at once."""

    def __getitem__(self, name: str) -> Any:
        return _read(name)

    def __iter__(self) -> Iterator[str]:
        return iter(PLACES)

    def __len__(self) -> int:
        return len(PLACES)


class OneAtATime(TyperGroup):
    """The product's commands, as the terminal asks for them."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = cast(MutableMapping[str, Any], Commands())


app = typer.Typer(cls=OneAtATime, no_args_is_help=True)


@app.callback(help="Quartiers productifs: du commerce repéré à l’aide obtenue.")
def _product() -> None:
    return


@cache
def _read(name: str) -> Any:
    file, _, part = PLACES[name].partition(":")
    found, alone = getattr(import_module(f"api.commands.{file}"), part), typer.Typer()
    if isinstance(found, typer.Typer):
        alone.add_typer(found, name=name)
    else:
        alone.command(name)(found)
    return get_group(alone).commands[name]


if __name__ == "__main__":
    app()
