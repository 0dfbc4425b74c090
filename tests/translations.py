"""The catalogues, kept in step with the French of the sources: run `python -m tests.translations` after a change of it."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from jinja2.ext import babel_extract

from cases.needs import NEED_KINDS
from engine.definition import MACHINES, RULES
from engine.lists import DECLINE_PAIR, LEVER, NEWS_OF_BUSINESS
from engine.model import Guard, Role
from engine.records import CASE_RECORDS
from notifications.languages import FRENCH, LANGUAGES, OF_WORK, TRANSLATIONS, read_catalogue

ROOT: Final = Path(__file__).parent.parent
SILENT: Final = (
    "api/commands/", "api/demo/", "api/migrations/", "api/cli.py", "api/settings.py", "api/rest/", "engine/soundness.py", "cases/simulation.py",
    "cases/verification.py", "notifications/previews.py", "notifications/languages.py",
)  # fmt: skip
"""What speaks to whoever installs the product, to machines, or to nobody."""
HELPED: Final = (
    "api/templates/base.html", "api/templates/bare.html", "api/templates/components/actions.html", "api/templates/components/forms.html",
    "api/templates/components/frame.html", "api/templates/components/notes.html", "api/templates/components/preferences.html",
    "api/templates/lien/bilan.html", "api/templates/lien/charte.html", "api/templates/lien/enquete.html", "api/templates/lien/perdu.html",
    "api/templates/mon_dossier", "api/templates/preferences_lien.html", "api/templates/donnees_personnelles.html", "api/templates/accessibilite.html",
    "api/templates/connexion_envoye.html", "api/templates/erreur.html", "api/pages/own_sentences.py", "api/pages/my_case.py", "api/pages/survey.py",
    "api/pages/charter.py", "api/pages/lost_case.py", "api/pages/language.py", "api/pages/refusals.py", "api/csrf.py", "api/documents.py",
    "api/rate_limits.py", "cases/documents.py", "cases/surveys.py", "notifications/emails/layout/", "notifications/preferences.py",
)  # fmt: skip
"""Where the words are that somebody who is helped may read."""
OTHER_WORDS: Final = frozenset({
    "fait", "en cours", "à venir", "avant {day}", "avant ce soir {hour}", "dès maintenant", "ce soir", "demain", "ce matin", "aujourd’hui", "hier",
    "{others} et {last}", "Choisissez", "Il manque une information.", "Ce texte est trop long : {at_most} caractères au plus.", "Bonjour",
    "Bonjour {name}", "Une question ? {name}, {number}.", "Une question ? Répondez à ce message : {name} le lira.", "Rendez-vous avec {who}",
    "« {label} » n’est pas possible : l’état est « {state} ».", "Pourquoi ce message : {reason}.", "Le bilan est gardé. Vous continuez ensemble.",
    "Le dossier a changé entre-temps : relisez-le, puis recommencez.", "Le bilan est gardé, le binôme est terminé. Merci.",
    "Ce code n’est pas, ou n’est plus, le bon : relisez le dernier courriel reçu, ou demandez-en un autre.",
    "Vous recevez ce message parce que vous avez demandé de l'aide. C'est gratuit, et vous pouvez arrêter à tout moment.",
})  # fmt: skip
"""Words of other files that they may read too."""

NOT_YET: Final[tuple[str, ...]] = ("engine/", "cases/", "notifications/", "api/")
"""Whose words are not in English yet, but those that somebody who is helped may read. This list may only get shorter."""

Words = str | tuple[str, str]
"""A message: its French, or its two forms."""


def messages() -> dict[Words, list[str]]:
    """Every French message of the sources, with the files that hold it."""
    found: dict[Words, list[str]] = {}
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        for words in _of_python(path) if path.suffix == ".py" else _of_template(path):
            files = found.setdefault(words, [])
            if name not in files:
                files.append(name)
    return found


def sources() -> Iterator[Path]:
    """The files that speak to people."""
    for folder in ("engine", "cases", "notifications", "api"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not path.relative_to(ROOT).as_posix().startswith(SILENT):
                yield path
    yield from sorted((ROOT / "api" / "templates").rglob("*.html"))
    yield from sorted((ROOT / "notifications" / "emails" / "layout").iterdir())


def wanted(code: str) -> dict[Words, list[str]]:
    """The messages that a language must have: all of them, or those that somebody who is helped may read."""
    also = _told_by_the_rules() | OTHER_WORDS

    def must(words: Words, files: list[str]) -> bool:
        if words in also or any(name.startswith(HELPED) for name in files):
            return True
        return code in OF_WORK and not all(name.startswith(NOT_YET) for name in files)

    return {words: files for words, files in messages().items() if must(words, files)}


def update(code: str) -> Catalog:
    """The catalogue of a language with every message that it must have, and no other; what was translated stays."""
    before, made = read_catalogue(code), Catalog()
    made.mime_headers = before.mime_headers
    for words, files in sorted(wanted(code).items(), key=lambda item: (item[1][0], str(item[0]))):
        known = before.get(words if isinstance(words, str) else words[0])
        said = known.string if known else ("" if isinstance(words, str) else ("",) * before.num_plurals)
        made.add(words, said, locations=[(name, None) for name in files], flags=known.flags if known else ())
    return made


def write(catalogue: Catalog, code: str) -> None:
    """Write a catalogue where it is read."""
    path = TRANSLATIONS / f"{code}.po"
    header = path.read_bytes().partition(b"\n\n")[0]
    with path.open("wb") as file:
        file.write(header + b"\n\n")
        write_po(file, catalogue, width=0, omit_header=True, include_lineno=False)


def is_words(text: str) -> bool:
    """Whether a string of the sources is words for people: a sentence, or letters with a space, a capital or an accent that codes have not."""
    if not LETTERS.search(text):
        return False
    if SENTENCE.search(text):
        return True
    is_named = text[0].isupper() and text[1:2].islower()
    return not CODE.search(text) and (" " in text or not text.isascii() or is_named)


LETTERS: Final = re.compile(r"[^\W\d_]{2}")
SENTENCE: Final = re.compile(r"^[A-ZÀÉÊÎÔ«{].* [^<=]*[.?!…»:]$")
CODE: Final = re.compile(
    r"[\\<>\[\]_=/#$^|]|^[A-Z][a-z]+(-[A-Z][A-Za-z]+)+$|@$|'none'|\.[a-z]|^[a-z]+( [a-z]+)+$|^[A-Z]{2,}"
)
KEYWORDS: Final = {"_": None, "gettext": None, "ngettext": (1, 2)}
SPEAKS: Final = frozenset({"say", "shown", "lowered"})
INSIDE: Final = frozenset({"ValueError", "TypeError", "KeyError", "RuntimeError", "LookupError", "AssertionError"})
SAYS_NOTHING: Final = frozenset(
    {"re.compile", "text", "StrEnum", "TypeVar", "ContextVar", "structlog.get_logger", "db.exec_driver_sql", "FastAPI"}
)


def _of_template(path: Path) -> Iterator[Words]:
    with path.open("rb") as file:
        for _, _, found, _ in babel_extract(file, tuple(KEYWORDS), (), {"silent": "false"}):
            one, several = (*found, None)[:2] if isinstance(found, tuple) else (found, None)
            yield (one, several) if several else one


def _of_python(path: Path) -> Iterator[Words]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    said = {id(one) for node in ast.walk(tree) for one in _said(node)}
    yield from (node.value for node in _strings(tree) if id(node) in said or is_words(node.value))


def _strings(tree: ast.AST) -> Iterator[ast.Constant]:
    """The strings of some lines, but those that nobody is told."""
    hidden = {id(one) for node in ast.walk(tree) for one in _not_said(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in hidden:
            yield node


def _said(node: ast.AST) -> Iterator[ast.AST]:
    """What a call says: its first argument, whichever way it is chosen."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) in SPEAKS and node.args:
        chosen = node.args[0]
        yield from (chosen.body, chosen.orelse) if isinstance(chosen, ast.IfExp) else (chosen,)


