"""The demo's check: one case from detection to closing, through the real application and a real mail server, told as it happens."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import Connection, select

from api.app import create_app
from api.demo.building import CALENDAR
from api.demo.cast import PLAYERS, TERRITORY
from api.demo.catcher import Catcher
from api.demo.place import SENDER
from api.demo.report import SAMIRA, tell
from api.security import new_token
from api.settings import settings
from cases import journal
from cases.clock import FixedClock
from cases.database import Database, Scope
from cases.tables.case import case_file
from cases.tables.people import person, role_grant
from notifications.clock import tick
from notifications.mailer import Post
from notifications.smtp import SmtpCarrier, read_server

SHOP: dict[str, Any] = {
    "name": "Primeurs de la Démonstration", "person_name": f"{SAMIRA} Fictive", "phone": "+33639986690", "email": "samira@boutique.example",
    "territory": TERRITORY, "situation": "inside", "insee": "59512", "channel": "visit", "met_in_person": True, "consents": ["contact", "share"],
    "needs": [{"subject": "funding", "axis": "local_trade"}],
}  # fmt: skip


class WentWrong(Exception):
    """The application did not answer as it should; the message says where."""


@dataclass(slots=True)
class Walk:
    """A case on its way: the application, the virtual clock, the mails, and the tokens of those who act."""

    database: Database
    clock: FixedClock
    client: httpx2.AsyncClient
    post: Post
    tokens: dict[str, str] = field(default_factory=dict)
    reference: str = ""

    async def ask(self, who: str, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """One request of somebody, who must be answered well."""
        headers = {"Authorization": f"Bearer {self._token(who)}"}
        answer = await self.client.request(method, f"/api/v1{path}", json=body, headers=headers)
        if not answer.is_success:
            raise WentWrong(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    async def step(self, who: str, event: str, track: str = "case", **payload: Any) -> None:
        """A step of the case or of a track; a kind of track when it creates one."""
        key = "kind" if event == "draft" else "track"
        await self.ask(who, "POST", f"/cases/{self.reference}/steps", {"step": event, key: track, "payload": payload})

    async def note(self, who: str, collection: str, track: str, **payload: Any) -> None:
        """Something noted on a track."""
        await self.ask(who, "POST", f"/cases/{self.reference}/{collection}", {"track": track, "payload": payload})

    async def next_day(self) -> None:
        """What is due leaves; then it is ten o'clock on the next working day."""
        self.clock.set(self.clock.at + timedelta(minutes=11))
        await tick(self.database, self.clock, self.post)
        self.clock.set(CALENDAR.at(CALENDAR.shift(CALENDAR.day_of(self.clock.at), 1), time(10)))
        await tick(self.database, self.clock, self.post)

    def _token(self, who: str) -> str:
        if who not in self.tokens:
            self.tokens[who] = self.database.write(
                lambda db: new_token(db, who, "check", now=self.clock.at), Scope.worker()
            )
        return self.tokens[who]


async def check_the_whole(database: Database, folder: Path, now: datetime) -> int:
    """Play the case and tell it; 0 when it is closed, its journal whole and its mails caught, else 1."""
    catcher = Catcher(folder / "caught")
    post = Post(SmtpCarrier(read_server(await catcher.listen())), SENDER, "http://demo.example")
    clock = FixedClock(CALENDAR.at(CALENDAR.shift(CALENDAR.day_of(now), 1), time(10)))
    app = create_app(
        database, clock, demo=True, settings=settings().model_copy(update={"base_url": "http://demo.example"})
    )
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://demo.example") as client:
        walk = Walk(database, clock, client, post)
        try:
            await _from_detection_to_closing(walk)
            return tell(await _wrong(walk, catcher), await _journal(walk), catcher.mails(), walk.reference)
        except WentWrong as error:
            return tell([str(error)], [], catcher.mails(), walk.reference)
        finally:
            await catcher.close()


async def _from_detection_to_closing(walk: Walk) -> None:
    adviser = _person(walk.database, PLAYERS[0].email)
    logged = await walk.ask(adviser, "POST", "/cases", SHOP)
    walk.reference = logged["case"]["reference"]
    await walk.step(adviser, "qualify")
    proposal = await walk.ask(adviser, "GET", f"/cases/{walk.reference}/routing")
    best = next(found for found in proposal["candidates"] if found["kept"])
    need, agent = proposal["need"], _agent(walk.database, best["branch"]["id"])
    await walk.step(adviser, "draft", "referral", branch=best["branch"]["id"], offer=best["offer"]["id"], needs=[need])
    await walk.step(adviser, "send", "referral-1")
    await walk.next_day()
    await walk.step(agent, "accept", "referral-1", agent=agent)
    await walk.next_day()
    await walk.step(
        agent,
        "first_contact",
        "referral-1",
        channel="phone",
        result="reached",
        text="Rendez-vous pris dans la boutique.",
    )
    await walk.next_day()
    await walk.note(agent, "meetings", "referral-1", place="Dans la boutique")
    await walk.note(agent, "action-plans", "referral-1", text="Devis, dossier de prêt, comité.")
    await walk.next_day()
    await walk.step(agent, "complete", "referral-1", outcomes={need: "met"})
    await walk.next_day()
    await walk.step(adviser, "close", reason="goal_reached", outcomes={need: "met"})
    await walk.next_day()


async def _journal(walk: Walk) -> list[dict[str, Any]]:
    shown = await walk.ask(_person(walk.database, PLAYERS[0].email), "GET", f"/cases/{walk.reference}/journal")
    return list(shown["items"])


async def _wrong(walk: Walk, catcher: Catcher) -> list[str]:
    """What is not as it should be; nothing when all is well."""
    row = walk.database.read(
        lambda db: db.execute(select(case_file).where(case_file.c.reference == walk.reference)).one(), Scope.worker()
    )
    wrong = walk.database.read(lambda db: journal.verify(db, row.id), Scope.worker())
    if row.state != "closed":
        wrong.append(f"the case is not closed, it is in {row.state}")
    own = [mail for mail in catcher.mails() if "samira@" in mail.to]
    if not own:
        wrong.append("no mail reached the entrepreneur")
    return wrong + [f"a mail left the demo: {mail.to}" for mail in catcher.mails() if ".example" not in mail.to]


def _person(database: Database, email: str) -> str:
    return str(
        database.read(
            lambda db: db.execute(select(person.c.id).where(person.c.email == email)).scalar_one(), Scope.worker()
        )
    )


def _agent(database: Database, branch_id: str) -> str:
    """An agent of that branch."""

    def unit(db: Connection) -> str:
        here = (role_grant.c.branch_id == branch_id, role_grant.c.role == "operator")
        return str(
            db.execute(select(role_grant.c.person_id).where(*here).order_by(role_grant.c.id).limit(1)).scalar_one()
        )

    return database.read(unit, Scope.worker())
