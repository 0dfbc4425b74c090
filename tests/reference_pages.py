"""The parts of the reference that are made from the code: run `python -m tests.reference_pages` after a change of it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import click
import typer

from api.app import create_app
from api.cli import app
from api.settings import Settings
from cases.database import connect
from cases.privacy.keeping import DEFAULTS
from cases.privacy.register import REGISTER
from engine.definition import MACHINES
from engine.diagram import mermaid
from engine.model import Kind
from tests import safety_pages
from tests.asvs import table as asvs
from tests.software_bill import packages

DOCS: Final = Path(__file__).parent.parent / "docs"
PART: Final = re.compile(r"(?<=<!-- made from the code: )(\w+)( -->\n).*?(?=<!-- end -->)", re.DOTALL)


def commands() -> str:
    """Every command of `qp`, with what it takes and does."""
    lines = ["| command | what it does |", "|---|---|"]
    lines += [f"| `{words}` | {said} |" for words, said in _leaves(typer.main.get_command(app), "qp")]
    return "\n".join(lines)


def routes() -> str:
    """Every route of the JSON interface, by subject."""
    lines = ["| | route | what it does |", "|---|---|---|"]
    for path, methods in openapi()["paths"].items():
        for method, route in methods.items():
            lines.append(f"| {method.upper()} | `{path.removeprefix('/api/v1')}` | {_cell(route['description'])} |")
    return "\n".join(lines)


@cache
def openapi() -> dict[str, Any]:
    """The OpenAPI document, made once, as `/api/openapi.json` gives it."""
    with tempfile.TemporaryDirectory() as folder:
        database = connect(f"sqlite:///{folder}/none.db")
        try:
            return create_app(database, settings=Settings(env="development")).openapi()
        finally:
            database.close()


def settings() -> str:
    """Every setting, with what it is when it is not given."""
    lines = ["| variable | by default | what it is |", "|---|---|---|"]
    for name, one in Settings.model_fields.items():
        default = str(one.default.get_secret_value() if hasattr(one.default, "get_secret_value") else one.default)
        lines.append(f"| `QP_{name.upper()}` | {f'`{default}`' if default else '–'} | {_cell(one.description or '')} |")
    return "\n".join(lines)


def machines() -> str:
    """The five machines, drawn."""
    return "\n\n".join(f"## {MACHINES[kind].journey.french}\n\n```mermaid\n{mermaid(kind)}```" for kind in Kind)


def licences() -> str:
    """The packages that the product runs on, with the licence that each says it has."""
    found = packages()
    lines = ["| package | version | licence |", "|---|---|---|"]
    lines += [f"| {one.name} | {one.version} | {one.licence} |" for one in found if one.everywhere]
    others = ", ".join(f"{one.name} {one.version}" for one in found if not one.everywhere)
    return "\n".join([*lines, "", f"On some platforms only: {others}."])


def register() -> str:
    """The register of processing."""
    lines = [
        "| traitement | finalité | base légale | personnes | données | destinataires | conservation |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in REGISTER:
        kept = (
            " ; ".join(f"{DEFAULTS[rule].said} ({DEFAULTS[rule].what.lower()})" for rule in one.kept)
            or "sans limite : aucun nom"
        )
        lines.append(
            f"| {one.name} | {one.purpose} | {one.basis} | {one.people} | {one.data} | {one.recipients} | {kept} |"
        )
    return "\n".join(lines)


def schedule() -> str:
    """How long things are kept, by default."""
    lines = ["| règle | quoi | durée | puis |", "|---|---|---|---|"]
    lines += [f"| `{rule.kept}` | {rule.what} | {rule.said} | {rule.then} |" for rule in DEFAULTS.values()]
    return "\n".join(lines)


PARTS: Final[dict[str, Callable[[], str]]] = {
    "commands": commands,
    "routes": routes,
    "settings": settings,
    "machines": machines,
    "licences": licences,
    "register": register,
    "schedule": schedule,
    "asvs_summary": asvs.summary,
    "asvs": asvs.table,
    "limits": safety_pages.limits,
    "lives": safety_pages.lives,
    "files": safety_pages.files,
    "bounds": safety_pages.bounds,
    "taken": lambda: safety_pages.taken(openapi()["components"]["schemas"]),
    "asked": safety_pages.asked,
    "who_may": safety_pages.who_may,
    "cryptography": safety_pages.cryptography,
}


def made(page: str) -> str:
    """The same page, its parts made again."""
    return PART.sub(lambda part: f"{part[1]}{part[2]}{PARTS[part[1]]()}\n", page)


def pages() -> dict[Path, str]:
    """The pages that have parts made from the code, as they stand."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(DOCS.rglob("*.md"))}
    return {path: text for path, text in texts.items() if PART.search(text)}


def _leaves(command: Any, words: str) -> Iterator[tuple[str, str]]:
    if isinstance(command, click.Group) or hasattr(command, "commands"):
        for name, below in sorted(command.commands.items()):
            yield from _leaves(below, f"{words} {name}")
        return
    taken = [part for one in command.params if (part := _taken(one))]
    yield " ".join((words, *taken)), _cell(command.help or "")


def _taken(one: Any) -> str:
    """A parameter as it is typed: NAME, [NAME], --option."""
    if one.param_type_name == "argument":
        return one.name.upper() if one.required else f"[{one.name.upper()}]"
    return "" if one.name == "help" else one.opts[0] if one.required else f"[{one.opts[0]}]"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    for page, text in pages().items():
        page.write_text(made(text), encoding="utf-8")
