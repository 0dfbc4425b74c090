"""The documents are true: links lead somewhere, what they name exists, and what is made from the code is what the code would make."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from api.cli import app
from api.metrics import Figures
from api.settings import Settings
from engine.model import MailClass
from engine.offers import Weights
from tests.reference_pages import PART, PARTS, made, openapi, pages

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|<(?:img|a)\s[^>]*?(?:src|href)=\"([^\"]+)\"")
PATHS = re.compile(r"`((?:api|bench|cases|docs|engine|notifications|tests)/[\w./-]*)`")
TO_BE_MADE = ("engine/states/handover.py", "notifications/emails/we_call_soon.jinja", "api/pages/directory.py", "api/templates/directory.html")  # fmt: skip
"""What the how-tos have their reader make."""
LARGEST_IMAGE = 150_000
"""Bytes: a reader on a telephone waits for it."""


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def links(page: Path) -> Iterator[str]:
    prose = re.sub(r"```.*?```", "", text_of(page), flags=re.DOTALL)
    for written, pointed in LINK.findall(prose):
        if not re.match(r"https?:|mailto:", written or pointed):
            yield written or pointed


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\s-]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def leads_somewhere(page: Path, link: str) -> bool:
    file, _, anchor = link.partition("#")
    target = (page.parent / file) if file else page
    return target.exists() and (not anchor or anchor in anchors(target))


@cache
def command_line() -> Any:
    return typer.main.get_command(app)


def is_a_command(words: list[str]) -> bool:
    """Whether these words lead to a command, each of whose options is one of its own."""
    command, rest = command_line(), list(words)
    while rest and rest[0] in getattr(command, "commands", {}):
        command = command.commands[rest.pop(0)]
    if command is command_line():
        return False
    options = {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
    return {word for word in rest if word.startswith("--")} <= {*options, "--help"}


def commands_in(text: str) -> Iterator[str]:
    """What follows `qp` in code: between backquotes, or on an indented line."""
    for line in re.findall(r"`(?:\./)?qp ([^`]+)`|^ {4,}\./qp ([^\n#]+)", text, re.MULTILINE):
        yield "".join(line).strip()


@pytest.mark.parametrize("page", DOCUMENTS, ids=shown)
def test_every_link_of_a_document_leads_somewhere(page: Path) -> None:
    assert not [link for link in links(page) if not leads_somewhere(page, link)]


@pytest.mark.parametrize("page", DOCUMENTS, ids=shown)
def test_every_file_that_a_document_names_is_there(page: Path) -> None:
    named = {name for name in PATHS.findall(text_of(page)) if name not in TO_BE_MADE}
    assert not [name for name in sorted(named) if not (ROOT / name).exists()]


@pytest.mark.parametrize("page", DOCUMENTS, ids=shown)
def test_every_command_that_a_document_gives_exists(page: Path) -> None:
    of_the_launcher = ("test", "check", "audit", "sbom", "bench", "VERB", "--commands")
    given = [words.split() for words in commands_in(text_of(page))]
    assert not [words for words in given if words and words[0] not in of_the_launcher and not is_a_command(words)]


@pytest.mark.parametrize("page", DOCUMENTS, ids=shown)
def test_every_setting_that_a_document_names_exists(page: Path) -> None:
    known = {f"QP_{name.upper()}" for name in Settings.model_fields}
    assert not set(re.findall(r"\bQP_[A-Z_]+\b", text_of(page))) - known


def test_every_page_is_reached_from_the_first() -> None:
    reached, to_read = set(), [ROOT / "README.md"]
    while to_read:
        page = to_read.pop().resolve()
        if page in reached or page.suffix != ".md" or not page.exists():
            continue
        reached.add(page)
        to_read += [page.parent / link.partition("#")[0] for link in links(page)]
    assert not [shown(page) for page in DOCUMENTS if page.resolve() not in reached]


# -- what is made from the code -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", pages(), ids=shown)
def test_what_is_made_from_the_code_is_what_the_code_makes(page: Path) -> None:
    assert text_of(page) == made(text_of(page)), "python -m tests.reference_pages, then read the difference"


def test_each_part_that_is_made_stands_in_one_page() -> None:
    found = [name for text in pages().values() for name, _ in PART.findall(text)]
    assert sorted(found) == sorted(PARTS)


def test_every_route_and_every_setting_says_what_it_is() -> None:
    routes = openapi()["paths"]
    assert all(route.get("description") for methods in routes.values() for route in methods.values())
    assert all(one.description for one in Settings.model_fields.values())


# -- what is told in words ------------------------------------------------------------------------------------------------


def test_the_weights_of_routing_are_those_that_are_told() -> None:
    told = re.findall(r"^\| (\w+) \| (\d+) \|", text_of(ROOT / "docs/explanation/routing.md"), re.MULTILINE)
    weights = Weights()
    assert {name: int(weight) for name, weight in told} == {name: getattr(weights, name) for name in weights.__slots__}


def test_the_classes_of_mails_are_those_that_are_told() -> None:
    told = re.findall(r"^\| (\w+) \| ", text_of(ROOT / "docs/explanation/mails.md"), re.MULTILINE)
    assert set(told) - {"class"} == set(MailClass)


def test_the_figures_to_watch_are_those_that_are_given() -> None:
    told = set(re.findall(r"^\| `(qp_\w+)`", text_of(ROOT / "docs/operate/watch.md"), re.MULTILINE))
    given = set(re.findall(r"^# HELP (\w+) ", Figures().text().decode(), re.MULTILINE))
    assert told == given


def test_pictures_are_light() -> None:
    pictures = list((ROOT / "docs/images").iterdir())
    assert pictures
    assert not [shown(one) for one in pictures if one.stat().st_size > LARGEST_IMAGE]


# -- these checks can fail ------------------------------------------------------------------------------------------------


def test_a_command_that_is_not_there_is_found() -> None:
    assert is_a_command(["db", "upgrade"])
    assert not is_a_command(["physician"])
    assert not is_a_command(["db", "upgrade", "--quietly"])
    assert list(commands_in("`qp physician` and\n\n    ./qp db check   # now\n")) == ["physician", "db check"]


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Here\n[a](nowhere.md) [b](#here) [c](#there)", encoding="utf-8")
    assert [link for link in links(page) if not leads_somewhere(page, link)] == ["nowhere.md", "#there"]


def test_a_part_that_is_no_longer_true_is_found() -> None:
    assert (
        made("<!-- made from the code: settings -->\nold\n<!-- end -->")
        != "<!-- made from the code: settings -->\nold\n<!-- end -->"
    )
