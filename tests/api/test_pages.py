"""The pages of the desk, as each person of a street opens them: whole, theirs, quick, and safe from what people write."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from api.pages.rules import SINCE
from api.pages.sentences import SAID
from cases.database import Database, SQLite, connect
from engine.definition import MACHINES, RULES
from engine.model import Kind
from engine.records import CASE_RECORDS
from tests.api.browser import Browser, application
from tests.api.street import Street, a_street
from tests.api.test_components import Page
from tests.cases.conftest import migrated_file, migrated_template

TERRITORY, OPERATORS, MENTOR = ("ines", "laurent"), ("elodie", "sophie"), ("jean",)
PLACES = {
    "/": (*TERRITORY, *OPERATORS, *MENTOR, "admin", "observer"),
    "/dossiers": (*TERRITORY, *OPERATORS, *MENTOR, "admin"),
    "/dossiers?vue=tableau": TERRITORY,
    "/dossiers?vue=carte": (*TERRITORY, *OPERATORS, "admin"),
    "/dossiers?q=06+39+98+41+27": TERRITORY,
    "/dossiers?delai=retard&age=6-10&etat=orientation&tri=nom": TERRITORY,
    "/dossiers/nouveau": (*TERRITORY, *OPERATORS),
    "/dossiers/{pagnes}": (*TERRITORY, "karim", *OPERATORS),
    "/dossiers/{nadege}": TERRITORY,
    "/dossiers/{studio}": (*TERRITORY, *MENTOR),
    "/dossiers/{boulangerie}": (*TERRITORY, "elodie"),
    "/dossiers/{couscous}": TERRITORY,
    "/dossiers/{fleurs}": TERRITORY,
    "/dossiers/{pagnes}/parcours.svg": TERRITORY,
    "/orientations": OPERATORS,
    "/orientations?etat=en-cours": OPERATORS,
    "/orientations/{vauban}/referral-1": OPERATORS,
    "/mentorat": (*TERRITORY, *MENTOR),
    "/mentorat?etat=termines": MENTOR,
    "/aides": ("ines", "karim", "jean"),
    "/aides?axe=local_trade&portee=qpv": ("ines",),
    "/aides?dossier={pagnes}&q=pret": ("ines", "karim"),
    "/annuaire": (*TERRITORY, *OPERATORS, *MENTOR, "admin", "observer"),
    "/annuaire?famille=programme": ("ines",),
    "/annuaire?q=cma": ("ines", "admin"),
    "/annuaire/cma": (*TERRITORY, "elodie", "sophie", "admin"),
    "/annuaire/fichier": ("admin",),
    "/annuaire/lignes/operator": ("admin",),
    "/annuaire/lignes/branch?operator=cma": ("laurent", "admin"),
    "/dossiers/{primeurs}/orienter": TERRITORY,
    "/territoires": ("laurent", "admin", "observer"),
    "/territoires/roubaix": ("laurent", "admin", "observer"),
    "/territoires/roubaix/actions/review": ("laurent",),
    "/territoires/roubaix/actions/start_evaluation": ("laurent",),
    "/pilotage/choix": TERRITORY,
    "/territoires/roubaix/delais": ("laurent", "admin", "observer"),
    "/territoires/roubaix/delais/referral.answer": ("laurent", "admin"),
    "/territoires/roubaix/delais/referral.answer?valeur=8": ("laurent", "admin"),
    "/relances": (*TERRITORY, "karim", *MENTOR),
    "/relances?pour=territoire": TERRITORY,
    "/relances?vue=parties": TERRITORY,
    "/relances?vue=echec&pour=territoire": ("laurent",),
    "/relances?dossier={pagnes}": TERRITORY,
    "/pilotage": (*TERRITORY, "admin", "observer"),
    "/administration/messages": ("laurent", "admin"),
    "/administration/messages?etat=partis": ("laurent", "admin"),
    "/administration/messages?etat=adresses": ("laurent", "admin"),
    "/mes-rappels": ("ines", "elodie", "jean", "admin"),
}
VISITS = [(path, name) for path, names in PLACES.items() for name in names]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def street(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    """The street of 24 November 2026, built once: these tests only look."""
    base = tmp_path_factory.getbasetemp()
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("street") / "cases.db"
        shutil.copy(migrated_file(base), path)
        url = f"sqlite:///{path}"
    else:
        server = request.getfixturevalue("postgres_server")
        url = server.new_database(migrated_template(server, base)).app_url
    database = connect(url)
    yield a_street(database)
    database.close()


@pytest.fixture(scope="module")
def browsers(street: Street) -> dict[str, Browser]:
    """One browser a person, signed in."""
    app = application(street.database, street.clock)
    return {name: street.sign_in(name, app) for name in street.who}


def _address(street: Street, path: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: street.cases[found[1]], path)


@pytest.mark.parametrize(("path", "name"), VISITS, ids=lambda value: value)
def test_a_page_is_whole_for_whoever_may_open_it(
    street: Street, browsers: dict[str, Browser], path: str, name: str
) -> None:
    browser = browsers[name].open(_address(street, path))
    assert browser.status == 200
    if path.endswith(".svg"):
        assert browser.answer.headers["content-type"] == "image/svg+xml; charset=utf-8"
        return
    page = Page(browser.answer.text)
    assert not page.faults
    assert not page.open
    assert len(page.all("h1")) == 1
    assert len(set(page.ids())) == len(page.ids())
    assert "None" not in re.sub(r"<[^>]*>", " ", browser.page)
    assert "Undefined" not in browser.page


def test_a_stranger_gets_the_answer_of_a_case_that_does_not_exist(street: Street, browsers: dict[str, Browser]) -> None:
    asked = _address(street, "/dossiers/{pagnes}")
    theirs = browsers["stranger"].open(asked)
    said, status = theirs.page.replace(f'name="retour" value="{asked}"', ""), theirs.status
    nothing = browsers["stranger"].open("/dossiers/QP-0000-0000")
    assert status == nothing.status == 404
    assert street.cases["pagnes"] not in said
    for path in (
        "/dossiers/{pagnes}/actions/close",
        "/dossiers/{pagnes}/noter/note",
        "/orientations/{vauban}/referral-1",
    ):
        assert browsers["stranger"].open(_address(street, path)).status == 404


@pytest.mark.asvs("8.2.3")
def test_an_operator_sees_their_own_request_and_not_the_others(street: Street, browsers: dict[str, Browser]) -> None:
    page = browsers["elodie"].open(_address(street, "/dossiers/{pagnes}")).page
    assert "CMA, antenne de Roubaix" in page
    assert "Karim Haddadi" not in page
    assert "Elle refuse des commandes" not in page


def test_what_a_mentor_writes_for_the_pair_is_for_the_pair(street: Street, browsers: dict[str, Browser]) -> None:
    private = "Elle pense arrêter en juin."
    assert private in browsers["jean"].open(_address(street, "/dossiers/{studio}")).page
    assert private not in browsers["ines"].open(_address(street, "/dossiers/{studio}")).page


def test_the_adviser_begins_with_what_is_late(browsers: dict[str, Browser]) -> None:
    page = browsers["ines"].open("/").page
    assert page.index("En retard") < page.index("Aujourd'hui") < page.index("Nouveau")
    assert "Répondre à la question" in page[page.index("À commencer par") : page.index("Aujourd'hui")]


def test_the_manager_sees_first_what_is_stuck(street: Street, browsers: dict[str, Browser]) -> None:
    page = browsers["laurent"].open("/").page
    assert "dossier bloqué" in page
    assert "Confier à…" in page
    listed = browsers["laurent"].open("/dossiers?delai=bloques").page
    assert "Garage du Pile" in listed
    assert "Primeurs Saïdi" not in listed


def test_each_number_of_pilotage_opens_a_list_of_that_many_cases(browsers: dict[str, Browser]) -> None:
    browser = browsers["laurent"].open("/pilotage")
    numbers = set(re.findall(r'href="(/dossiers\?[^"]+)">(?:<span class="big">)?(\d+)<', browser.answer.text))
    owners = re.findall(r'href="(/dossiers\?[^"]+)"><span><b>[^<]*</b>.*?<b class="tl">(\d+)<', browser.answer.text)
    assert {href.partition("chiffre=")[2].partition("%3A")[0] for href, _ in numbers} >= {
        "", "accepted", "answer", "call", "entered", "first_contact", "left", "waiting", "working",
    }  # fmt: skip
    assert owners
    for href, number in (*numbers, *owners):
        shown = browsers["laurent"].open(href.replace("&amp;", "&")).answer.text
        assert shown.count('class="name"') == int(number), href


def test_the_programme_sees_numbers_and_no_list(browsers: dict[str, Browser]) -> None:
    browser = browsers["observer"].open("/pilotage")
    assert "dossiers ouverts" in browser.page
    assert 'href="/dossiers?' not in browser.answer.text
    assert "Aminata" not in browser.page


@pytest.mark.parametrize(
    ("words", "found"),
    [("06 39 98 07 12", "Garage du Pile"), ("belkacem", "Garage du Pile"), ("GARAGE pile", "Garage du Pile")],
)
def test_a_case_is_found_by_its_phone_and_its_names(browsers: dict[str, Browser], words: str, found: str) -> None:
    shown = browsers["ines"].open(f"/dossiers?q={words.replace(' ', '+')}")
    assert shown.answer.text.count('class="name"') == 1
    assert found in shown.page


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    sent: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT") and "set_config" not in statement:
            sent.append(statement)

    engines = {database.engine} | ({database._readers} if isinstance(database, SQLite) else set())
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield sent
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/", "ines"), ("/", "laurent"), ("/dossiers", "ines"), ("/dossiers?vue=tableau", "ines"), ("/dossiers?vue=carte", "ines"), ("/orientations", "elodie"),
        ("/mentorat", "jean"),
    ],
)  # fmt: skip
def test_a_list_asks_the_database_at_most_twelve_questions(
    street: Street, browsers: dict[str, Browser], path: str, name: str
) -> None:
    browsers[name].open(path)
    with counted(street.database) as sent:
        browsers[name].open(path)
    assert 0 < len(sent) <= 12, "\n".join(sent)


def test_the_figures_of_a_territory_take_one_question_each(street: Street, browsers: dict[str, Browser]) -> None:
    browsers["laurent"].open("/pilotage")
    with counted(street.database) as sent:
        browsers["laurent"].open("/pilotage")
    assert 0 < len(sent) <= 15, "\n".join(sent)


# -- the words ------------------------------------------------------------------------------------------------------------


def test_every_step_and_record_has_its_sentence() -> None:
    events = {
        f"{kind}.{name}"
        for kind, compiled in MACHINES.items()
        if kind is not Kind.TERRITORY
        for name in compiled.events
    }
    assert events | set(CASE_RECORDS) == set(SAID)


def test_every_state_with_a_deadline_says_from_what_it_counts() -> None:
    states = {rule.rpartition(".")[0] for rule in RULES if not rule.startswith("territory")}
    decided = {"case.accompaniment", "case.mentoring", "case.transition_support", "mentoring_pair.paused"}
    assert states - decided == set(SINCE)
