"""Roubaix and Arras, with everything that somebody may come upon: a case of their own, of another branch, of another territory, a closed one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi.testclient import TestClient
from sqlalchemy import Connection, insert, select

from api.csrf import FIELD, token_for
from api.security import new_token
from api.sign_in import begin_session
from cases.access import Grant, Identity
from cases.clock import FixedClock
from cases.database import Database
from cases.identifiers import new_id
from cases.importing.running import Upload, import_detections
from cases.tables.case import case_file, possible_duplicate, task
from cases.tables.people import person, role_grant
from cases.tables.webhooks import webhook
from engine.model import Role
from notifications.links import new_link
from tests.api.browser import HOST
from tests.api.doors import NOW, WORKER, Door, a_town
from tests.api.matrix.routes import BRANCH, PEOPLE, TERRITORY, Way

OBJECTS: Final = ("own", "branch", "elsewhere", "closed", "missing")
NAMES: Final = {"operator": "adie", "operator_manager": "boss"}
"""Who plays a role in the town of the doors, when it is not of the same name."""
_OWN: Final = frozenset({"own"})
SEEN: Final[Mapping[str, Mapping[str, frozenset[str]]]] = {
    "case": {
        **dict.fromkeys(TERRITORY, frozenset({"own", "branch", "closed"})), **dict.fromkeys(BRANCH, frozenset({"own", "closed"})), "mentor": _OWN,
    },
    "task": {**dict.fromkeys(TERRITORY, _OWN), "operator": _OWN},
    "doubt": dict.fromkeys(TERRITORY, _OWN),
    "import": dict.fromkeys(TERRITORY, _OWN),
    "branch": {**dict.fromkeys(BRANCH, _OWN), "admin": frozenset({"own", "branch"}), "manager": frozenset({"own", "branch"})},
    "person": {"manager": _OWN, "admin": frozenset({"own", "elsewhere"})},
    "webhook": {"adviser": _OWN, "admin": frozenset({"own", "elsewhere"})},
}  # fmt: skip
"""By kind of object and role: those that are theirs. What is missing there is another's."""
MISSING: Final = {
    "case": "QP-0000-0000", "task": "0198c000-0000-7000-8000-000000000000", "doubt": "0198c000-0000-7000-8000-000000000000",
    "import": "0198c000-0000-7000-8000-000000000000", "branch": "0198c000-0000-7000-8000-000000000000", "link": "un-lien-que-personne-n-a-fait",
    "person": "0198c000-0000-7000-8000-000000000000", "webhook": "0198c000-0000-7000-8000-000000000000",
}  # fmt: skip
PARAMETERS: Final = {
    "case": "reference", "task": "identifier", "doubt": "identifier", "import": "identifier", "branch": "branch", "link": "token",
    "person": "person", "webhook": "identifier",
}  # fmt: skip


