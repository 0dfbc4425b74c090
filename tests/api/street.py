"""A street of shops lived through the write path: believable people, cases in every state, late and new things, for the pages and their pictures."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from api.sign_in import begin_session
from cases import intake, journey, records
from cases.access import Grant, Identity
from cases.clock import FixedClock
from cases.database import Database, Scope
from cases.identifiers import new_id
from cases.intake import Detection
from cases.journey import Request
from cases.needs import NEED_KINDS, NeedSubject
from cases.sweep import next_due, sweep
from cases.tables.case import case_file, need
from cases.tables.operators import branch, coverage, operator
from cases.tables.people import mentor_profile, person, role_grant
from cases.tables.territories import commune, quartier, territory
from engine.model import Role
from tests.api.browser import Browser, application
from tests.rows import Row, insert_all

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
START = datetime(2026, 9, 1, 7, 0, tzinfo=UTC)
WORKER = Scope.worker()
ADVISERS = {"ines": "Inès Morvan", "bruno": "Bruno Wattez"}
AGENTS = {"karim": ("Karim Haddadi", "adie"), "elodie": ("Élodie Caron", "cma"), "nils": ("Nils Verhaeghe", "bge")}
BRANCHES = {"adie": "Adie, antenne de Roubaix", "cma": "CMA, antenne de Roubaix", "bge": "BGE, antenne de Roubaix"}


def at(text: str) -> datetime:
    """An instant of the autumn of 2026, in UTC: `11-12 14:30`."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=UTC)


@dataclass
class Street:
    """The street, its people by a short name, its cases by a short name."""

    database: Database
    clock: FixedClock = field(default_factory=lambda: FixedClock(START))
    ids: dict[str, str] = field(default_factory=dict)
    who: dict[str, Identity] = field(default_factory=dict)
    cases: dict[str, str] = field(default_factory=dict)

    def sign_in(self, name: str, app: Any = None) -> Browser:
        """A browser on which that person is signed in."""
        secret = self.secret(name)
        browser = Browser(app or application(self.database, self.clock))
        browser.client.cookies.set("qp_session", secret)
        return browser

    def secret(self, name: str) -> str:
        """The secret of a new session of that person."""
        known, now = self.ids[name], self.clock.now()
        return self.database.write(lambda db: begin_session(db, known, now=now), WORKER)

    def later(self, moment: datetime) -> None:
        """Let the time pass: everything that is due happens."""
        while (due := next_due(self.database)) is not None and due <= moment:
            sweep(self.database, due)
        if moment > self.clock.now():
            self.clock.set(moment)

    def do(self, when: str, name: str, case: str, event: str, track: str = "case", **given: Any) -> None:
        """Somebody takes a step or notes a record."""
        moment = at(when)
        self.later(moment)
        request = Request(self.cases[case], event, track, given)
        act = records.record if event in _RECORDS else journey.fire
        self.database.write(lambda db: act(db, request, by=self.who[name], now=moment), WORKER)

    def log(self, when: str, name: str, case: str, shop: dict[str, Any]) -> None:
        """Somebody logs a shop."""
        moment, subjects = at(when), shop.pop("needs", ("funding",))
        self.later(moment)
        needs = tuple(_need(subject, shop.pop("said", None)) for subject in subjects)
        detection = Detection(
            territory="roubaix", situation=shop.pop("situation", "inside"), consents=("contact", "share"), channel="visit",
            met_in_person=shop.pop("met", True), needs=needs, city="Roubaix", postcode="59100", **shop,
        )  # fmt: skip
        logged = self.database.write(lambda db: intake.log_case(db, detection, by=self.who[name], now=moment), WORKER)
        self.cases[case] = logged.fired.reference

    def needs_of(self, case: str, *subjects: str) -> list[str]:
        """The needs of a case; of these subjects when they are given."""
        own = select(case_file.c.id).where(case_file.c.reference == self.cases[case]).scalar_subquery()
        query = select(need.c.id).where(need.c.case_id == own).order_by(need.c.created_at, need.c.id)
        query = query.where(need.c.subject.in_(subjects)) if subjects else query
        return self.database.read(lambda db: list(db.execute(query).scalars()), WORKER)


_RECORDS = {
    "contact",
    "attempt",
    "note",
    "meeting",
    "session",
    "action_plan",
    "score",
    "need",
    "aid",
    "consent",
    "check",
}


def _need(subject: str, said: str | None) -> dict[str, Any]:
    kind = NEED_KINDS[NeedSubject(subject)]
    return {"subject": subject, "axis": kind.axis, "levers": list(kind.levers), "detail": said}


