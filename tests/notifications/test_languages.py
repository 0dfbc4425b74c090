"""French is the source; each language has every word that its readers may see, with the same names inside, and its own mails."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from jinja2 import Environment
from sqlalchemy import update

from cases.tables.people import person
from engine.model import Kind
from engine.sentences import lowered, say, together
from notifications import composer, languages
from notifications.languages import (
    FRENCH,
    LANGUAGES,
    OF_WORK,
    Language,
    is_reviewed,
    preferred,
    said_again,
    shown,
    speaking,
)
from tests import translations
from tests.notifications.mailbag import Mail, mails
from tests.notifications.test_emails_of_every_key import Lives, check, life_of, lives
from tests.translations import Words

__all__ = ["lives"]

OTHERS = [code for code in LANGUAGES if code != FRENCH.code]
TRANSLATED = [code for code in OTHERS if not LANGUAGES[code].is_french]
NAMES = re.compile(r"\{[^}]*\}|%\([a-z_]+\)[sd]|%%")
EMAILS = Path(composer.__file__).parent / "emails"
FRENCH_WORDS = re.compile(r"(?<![\w-])(vous|votre|vos|nous|est|pour|avant|sont|une|les)(?![\w-])")
THEIRS = sorted({one.key for one in mails() if one.role == "entrepreneur"} | {"new_link", "digest"})
"""The mails that somebody who is helped may receive."""


def faults(catalogue: Catalog, wanted: Mapping[Words, list[str]]) -> list[str]:
    """What a catalogue lacks, has too much of, or says with other names than the French."""
    said = {one.id if isinstance(one.id, str) else tuple(one.id): one for one in catalogue if one.id}
    found = [f"not there: {words}" for words in wanted if words not in said]
    found += [f"of no use: {words}" for words in said if words not in wanted]
    for words, one in said.items():
        forms = (one.string,) if isinstance(one.string, str) else one.string
        found += [f"not said: {words}" for form in forms if not form.strip()]
        ours = set(NAMES.findall(words if isinstance(words, str) else words[1]))
        found += [f"other names: {words}" for form in forms[-1:] if form and set(NAMES.findall(form)) != ours]
    return found


@pytest.mark.parametrize("code", OTHERS)
def test_a_language_says_every_word_that_its_readers_may_see_and_no_other(code: str) -> None:
    assert faults(languages.read_catalogue(code), translations.wanted(code)) == [], (
        "run python -m tests.translations, then translate"
    )


def test_a_word_that_is_missing_emptied_or_changed_is_found() -> None:
    catalogue = Catalog()
    catalogue.add("Bonjour {name}", "Hello {who}")
    catalogue.add("Oui", "")
    catalogue.add("Rien", "Nothing")
    assert faults(catalogue, {"Bonjour {name}": [], "Oui": [], "Non": []}) == [
        "not there: Non",
        "of no use: Rien",
        "other names: Bonjour {name}",
        "not said: Oui",
    ]


def test_no_sentence_is_put_together_where_nobody_can_translate_it() -> None:
    found = [
        (path.name, one)
        for path in translations.sources()
        if path.suffix == ".py"
        for one in translations.put_together(path)
    ]
    assert found == [], "engine.sentences.say makes it"


def test_a_sentence_that_is_put_together_is_found(tmp_path: Path) -> None:
    source = tmp_path / "page.py"
    source.write_text(
        'a = f"Le dossier de {name}"\nb = f"/dossiers/{name}"\nc = f"{name}, {day}"\nraise ValueError(f"pas de {name}")\n',
        encoding="utf-8",
    )
    assert list(translations.put_together(source)) == ["f'Le dossier de {name}'"]


def test_no_native_reader_has_reviewed_a_language_until_every_word_of_it_is() -> None:
    assert [code for code in LANGUAGES if is_reviewed(code)] == ["fr", "en"]


# -- words ----------------------------------------------------------------------------------------------------------------


def test_a_sentence_is_said_by_its_pattern_with_what_stands_in_it_said_too() -> None:
    sentence = say("{who} va vous appeler {by}.", who="Karim", by=say("avant {day}", day="3 December"))
    assert sentence == "Karim va vous appeler avant 3 December."
    with speaking("en"):
        assert shown(sentence) == "Karim will call you by 3 December."
        assert (
            shown(together(["Votre plan est prêt.", sentence]))
            == "Your plan is ready. Karim will call you by 3 December."
        )
        assert shown(say("Pour : {need}.", need=lowered("Embaucher"))) == "For: hire staff."
    assert say("Pour : {need}.", need=lowered("Embaucher")) == "Pour : embaucher."


def test_words_that_are_not_ours_stay_as_they_were_typed() -> None:
    with speaking("ar"):
        assert shown("Une hotte, chez {moi}") == "Une hotte, chez {moi}"
        assert shown(say("Bonjour {name}", name="{day}")) == "مرحبًا {day}"


def test_what_a_person_typed_is_escaped_in_a_translation_too() -> None:
    environment = Environment(autoescape=True)
    languages.teach(environment)
    template = environment.from_string('{{ _("Bonjour %(name)s,", name=name) }}')
    with speaking("en"):
        assert template.render(name="<b>") == "Hello &lt;b&gt;,"


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("ar,fr;q=0.5", "ar"),
        ("fr-FR,fr;q=0.9,en;q=0.8", "fr"),
        ("de, pt-BR;q=0.7, en;q=0.4", "pt"),
        ("de", None),
        ("", None),
        ("en;q=0, tr;q=x", None),
    ],
)  # fmt: skip
def test_the_browser_says_which_languages_its_person_reads(header: str, found: str | None) -> None:
    assert preferred(header, LANGUAGES) == found


def test_one_and_many_are_said_by_the_rule_of_each_language() -> None:
    environment = Environment(autoescape=True)
    languages.teach(environment)
    template = environment.from_string('{{ ngettext("Un point à corriger", "%(num)s points à corriger", count) }}')
    with speaking("ar"):
        said = [template.render(count=count) for count in (1, 2, 3, 11)]
    assert said == ["نقطة واحدة للتصحيح", "نقطتان للتصحيح", "3 نقاط للتصحيح", "11 نقطة للتصحيح"]


# -- mails ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_mail_to_somebody_who_is_helped_is_written_in_each_language_with_the_same_parts(code: str) -> None:
    written = {path.stem for path in (EMAILS / code).glob("*.jinja")}
    assert set(THEIRS) <= written
    for key in written:
        assert parts_of(code, key) == parts_of("", key), key


def parts_of(code: str, key: str) -> set[str]:
    """What a mail says, but for what only some of its readers have."""
    found = re.findall(r"\{% block (\w+) %\}", (EMAILS / code / f"{key}.jinja").read_text(encoding="utf-8"))
    return set(found) - {"simple", "item", "facts"}


@pytest.fixture
def speakers(lives: Lives) -> Iterator[Lives]:
    yield lives
    for life in lives.values():
        life.entrepreneur_has(language="fr", reads_in=None)


def composed_for(lives: Lives, mail: Mail, code: str) -> composer.Composed:
    life = life_of(lives, mail)
    life.entrepreneur_has(language="fr", reads_in=code)
    return life.compose(life.message(mail))


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_mail_is_whole_in_the_language_of_its_reader(speakers: Lives, code: str) -> None:
    language = LANGUAGES[code]
    for mail in sorted(mails()):
        if mail.role == "entrepreneur":
            letter = composed_for(speakers, mail, code)
            assert f'<html lang="{language.tag}" dir="{language.direction}">' in letter.html
            assert letter.html.count('class="btn"') == 1, mail
            theirs = re.sub(r"«[^»]*»|une hotte", "", before_the_french(letter.text, code))
            assert not FRENCH_WORDS.search(letter.subject + letter.preheader + theirs), (mail, theirs)


def before_the_french(text: str, code: str) -> str:
    """A mail without the French that stands under it, nor the needs in their own words."""
    with speaking(code):
        before, _, after = text.partition(shown("En français"))
        return before + after.partition("\n\n")[2].partition("\n\n")[2]


@pytest.mark.parametrize("code", ["ar", "tr", "pt", "fr-simple"])
def test_a_mail_that_nobody_has_reviewed_says_so_and_one_that_is_does_not(speakers: Lives, code: str) -> None:
    mail = Mail("who_calls", "entrepreneur", "referral", event="accept")
    life = speakers[Kind.REFERRAL]
    letter = composed_for(speakers, mail, code)
    with speaking(code):
        warning = shown("Traduction non relue : en cas de doute, le texte en français fait foi.")
    assert warning in letter.text
    assert warning not in life.compose(life.message(mail), reviewed={("who_calls", code)}).text


def test_a_mail_in_another_language_says_it_in_simple_french_too(speakers: Lives) -> None:
    mail = Mail("who_calls", "entrepreneur", "referral", event="accept")
    letter = composed_for(speakers, mail, "ar")
    assert '<div class="more" lang="fr" dir="ltr">' in letter.html
    assert "Vous ne payez rien." in letter.text
    assert "Bonjour" not in letter.text.partition("بالفرنسية")[0]


def test_who_reads_simple_french_has_the_simple_words_alone(speakers: Lives) -> None:
    letter = composed_for(speakers, Mail("case_closed", "entrepreneur", "case"), "fr-simple")
    assert "C’est fini. Vous avez encore besoin d’aide" in letter.text
    assert "Merci pour votre confiance" not in letter.text
    assert "En plus simple" not in letter.text


def test_what_somebody_chose_comes_before_what_they_speak(speakers: Lives) -> None:
    life = speakers[Kind.REFERRAL]
    mail = Mail("case_closed", "entrepreneur", "case")
    said = {}
    for spoken, chosen in (("ar", None), ("ar", "fr"), ("wo", None), ("fr", "pt")):
        life.entrepreneur_has(language=spoken, reads_in=chosen)
        said[spoken, chosen] = life.compose(life.message(mail)).subject
    assert said["ar", None] == "انتهى ملفك"
    assert said["ar", "fr"] == said["wo", None] == "Votre dossier est terminé"
    assert said["fr", "pt"] == "O seu processo terminou"


def test_an_sms_in_arabic_keeps_its_letters_and_its_link(speakers: Lives) -> None:
    said = composed_for(speakers, Mail("case_closed", "entrepreneur", "case"), "ar").sms
    assert said.startswith("انتهى ملفك https://")
    assert len(said) <= 134


# -- who works here -------------------------------------------------------------------------------------------------------


def test_every_mail_is_written_in_english() -> None:
    written = {path.stem: path.read_text(encoding="utf-8") for path in (EMAILS / "en").glob("*.jinja")}
    assert set(written) == {path.stem for path in EMAILS.glob("*.jinja")}
    for key, text in written.items():
        assert parts_of("en", key) == parts_of("", key), key
        assert not FRENCH_WORDS.search(re.sub(r"\{[%{].*?[%}]\}", "", text)), key


@pytest.fixture
def colleagues(lives: Lives) -> Iterator[Lives]:
    """Who works here chose English."""
    for life in lives.values():
        life.change(update(person).values(reads_in="en"))
    yield lives
    for life in lives.values():
        life.change(update(person).values(reads_in=None))


def test_a_mail_to_who_works_here_is_whole_in_english(colleagues: Lives) -> None:
    for mail in sorted(mails()):
        if mail.role != "entrepreneur":
            letter = life_of(colleagues, mail).compose(life_of(colleagues, mail).message(mail))
            assert '<html lang="en" dir="ltr">' in letter.html
            check(letter)
            ours = re.sub(r"«[^»]*»|“[^”]*”|une hotte", "", letter.subject + letter.preheader + letter.text)
            assert not FRENCH_WORDS.search(ours), (mail, ours)
            assert "\u202f" not in ours
            assert " :" not in ours


def test_reminders_together_are_in_english_to_who_reads_it(colleagues: Lives) -> None:
    life = colleagues[Kind.REFERRAL]
    for role in ("adviser", "operator", "manager", "operator_manager"):
        rows = [life.message(mail) for mail in sorted(mails()) if mail.role == role and mail.kind == Kind.REFERRAL]
        letter = life.compose_digest(rows)
        assert '<html lang="en" dir="ltr">' in letter.html
        assert "Here is what awaits you." in letter.text
        ours = re.sub(r"«[^»]*»|“[^”]*”|une hotte", "", letter.subject + letter.preheader + letter.text)
        assert not FRENCH_WORDS.search(ours), (role, ours)


def test_why_a_message_came_is_said_in_english_though_it_was_kept_in_french(colleagues: Lives) -> None:
    life = colleagues[Kind.REFERRAL]
    letter = life.compose(
        life.message(Mail("new_case", "adviser", "case", event="log"), reason="Action « Transmettre »")
    )
    assert "Action « Transmettre »" not in letter.text
    assert "Why this message" in letter.text


def test_a_sentence_that_was_kept_is_known_again_by_its_pattern() -> None:
    kept = "Échéance « Premier contact »"
    assert said_again(kept) == kept
    with speaking("en"):
        assert said_again(kept) == "Deadline “First contact”"
        assert said_again(say("Échéance « {label} »", label="Premier contact")) == "Deadline “First contact”"
        assert said_again("Une hotte, chez {moi}") == "Une hotte, chez {moi}"


def test_an_adviser_reads_french_whatever_who_is_helped_reads(speakers: Lives) -> None:
    life = speakers[Kind.REFERRAL]
    life.entrepreneur_has(language="ar", reads_in="ar")
    assert (
        '<html lang="fr" dir="ltr">'
        in life.compose(life.message(Mail("new_case", "adviser", "case", event="log"))).html
    )


def test_the_languages_that_there_are() -> None:
    assert OF_WORK == ("fr", "en")
    assert [one.code for one in LANGUAGES.values() if one.direction == "rtl"] == ["ar"]
    assert isinstance(LANGUAGES["ar"], Language)