@dataclass
class Crossroads:
    """The town on a database; `things` are the ids by kind and name, `marks` the words by which each case would be recognised."""

    database: Database
    clock: FixedClock
    ids: dict[str, str]
    things: dict[str, dict[str, str]]
    marks: dict[str, tuple[str, ...]]
    secrets: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    portal: BlockingPortal | None = None
    """The thread in which the application answers: one for all that is asked, where each request would begin its own."""
    client: TestClient | None = None

    def knock(self, app: Any, role: str, name: str, way: Way, thing: str) -> Any:
        """The answer to somebody of that role, about that thing."""
        method, _, path = name.partition(" ")
        wanted = self.things.get(way.about, {}).get(thing, MISSING.get(way.about, ""))
        filled = {**way.fill, PARAMETERS.get(way.about, ""): wanted}
        address = path
        for parameter, value in filled.items():
            address = address.replace(f"{{{parameter}}}", value)
        client = self._client(app)
        given: dict[str, Any] = {"headers": {**self._keys(client, role, path), **way.headers}}
        named = self.things["case"].get(thing, MISSING["case"])
        if way.json is not None:
            given["json"] = {name: [named] if value == ["{case}"] else value for name, value in way.json.items()}
        if way.content is not None:
            given["content"] = way.content
        if way.form is not None:
            form = {name: value.replace("{case}", named) for name, value in way.form.items()}
            given["data"] = {**form, FIELD: self._form_token(app, client, filled.get("token"))}
        return client.request(method, address + way.query.replace("{case}", named), **given)

    def _client(self, app: Any) -> TestClient:
        """One client for an application, without a cookie."""
        if self.client is None or self.client.app is not app:
            self.client = TestClient(app, base_url=HOST, follow_redirects=False, raise_server_exceptions=False)
            self.client.portal = self.portal
        self.client.cookies.clear()
        return self.client

    def _keys(self, client: TestClient, role: str, path: str) -> dict[str, str]:
        """A token for the interface, a session for the pages; a link is tried as both."""
        keys = {"Origin": HOST, "Sec-Fetch-Site": "same-origin"}
        if path.startswith("/api/v1") or role == "api_client":
            return keys | ({"Authorization": f"Bearer {self.tokens[role]}"} if role in self.tokens else {})
        client.cookies.set("qp_session" if role in self.secrets else "qp_visitor", self.secrets.get(role, "somebody"))
        if role == "entrepreneur":
            client.cookies.set("qp_session", self.tokens[role])
        if path == "/deconnexion":
            client.cookies.set("qp_session", "a session that ended")
        return keys

    @staticmethod
    def _form_token(app: Any, client: TestClient, link: str | None) -> str:
        session, frame = client.cookies.get("qp_session"), app.state.frame
        if link is None and session is None and client.cookies.get("qp_visitor") is None:
            client.cookies.set("qp_visitor", "somebody")
        holder = f"link {link}" if link else f"session {session}" if session else "visitor somebody"
        return token_for(holder, frame.key)

    def state(self, thing: str) -> Any:
        """All that stands on the row of a case: unchanged when nobody moved it."""
        query = select(case_file).where(case_file.c.reference == self.things["case"][thing])
        return self.database.read(lambda db: db.execute(query).one(), WORKER)


@contextmanager
def a_crossroads(database: Database) -> Iterator[Crossroads]:
    """The town, on the day of the doors; its cases are made by the write path."""
    with a_town(database) as people:
        adviser, ids = people["adviser"], people["adviser"].ids
        tokens = {role: people[NAMES.get(role, role)].token for role in PEOPLE if NAMES.get(role, role) in people}
        tokens |= database.write(lambda db: _more_people(db, ids), WORKER)
        cases = _cases(adviser, people["stranger"], ids)
        town = Crossroads(database, adviser.clock, ids, {"case": cases}, {}, tokens=tokens)
        database.write(lambda db: _around(db, town), WORKER)
        town.things["import"] = {
            "own": _import(town, "adviser", "roubaix"),
            "elsewhere": _import(town, "stranger", "arras"),
        }
        with start_blocking_portal() as town.portal:
            yield town


def _cases(adviser: Door, stranger: Door, ids: dict[str, str]) -> dict[str, str]:
    cases = {
        "own": adviser.referred("adie", **_shop("Qzown", 11)), "branch": adviser.referred("bge", **_shop("Qzbranch", 12)),
        "elsewhere": stranger.referred("bge", **_shop("Qzelsewhere", 13), territory="arras", situation="unknown"),
        "closed": adviser.referred("adie", **_shop("Qzclosed", 14)),
    }  # fmt: skip
    adviser.takes(cases["own"], "propose", "mentoring_pair", mentor=ids["mentor"], text="Qzown le connaît.")
    adviser.takes(cases["branch"], "propose", "mentoring_pair", mentor=ids["other mentor"], text="Qzbranch le connaît.")
    outcomes = dict.fromkeys(adviser.needs(cases["closed"]), "no_longer_needed")
    adviser.takes(cases["closed"], "close", reason="no_need", outcomes=outcomes, end_tracks=True)
    return cases


def _shop(mark: str, number: int) -> dict[str, Any]:
    needs = [{"subject": "funding", "axis": "local_trade", "detail": f"{mark} cherche un prêt"}]
    return {"name": f"Comptoir {mark}", "person_name": f"Madame {mark}", "phone": f"+336399800{number}", "needs": needs}