def people_of_the_street(database: Database) -> Street:
    """Only its people: nobody logged anything yet."""
    street = Street(database)
    rows = list(_people(street))
    database.write(lambda db: insert_all(db, rows), WORKER)
    return street


def _people(street: Street) -> Iterator[Row]:
    ids = street.ids
    ids["roubaix"] = new_id(START)
    row = {
        "kind": "commune",
        "state": "acceleration",
        "state_since": START,
        "created_at": START,
        "axes": ["local_trade"],
    }
    yield territory, {"id": ids["roubaix"], "slug": "roubaix", "name": "Roubaix", **row}
    home = {"insee": "59512", "territory_id": ids["roubaix"]}
    yield commune, {"name": "Roubaix", "postcode": "59100", "departement": "59", "region": "32", **home}
    for code, name in (("QN05901M", "L’Alma"), ("QN05902M", "Le Pile"), ("QN05903M", "L’Épeule")):
        ids[name] = new_id(START)
        yield quartier, {"id": ids[name], "code": code, "name": name, **home}
    for slug, name in BRANCHES.items():
        own, there = new_id(START), ids.setdefault(f"branch {slug}", new_id(START))
        yield operator, {"id": own, "slug": slug, "name": name.split(",")[0], "kind": "field", "axes": [], "levers": []}
        yield branch, {"id": there, "operator_id": own, "name": name, "email": f"{slug}@example.org"}
        yield coverage, {"id": new_id(START), "branch_id": there, "level": "commune", "code": "59512"}
    here = {"territory": ids["roubaix"]}
    for short, name in ADVISERS.items():
        yield from _person(street, short, name, Role.ADVISER, **here)
    yield from _person(street, "laurent", "Laurent Delattre", Role.MANAGER, **here)
    for short, (name, slug) in AGENTS.items():
        yield from _person(street, short, name, Role.OPERATOR, branch=ids[f"branch {slug}"])
    yield from _person(street, "sophie", "Sophie Vasseur", Role.OPERATOR_MANAGER, branch=ids["branch cma"])
    for short, name in (("jean", "Jeanne Lemaire"), ("malik", "Malik Hamdi")):
        yield from _person(street, short, name, Role.MENTOR)
        offered = {"capacity": 3, "skills": "commerce, gestion"}
        yield mentor_profile, {"person_id": ids[short], "territory_id": ids["roubaix"], **offered}
    yield from _person(street, "admin", "Claire Nougaret", Role.ADMIN)
    yield from _person(street, "observer", "Paul Estève", Role.OBSERVER)
    ids["arras"] = new_id(START)
    yield territory, {"id": ids["arras"], "slug": "arras", "name": "Arras", **row}
    yield from _person(street, "stranger", "Odile Arnoux", Role.ADVISER, territory=ids["arras"])


def _person(street: Street, short: str, name: str, role: Role, **where: str) -> Iterator[Row]:
    own = street.ids[short] = new_id(START)
    street.who[short] = Identity(own, name, (Grant(role, **where),), via="page")
    yield person, {"id": own, "name": name, "email": f"{short}@example.org", "created_at": START}
    columns = {f"{kind}_id": value for kind, value in where.items()}
    yield role_grant, {"id": new_id(START), "person_id": own, "role": role, "created_at": START, **columns}


def a_street(database: Database) -> Street:
    """The whole street, on the morning of Tuesday 24 November 2026."""
    street = people_of_the_street(database)
    for act in sorted(_acts(street), key=lambda one: at(one[0])):
        act[1]()
    street.later(NOW)
    return street


