"""The catalogues, kept in step with the French of the sources: run `python -m tests.translations` after a change of it."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

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
    "api/commands/", "api/demo/", "api/migrations/", "api/cli.py", "api/settings.py", "engine/soundness.py", "cases/simulation.py",
    "cases/verification.py", "cases/lives.py", "cases/reference", "cases/definitions.py", "cases/database.py", "cases/search.py",
    "cases/sqlite_writer.py", "api/encrypted.py", "api/backups.py", "api/metrics.py", "api/assets.py", "api/receiving.py", "api/checkup.py",
    "notifications/letters.py", "notifications/typography.py", "notifications/previews.py", "notifications/languages.py",
)  # fmt: skip
"""What speaks to whoever installs the product, to machines, or to nobody."""
HELPED: Final = (
    "api/templates/aide.html", "api/pages/preferences.py",
    "api/templates/base.html", "api/templates/bare.html", "api/templates/components/actions.html", "api/templates/components/forms.html",
    "api/templates/components/frame.html", "api/templates/components/notes.html", "api/templates/components/preferences.html",
    "api/templates/lien/bilan.html", "api/templates/lien/charte.html", "api/templates/lien/enquete.html", "api/templates/lien/envoye.html",
    "api/templates/lien/perdu.html",
    "api/templates/mon_dossier", "api/templates/preferences_lien.html", "api/templates/donnees_personnelles.html", "api/templates/accessibilite.html",
    "api/templates/connexion_envoye.html", "api/templates/erreur.html", "api/pages/own_sentences.py", "api/pages/own_plan.py",
    "api/pages/own_choices.py", "api/pages/my_case.py", "api/pages/survey.py",
    "api/pages/charter.py", "api/pages/lost_case.py", "api/pages/language.py", "api/pages/refusals.py", "api/csrf.py", "api/documents.py",
    "api/pages/contact.py", "api/templates/contact.html", "api/templates/contact_merci.html",
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

Words = str | tuple[str, str]
"""A message: its French, or its two forms."""


@cache
def messages() -> Mapping[Words, list[str]]:
    """Every French message of the sources, with the files that hold it; they are read once."""
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


def wanted(code: str) -> Mapping[Words, list[str]]:
    """The messages that a language must have: all of them where one works in it, else those that somebody who is helped may read."""
    found = messages()
    if code in OF_WORK:
        return found
    also = _told_by_the_rules() | OTHER_WORDS
    return {
        words: files
        for words, files in found.items()
        if words in also or any(name.startswith(HELPED) for name in files)
    }


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
    if text in NO_WORDS or not LETTERS.search(text):
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
COUNTS: Final = frozenset({"counted", "shown_many"})
INSIDE: Final = frozenset({"ValueError", "TypeError", "KeyError", "RuntimeError", "LookupError", "AssertionError"})
FOR_MACHINES: Final = frozenset({"guard_says", "effect_says", "enters_when", "owner_says", "name_says", "words"})
"""What is named so says, in English, a rule that the code holds."""
PLACED: Final = {"State": 3, "met_by": 0, "act": 1, "missed": 1, "Span": 2, "until": 0}
"""Where such words stand, when they are not named."""
NO_WORDS: Final = frozenset({
    " over", " present", "Authorization", "Bearer", "Vary", "Not found", "Host", "Precedence", "Polygon", "MultiPolygon", "EncryptedPackage",
    "telephone 2", "tel 2", "adresse 1", "aeiouàâäéèêëîïôöùûüœæ", "la ", "le ", "du ", "des ", "de ", "au ", "aux ", "Le ", "Les ", "Se ", "Cc", "Cs", "Zl", "Zp",
    "Edg", "Firefox", "FxiOS", "CriOS", "Chrome", "Safari", "Edge", "Opera", "Android", "Windows", "Mac OS", "Linux", "Mac", " months", " &nbsp;·&nbsp; ",
    "’offre", "’aide", "Quartiers productifs", "250 2.0.0 Recu", "From", "Subject", "Location", "Definition",
    "The drawing.", "private, no-cache", "Bearer ",
})  # fmt: skip
"""What looks like words and is none: names of others, headers, what code compares."""
SAYS_NOTHING: Final = frozenset(
    {
        "re.compile",
        "text",
        "StrEnum",
        "TypeVar",
        "ContextVar",
        "structlog.get_logger",
        "db.exec_driver_sql",
        "FastAPI",
    }
)


def put_together(path: Path) -> Iterator[str]:
    """The f-strings of a file that make a French sentence, which nobody could say in another language."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    hidden = {id(one) for node in ast.walk(tree) for one in _not_said(node)}
    hidden |= {id(one) for node in ast.walk(tree) if _writes_french(node) for one in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and id(node) not in hidden:
            literal = "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
            if FRENCH_WORDS.search(literal) and not CODE.search(literal):
                yield ast.unparse(node)


FRENCH_WORDS: Final = re.compile(
    r"(?i)[àâçèéêëîïôùû«’]|(?<![\w/-])(le|la|les|de|du|des|un|une|et|au|pour|par|sur|est|avec|dossiers?)(?![\w/-])"
)


def _writes_french(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and _called(node.func) == "contracted"


def _of_template(path: Path) -> Iterator[Words]:
    with path.open("rb") as file:
        for _, _, found, _ in babel_extract(file, tuple(KEYWORDS), (), {"silent": "false"}):
            one, several = (*found, None)[:2] if isinstance(found, tuple) else (found, None)
            yield (one, several) if several else one


def _of_python(path: Path) -> Iterator[Words]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    said = {id(one) for node in ast.walk(tree) for one in _said(node)}
    counted = [pair for node in ast.walk(tree) if (pair := _counted(node))]
    known = {id(one) for pair in counted for one in pair}
    yield from ((one.value, several.value) for one, several in counted)
    yield from (
        node.value for node in _strings(tree) if id(node) not in known and (id(node) in said or is_words(node.value))
    )


def _called(node: ast.expr) -> str:
    """What is called, as it is written."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
        return f"{_called(node.value)}.{node.attr}"
    return ast.unparse(node)


def _strings(tree: ast.AST) -> Iterator[ast.Constant]:
    """The strings of some lines, but those that nobody is told."""
    hidden = {id(one) for node in ast.walk(tree) for one in _not_said(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in hidden:
            yield node


def _counted(node: ast.AST) -> tuple[Any, Any] | None:
    """The two forms of what a call counts."""
    if not isinstance(node, ast.Call) or _called(node.func) not in COUNTS:
        return None
    forms = node.args[1:3] if _called(node.func) == "counted" else node.args[:2]
    return (forms[0], forms[1]) if len(forms) == 2 and all(isinstance(one, ast.Constant) for one in forms) else None


def _said(node: ast.AST) -> Iterator[ast.AST]:
    """What a call says, its first argument, whichever way it is chosen; what a list of ours says."""
    if isinstance(node, ast.Call) and _called(node.func) in SPEAKS and node.args:
        chosen = node.args[0]
        yield from (chosen.body, chosen.orelse) if isinstance(chosen, ast.IfExp) else (chosen,)
    elif (
        isinstance(node, ast.AnnAssign)
        and "Labels" in ast.unparse(node.annotation)
        and isinstance(node.value, ast.Dict)
    ):
        yield from node.value.values


def _not_said(node: ast.AST) -> Iterator[ast.AST]:
    """What is under a node that is not said to people: documentation, types, patterns, what goes wrong inside."""
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        yield from (one.value for one in node.body if isinstance(one, ast.Expr))
        yield from _of_an_enumeration(node)
    elif isinstance(node, ast.JoinedStr):
        yield from node.values
    elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and _called(node.exc.func) in INSIDE:
        yield from ast.walk(node.exc)
    elif isinstance(node, ast.Call) and (_called(node.func) in SAYS_NOTHING or _called(node.func)[:5] == "_log."):
        yield from ast.walk(node)
    elif isinstance(node, ast.Call) and _called(node.func) in PLACED:
        yield from node.args[PLACED[_called(node.func)] :][:1]
    elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).endswith("_SAYS"):
        yield node.value
    elif isinstance(node, ast.keyword) and node.arg in FOR_MACHINES:
        yield from ast.walk(node.value)
    elif isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
        yield from ast.walk(node.annotation)


def _of_an_enumeration(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "StrEnum" for base in node.bases):
        yield from (one.value for one in node.body if isinstance(one, ast.Assign))


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