def _more_people(db: Connection, ids: dict[str, str]) -> dict[str, str]:
    """The other mentor, who reads nothing here; who observes; a partner's tool."""
    tokens = {}
    for name, role in (("other mentor", "mentor"), ("observer", "observer"), ("api_client", "api_client")):
        ids[name] = new_id(NOW)
        row = {"name": name.capitalize(), "email": f"{name.replace(' ', '.')}@example.org", "created_at": NOW}
        db.execute(insert(person).values(id=ids[name], **row))
        db.execute(insert(role_grant).values(id=new_id(NOW), person_id=ids[name], role=role, created_at=NOW))
        tokens[name] = new_token(db, ids[name], "test", now=NOW)
    return {name: token for name, token in tokens.items() if name in PEOPLE}


def _around(db: Connection, town: Crossroads) -> None:
    """Sessions, a link, calls to make, look-alikes; and the words by which each case is recognised."""
    for role in PEOPLE:
        if role != "api_client":
            town.secrets[role] = begin_session(db, town.ids[NAMES.get(role, role)], now=town.clock.now())
    rows = {
        name: db.execute(select(case_file).where(case_file.c.reference == ref)).one()
        for name, ref in town.things["case"].items()
    }
    town.marks = {name: (f"Qz{name}", town.things["case"][name], row.id) for name, row in rows.items()}
    helped, now = rows["own"].entrepreneur_id, town.clock.now()
    link = new_link(db, "my_case", now=now, entrepreneur_id=helped, case_id=rows["own"].id)
    town.tokens["entrepreneur"] = link
    town.things["link"] = {"own": link}
    town.things["branch"] = {"own": town.ids["branch adie"], "branch": town.ids["branch bge"]}
    town.things["person"] = {"own": town.ids["adviser"], "elsewhere": town.ids["stranger"]}
    town.things["webhook"] = {"own": _webhook(db, town, "adviser"), "elsewhere": _webhook(db, town, "stranger")}
    town.things["task"] = {
        "own": _task(db, town, rows["own"], "adie", "roubaix"), "elsewhere": _task(db, town, rows["elsewhere"], "stranger", "arras"),
    }  # fmt: skip
    town.things["doubt"] = {
        "own": _doubt(db, town, rows["own"], rows["branch"]), "elsewhere": _doubt(db, town, rows["elsewhere"], rows["own"]),
    }  # fmt: skip


def _webhook(db: Connection, town: Crossroads, owner: str) -> str:
    own = new_id(town.clock.now())
    row = {
        "person_id": town.ids[owner],
        "url": f"https://{owner}.example/lignes",
        "events": [],
        "created_at": town.clock.now(),
    }
    db.execute(insert(webhook).values(id=own, **row))
    return own


def _task(db: Connection, town: Crossroads, case: Any, owner: str, home: str) -> str:
    own = new_id(town.clock.now())
    row = {
        "owner_id": town.ids[owner],
        "territory_id": town.ids[home],
        "case_id": case.id,
        "kind": "call",
        "label": "Appeler",
        "created_at": town.clock.now(),
    }
    db.execute(insert(task).values(id=own, **row))
    return own


def _doubt(db: Connection, town: Crossroads, case: Any, other: Any) -> str:
    own = new_id(town.clock.now())
    row = {"case_id": case.id, "other_id": other.id, "reason": "même téléphone", "found_at": town.clock.now()}
    db.execute(insert(possible_duplicate).values(id=own, **row))
    return own


def _import(town: Crossroads, by: str, home: str) -> str:
    """A sheet whose second line is refused."""
    sheet = f"Enseigne;Téléphone\nBoutique {by};06 39 98 00 3{len(by)}\nAtelier {by};téléphone\n".encode()
    who = Identity(town.ids[by], by, (Grant(Role.ADVISER, territory=town.ids[home]),), via="page")
    return str(import_detections(town.database, Upload(sheet, f"{by}.csv", home, who), now=town.clock.now())["id"])