def _acts(street: Street) -> list[tuple[str, Callable[[], None]]]:
    acts: list[tuple[str, Callable[[], None]]] = []

    def log(when: str, by: str, case: str, **shop: Any) -> None:
        acts.append((when, lambda: street.log(when, by, case, dict(shop))))

    def do(when: str, by: str, case: str, event: str, track: str = "case", **given: Any) -> None:
        def act() -> None:
            known = {key: value() if callable(value) else value for key, value in given.items()}
            street.do(when, by, case, event, track, **known)

        acts.append((when, act))

    def ask(when: str, case: str, slug: str, place: int = 1, needs: Callable[[], list[str]] | None = None) -> None:
        every = needs or (lambda: street.needs_of(case))
        branch_id = street.ids[f"branch {slug}"]
        do(when, "ines", case, "draft", "referral", branch=branch_id, needs=every, reason="le plus proche")
        do(when.replace(":0", ":3"), "ines", case, "send", f"referral-{place}")

    log("11-09 09:12", "ines", "pagnes", name="Les Pagnes d’Aminata", person_name="Aminata Diallo", phone="+33639984127", activity="Couture et retouches",
        address_line="41 rue de l’Alma", needs=("funding", "online_presence"), said="Acheter une machine à broder, 6 500 €")  # fmt: skip
    do(
        "11-12 13:30",
        "ines",
        "pagnes",
        "contact",
        channel="visit",
        result="reached",
        text="Elle refuse des commandes faute de machine. La banque a dit non en septembre.",
    )
    do("11-12 16:40", "ines", "pagnes", "qualify", text="Une machine à broder, et vendre en ligne.")
    ask("11-13 08:00", "pagnes", "adie", needs=lambda: street.needs_of("pagnes", "funding"))
    do("11-16 08:37", "karim", "pagnes", "accept", "referral-1", agent=street.ids["karim"])
    ask("11-17 10:05", "pagnes", "cma", 2, needs=lambda: street.needs_of("pagnes", "online_presence"))
    do(
        "11-19 15:20",
        "karim",
        "pagnes",
        "first_contact",
        "referral-1",
        channel="phone",
        result="reached",
        text="Projet solide, carnet de commandes plein jusqu’en mars. Il manque le devis de la machine.",
    )
    log(
        "11-10 08:00",
        "bruno",
        "pile",
        name="Garage du Pile",
        person_name="Yanis Belkacem",
        phone="+33639980712",
        activity="Mécanique",
        address_line="8 rue du Pile",
        met=False,
    )
    log(
        "11-04 09:00",
        "ines",
        "nadege",
        name="Nadège Coiffure",
        person_name="Nadège Pruvost",
        phone="+33639981204",
        activity="Coiffure",
        needs=("premises",),
    )
    do("11-06 09:00", "ines", "nadege", "qualify")
    ask("11-16 09:00", "nadege", "bge")
    do("11-18 14:00", "nils", "nadege", "ask_info", "referral-1", question="A-t-elle déjà un bail signé ?")
    log(
        "11-20 09:00",
        "ines",
        "primeurs",
        name="Primeurs Saïdi",
        person_name="Samir Saïdi",
        phone="+33639981999",
        activity="Primeur",
        needs=("management",),
    )
    do("11-20 15:00", "ines", "primeurs", "qualify")
    log(
        "11-10 09:00",
        "ines",
        "thomas",
        name="Thomas Lefèvre",
        person_name="Thomas Lefèvre",
        phone="+33639980033",
        needs=("legal_status",),
        situation="unknown",
    )
    log(
        "11-23 10:00",
        "ines",
        "mariam",
        name="Traiteur Chez Mariam",
        person_name="Mariam Keïta",
        phone="+33639984455",
        activity="Traiteur",
        met=False,
    )
    log(
        "11-23 17:00",
        "ines",
        "duc",
        name="Cordonnerie Nguyen",
        person_name="Duc Nguyen",
        phone="+33639984456",
        activity="Cordonnerie",
        met=False,
        needs=("hiring",),
    )
    log(
        "10-01 09:00",
        "ines",
        "studio",
        name="Studio Bleu Ciel",
        person_name="Kenza Rahmani",
        phone="+33639984457",
        activity="Photographie",
        needs=("mentor", "marketing_training"),
    )
    do("10-02 09:00", "ines", "studio", "qualify")
    do(
        "10-05 09:00",
        "ines",
        "studio",
        "propose",
        "mentoring_pair",
        mentor=street.ids["jean"],
        text="Elle a tenu une boutique vingt ans.",
    )
    do("10-07 09:00", "jean", "studio", "sign_charter", "mentoring_pair-1")
    do("10-08 09:00", "ines", "studio", "sign_charter", "mentoring_pair-1", paper=True)
    do(
        "10-20 17:00",
        "jean",
        "studio",
        "session",
        "mentoring_pair-1",
        day="2026-10-20",
        minutes=60,
        text="Le prix des séances.",
    )
    do(
        "10-28 17:00",
        "jean",
        "studio",
        "record_progress",
        "mentoring_pair-1",
        status="on_track",
        text="Elle ose annoncer ses prix.",
        private_text="Elle pense arrêter en juin.",
    )
    log(
        "10-12 09:00",
        "bruno",
        "boulangerie",
        name="Boulangerie Dumortier",
        person_name="Hugo Dumortier",
        phone="+33639984458",
        activity="Boulangerie",
        needs=("energy",),
    )
    do("10-13 09:00", "bruno", "boulangerie", "qualify")
    ask("10-14 09:00", "boulangerie", "cma")
    do("10-16 09:00", "elodie", "boulangerie", "accept", "referral-1", agent=street.ids["elodie"])
    do(
        "10-19 09:00",
        "elodie",
        "boulangerie",
        "first_contact",
        "referral-1",
        channel="visit",
        result="reached",
        met_in_person=True,
    )
    do("10-19 10:00", "elodie", "boulangerie", "open", "transition_plan", lever="ecological")
    do("10-21 10:00", "elodie", "boulangerie", "start_diagnosis", "transition_plan-1")
    log(
        "10-05 10:00",
        "bruno",
        "couscous",
        name="Couscous & Cie",
        person_name="Rachid Ouali",
        phone="+33639984459",
        activity="Restaurant",
        needs=("hiring",),
    )
    do("10-06 10:00", "bruno", "couscous", "qualify")
    do("10-20 10:00", "bruno", "couscous", "hold", reason="premises_works", until="2027-01-04")
    log(
        "09-10 10:00",
        "ines",
        "pressing",
        name="Pressing de l’Épeule",
        person_name="Fatiha Amrani",
        phone="+33639984460",
        activity="Pressing",
        needs=("energy",),
    )
    do("09-11 10:00", "ines", "pressing", "qualify")
    do(
        "09-14 10:00",
        "ines",
        "pressing",
        "enter_follow_up",
        outcomes=lambda: dict.fromkeys(street.needs_of("pressing"), "redirected"),
    )
    log(
        "09-15 10:00",
        "bruno",
        "fleurs",
        name="Fleurs du Canal",
        person_name="Lina Costa",
        phone="+33639984461",
        activity="Fleuriste",
        needs=("other",),
    )
    do(
        "09-15 10:05",
        "bruno",
        "fleurs",
        "close",
        reason="answered_directly",
        outcomes=lambda: dict.fromkeys(street.needs_of("fleurs"), "met"),
    )
    log(
        "11-17 09:00",
        "bruno",
        "vauban",
        name="Imprimerie Vauban",
        person_name="Anne Vauban",
        phone="+33639984462",
        activity="Impression",
        needs=("energy",),
        said="Réduire sa facture d’énergie",
    )
    do("11-17 09:30", "bruno", "vauban", "qualify")
    ask("11-17 15:00", "vauban", "cma")
    log(
        "11-20 09:00",
        "ines",
        "bois",
        name="Bois de Lys",
        person_name="Rose Delys",
        phone="+33639984463",
        activity="Ébénisterie",
        needs=("workshop",),
        said="Partager un atelier",
    )
    do("11-20 09:30", "ines", "bois", "qualify")
    ask("11-23 15:00", "bois", "cma")
    return acts


