"""What mails say: the words of the twenty messages, who writes, in which languages, in how many questions to the database."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, event, insert, select, update

from cases.access import scope_of
from cases.database import Database, connect
from cases.journey import Request, fire
from cases.tables.case import need
from cases.tables.people import absence, person
from engine.model import Kind
from notifications import composer
from notifications.composer import SUBJECT
from notifications.grammar import is_discreet
from notifications.said_rows import rows_for
from notifications.sms import sms
from tests.cases.conftest import migrated_file
from tests.cases.test_stories_in_memory import WORKER
from tests.notifications.mail_server import MailServer
from tests.notifications.mailbag import BASE_URL, PLAYED, Life, Mail, lines_of, mails, words_of
from tests.notifications.scenes import Scene

TUESDAY_NINTH = date(2027, 2, 9)
QUESTIONS_TO_THE_DATABASE = 14
"""Reads of one message, whatever the case."""


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Life]]:
    """The snack bar, the hairdresser and the garage, with all that can be known of them; it is Tuesday 2 February 2027."""
    folder, base, found = tmp_path_factory.mktemp("lives"), tmp_path_factory.getbasetemp(), {}
    for kind in PLAYED:
        shutil.copy(migrated_file(base), folder / f"{kind}.db")
        found[kind] = Life(connect(f"sqlite:///{folder}/{kind}.db"), kind)
        found[kind].everything_is_known()
    life = found[Kind.REFERRAL]
    life.read_at = life.at("2027-02-02T10:00")
    for rule in ("referral.sent.answer", "referral.accepted.first_contact", "case.detection.first_contact", "case.detection.real_contact",
                 "referral.info_requested.answer_question", "referral.engaged.progress"):  # fmt: skip
        life.is_due(rule, TUESDAY_NINTH, date(2027, 2, 2))
    life.is_due("case.orientation.acceptance", date(2027, 2, 23), date(2027, 2, 2))
    yield found
    for one in found.values():
        one.database.close()


TO_OPERATOR = Mail("referral_sent", "operator", "referral", event="send")
SAID: list[tuple[Mail, str, str]] = [
    (TO_OPERATOR, "Snack Lannoy, Roubaix : pouvez-vous l'aider ?",
     "Nadia B., snack, rue de Lannoy à Roubaix, cherche 12 000 € pour une hotte."),
    (Mail("referral_reminder", "operator", "referral", "referral.sent.answer"), "Votre réponse pour Snack Lannoy, avant mardi 9 février, 18 h",
     "Nous attendons votre réponse pour Nadia B. (une hotte, 12 000 €)."),
    (Mail("referral_unanswered", "operator_manager", "referral", "referral.sent.answer"), "1 demande sans réponse dans votre antenne",
     "Nadia B. attend depuis 1 jour ouvré ; la demande était adressée à Karim D."),
    (Mail("first_contact_due", "operator", "referral", "referral.accepted.first_contact"),
     "À appeler avant mardi 9 février, 18 h : Nadia B., 06 39 98 41 27",
     "Vous avez accepté le mardi 2 février. Nadia B. attend votre appel au plus tard le mardi 9 février, 18 h."),
    (Mail("progress_due", "operator", "referral", "referral.engaged.progress"), "Où en est Nadia B. ? Une ligne suffit",
     "Dernières nouvelles : mardi 2 février. Choisissez : ça avance · c'est ralenti · c'est bloqué · objectif atteint."),
    (Mail("referral_withdrawn", "operator", "referral"), "Snack Lannoy : plus rien à faire de votre côté",
     "La demande de Nadia B. quitte votre liste."),
    (Mail("new_case", "adviser", "case", event="log"), "À appeler avant le mardi 9 février : Nadia B., snack",
     "Nadia B. vous est confié par Samir L. ce matin : « une hotte »."),
    (Mail("question", "adviser", "referral"), "L'Adie a une question sur Snack Lannoy",
     "Le délai de l'Adie est suspendu tant que vous n'avez pas répondu."),
    (Mail("referral_declined", "adviser", "referral"), "L'Adie ne peut pas aider Nadia B.",
     "Personne d'autre n'est proposé pour ce besoin : choisissez à qui demander, ou signalez le manque."),
    (Mail("referral_expired", "adviser", "referral"), "L'Adie n'a pas répondu ; Nadia B. attend depuis 1 jour",
     "Deux relances, puis un message à son responsable, sont restés sans réponse : la demande est expirée."),
    (Mail("nobody_called", "adviser", "case"), "Nadia B. : « Personne ne m'a appelé »",
     "Adie (Karim D.) devait l'appeler avant le mardi 9 février."),
    (Mail("case_stuck", "manager", "case", "case.orientation.acceptance"), "1 dossier bloqué depuis 1 jour",
     "Nadia B., snack : accord d'un opérateur, attendu depuis le mardi 2 février."),
    (Mail("pair_proposed", "mentor", "mentoring_pair", event="propose"), "Nadia B., snack à Roubaix, cherche un mentor : vous ?",
     "Une rencontre par mois, six mois pour commencer."),
    (Mail("logbook_due", "mentor", "mentoring_pair", "mentoring_pair.active.logbook"), "Deux minutes : votre dernier échange avec Nadia",
     "Pas vus ce mois-ci ? Dites-le aussi, cela compte comme une réponse."),
    (Mail("case_logged", "entrepreneur", "case", event="log"), "Samir, de la mairie de Roubaix : votre demande est notée",
     "Bonjour Nadia. Nous avons noté : une hotte. C'est gratuit."),
    (Mail("who_calls", "entrepreneur", "referral", event="accept"), "Karim, de l'Adie, vous appelle avant le mardi 9 février",
     "Son numéro : 06 39 98 41 28. Karim connaît déjà votre demande : une hotte, 12 000 €."),
    (Mail("still_looking", "entrepreneur", "case", "case.orientation.acceptance"), "Nous cherchons toujours quelqu'un pour vous aider",
     "Bonjour Nadia. Personne n'a encore dit oui. Nous avons demandé à l'Adie."),
    (Mail("nobody_called_ack", "entrepreneur", "case"), "Merci de nous l'avoir dit. On s'en occupe",
     "Nous avons prévenu Samir et le responsable de l'Adie."),
    (Mail("survey", "entrepreneur", "referral"), "Deux questions, trente secondes",
     "L'Adie vous a-t-elle aidé ? 🙂 oui · 😐 un peu · 🙁 non"),
    (Mail("consent_withdrawn_ack", "entrepreneur", "case"), "C'est fait : nous ne partageons plus vos informations",
     "L'Adie n'a plus accès à votre dossier. Nous avons demandé d'effacer ce qui a été reçu."),
]  # fmt: skip


@pytest.mark.parametrize(("mail", "subject", "first"), SAID, ids=[mail.key for mail, _, _ in SAID])
def test_the_twenty_messages_say_who_and_what(lives: dict[str, Life], mail: Mail, subject: str, first: str) -> None:
    life = lives.get(mail.kind, lives[Kind.REFERRAL])
    composed = life.compose(life.message(mail))
    assert words_of(composed.subject) == subject
    assert first in lines_of(composed)


def test_an_operator_answers_from_the_mail_in_one_of_three_ways(lives: dict[str, Life]) -> None:
    life = lives[Kind.REFERRAL]
    composed = life.compose(life.message(TO_OPERATOR))
    assert life.made[-1] == {
        "purpose": "answer",
        "person_id": life.ids["agent Adie"],
        "case_id": life.case["id"],
        "track": "referral-1",
    }
    lines = lines_of(composed)
    assert next(line for line in lines if line.startswith("→")).startswith(
        f"→ Je prends en charge : {BASE_URL}/lien/answertoken"
    )
    assert [line.partition(" : ")[0] for line in lines if "reponse=" in line][1:] == [
        "J'ai une question",
        "Ce n'est pas pour moi",
    ]
    assert "Conseiller : Samir L., 06 39 98 20 15" in lines


def test_a_branch_written_to_at_its_common_address_is_not_called_by_a_name(lives: dict[str, Life]) -> None:
    life = lives[Kind.REFERRAL]
    row = life.message(TO_OPERATOR, person_id=None, recipient="branch:1", to_name="Adie, antenne de Roubaix")
    assert "Bonjour," in lines_of(life.compose(row))
    assert "person_id" not in life.made[-1]


def test_the_adviser_writes_to_those_outside_and_is_answered(lives: dict[str, Life]) -> None:
    life = lives[Kind.REFERRAL]
    outside = life.compose(life.message(TO_OPERATOR))
    inside = life.compose(life.message(Mail("question", "adviser", "referral"), to_email="2@example.org"))
    assert (outside.from_name, outside.reply_to) == ("Samir Lahlou", "2@example.org")
    assert (inside.from_name, inside.reply_to) == ("Quartiers productifs, Roubaix", None)


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("A-t-elle la carte ?", "L'Adie demande : « A-t-elle la carte ? »"),
        ("Est-elle malade ?", "L'Adie a une question sur Commerce"),
    ],
)
def test_a_question_stands_in_the_subject_when_it_is_discreet(scene: Scene, question: str, subject: str) -> None:
    by = scene.who({"by": "operator", "of": "referral-1"})
    asked = Request(scene.references[""], "ask_info", "referral-1", {"question": question})
    scene.database.write(lambda db: fire(db, asked, by=by, now=scene.clock.now()), scope_of(by))
    scene.plan()
    row = dict(scene.messages(key="question")[0]._mapping)

    def unit(db: Connection) -> composer.Composed:
        return composer.compose(
            rows_for(db, [row]), row, now=scene.clock.now(), base_url=BASE_URL, make_link=lambda purpose, **_: purpose
        )

    composed = scene.database.read(unit, WORKER)
    assert words_of(composed.subject) == subject
    assert f"La question sur Nadia : « {question} »" in lines_of(composed)


@pytest.mark.parametrize(
    "words", ["en arrêt maladie", "des DETTES", "son mari", "Santé", "loyers impayés", "crédit refusé"]
)
def test_health_debt_and_family_are_not_discreet(words: str) -> None:
    assert not is_discreet(f"Il y a {words} ?")
    assert is_discreet("A-t-elle la carte de commerçante ambulante ?")


def test_no_need_stands_in_a_subject_a_preview_or_an_sms(lives: dict[str, Life]) -> None:
    life = lives[Kind.REFERRAL]
    life.change(update(need).values(detail="dettes de loyer"))
    for mail, _, _ in SAID:
        one = lives.get(mail.kind, life)
        composed = one.compose(one.message(mail))
        assert "dettes" not in composed.subject + composed.preheader + composed.sms
        assert re.search(r'<div class="pre">.*(&#847;&zwnj;&nbsp;){40}', composed.html, re.DOTALL)
    life.change(update(need).values(detail="une hotte"))


def test_an_entrepreneur_reads_no_word_of_the_administration(lives: dict[str, Life]) -> None:
    for mail in mails():
        if mail.role == "entrepreneur":
            life = lives.get(mail.kind, lives[Kind.REFERRAL])
            composed = life.compose(life.message(mail))
            assert not re.search(
                r"QPV|référent|orientation|antenne|échéance|opérateur|dispositif", composed.subject + composed.text
            ), mail


# -- digests ------------------------------------------------------------------------------------------------------------------


def test_a_digest_names_each_thing_and_where_it_is_done(lives: dict[str, Life]) -> None:
    life = lives[Kind.REFERRAL]
    rows = [life.message(mail) for mail, _, _ in SAID if mail.role == "adviser"]
    composed = life.compose_digest(rows)
    assert words_of(composed.subject) == f"{len(rows)} choses à voir aujourd'hui"
    for mail, subject, _ in SAID:
        assert mail.role != "adviser" or any(line.startswith(f"{subject} : ") for line in lines_of(composed))
    assert f"→ Ouvrir À faire : {BASE_URL}/" in lines_of(composed)


def test_an_answer_to_several_reminders_reaches_their_one_adviser_or_the_mail_says_that_nobody_reads_it(
    lives: dict[str, Life],
) -> None:
    life = lives[Kind.REFERRAL]
    [own] = life.rows(select(person.c.email).where(person.c.id == life.ids["adviser"]))
    to_operator = life.compose_digest([life.message(mail) for mail, _, _ in SAID if mail.role == "operator"])
    theirs = [life.message(mail, to_email=own.email) for mail, _, _ in SAID if mail.role == "adviser"]
    to_adviser = life.compose_digest(theirs)

    assert to_operator.reply_to == own.email
    assert "Une réponse à ce message arrive à Samir." in words_of(to_operator.text)
    assert to_adviser.reply_to is None
    assert "Personne ne lit les réponses à ce message" in words_of(to_adviser.text)


def test_a_manager_reads_how_many_cases_are_stuck_and_since_when(lives: dict[str, Life]) -> None:
    life = lives[Kind.REFERRAL]
    rows = [life.message(Mail("case_stuck", "manager", "case", "case.orientation.acceptance")) for _ in range(3)]
    life.read_at = life.at("2027-02-17T08:30")
    composed = life.compose_digest(rows)
    life.read_at = life.at("2027-02-02T10:00")
    assert words_of(composed.subject) == "3 dossiers bloqués, le plus ancien depuis 15 jours"
    named = "Nadia B. : accord d'un opérateur, attendu depuis 15 jours"
    assert len([line for line in lines_of(composed) if line.startswith(named)]) == 3


def test_a_long_digest_counts_what_it_does_not_name(lives: dict[str, Life]) -> None:
    life = lives[Kind.REFERRAL]
    composed = life.compose_digest([life.message(SAID[7][0])] * (composer.LISTED + 5))
    assert "Et 5 autres." in lines_of(composed)


def test_an_empty_digest_is_not_composed(lives: dict[str, Life]) -> None:
    with pytest.raises(ValueError, match="something to say"):
        lives[Kind.REFERRAL].compose_digest([])


# -- limits -------------------------------------------------------------------------------------------------------------------


def test_a_message_asks_few_questions_of_the_database(lives: dict[str, Life]) -> None:
    for mail, _, _ in SAID:
        life = lives.get(mail.kind, lives[Kind.REFERRAL])
        row, asked = life.message(mail), []

        def count(*given: Any, asked: list[str] = asked) -> None:
            asked.append(given[2])

        def unit(db: Any, life: Life = life, row: dict[str, Any] = row, count: Any = count) -> None:
            event.listen(db, "before_cursor_execute", count)
            composer.compose(rows_for(db, [row]), row, now=life.now, base_url=BASE_URL, make_link=life.link)

        life.database.read(unit, WORKER)
        assert len(asked) <= QUESTIONS_TO_THE_DATABASE, mail


def test_an_adviser_who_is_away_is_said_to_be(lives: dict[str, Life]) -> None:
    life = lives[Kind.REFERRAL]
    days = {"from_day": date(2027, 2, 1), "to_day": date(2027, 2, 12)}
    life.change(insert(absence).values(id="away", person_id=life.ids["adviser"], **days))
    composed = life.compose(life.message(Mail("case_stuck", "manager", "case", "case.orientation.acceptance")))
    assert "Qui suit ce dossier : Samir L., en congé jusqu'au vendredi 12 février." in lines_of(composed)


@pytest.mark.parametrize(
    ("line", "link", "said"),
    [
        ("Nadia vous écrit", "https://q.example/1", "Nadia vous écrit https://q.example/1"),
        (
            "L’Adie « vous » appelle à 18\u00a0h…",
            "https://q.example/1",
            'L\'Adie " vous " appelle à 18 h... https://q.example/1',
        ),
        ("Bientôt, ça ira 🙂", "https://q.example/1", "Bientot, ca ira https://q.example/1"),
        ("mot " * 100, "https://q.example/1", "mot " * 33 + "mot... https://q.example/1"),
        ("Trop long lien", f"https://q.example/{'x' * 150}", "Trop long lien"),
    ],
)
def test_an_sms_is_a_line_and_a_link_in_its_own_alphabet(line: str, link: str, said: str) -> None:
    assert sms(line, link) == said
    assert len(said) <= 160


# -- on the way ---------------------------------------------------------------------------------------------------------------


def test_the_mails_of_a_first_day_leave_with_links_that_are_kept_nowhere(
    database: Database, mail_server: MailServer
) -> None:
    scene = Scene.of_the_snack_bar(database)
    scene.change(update(person).values(phone="+33639982015"))
    scene.plan()
    scene.send(mail_server)
    letter = next(one for one in mail_server.letters if "pouvez-vous" in one["Subject"])
    parts = {part.get_content_type(): part.get_content() for part in letter.walk() if not part.is_multipart()}
    token = re.search(r"/lien/([\w-]+)\?reponse=oui", parts["text/plain"])
    assert token
    assert token.group(1) in parts["text/html"]
    assert token.group(1) not in str(scene.messages())
    assert len(letter["Subject"]) <= SUBJECT