def _not_said(node: ast.AST) -> Iterator[ast.AST]:
    """What is under a node that is not said to people: documentation, types, patterns, what goes wrong inside."""
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        yield from (one.value for one in node.body if isinstance(one, ast.Expr))
    elif isinstance(node, ast.JoinedStr):
        yield from node.values
    elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and ast.unparse(node.exc.func) in INSIDE:
        yield from ast.walk(node.exc)
    elif isinstance(node, ast.Call) and (
        ast.unparse(node.func) in SAYS_NOTHING or ast.unparse(node.func)[:5] == "_log."
    ):
        yield from ast.walk(node)
    elif isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
        yield from ast.walk(node.annotation)


def _told_by_the_rules() -> set[Words]:
    """What the steps of who is helped ask and refuse, their needs, their answers, their deadlines."""
    steps = [step for compiled in MACHINES.values() for step in compiled.events.values()] + list(CASE_RECORDS.values())
    theirs = [step for step in steps if Role.ENTREPRENEUR in step.by]
    asked = {asked.missing for step in theirs for asked in step.inputs}
    refused = {words for step in theirs for guard in step.guards for words in _refusals(guard)}
    lists = {*NEWS_OF_BUSINESS.values(), *DECLINE_PAIR.values(), *LEVER.values()}
    needs = {kind.label for kind in NEED_KINDS.values()}
    rules = {rule.label for rule in RULES.values() if any(Role.ENTREPRENEUR in mark.to for mark in rule.marks)}
    return {*asked, *refused, *lists, *needs, *rules} - {""}


def _refusals(guard: Guard) -> Iterator[str]:
    """The sentences of a guard, from its own lines."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(guard)))
    yield from (node.value for node in _strings(tree) if is_words(node.value))


if __name__ == "__main__":
    for one in LANGUAGES:
        if one != FRENCH.code:
            write(update(one), one)
