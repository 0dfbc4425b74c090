"""What the documents of safety tell is what the code does: the ways in, the lines that are written, whom it speaks with, each table in its class."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from api.log_lines import write_lines
from api.migrations.target import target
from api.settings import Settings
from cases.privacy.keeping import DEFAULTS
from cases.views.sight import Sight
from tests.reference_pages import DOCS, PARTS, made
from tests.test_house_rules import product_files, shown

SAFETY = (DOCS / "operate/safety.md").read_text(encoding="utf-8")
FIGURES = (DOCS / "reference/safety.md").read_text(encoding="utf-8")
WHO = (DOCS / "explanation/who-sees-what.md").read_text(encoding="utf-8")
WAYS = {
    "api/pages/links.py": "/lien/{token}", "api/pages/connexion.py": "/connexion/code", "api/pages/identity_provider.py": "/connexion/fournisseur/retour",
    "api/pages/demo.py": "/demo/entrer",
}  # fmt: skip


def part(title: str, text: str = SAFETY) -> str:
    """What stands under a title."""
    _, found, rest = text.partition(f"## {title}\n")
    assert found, title
    return rest.partition("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("| ").split(" | ")] for line in text.splitlines() if line.startswith("| ")
    ][1:]


def written_lines() -> Iterator[str]:
    """Every line that the product writes, by its event."""
    for path in product_files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func).startswith("_log.")
                and isinstance(node.args[0], ast.Constant)
            ):
                yield str(node.args[0].value)


@pytest.mark.asvs("6.1.3", "6.3.4")
def test_every_way_in_is_told_with_its_strength_and_there_is_no_other() -> None:
    begins = set()
    for path in product_files():
        calls = {
            ast.unparse(node.func)
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call)
        }
        if calls & {"enter", "begin_session"}:
            begins.add(shown(path))
    assert begins == {*WAYS, "api/pages/entering.py"}
    told = rows(part("The ways in"))
    assert all(len(row) == 3 and all(row) for row in told)
    assert {row[2].strip("`") for row in told} == set(WAYS.values())


@pytest.mark.asvs("6.1.1")
def test_how_guessing_is_held_back_is_told_and_how_nobody_is_locked_out() -> None:
    told = part("The ways in").partition("**Guessing.**")[2].partition("\n\n")[0]
    assert all(
        word in told
        for word in (
            "by account, by network and for everybody",
            "never its links",
            "nobody is locked out",
            "`api/rate_limits.py`",
        )
    )
    assert "| `code` | 20 | 20,000 | day |" in FIGURES


@pytest.mark.asvs("7.1.1", "7.1.2", "7.1.3", "7.6.1")
def test_how_long_how_many_and_beside_which_sessions_live_is_told() -> None:
    told = part("The ways in")
    assert "One hour without use and twelve hours in all" in told
    assert "NIST SP 800-63B" in told
    assert "there is no maximum" in told
    assert "Its session and ours are two" in told
    assert "| a session that nobody uses | 1 hour |\n| a session, whatever happens | 12 hours |" in FIGURES


@pytest.mark.asvs("2.1.1", "2.1.2", "2.1.3", "5.1.1", "8.1.1", "11.1.2")
@pytest.mark.parametrize("name", ["limits", "lives", "files", "bounds", "taken", "asked", "who_may", "cryptography"])
def test_each_figure_of_safety_is_made_from_the_code(name: str) -> None:
    assert f"<!-- made from the code: {name} -->" in FIGURES
    assert PARTS[name]().count("\n") >= 4
    assert made(FIGURES) == FIGURES


@pytest.mark.asvs("2.1.2")
def test_what_must_agree_is_told() -> None:
    told = part("What steps and records ask for", FIGURES)
    assert all(
        word in told for word in ("an end comes after its beginning", "*de minimis*", "from the state that allows it")
    )


@pytest.mark.asvs("8.1.2")
def test_which_fields_each_role_reads_and_writes_is_told() -> None:
    told = part("Field by field", WHO)
    named = {cell.strip("*") for row in rows(told) for cell in row[:1]}
    assert {"adviser, manager", "operator and its manager", "mentor", "entrepreneur", "admin", "observer"} <= named
    assert Sight.__doc__


@pytest.mark.asvs("11.1.1")
def test_every_key_is_told_with_where_it_is_and_how_it_is_replaced() -> None:
    told = rows(FIGURES.rpartition("<!-- end -->")[2].strip())
    assert all(len(row) == 4 and all(row) for row in told)
    secret = {f"QP_{name.upper()}" for name, one in Settings.model_fields.items() if "Secret" in str(one.annotation)}
    assert secret - set(re.findall(r"QP_\w+", FIGURES + SAFETY)) == {"QP_METRICS_TOKEN"} - set(
        re.findall(r"QP_\w+", FIGURES + SAFETY)
    )


@pytest.mark.asvs("13.1.1")
def test_whom_it_speaks_with_is_told_by_the_setting_that_names_them() -> None:
    told = set(re.findall(r"`(QP_\w+)`", part("With whom it speaks")))
    leads = {
        f"QP_{name.upper()}" for name in Settings.model_fields if name.endswith(("_url", "_issuer", "_listen"))
    } - {"QP_BASE_URL"}
    assert told == leads
    assert "the only addresses that a user gives" in part("With whom it speaks")


@pytest.mark.asvs("14.1.1", "14.1.2", "14.2.4")
def test_every_table_stands_in_one_class_with_its_protection() -> None:
    told = rows(part("What is sensitive, and how it is kept"))
    assert all(len(row) == 5 and all(row) for row in told)
    named = [name for row in told for name in re.findall(r"`(\w+)`", row[1])]
    assert sorted(named) == sorted(table.name for table in target().sorted_tables)
    assert len(DEFAULTS) >= 8


@pytest.mark.asvs("16.1.1", "16.2.3")
def test_every_line_that_is_written_is_told_and_where_it_goes() -> None:
    told = part("What is written down")
    named = {name for row in rows(told) for name in re.findall(r"`(\w+)`", row[0])}
    assert named == set(written_lines())
    assert "on the standard output, and nowhere else" in told
    opened = [
        shown(path)
        for path in product_files()
        if re.search(r"FileHandler|SysLogHandler|SocketHandler|HTTPHandler", path.read_text(encoding="utf-8"))
    ]
    assert opened == []
    assert write_lines.__defaults__ is not None
    assert write_lines.__defaults__[0] == "text"


@pytest.mark.asvs("15.1.3")
def test_what_is_costly_is_told_with_its_bound() -> None:
    told = rows(part("What is costly, and how it is bounded"))
    assert len(told) >= 5
    assert all(len(row) == 2 and all(row) for row in told)


@pytest.mark.asvs("15.1.1")
def test_how_soon_a_weakness_of_a_package_is_mended_is_told() -> None:
    told = part("Packages")
    assert [int(days) for days in re.findall(r"\*\*(\d+) days\*\*", told)] == [3, 14, 60]
    assert "`./qp check` refuses what is known to be weak" in told
