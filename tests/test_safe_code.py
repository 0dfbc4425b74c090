"""What the code never does, read in the code itself: run what somebody wrote, build a statement of it, hash weakly, draw secrets by chance."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from pydantic import SecretStr

from api.identity_provider import SIGNED_BY
from api.settings import Settings
from tests.test_house_rules import PACKAGES, ROOT, product_files, product_templates, shown

Rule = Callable[[ast.Module], Iterator[str]]
SCRIPTS = sorted((ROOT / "api" / "static" / "js").glob("*.js"))
RUNS_CODE = {"eval", "exec", "compile", "__import__"}
RUNS_COMMANDS = {"subprocess", "pty", "commands"}
RUNS_COMMANDS_OF = {
    "os": {"system", "popen", "spawnl", "spawnv", "execv", "execl"},
    "asyncio": {"create_subprocess_exec", "create_subprocess_shell"},
}
UNPACKS_OBJECTS = {"pickle", "marshal", "shelve", "dill", "jsonpickle", "yaml"}
READS_XML = {"xml.etree", "xml.dom", "xml.sax", "lxml", "xml.etree.ElementTree", "xml.dom.minidom"}
CIPHERS = {"cryptography", "Crypto", "Cryptodome", "nacl", "Fernet"}
CHANCE = {"cases/simulation.py", "cases/lives.py", "cases/identifiers.py", "api/demo/shops.py"}
"""Stories that are made up, and references that must differ and need not be unguessable (who may see a case is asked of each)."""
NOT_SECRET = {
    "secrets.token_urlsafe(12)": "the key of one press of a button: it tells a repeat, and opens nothing",
    "secrets.token_hex(8)": "the name of a file that is half written",
    "secrets.randbelow(1000000)": "the six digits of a mail: five tries, a quarter of an hour, one browser",
}
IN_A_PAGE = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|\beval\(|new Function|postMessage|onmessage|[\"']message[\"']"
)
BY_A_NAME_THAT_COMES = re.compile(r"\[\s*(?!\d|[\"'])[^\]\n]+\]\s*=[^=>]|__proto__|Object\.assign\(\s*\{\}\.__proto__")
OBSOLETE = re.compile(r"<(object|embed|applet|frame|frameset|marquee|param)\b", re.IGNORECASE)


@cache
def trees() -> tuple[tuple[str, ast.Module], ...]:
    return tuple((shown(path), ast.parse(path.read_text(encoding="utf-8"))) for path in product_files())


def broken(rule: Rule) -> list[str]:
    return [f"{file}: {found}" for file, tree in trees() for found in rule(tree)]


def imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (node.module, *(f"{node.module}.{one.name}" for one in node.names))


def calls(tree: ast.Module) -> Iterator[ast.Call]:
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def runs_code(tree: ast.Module) -> Iterator[str]:
    yield from (
        ast.unparse(one.func) for one in calls(tree) if isinstance(one.func, ast.Name) and one.func.id in RUNS_CODE
    )


def runs_commands(tree: ast.Module) -> Iterator[str]:
    yield from ({name.partition(".")[0] for name in imports(tree)} & RUNS_COMMANDS)
    for one in calls(tree):
        owner, _, name = ast.unparse(one.func).rpartition(".")
        if name in RUNS_COMMANDS_OF.get(owner, ()):
            yield f"{owner}.{name}"


def unpacks_objects(tree: ast.Module) -> Iterator[str]:
    yield from ({name.partition(".")[0] for name in imports(tree)} & UNPACKS_OBJECTS)


def reads_xml_as_a_tree(tree: ast.Module) -> Iterator[str]:
    """Only expat is used, which refuses a DOCTYPE here; XPath needs a tree."""
    yield from (set(imports(tree)) & READS_XML)


def encrypts(tree: ast.Module) -> Iterator[str]:
    yield from ({name.partition(".")[0] for name in imports(tree)} & CIPHERS)


def hashes_otherwise(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "hashlib" and node.attr != "sha256":
            yield node.attr
    for one in calls(tree):
        if ast.unparse(one.func) == "hmac.new" and not (
            len(one.args) == 3 and ast.unparse(one.args[2]) == "hashlib.sha256"
        ):
            yield ast.unparse(one)


def draws_short_secrets(tree: ast.Module) -> Iterator[str]:
    """A secret of less than 16 random bytes; a size that has a name is written beside it, and is read there."""
    sizes = {
        node.targets[0].id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
    } | {
        node.target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and isinstance(node.value, ast.Constant)
    }
    for one in calls(tree):
        owner, _, name = ast.unparse(one.func).rpartition(".")
        if owner != "secrets" or ast.unparse(one) in NOT_SECRET:
            continue
        given = one.args[0] if one.args else None
        size = (
            given.value
            if isinstance(given, ast.Constant)
            else sizes.get(given.id, 0)
            if isinstance(given, ast.Name)
            else 0
        )
        if (name.startswith("token_") and not (isinstance(size, int) and size >= 16)) or name in (
            "choice",
            "randbelow",
            "randbits",
        ):
            yield ast.unparse(one)


def builds_statements(tree: ast.Module) -> Iterator[str]:
    """SQL in words that is not written at the head of its module, of constants alone."""
    at_the_head = {
        id(inside) for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign) for inside in ast.walk(node)
    }
    for one in calls(tree):
        name = ast.unparse(one.func).rpartition(".")[2]
        if name in ("exec_driver_sql", "executescript") or (name == "text" and isinstance(one.func, ast.Name)):
            given = one.args[0] if one.args else None
            if (
                not isinstance(given, ast.Constant)
                and id(one) not in at_the_head
                and not (isinstance(given, ast.Name) and given.id.isupper())
            ):
                yield ast.unparse(one)


def builds_templates(tree: ast.Module) -> Iterator[str]:
    """A template that is made of a text, or an environment that does not say that it escapes."""
    for one in calls(tree):
        name = ast.unparse(one.func).rpartition(".")[2]
        if name in ("from_string", "Template") or (
            name == "Environment" and "autoescape" not in {given.arg for given in one.keywords}
        ):
            yield ast.unparse(one.func)


def builds_patterns(tree: ast.Module) -> Iterator[str]:
    """A regular expression that is made inside a function, of what it is given: at the head of a module it is made of constants."""
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)):
        given = {one.arg for one in (*function.args.args, *function.args.kwonlyargs)}
        for one in calls(ast.Module(body=function.body, type_ignores=[])):
            owner, _, name = ast.unparse(one.func).rpartition(".")
            pattern = one.args[0] if owner == "re" and one.args else None
            if pattern is not None and name != "escape" and "re.escape(" not in ast.unparse(pattern):
                yield from (
                    ast.unparse(one)
                    for inside in ast.walk(pattern)
                    if isinstance(inside, ast.Name) and inside.id in given
                )


@pytest.mark.asvs("1.3.2")
def test_nothing_is_run_that_somebody_wrote() -> None:
    assert broken(runs_code) == []


@pytest.mark.asvs("1.2.5")
def test_only_a_backup_at_the_terminal_starts_another_program() -> None:
    """`pg_dump` and `pg_restore`, each word apart, without a shell; no page, no route and no worker reaches it."""
    assert broken(runs_commands) == ["api/backups.py: subprocess"]
    assert "shell" not in (ROOT / "api/backups.py").read_text(encoding="utf-8")
    reach = {file for file, tree in trees() if "api.backups" in set(imports(tree))}
    assert reach == {"api/commands/database.py"}


@pytest.mark.asvs("1.5.2")
def test_no_object_is_made_of_bytes_that_came() -> None:
    assert broken(unpacks_objects) == []


@pytest.mark.asvs("1.2.7", "1.5.1")
def test_xml_is_read_by_one_parser_alone() -> None:
    assert broken(reads_xml_as_a_tree) == []
    assert [file for file, tree in trees() if any(name.startswith("xml.") for name in imports(tree))] == [
        "cases/importers/archive.py"
    ]


@pytest.mark.asvs("11.3.1", "11.3.2", "11.3.3", "11.2.1")
def test_nothing_is_encrypted_by_our_own_hand() -> None:
    assert broken(encrypts) == []


@pytest.mark.asvs("11.4.1", "11.4.3")
def test_one_hash_function_is_used_and_it_is_sha_256() -> None:
    assert broken(hashes_otherwise) == []


@pytest.mark.asvs("6.5.3", "7.2.3", "11.5.1")
def test_what_must_not_be_guessed_is_drawn_from_the_system_and_long_enough() -> None:
    assert broken(draws_short_secrets) == []
    assert {file for file, tree in trees() if "random" in {name.partition(".")[0] for name in imports(tree)}} == CHANCE


@pytest.mark.asvs("6.5.4")
def test_a_code_has_six_digits() -> None:
    assert [
        file for file, tree in trees() for one in calls(tree) if ast.unparse(one) == "secrets.randbelow(1000000)"
    ] == ["notifications/codes.py"]


@pytest.mark.asvs("1.2.4")
def test_no_statement_is_built_of_what_somebody_wrote() -> None:
    """Migrations build theirs of the names of our own tables, before anybody comes in."""
    assert [found for found in broken(builds_statements) if not found.startswith("api/migrations/")] == []


@pytest.mark.asvs("1.1.2", "1.3.5", "1.3.7")
def test_no_template_is_built_of_what_somebody_wrote_and_each_escapes() -> None:
    assert broken(builds_templates) == []


@pytest.mark.asvs("1.2.9")
def test_no_pattern_is_built_of_what_somebody_wrote() -> None:
    assert broken(builds_patterns) == []


@pytest.mark.asvs("9.1.2", "11.6.1")
def test_signatures_are_of_a_key_that_their_author_alone_has() -> None:
    assert set(SIGNED_BY) <= {"RS256", "PS256", "ES256"}


@pytest.mark.asvs("13.2.3")
def test_no_credential_has_a_default() -> None:
    secret = {name: one.default for name, one in Settings.model_fields.items() if one.annotation is SecretStr}
    assert len(secret) >= 4
    assert not [name for name, default in secret.items() if default.get_secret_value()]


@pytest.mark.asvs("3.2.2", "3.5.5")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_puts_text_as_text_and_listens_to_no_other_window(script: Path) -> None:
    assert not IN_A_PAGE.findall(script.read_text(encoding="utf-8"))


@pytest.mark.asvs("15.3.6")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_sets_nothing_by_a_name_that_came_from_outside(script: Path) -> None:
    assert not BY_A_NAME_THAT_COMES.findall(script.read_text(encoding="utf-8"))


@pytest.mark.asvs("3.7.1")
def test_pages_use_nothing_obsolete() -> None:
    assert not [shown(path) for path in product_templates() if OBSOLETE.search(path.read_text(encoding="utf-8"))]


def test_every_package_is_read() -> None:
    assert {file.partition("/")[0] for file, _ in trees()} == set(PACKAGES)


# -- these checks can fail ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "planted"),
    [
        (runs_code, "eval(x)"), (runs_code, "compile(x, '', 'exec')"), (runs_commands, "import subprocess"), (runs_commands, "os.system(x)"),
        (runs_commands, "asyncio.create_subprocess_exec(x)"), (unpacks_objects, "from pickle import loads"), (unpacks_objects, "import yaml"),
        (reads_xml_as_a_tree, "import xml.etree.ElementTree as tree"), (encrypts, "from cryptography.fernet import Fernet"),
        (hashes_otherwise, "hashlib.md5(x)"), (hashes_otherwise, "hmac.new(key, x, 'md5')"), (draws_short_secrets, "secrets.token_urlsafe(8)"),
        (draws_short_secrets, "_BYTES = 4\nsecrets.token_bytes(_BYTES)"), (draws_short_secrets, "secrets.randbelow(10)"),
        (builds_statements, "def f(x):\n    db.execute(text('SELECT ' + x))"), (builds_statements, "def f(x):\n    db.exec_driver_sql(f'{x}')"),
        (builds_templates, "made.from_string(x)"), (builds_templates, "Environment(loader=x)"),
        (builds_patterns, "def f(x):\n    re.search(x, 'a')"), (builds_patterns, "def f(x):\n    re.compile(rf'a{x}')"),
    ],
)  # fmt: skip
def test_what_is_never_done_is_found_when_it_is(rule: Rule, planted: str) -> None:
    assert list(rule(ast.parse(planted)))


@pytest.mark.parametrize(
    ("pattern", "planted"),
    [
        (IN_A_PAGE, "box.innerHTML = name"), (IN_A_PAGE, 'window.addEventListener("message", f)'), (BY_A_NAME_THAT_COMES, "known[name] = value"),
        (OBSOLETE, '<object data="x">'),
    ],
)  # fmt: skip
def test_what_a_script_or_a_page_never_does_is_found_when_it_does(pattern: re.Pattern[str], planted: str) -> None:
    assert pattern.search(planted)


def test_what_is_allowed_is_let_through() -> None:
    for rule, written in (
        (builds_patterns, "def f(x):\n    re.search(re.escape(x), 'a')"), (draws_short_secrets, "_BYTES = 24\nsecrets.token_urlsafe(_BYTES)"),
        (builds_statements, "ASKED = text('SELECT 1')\ndef f():\n    db.execute(ASKED)"), (hashes_otherwise, "hmac.new(key, x, hashlib.sha256)"),
    ):  # fmt: skip
        assert not list(rule(ast.parse(written)))
