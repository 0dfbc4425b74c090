"""Each person reads in their own language: the one that they chose, else the one that their browser asks for, else French."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

import api
from cases.database import Database
from cases.tables.case import entrepreneur
from cases.tables.people import person
from notifications import languages
from notifications.languages import LANGUAGES, is_reviewed
from notifications.typography import initials
from tests.api.browser import Browser
from tests.api.street import NOW, WORKER, Street, people_of_the_street
from tests.api.test_my_case import Shop
from tests.api.unsaid import MARKED, spoken_from, unsaid, write_marked
from tests.cases.conftest import database

__all__ = ["database"]

STYLES = Path(api.__file__).parent / "static" / "css"

WAITING = {
    "fr": "Nous attendons la réponse de",
    "fr-simple": "Nous attendons une réponse de",
    "en": "We are waiting for an answer from",
    "ar": "ننتظر جواب",
    "pt": "Esperamos a resposta de",
    "tr": "Yanıt bekliyoruz:",
}


@pytest.fixture
def shop(database: Database) -> Shop:
    return Shop(database)


def asks_for(browser: Browser, header: str) -> Browser:
    browser.client.headers["accept-language"] = header
    return browser


def reads_in(shop: Shop) -> str | None:
    return shop.scene.rows(select(entrepreneur.c.reads_in).where(entrepreneur.c.id == shop.case.entrepreneur_id))[0][0]


# -- who is helped --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", LANGUAGES)
def test_somebody_who_is_helped_chooses_a_language_on_their_page_and_keeps_it(shop: Shop, code: str) -> None:
    home = shop.browser.address

    shop.browser.fill(home.replace("mon-dossier", "lien") + "/langue", langue=code)

    assert shop.browser.address == home
    assert shop.browser.title.startswith(WAITING[code])
    assert reads_in(shop) == code
    language = LANGUAGES[code]
    assert f'<html lang="{language.tag}" dir="{language.direction}">' in shop.browser.answer.text
    assert shop.browser.answer.headers["content-language"] == language.tag
    assert Browser(shop.app).open(home).title.startswith(WAITING[code]), "on another telephone too"


def test_the_page_says_that_nobody_has_reviewed_its_words(shop: Shop) -> None:
    home, french = shop.browser.address, "Traduction non relue"
    assert french not in shop.browser.page
    for code in LANGUAGES:
        shop.browser.fill(home.replace("mon-dossier", "lien") + "/langue", langue=code)
        with languages.speaking(code):
            warning = languages.shown("Traduction non relue : en cas de doute, le texte en français fait foi.")
        assert (warning.replace("’", "'") in shop.browser.page) is not is_reviewed(code)


def test_what_they_speak_is_shown_before_they_choose(shop: Shop) -> None:
    shop.scene.entrepreneur_has(language="ar")
    assert shop.browser.open(shop.browser.address).title.startswith(WAITING["ar"])


def test_their_telephone_asks_for_its_language_when_nothing_else_is_known(shop: Shop) -> None:
    home = shop.browser.address
    assert asks_for(Browser(shop.app), "tr-TR,tr;q=0.9").open(home).title.startswith(WAITING["tr"])
    assert asks_for(Browser(shop.app), "de").open(home).title.startswith(WAITING["fr"])
    assert reads_in(shop) is None, "nothing is kept by looking"


def test_a_language_that_there_is_not_is_refused(shop: Shop) -> None:
    shop.browser.fill(shop.browser.address.replace("mon-dossier", "lien") + "/langue", langue="xx")
    assert shop.browser.status == 422
    assert "Choisissez une langue dans la liste." in shop.browser.page
    assert reads_in(shop) is None


def test_what_they_do_is_answered_in_their_language(shop: Shop) -> None:
    home = shop.browser.address
    shop.browser.fill(home.replace("mon-dossier", "lien") + "/langue", langue="en")
    shop.browser.fill(home, step="nobody_called")
    assert "Thank you for telling us." in shop.browser.page
    assert shop.browser.title.startswith("Someone must talk to you by Thursday")
    assert asks_for(Browser(shop.app), "en").open("/mon-dossier/aucun").title == "This link no longer works."


@pytest.mark.parametrize(
    "path",
    [
        "/mon-dossier",
        "/demander-un-contact",
        "/demander-un-contact/merci",
        "/accessibilite",
        "/donnees-personnelles",
        "/connexion/envoye",
    ],
)
def test_pages_for_everybody_speak_every_language(shop: Shop, path: str) -> None:
    for code in LANGUAGES:
        page = asks_for(Browser(shop.app), code).open(path)
        assert f'lang="{LANGUAGES[code].tag}" dir="{LANGUAGES[code].direction}"' in page.answer.text


def test_who_answers_from_a_mail_reads_the_language_of_their_account_or_chooses_one_on_their_browser(
    shop: Shop,
) -> None:
    shop.scene.change(update(person).where(person.c.id == shop.agent()).values(reads_in="en"))
    browser = shop.operator()
    assert browser.title.startswith("Can you help")

    browser.fill(f"{browser.address}/langue", langue="fr")

    assert browser.title.startswith("Pouvez-vous aider")


def test_a_link_that_is_gone_and_the_mail_that_replaces_it_speak_the_language_of_its_reader(shop: Shop) -> None:
    shop.scene.entrepreneur_has(reads_in="tr", email="nadia@example.org")
    gone = shop.link(lasts=timedelta(days=-1))

    browser = Browser(shop.app).open(gone)

    assert (browser.status, browser.title) == (410, "Bu bağlantı artık çalışmıyor.")
    browser.fill(f"{gone.replace('mon-dossier', 'lien')}/nouveau")
    assert "az önce yeni bir bağlantı gönderildi" in browser.page
    assert len(shop.scene.messages(key="new_link")) == 1


def test_who_has_no_account_keeps_a_language_on_their_browser(shop: Shop) -> None:
    browser = Browser(shop.app).open("/mon-dossier")
    browser.fill("/langue", langue="pt")
    assert browser.address == "/mon-dossier"
    assert browser.title == "Encontrar o meu processo"
    assert browser.open("/accessibilite").title == "Acessibilidade: não conforme"


def test_choosing_a_language_leads_nowhere_else(shop: Shop) -> None:
    browser = Browser(shop.app).open("/mon-dossier")
    browser.fill("/langue", langue="pt", retour="https://ailleurs.example/")
    assert browser.address in ("/", "/connexion")


# -- who works here -------------------------------------------------------------------------------------------------------


@pytest.fixture
def street(database: Database) -> Street:
    found = people_of_the_street(database)
    found.clock.set(NOW)
    return found


def test_an_adviser_keeps_a_language_for_their_account(street: Street) -> None:
    browser = street.sign_in("ines")
    browser.open("/mon-compte").fill("/mon-compte/langue", langue="en")
    assert '<html lang="en" dir="ltr">' in browser.answer.text
    own = select(person.c.reads_in).where(person.c.id == street.ids["ines"])
    assert street.database.read(lambda db: db.execute(own).scalar(), WORKER) == "en"
    assert '<html lang="en" dir="ltr">' in asks_for(browser, "fr").open("/mon-compte").answer.text
    assert browser.open("/accessibilite").title == "Accessibility: not compliant", "and the pages for everybody"
    browser.client.cookies.delete("qp_langue")
    street.database.write(lambda db: db.execute(update(person).values(reads_in=None)), WORKER)
    assert '<html lang="fr" dir="ltr">' in browser.open("/mon-compte").answer.text
    assert '<html lang="en" dir="ltr">' in asks_for(browser, "en").open("/mon-compte").answer.text


def test_an_account_is_in_a_language_of_work_and_no_other(street: Street) -> None:
    browser = street.sign_in("ines")
    assert browser.open("/mon-compte").fill("/mon-compte/langue", langue="ar").status == 422
    assert '<html lang="fr" dir="ltr">' in asks_for(browser, "ar,tr").open("/mon-compte").answer.text


# -- nothing is said outside of the catalogues ----------------------------------------------------------------------------


@pytest.fixture
def marked(tmp_path: Path) -> Iterator[str]:
    """One more language, in which whatever a page says is between brackets."""
    write_marked(tmp_path)
    with spoken_from(tmp_path, MARKED):
        yield MARKED.code


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_pages_of_who_is_helped_say_nothing_outside_of_the_catalogues(shop: Shop, marked: str) -> None:
    home = shop.browser.address
    shop.scene.entrepreneur_has(reads_in=marked)
    data = {
        "Nadia",
        "Brahimi",
        "roubaix",
        *names_of(shop),
        *(one.name for one in LANGUAGES.values()),
        "Quartiers productifs",
    }
    for path in ("", "/partage", "/arreter"):
        assert unsaid(shop.browser.open(home + path).answer.text, data) == [], path
    for step in ("hand_over", "nobody_called"):
        shop.browser.open(home).fill(home, step=step)
        assert unsaid(shop.browser.answer.text, data) == [], step
    for path in (
        "/mon-dossier",
        "/mon-dossier/aucun",
        "/demander-un-contact",
        "/demander-un-contact/merci",
        "/accessibilite",
        "/donnees-personnelles",
        "/connexion/envoye",
    ):
        shop.browser.client.cookies.set("qp_langue", marked)
        assert unsaid(shop.browser.open(path).answer.text, data) == [], path


def names_of(shop: Shop) -> set[str]:
    names = shop.scene.rows(select(person.c.name))
    return {part for row in names for part in (row.name, row.name.partition(" ")[0], initials(row.name))} | {
        "Adie",
        "Roubaix",
    }


def test_a_sentence_that_is_in_no_catalogue_is_found() -> None:
    page = '<h1>⟦Bonjour ⟦Le 3⟧, Nadia⟧</h1><p title="Un titre">Une phrase oubliée</p><p>Tuesday 9 February, 18:00</p>'
    assert unsaid(page, ["Nadia"]) == ["Un titre", "Une phrase oubliée"]


# -- from right to left ---------------------------------------------------------------------------------------------------

SIDED = re.compile(
    r"(?<![\w-])(?:(?:margin|padding|border)-)?(?:left|right):[^;}]*"
    r"|(?<![\w-])(?:float|clear|text-align):\s*(?:left|right)"
    r"|(?<![\w-])(?:margin|padding|inset):\s*[^\s;}()]+ (?P<end>[^\s;}()]+) [^\s;}()]+ (?!(?P=end)[\s;}!])[^\s;}()]+"
)
"""What a style sheet says of the left or of the right, where a page may be read from either side."""


def test_style_sheets_name_starts_and_ends_so_that_pages_follow_the_direction() -> None:
    sheets = {path.name: path.read_text(encoding="utf-8") for path in STYLES.glob("*.css")}
    assert len(sheets) > 5
    assert [(name, one[0]) for name, sheet in sheets.items() for one in SIDED.finditer(sheet)] == []


@pytest.mark.parametrize(
    "faulty",
    ["a {padding-left:1rem}", "a {float:right}", "a {text-align:left}", "a {left:0}", "a {margin:0 1rem 0 2rem}"],
)
def test_a_style_sheet_that_names_a_side_is_found(faulty: str) -> None:
    assert SIDED.search(faulty)
    assert not SIDED.search(
        "a {padding:0 1rem 0 1rem; margin:0 auto; text-align:start; background:linear-gradient(to right,red)}"
    )


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_arrows_point_where_the_reader_goes(shop: Shop) -> None:
    """An arrow that leads on is marked as one that turns; the style sheet turns it where one reads from right to left."""
    assert 'class="i turns' in shop.browser.open(shop.browser.address).answer.text
    assert "[dir=rtl] .turns {transform:scaleX(-1)}" in (STYLES / "base.css").read_text(encoding="utf-8")
