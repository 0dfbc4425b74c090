"""Where the demo lives: its database and its letters; made when they are missing, never on top of somebody's real work."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, insert, select
from sqlalchemy.engine import make_url

from api.demo.building import Built, Track, build
from api.demo.catcher import Catcher
from api.demo.posting import WORDS_KEPT, Posting
from api.migrations import run
from api.settings import Settings
from cases import definitions
from cases.database import Database, Scope, connect
from cases.errors import CasesError
from cases.lives import LIVES, Lives
from cases.tables.case import case_file
from cases.tables.memory import day_work
from cases.tables.people import person
from notifications.mailer import Post

FOLDER: Final = Path("demo")
BEGUN, DONE = "demo begun", "demo"
SENDER: Final = "Quartiers productifs <bonjour@roubaix.example>"


class NotTheDemo(CasesError):
    """The database holds something else than a demo."""

    def __init__(self) -> None:
        super().__init__("Cette base contient déjà un vrai travail : donnez-en une autre dans QP_DATABASE_URL, vide.")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the demo's database is, as the application and as its owner see it, and the folders of its letters and of its documents."""

    url: str
    owner_url: str
    letters: Path

    @property
    def files(self) -> Path:
        """Beside the letters."""
        return self.letters.with_name(self.letters.name.replace("letters", "files"))


@dataclass(frozen=True, slots=True)
class How:
    """How a demo is built: where its links lead, how far back its letters can be read, which lives are lived, how that is shown."""

    base_url: str
    words_kept: timedelta = WORDS_KEPT
    lives: Sequence[Lives] = LIVES
    track: Track = iter


def place_of(chosen: Settings) -> Place:
    """The database of the settings; the demo's own file when none was chosen."""
    if "database_url" not in chosen.model_fields_set:
        return place_in(FOLDER)
    tag = hashlib.sha256(chosen.database_url.encode()).hexdigest()[:12]
    return Place(chosen.database_url, chosen.owner_url, FOLDER / f"letters-{tag}")


def place_in(folder: Path) -> Place:
    """A place of its own, in a folder."""
    url = f"sqlite:///{folder}/quartiers.db"
    return Place(url, url, folder / "letters")


def prepare(place: Place, now: datetime, how: How, *, fresh: bool = False) -> tuple[Database, Built | None]:
    """The demo's database, built when it is not there, or again with `fresh`. Raises NotTheDemo for a database with real work."""
    if place.url.startswith("sqlite"):
        Path(str(make_url(place.url).database)).parent.mkdir(parents=True, exist_ok=True)
    run.upgrade(place.owner_url)
    database = connect(place.url)
    marks, used = database.read(_what_is_there, Scope.worker())
    if used and BEGUN not in marks:
        database.close()
        raise NotTheDemo
    if DONE in marks and not fresh:
        return database, None
    if used:
        database.close()
        run.downgrade(place.owner_url, "base")
        run.upgrade(place.owner_url)
        database = connect(place.url)
    for folder in (place.letters, place.files):
        shutil.rmtree(folder, ignore_errors=True)
    return database, _build(database, place, now, how)


def _what_is_there(db: Connection) -> tuple[set[str], bool]:
    marks = set(db.execute(select(day_work.c.name).where(day_work.c.name.in_((BEGUN, DONE)))).scalars())
    return marks, any(db.execute(select(table.c.id).limit(1)).first() for table in (person, case_file))


def _build(database: Database, place: Place, now: datetime, how: How) -> Built:
    def mark(name: str) -> None:
        row = {"name": name, "day": now.date(), "done_at": now}
        database.write(lambda db: db.execute(insert(day_work).values(**row)), Scope.worker())

    mark(BEGUN)
    database.write(lambda db: definitions.start(db, now), Scope.worker())
    with Posting(Post(Catcher(place.letters), SENDER, how.base_url), now, how.words_kept) as posting:
        built = build(database, now, posting, lives=how.lives, track=how.track)
    mark(DONE)
    return built
