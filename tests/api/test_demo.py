"""The demo: a history in which every life is lived to its end, the same on every run, whose mails are caught, and which spares real work."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest
from sqlalchemy import Connection, func, insert, select

from api.demo.building import CALLED_WITHIN
from api.demo.cast import PLAYERS
from api.demo.catcher import Catcher
from api.demo.checking import check_the_whole
from api.demo.place import DONE, How, NotTheDemo, Place, place_in, prepare
from api.demo.shops import detection_of
from api.migrations import run
from cases import verification
from cases.database import Database, Scope, connect
from cases.identifiers import new_id
from cases.lives import ONE_OF_EACH
from cases.tables.case import case_file, task
from cases.tables.memory import day_work, deadline
from cases.tables.memory import journal as lines
from cases.tables.people import person
from cases.tables.tracks import mentoring_pair, referral, transition_plan
from notifications.smtp import read_server
from notifications.tables import message
from tests.postgres import PostgresServer

TUESDAY = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
NEW_YEAR = datetime(2027, 1, 1, 7, 0, tzinfo=UTC)
WORKER = Scope.worker()
A_FEW = ONE_OF_EACH[::8]


def built(folder: Path, now: datetime = TUESDAY, lives: Any = ONE_OF_EACH) -> tuple[Database, dict[int, str]]:
    database, made = prepare(place_in(folder), now, How("http://demo.example", timedelta(days=3), lives))
    assert made is not None
    return database, made.stopped


def read(database: Database, query: Any) -> list[Any]:
    return database.read(lambda db: list(db.execute(query)), WORKER)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One case of each life, built once for the tests that only look."""
    folder = tmp_path_factory.mktemp("demo")
    database, stopped = built(folder)
    yield database, stopped, Catcher(folder / "letters")
    database.close()


def test_every_life_is_lived_to_its_end_but_where_nobody_offers_anything(town: Any) -> None:
    _, stopped, _ = town

    assert {why.rsplit(": ", 1)[1] for why in stopped.values()} <= {"La proposition ne retient personne d’autre."}
    assert len(stopped) <= 5


def test_the_demo_shows_every_state_and_journals_that_are_whole(town: Any) -> None:
    database, _, _ = town

    states = {
        table: {row[0] for row in read(database, select(table.c.state).distinct())}
        for table in (case_file, referral, mentoring_pair, transition_plan)
    }

    assert states[case_file] == {
        "detection",
        "orientation",
        "accompaniment",
        "mentoring",
        "transition_support",
        "follow_up",
        "closed",
    }
    assert states[referral] >= {
        "draft",
        "sent",
        "accepted",
        "engaged",
        "declined",
        "expired",
        "withdrawn",
        "completed",
    }
    assert states[mentoring_pair] >= {"proposed", "active", "paused"}
    assert states[transition_plan] >= {"planned", "diagnosing", "plan_ready", "in_progress"}
    wrong = database.read(
        lambda db: [w for row in db.execute(select(case_file.c.id)) for w in verification.verify_case(db, row.id)],
        WORKER,
    )
    assert wrong == []


def test_something_is_late_and_something_is_to_be_called(town: Any) -> None:
    database, _, _ = town

    late = read(
        database,
        select(func.count())
        .select_from(deadline)
        .where(deadline.c.status == "open", deadline.c.due_on < TUESDAY.date()),
    )

    assert late[0][0] > 5
    assert read(database, select(func.count()).select_from(task))[0][0] > 5
    waiting = read(database, select(task.c.due_on).where(task.c.done_at.is_(None)))
    assert all(row.due_on > TUESDAY.date() - CALLED_WITHIN for row in waiting)


def test_mails_left_at_their_virtual_instants_and_none_leaves_the_demo(town: Any) -> None:
    database, _, caught = town

    sent = [row.sent_at for row in read(database, select(message.c.sent_at).where(message.c.status == "sent"))]

    assert sent
    assert max(sent) <= TUESDAY
    assert caught.mails()
    assert all(".example" in mail.to for mail in caught.mails())


