"""What people write is words, everywhere: 60 payloads of markup through every field, page and mail, none of them raw."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from unicodedata import normalize
from urllib.parse import unquote

import pytest
from jinja2 import Environment
from sqlalchemy import Connection, select

from api.security import new_token
from cases.database import Database
from cases.tables.case import case_file
from notifications.composer import compose
from notifications.planner import plan
from notifications.said_rows import rows_for
from notifications.tables import message
from tests.api.markup.payloads import PAYLOADS
from tests.api.markup.reading import faults_of, faults_of_mail
from tests.api.street import WORKER, Town
from tests.cases.conftest import database

__all__ = ["database"]
PLACES = (
    "", "/donnees", "/parcours.svg", "/noter/note", "/noter/correct", "/actions/hold", "/actions/close", "/actions/draft?suivi=referral",
)  # fmt: skip


def test_there_are_sixty_payloads() -> None:
    assert len(set(PAYLOADS)) == 60


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


def written(town: Town) -> list[str]:
    """Ten cases, each with six payloads: in its names, its address, its need, its notes, its meeting, its referral."""
    references = []
    for place in range(0, len(PAYLOADS), 6):
        name, person, activity, address, detail, text = PAYLOADS[place : place + 6]
        known = {"person_name": person, "activity": activity, "address_line": address, "detail": detail}
        reference = town.logged(name=name, phone=f"06 39 98 10 {place:02d}", **known)
        ines = town["ines"]
        ines.open(f"/dossiers/{reference}/noter/note").fill(text=text, shared="1")
        ines.open(f"/dossiers/{reference}/noter/meeting").fill(day="2026-11-24", place=text, text=detail)
        references.append(reference)
    return references


def raw(text: str) -> set[str]:
    """The payloads that stand in a page as they were written: a browser would read them as markup."""
    return {payload for payload in PAYLOADS if "<" in payload and payload in text}


def pages(town: Town, references: list[str]) -> Iterator[tuple[str, str]]:
    """Every page on which these words stand, as whoever sees them."""
    for reference in references:
        for place in PLACES:
            yield f"{reference}{place}", town["ines"].client.get(f"/dossiers/{reference}{place}").text
    for name, address in (
        ("ines", "/"), ("ines", "/dossiers"), ("ines", "/dossiers?q=script"), ("laurent", "/pilotage"), ("laurent", "/administration/journal"),
        ("laurent", f"/administration/personnes/{town.street.ids['ines']}"),
    ):  # fmt: skip
        yield address, town[name].client.get(address).text


@pytest.mark.asvs("1.1.2", "1.2.1", "1.3.5")
def test_no_payload_comes_out_raw_on_any_page(town: Town) -> None:
    found = {address: text for address, text in pages(town, written(town))}
    assert {address: raw(text) for address, text in found.items() if raw(text)} == {}
    assert {address: wrong for address, text in found.items() if (wrong := faults_of(text))} == {}
    everything = unescape("".join(found.values()))
    assert (
        len({payload for payload in PAYLOADS if payload.replace("'", "’") in everything or payload in everything}) >= 50
    )


@pytest.mark.asvs("1.1.2", "1.2.1")
def test_no_payload_comes_out_raw_in_any_mail(town: Town) -> None:
    written(town)
    now = town.street.clock.now() + timedelta(hours=1)
    plan(town.street.database, now, domain="quartiers.example")

    def unit(db: Connection) -> list[str]:
        rows = db.execute(select(message)).mappings().all()
        made = [
            compose(
                rows_for(db, [row]), row, now=now, base_url="https://q.example", make_link=lambda purpose, **_: purpose
            )
            for row in rows
        ]
        return [mail.html for mail in made]

    letters = town.street.database.read(unit, WORKER)
    assert letters
    assert not raw("".join(letters))
    assert not [wrong for letter in letters for wrong in faults_of_mail(letter)]


AS_TYPED = "%41%2541 &lt;b&gt; &amp;amp; {0.__class__} {name} %s %(x)s %n ${7*7} {{7*7}} \\u0041 A+B"


@pytest.mark.asvs("1.1.1", "1.2.3", "1.3.10")
def test_what_is_typed_is_kept_letter_by_letter_and_read_as_nothing_else(town: Town) -> None:
    reference = town.logged(name=AS_TYPED, activity=AS_TYPED)
    now = town.street.clock.now()
    token = town.street.database.write(lambda db: new_token(db, town.street.ids["ines"], "t", now=now), WORKER)

    told = town["ines"].client.get(f"/api/v1/cases/{reference}", headers={"Authorization": f"Bearer {token}"})

    assert told.json()["business"]["name"] == AS_TYPED
    assert town.case()["reference"] == reference
    page = unescape(town["ines"].client.get(f"/dossiers/{reference}").text)
    assert AS_TYPED.partition("+")[0].strip() in page.replace("\u00a0", " ").replace("\u202f", " ")
    assert "49" not in page.partition("<h1")[2].partition("</h1>")[0]


@pytest.mark.asvs("1.2.4")
@pytest.mark.parametrize(
    "asked",
    [
        "' OR '1'='1",
        "'; DROP TABLE case_file; --",
        "%",
        "_",
        "\\",
        "x') UNION SELECT token_hash FROM session --",
        '*" OR name:*',
    ],
)
def test_what_is_looked_for_is_no_part_of_the_statement(town: Town, asked: str) -> None:
    town.logged()
    browser = town["ines"]
    words = [word for word in re.split(r"[^a-z0-9]+", asked.casefold()) if word]
    is_said = all(word in town.row(case_file)[0]["search_text"] for word in words)
    for address, name in (
        ("/dossiers", "q"), ("/dossiers", "etat"), ("/dossiers", "tri"), ("/dossiers", "apres"), ("/aides", "q"), ("/annuaire", "q"),
        ("/dossiers/export.csv", "q"),
    ):  # fmt: skip
        answer = browser.client.get(address, params={name: asked})
        assert answer.status_code in (200, 303, 400, 404, 422), (address, name)
        if name == "q" and address == "/dossiers" and not is_said:
            assert "Épicerie Traoré" not in answer.text
    assert len(town.row(case_file)) == 1


def test_a_payload_that_is_left_raw_would_be_found() -> None:
    assert raw(f"<p>{PAYLOADS[0]}</p>") == {PAYLOADS[0]}


CONTEXTS = (
    "<p>{}</p>",
    '<p title="{}"></p>',
    "<p title='{}'></p>",
    "<p title={}></p>",
    '<a href="{}"></a>',
    "<!-- {} -->",
)
ONCE_TOO_OFTEN = (
    str, unescape, unquote, lambda text: re.sub(r"\\u00(..)", lambda found: chr(int(found[1], 16)), text), lambda text: normalize("NFKC", text),
    lambda text: re.sub(r"\W+7\*7\W*", "49", text),
)  # fmt: skip


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_template_that_leaves_it_raw_or_reads_it_once_too_often_would_be_found(payload: str) -> None:
    left, escaped = (
        Environment(autoescape=True).from_string(written) for written in ("{{ words|safe }}", "{{ words }}")
    )

    assert any(
        faults_of(context.format(left.render(words=change(payload))))
        for context in CONTEXTS
        for change in ONCE_TOO_OFTEN
    )
    assert not [wrong for context in CONTEXTS[:3] for wrong in faults_of(context.format(escaped.render(words=payload)))]
