"""The parts of docs/reference/safety.md: what is taken, how much, for how long, who may, and which cryptography is where; made from the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cache
from typing import Any, Final

from api.headers import LARGEST_BODY, LARGEST_FILE
from api.rate_limits import DAY, LIMITS
from api.security import LONGEST_TOKEN
from api.sign_in import ABSOLUTE, IDLE, OWN_PHONE
from cases import documents, saved_views, webhooks
from cases.file_kinds import ACCEPTED
from cases.importers.errors import MAX_BYTES, MAX_COLUMNS, MAX_ROWS, MAX_UNCOMPRESSED_BYTES
from engine import inputs
from engine.definition import MACHINES
from engine.records import CASE_RECORDS
from engine.territory_records import TERRITORY_RECORDS
from notifications.links import LASTS
from tests.api.matrix.routes import DECLARED, PEOPLE, Way
from tests.test_house_rules import product_files, shown

_OURS: Final = (
    "hashlib.sha256",
    "hmac.new",
    "secrets.token_urlsafe",
    "secrets.token_hex",
    "secrets.token_bytes",
    "secrets.randbelow",
    "jwt.decode",
)
_SAID: Final = {
    "hashlib.sha256": "SHA-256", "hmac.new": "HMAC-SHA-256", "secrets.token_urlsafe": "random", "secrets.token_hex": "random", "secrets.token_bytes": "random",
    "secrets.randbelow": "random", "jwt.decode": "signature of the provider (RS256, PS256 or ES256)",
}  # fmt: skip
_ABOUT: Final = {
    "": "–", "case": "the case of the address, if they see it", "task": "a call of theirs", "doubt": "a look-alike of their cases", "import": "an import of theirs",
    "branch": "a branch that they keep", "link": "what the link is bound to", "person": "somebody of their territory", "webhook": "a webhook of theirs",
}  # fmt: skip


def limits() -> str:
    """How often a door may be knocked at."""
    lines = ["| counted as | from one | from everybody | in each |", "|---|---|---|---|"]
    for what, limit in LIMITS.items():
        window = "day" if limit.window == DAY else "hour"
        lines.append(f"| `{what}` | {limit.most:,} | {f'{limit.of_all:,}' if limit.of_all else '–'} | {window} |")
    return "\n".join(lines)


def lives() -> str:
    """How long what lets somebody in does."""
    rows = {
        "a session that nobody uses": IDLE, "a session, whatever happens": ABSOLUTE, "one's own phone, to log and to see one's own cases": OWN_PHONE,
        "a token of the JSON interface, at most": LONGEST_TOKEN, **{f"a link: `{purpose}`": lasts for purpose, lasts in LASTS.items()},
    }  # fmt: skip
    return "\n".join(["| | lasts |", "|---|---|", *(f"| {name} | {_said(lasts)} |" for name, lasts in rows.items())])


def files() -> str:
    """What is uploaded, and how much of it."""
    papers = ", ".join(f".{one}" for one in ACCEPTED)
    rows = (
        ("a document of a case", papers, f"{documents.LARGEST:,} bytes, {documents.AT_MOST} a case"),
        (
            "a sheet of businesses, a directory", ".csv, .xlsx, .ods",
            f"{MAX_BYTES:,} bytes, {MAX_UNCOMPRESSED_BYTES:,} unpacked, {MAX_ROWS:,} lines of {MAX_COLUMNS} columns",
        ),
        ("any request with a file", "–", f"{LARGEST_FILE:,} bytes"), ("any other request", "–", f"{LARGEST_BODY:,} bytes"),
    )  # fmt: skip
    return "\n".join(["| | ends in | at most |", "|---|---|---|", *(f"| {a} | {b} | {c} |" for a, b, c in rows)])


def bounds() -> str:
    """How much one may keep or send at once."""
    rows = {
        "letters of a text": inputs.LONGEST_TEXT, "letters of a name or a line": inputs.LONGEST_NAME, "items of a list": inputs.LONGEST_LIST,
        "cases moved at once": 200, "rows of a page of the JSON interface": 200, "views that somebody keeps": saved_views.AT_MOST,
        "webhooks of somebody": webhooks.AT_MOST,
    }  # fmt: skip
    days = f"| days | {inputs.FIRST_DAY} to {inputs.LAST_DAY} |"
    return "\n".join(["| | at most |", "|---|---|", *(f"| {name} | {most:,} |" for name, most in rows.items()), days])


def taken(schemas: Mapping[str, Any]) -> str:
    """What each body of the JSON interface takes, and what is checked of it."""
    lines = ["| body | field | taken |", "|---|---|---|"]
    for body, schema in sorted(schemas.items()):
        for name, one in schema.get("properties", {}).items():
            needed = " (needed)" if name in schema.get("required", ()) else ""
            lines.append(f"| {body} | `{name}`{needed} | {_taken(one)} |")
    return "\n".join(lines)


def asked() -> str:
    """What each step and each record asks for, and what is checked of it."""
    steps = {
        **{f"{kind}: {event}": step for kind, machine in MACHINES.items() for state in machine.journey.states for step in state.steps for event in (step.event,)},
        **{f"record: {event}": step for event, step in {**CASE_RECORDS, **TERRITORY_RECORDS}.items()},
    }  # fmt: skip
    lines = ["| step or record | field | taken |", "|---|---|---|"]
    for name, step in sorted(steps.items()):
        for one in step.inputs:
            kind = f"{one.kind}: {', '.join(f'`{code}`' for code in one.choices)}" if one.choices else str(one.kind)
            lines.append(f"| {name} | `{one.name}`{' (needed)' if one.required else ''} | {kind} |")
    return "\n".join(lines)


def who_may() -> str:
    """Every route, and who may: the classes by which the matrix of routes, roles and objects is walked."""
    lines = ["| route | who | on what |", "|---|---|---|"]
    lines += [
        f"| `{name}` | {_who(way)} | {_ABOUT[way.about]} |"
        for name, way in sorted(DECLARED.items(), key=lambda one: one[0].partition(" ")[2])
    ]
    return "\n".join(lines)


@cache
def cryptography() -> str:
    """Where cryptography is used; the sources are read once."""
    found = sorted(
        {
            (_SAID[name], file)
            for path in product_files()
            for name, file in _uses(path.read_text(encoding="utf-8"), shown(path))
        }
    )
    by: dict[str, list[str]] = {}
    for said, file in found:
        by.setdefault(said, []).append(f"`{file}`")
    return "\n".join(
        ["| what | where |", "|---|---|", *(f"| {said} | {', '.join(files)} |" for said, files in by.items())]
    )


def _uses(source: str, file: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and (name := ast.unparse(node)) in _OURS:
            yield name, file


def _who(way: Way) -> str:
    if way.public:
        return "anybody"
    if way.held:
        return "the demonstration alone"
    return "whoever is signed in" if way.roles is None else ", ".join(role for role in PEOPLE if role in way.roles)


def _said(lasts: timedelta) -> str:
    if lasts.days:
        return f"{lasts.days} days"
    hours, minutes = divmod(lasts.seconds // 60, 60)
    return f"{hours} hours" if hours > 1 else f"{hours} hour" if hours else f"{minutes} minutes"


def _taken(one: Mapping[str, Any]) -> str:
    """A field of a JSON schema, in a line."""
    if "$ref" in one:
        return one["$ref"].rpartition("/")[2]
    for name, word in (("anyOf", " or "), ("oneOf", " or ")):
        if name in one:
            return word.join(_taken(part) for part in one[name])
    if "enum" in one or "const" in one:
        return ", ".join(f"`{value}`" for value in one.get("enum", [one.get("const")]))
    said = [str(one.get("format") or one.get("type") or "object")]
    said += [f"{word} {one[name]}" for name, word in _BOUNDS.items() if name in one]
    if "pattern" in one:
        said.append(f"`{one['pattern']}`".replace("|", "\\|"))
    if "items" in one:
        said.append(f"of {_taken(one['items'])}")
    return ", ".join(said)


_BOUNDS: Final = {
    "minLength": "at least",
    "maxLength": "at most",
    "minItems": "at least",
    "maxItems": "at most",
    "minimum": "from",
    "maximum": "to",
}