def test_the_same_day_gives_the_same_demo(tmp_path: Path) -> None:
    def content(folder: Path) -> list[tuple[Any, ...]]:
        database, _ = built(folder, lives=A_FEW)
        query = select(lines.c.subject_id, lines.c.sequence, lines.c.at, lines.c.event, lines.c.actor_id).order_by(
            lines.c.subject_id, lines.c.sequence
        )
        references = read(database, select(case_file.c.reference).order_by(case_file.c.id))
        found = [tuple(row) for row in (*references, *read(database, query))]
        database.close()
        return found

    assert content(tmp_path / "one") == content(tmp_path / "two")


def test_the_demo_is_built_on_a_public_holiday_too(tmp_path: Path) -> None:
    database, stopped = built(tmp_path, NEW_YEAR, ONE_OF_EACH[::3])
    database.close()

    assert {why.rsplit(": ", 1)[1] for why in stopped.values()} <= {"La proposition ne retient personne d’autre."}


def test_the_demo_is_built_on_postgresql_too(tmp_path: Path, postgres_server: PostgresServer) -> None:
    urls = postgres_server.new_database()
    how = How("http://demo.example", timedelta(0), A_FEW)

    database, made = prepare(Place(urls.app_url, urls.owner_url, tmp_path / "letters"), TUESDAY, how)

    assert made is not None
    assert {row[0] for row in read(database, select(func.count()).select_from(case_file))} == {len(A_FEW)}
    database.close()


def test_the_demo_is_found_again_and_begun_again_only_when_asked(tmp_path: Path) -> None:
    how = How("http://demo.example", timedelta(0), A_FEW)
    prepare(place_in(tmp_path), TUESDAY, how)[0].close()

    found, again = prepare(place_in(tmp_path), TUESDAY + timedelta(hours=1), how)
    found.close()
    fresh, anew = prepare(place_in(tmp_path), TUESDAY + timedelta(hours=1), how, fresh=True)

    assert again is None
    assert anew is not None
    assert len(read(fresh, select(day_work).where(day_work.c.name == DONE))) == 1
    fresh.close()


def test_a_database_with_real_work_is_never_touched(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/real.db"
    run.upgrade(url)
    database = connect(url)

    def somebody(db: Connection) -> None:
        db.execute(insert(person).values(id=new_id(TUESDAY), name="Claire Aubert", created_at=TUESDAY))

    database.write(somebody, WORKER)
    for fresh in (False, True):
        with pytest.raises(NotTheDemo):
            prepare(Place(url, url, tmp_path / "letters"), TUESDAY, How("http://demo.example"), fresh=fresh)

    assert len(read(database, select(person))) == 1
    database.close()


def test_a_case_goes_from_detection_to_closing_through_everything(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database, _ = built(tmp_path, lives=A_FEW)

    code = asyncio.run(check_the_whole(database, tmp_path, TUESDAY))
    database.close()

    told = capsys.readouterr().out
    assert code == 0, told
    assert "start_accompaniment" in told
    assert "Samira Fictive" in told


def test_the_catcher_takes_letters_from_the_wire_and_has_them_still_tomorrow(tmp_path: Path) -> None:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "a@demo.example", "Inès <ines@demo.example>", "Épicerie : à vous"
    letter["Date"] = TUESDAY
    letter.set_content("Bonjour Inès,")

    async def sent() -> None:
        catcher = Catcher(tmp_path)
        server = read_server(await catcher.listen())
        await aiosmtplib.send(letter, hostname=server.host, port=server.port, start_tls=False)
        await catcher.close()

    asyncio.run(sent())

    (mail,) = Catcher(tmp_path).mails()
    assert (mail.subject, mail.to, mail.text.strip(), mail.html) == (
        "Épicerie : à vous",
        "Inès <ines@demo.example>",
        "Bonjour Inès,",
        None,
    )
    assert mail.at == TUESDAY


def test_everybody_is_invented() -> None:
    shops = [detection_of(case, TUESDAY.date(), met_in_person=True, elsewhere=False) for case in range(150)]

    assert all(player.email.endswith(".example") for player in PLAYERS)
    assert all(shop.phone and shop.phone.startswith("+3363998") for shop in shops)
    assert all(shop.email is None or shop.email.endswith(".example") for shop in shops)
    assert all(shop.siret is None or shop.siret.startswith("00000") for shop in shops)
    assert len({player.email for player in PLAYERS}) == len(PLAYERS)
    assert len({shop.name for shop in shops}) == len(shops)
