"""What a reader of a page sees of texts, dates, hours, amounts and telephone numbers."""

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment
from markupsafe import Markup, escape

from notifications.languages import LANGUAGES, speaking
from notifications.typography import (
    day_long,
    day_short,
    euros,
    filters,
    hour,
    initials,
    number,
    phone,
    phone_uri,
    prose,
    typo,
)

PIECES = (
    "l'Adie",
    " ?",
    " :",
    " ;",
    "«",
    "»",
    "12 000 €",
    "1er ",
    "2e ",
    "5 jours",
    " 18 h 30",
    "a@b.fr",
    "<b>",
    "&",
    "'",
)


@pytest.mark.parametrize(
    ("typed", "set_"),
    [
        ("Où se trouve-t-elle ?", "Où se trouve-t-elle\u202f?"),
        ("fin ; suite !", "fin\u202f; suite\u202f!"),
        ("Besoin : « oui »", "Besoin\u00a0: «\u00a0oui\u00a0»"),
        ("«oui»", "«\u00a0oui\u00a0»"),
        ("Boulangerie · Roubaix · 13 dossiers", "Boulangerie\u00a0· Roubaix\u00a0· 13\u00a0dossiers"),
        ("l'Adie n'a pas répondu", "l’Adie n’a pas répondu"),
        ("sous 5 jours ouvrés", "sous 5\u00a0jours ouvrés"),
        ("58 % en 20 j, 3 km", "58\u00a0% en 20\u00a0j, 3\u00a0km"),
        ("12 000 € et 1 200 000 €", "12\u202f000\u00a0€ et 1\u202f200\u202f000\u00a0€"),
        ("le 24 novembre à 18 h 30", "le 24\u00a0novembre à 18\u00a0h\u00a030"),
        ("le 1er décembre, la 1re et la 2e", "le 1ᵉʳ\u00a0décembre, la 1ʳᵉ et la 2ᵉ"),
    ],
)
def test_a_reader_sees_french_typography_although_the_writer_typed_plain_text(typed: str, set_: str) -> None:
    assert typo(typed) == set_


@pytest.mark.parametrize(
    "text",
    [
        "12:30",
        "https://exemple.fr/l'aide?a=1;b",
        "ecrire@exemple.fr",
        "QP-7K3F-2e40",
        "SIRET 000 147 000 00012",
        "2026 100 lignes",
        "What is this? It: works; yes!",
        "5'",
        "",
    ],
)
def test_addresses_references_and_english_come_out_as_they_went_in(text: str) -> None:
    assert typo(text) == text


def test_the_typography_of_a_markup_leaves_its_tags_and_typed_fields() -> None:
    page = Markup(
        "<a href=\"/x?q=a : b\" title='a > b ?'>l&#39;un ?</a><!-- a ? --><textarea>a ?</textarea><b>Besoin</b> : 5 j &amp; co"
    )
    assert typo(page) == Markup(
        "<a href=\"/x?q=a : b\" title='a > b ?'>l’un\u202f?</a><!-- a ? --><textarea>a ?</textarea><b>Besoin</b>\u00a0: "
        "5\u00a0j &amp; co"
    )


def test_prose_escapes_a_hostile_name_and_raises_ordinals() -> None:
    assert prose("<script>alert('1er')</script> ?") == Markup(
        "&lt;script&gt;alert(&#39;1<sup>er</sup>’)&lt;/script&gt;\u202f?"
    )
    assert prose(Markup("<b>2e</b>")) == Markup("<b>2<sup>e</sup></b>")
    assert prose(12) == Markup("12")


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=8)).map("".join))
def test_typography_set_twice_is_typography_set_once(text: str) -> None:
    assert typo(typo(text)) == typo(text)


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=8)).map("".join))
def test_prose_of_any_text_holds_no_tag_but_raised_ordinals(text: str) -> None:
    assert not re.search(r"[<>]", re.sub(r"</?sup>", "", prose(text)))
    assert '"' not in prose(text)


@given(st.text(alphabet="abcé<>&\"' :;?«»12€", max_size=40))
def test_typography_changes_no_letter_and_no_figure(text: str) -> None:
    def letters(set_: str) -> str:
        return re.sub(r"[\s'’]", "", set_.translate(str.maketrans("ᵉʳ", "er")))

    assert letters(typo(text)) == letters(text)
    assert letters(Markup(typo(escape(text))).unescape()) == letters(text)


def test_a_day_is_written_in_words_with_the_first_as_an_ordinal() -> None:
    assert day_long(date(2026, 11, 24)) == "mardi 24\u00a0novembre"
    assert day_long(date(2026, 12, 1)) == "mardi 1ᵉʳ\u00a0décembre"
    assert day_long(date(2027, 5, 24), year=True) == "lundi 24\u00a0mai 2027"
    assert day_short(date(2026, 11, 24)) == "24\u00a0nov."
    assert day_short(date(2026, 11, 26), weekday=True) == "jeu. 26\u00a0nov."
    assert day_short(date(2026, 12, 1), weekday=True) == "mar. 1ᵉʳ\u00a0déc."
    assert prose(day_short(date(2026, 12, 1))) == Markup("1<sup>er</sup>\u00a0déc.")