SHOP = {
    "name": "Épicerie Traoré",
    "phone": "06 39 98 66 90",
    "situation": "inside",
    "needs": "Financement",
    "contact": "1",
    "share": "1",
}


class Town:
    """The people of the street on their morning, each with a browser; nothing is logged yet."""

    def __init__(self, database: Database) -> None:
        self.street: Street = people_of_the_street(database)
        self.street.clock.set(NOW)
        self.app = application(database, self.street.clock)
        self.known: dict[str, Browser] = {}

    def __getitem__(self, name: str) -> Browser:
        if name not in self.known:
            self.known[name] = self.street.sign_in(name, self.app)
        return self.known[name]

    def row(self, table: Any, *columns: Any) -> Any:
        return self.street.database.read(lambda db: db.execute(select(*(columns or (table,)))).mappings().all(), WORKER)

    def case(self) -> Any:
        return self.row(case_file)[-1]

    def logged(self, **changes: str) -> str:
        self["ines"].open("/dossiers/nouveau").fill(**{**SHOP, **changes})
        return str(self.case()["reference"])

    def qualified(self) -> str:
        reference = self.logged()
        self["ines"].open(f"/dossiers/{reference}/actions/qualify").fill(text="Un prêt pour le stock.")
        return reference

    def asked(self, slug: str = "adie") -> str:
        reference = self.qualified()
        browser = self["ines"].open(f"/dossiers/{reference}/actions/draft?suivi=referral")
        need = re.search(r'name="needs" value="([^"]+)"', browser.answer.text)
        assert need
        browser.fill(branch=self.street.ids[f"branch {slug}"], needs=need[1], reason="le plus proche")
        browser.open(f"/dossiers/{reference}/actions/send?suivi=referral-1").fill()
        return reference

    def later(self, **passed: float) -> None:
        self.street.later(self.street.clock.now() + timedelta(**passed))