def test_an_instant_is_read_where_its_territory_is() -> None:
    late = datetime(2026, 11, 30, 22, 30, tzinfo=UTC)
    assert day_long(late, "Europe/Paris") == "lundi 30\u00a0novembre"
    assert day_long(late, "Indian/Reunion") == "mardi 1ᵉʳ\u00a0décembre"
    assert hour(late, "Europe/Paris") == "23\u00a0h\u00a030"
    assert hour(late, "Indian/Reunion") == "2\u00a0h\u00a030"


@pytest.mark.parametrize("show", [day_long, day_short, hour])
def test_an_instant_without_its_zone_is_refused(show: object) -> None:
    assert callable(show)
    with pytest.raises(ValueError, match="aware"):
        show(datetime(2026, 11, 30, 22, 30), "Europe/Paris")  # noqa: DTZ001 - the refusal of a naive instant is the point
    with pytest.raises(ValueError, match="timezone"):
        show(datetime(2026, 11, 30, 22, 30, tzinfo=UTC))


def test_an_hour_has_minutes_only_when_they_say_something() -> None:
    assert hour(time(18)) == "18\u00a0h"
    assert hour(time(8, 51)) == "8\u00a0h\u00a051"
    assert hour(time(18), minutes=True) == "18\u00a0h\u00a000"


def test_amounts_have_their_thousands_apart_and_cents_when_there_are_any() -> None:
    assert number(12000) == "12\u202f000"
    assert number("3.5") == "3,5"
    assert euros(12000) == "12\u202f000\u00a0€"
    assert euros(Decimal("1500.50")) == "1\u202f500,50\u00a0€"
    assert euros("1500.00") == "1\u202f500\u00a0€"
    assert euros(0) == "0\u00a0€"


def test_a_telephone_number_is_written_as_it_is_said_and_dialled_as_it_is() -> None:
    assert phone("+33639984127") == "06\u00a039\u00a098\u00a041\u00a027"
    assert phone("+262692123456").startswith("0692")
    assert phone("+32470123456").startswith("+32")
    assert phone("pas de numéro") == "pas de numéro"
    assert phone_uri("06 39 98 41 27") == "tel:+33639984127"
    assert phone_uri('"><script>') == "tel:"


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Inès Morvan", "IM"),
        ("E\u0301lodie Caron", "ÉC"),
        ("Adie, antenne de Roubaix", "AD"),
        ("CMA", "CM"),
        ("Jean-Pierre de La Tour", "JT"),
        ("<b>", "B"),
        ("  ", "?"),
        ("", "?"),
    ],
)
def test_initials_stand_for_a_name(name: str, letters: str) -> None:
    assert initials(name) == letters


WRITTEN = {
    "fr": "mardi 1ᵉʳ\u00a0décembre 2026 · mar. 1ᵉʳ\u00a0déc. · 8\u00a0h\u00a005 · 12\u202f000 · 1\u202f500,50\u00a0€",
    "fr-simple": "mardi 1ᵉʳ\u00a0décembre 2026 · mar. 1ᵉʳ\u00a0déc. · 8\u00a0h\u00a005 · 12\u202f000 · 1\u202f500,50\u00a0€",
    "en": "Tuesday 1\u00a0December 2026 · Tue 1\u00a0Dec · 8:05 · 12,000 · €1,500.50",
    "ar": "الثلاثاء 1\u00a0ديسمبر 2026 · الثلاثاء 1\u00a0ديسمبر · 8:05 · 12,000 · 1,500.50\u00a0€",
    "pt": "terça-feira, 1\u00a0de dezembro de 2026 · terça, 1\u00a0de dez. · 8:05 · 12\u00a0000 · 1\u00a0500,50\u00a0€",
    "tr": "1\u00a0Aralık 2026 Salı · 1\u00a0Ara Sal · 8:05 · 12.000 · €1.500,50",
}


@pytest.mark.parametrize("code", LANGUAGES)
def test_days_hours_and_amounts_are_written_as_in_the_language_of_who_reads(code: str) -> None:
    day = date(2026, 12, 1)
    with speaking(code):
        written = (
            day_long(day, year=True),
            day_short(day, weekday=True),
            hour(time(8, 5)),
            number(12000),
            euros("1500.50"),
        )
    assert " · ".join(written) == WRITTEN[code]


def test_french_spaces_are_for_french_alone() -> None:
    with speaking("en"):
        assert prose("1er ?") == Markup("1er ?")
        assert typo(Markup("l'un : <b>12 000</b>")) == Markup("l'un : <b>12 000</b>")
    environment = Environment(autoescape=True)
    environment.filters.update(filters())
    template = environment.from_string("{{ day|day_long }} {{ 12000|number }} {{ name|prose }}")
    given = {"day": date(2026, 11, 24), "name": "<b>l'un ?"}
    assert template.render(given) == "mardi 24\u00a0novembre 12\u202f000 &lt;b&gt;l’un\u202f?"
    with speaking("en"):
        assert template.render(given) == "Tuesday 24\u00a0November 12,000 &lt;b&gt;l&#39;un ?"
