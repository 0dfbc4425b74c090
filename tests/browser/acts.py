"""The ten commonest acts, each done by a hand on a phone that counts its touches and what it types or chooses."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from playwright.async_api import Locator, Page
from sqlalchemy import Column, insert, select

from cases.identifiers import new_id
from cases.tables.case import case_file, survey
from cases.tables.operators import offer
from notifications.links import new_link
from tests.api.street import NOW, WORKER, Street


@dataclass
class Hand:
    """A hand on a phone: every touch and every field counts; the pages that show by themselves do not."""

    page: Page
    base: str
    taps: int = 0
    fields: int = 0
    said: list[str] = field(default_factory=list)

    async def opens(self, path: str) -> None:
        """Touch a shortcut, or a link of a mail."""
        self.taps += 1
        await self.page.goto(self.base + path)

    async def starts_at(self, path: str) -> None:
        """Be at the page where the need arises."""
        await self.page.goto(self.base + path)

    async def taps_on(self, target: Locator) -> None:
        """Touch a button, a link or a box."""
        self.taps += 1
        self.said.append(" ".join((await target.text_content() or "").split()).partition(". ")[0])
        await target.tap()

    async def types(self, label: str, words: str) -> None:
        """Type into a field."""
        self.fields += 1
        await self.page.get_by_label(label).first.fill(words)

    async def chooses(self, label: str | re.Pattern[str], *, counted_as_touch: bool = False) -> None:
        """Press a chip. What is chosen is a field; where the count of the act says so, it is a touch too."""
        self.fields += 1
        self.taps += counted_as_touch
        await self.page.get_by_label(label, exact=True).first.check()

    def button(self, name: str | re.Pattern[str]) -> Locator:
        """The button of that name."""
        return self.page.get_by_role("button", name=name)

    def link(self, name: str | re.Pattern[str]) -> Locator:
        """The link of that name."""
        return self.page.get_by_role("link", name=name)

    async def reads(self, words: str | re.Pattern[str]) -> None:
        """See what says that it is done."""
        await self.page.get_by_text(words).first.wait_for()


Doing = Callable[[Hand, Street], Awaitable[None]]


@dataclass(frozen=True)
class Act:
    """An act of `docs/reference/acts.md`: who does it, how many touches and fields it may take at the most."""

    number: int
    name: str
    who: str | None
    taps: int
    fields: int
    do: Doing


def link_of(street: Street, purpose: str, case: str, track: str | None, **whom: str) -> str:
    """The address that stands in a mail about a case."""
    now, opens = street.clock.now(), {"case_id": id_of(street, case), "track": track, **whom}
    return "/lien/" + street.database.write(lambda db: new_link(db, purpose, now=now, **opens), WORKER)


def id_of(street: Street, case: str, column: Column[str] = case_file.c.id) -> str:
    """The id of a case by its short name, or of what its row names."""
    wanted = select(column).where(case_file.c.reference == street.cases[case])
    return str(street.database.read(lambda db: db.execute(wanted).scalar_one(), WORKER))


async def log_a_shop(hand: Hand, street: Street) -> None:
    await hand.opens("/dossiers/nouveau")
    await hand.types("Nom de l’enseigne ou SIRET", "Épicerie Traoré")
    await hand.taps_on(hand.button("Je suis devant"))
    await hand.types("Son téléphone", "06 39 98 66 90")
    await hand.chooses("Financement")
    await hand.taps_on(hand.page.get_by_text("Elle accepte que ses coordonnées soient gardées"))
    await hand.taps_on(hand.button(re.compile("^Enregistrer$")))
    await hand.reads("est enregistrée sous la référence")


def offer_of_adie(street: Street) -> None:
    """The Adie offers a loan: somebody answers to the need of a new shop."""
    row = {
        "name": "Prêt Jump",
        "kind": "funding",
        "scope": "qpv",
        "axes": [],
        "levers": [],
        "needs": ["funding"],
        "eligibility": {},
    }
    asked = street.ids["branch adie"]
    street.database.write(lambda db: db.execute(insert(offer).values(id=new_id(NOW), branch_id=asked, **row)), WORKER)


def own_case_of(street: Street, case: str) -> str:
    """The address of « Mon dossier », as it stands in a mail."""
    now, owner = street.clock.now(), id_of(street, case, case_file.c.entrepreneur_id)
    opens = {"case_id": id_of(street, case), "entrepreneur_id": owner}
    return "/mon-dossier/" + street.database.write(lambda db: new_link(db, "my_case", now=now, **opens), WORKER)


async def orient_it(hand: Hand, street: Street) -> None:
    offer_of_adie(street)
    street.log("11-24 08:00", "ines", "neuf", {"name": "Épicerie Traoré", "phone": "+33639986690"})
    street.do("11-24 08:00", "ines", "neuf", "qualify")
    await hand.starts_at(f"/dossiers/{street.cases['neuf']}")
    await hand.taps_on(hand.link("Demander à un opérateur").first)
    await hand.taps_on(hand.link("Demander à l’Adie").first)
    await hand.taps_on(hand.button("Envoyer"))
    await hand.reads("La demande est partie")


async def accept_from_a_mail(hand: Hand, street: Street) -> None:
    link = link_of(street, "answer", "bois", "referral-1", person_id=street.ids["elodie"])
    await hand.opens(f"{link}?reponse=oui")
    await hand.taps_on(hand.button(re.compile("^Confirmer")))
    await hand.reads("la demande est à vous")


async def decline_from_a_mail(hand: Hand, street: Street) -> None:
    link = link_of(street, "answer", "bois", "referral-1", person_id=street.ids["elodie"])
    await hand.opens(f"{link}?reponse=non")
    await hand.chooses("Pas notre offre", counted_as_touch=True)
    await hand.taps_on(hand.button("Envoyer ma réponse"))
    await hand.reads("Merci d’avoir répondu")


async def log_a_first_contact(hand: Hand, street: Street) -> None:
    street.do("11-24 08:00", "elodie", "bois", "accept", "referral-1", agent=street.ids["elodie"])
    link = link_of(street, "answer", "bois", "referral-1", person_id=street.ids["elodie"])
    await hand.starts_at(link)
    await hand.taps_on(hand.button("Nous avons parlé"))
    await hand.reads("vous vous êtes parlé")


async def write_the_log_book(hand: Hand, street: Street) -> None:
    await hand.opens(link_of(street, "log_book", "studio", "mentoring_pair-1", person_id=street.ids["jean"]))
    await hand.chooses("Nous nous sommes vus", counted_as_touch=True)
    await hand.taps_on(hand.button("Enregistrer"))
    await hand.reads("le carnet est à jour")


async def find_what_is_stuck(hand: Hand, street: Street) -> None:
    await hand.starts_at("/")
    await hand.reads(re.compile(r"dossiers? bloqués?"))
    await hand.taps_on(hand.link("Voir la liste").first)
    await hand.reads(re.compile(r"retard"))


async def hand_cases_over(hand: Hand, street: Street) -> None:
    await hand.starts_at("/dossiers")
    boxes = hand.page.locator("[data-picks] input[name=dossier]")
    for at in range(3):
        await boxes.nth(at).check()
    await hand.taps_on(hand.button("Continuer"))
    await hand.chooses(re.compile("^Bruno Wattez"))
    await hand.taps_on(hand.button(re.compile("^Confier")))
    await hand.reads(re.compile("confiés"))


async def close_a_case(hand: Hand, street: Street) -> None:
    await hand.starts_at(f"/dossiers/{street.cases['duc']}")
    await hand.taps_on(hand.link("Clore le dossier"))
    await hand.chooses("Pas de besoin aujourd’hui", counted_as_touch=True)
    await hand.taps_on(hand.button("Clore le dossier"))
    await hand.reads("Le dossier est clos")


async def answer_a_survey(hand: Hand, street: Street) -> None:
    case = id_of(street, "fleurs")
    row = {"id": new_id(NOW), "case_id": case, "track": "case", "recipient": "entrepreneur", "sent_at": NOW}
    street.database.write(lambda db: db.execute(insert(survey).values(**row)), WORKER)
    owner = id_of(street, "fleurs", case_file.c.entrepreneur_id)
    await hand.starts_at(link_of(street, "survey", "fleurs", "case", entrepreneur_id=owner))
    await hand.taps_on(hand.button("Oui"))
    await hand.taps_on(hand.button("Oui"))
    await hand.reads("Merci.")


ACTS: Final = (
    Act(1, "Log a shop", "ines", 5, 3, log_a_shop),
    Act(2, "Orient it", "ines", 3, 0, orient_it),
    Act(3, "Accept from a mail", None, 2, 0, accept_from_a_mail),
    Act(4, "Decline from a mail", None, 3, 1, decline_from_a_mail),
    Act(5, "Note a first contact", None, 2, 1, log_a_first_contact),
    Act(6, "Write the mentoring journal", None, 3, 1, write_the_log_book),
    Act(7, "Find what is stuck", "laurent", 1, 0, find_what_is_stuck),
    Act(8, "Hand cases over", "laurent", 3, 1, hand_cases_over),
    Act(9, "Close a case", "ines", 3, 1, close_a_case),
    Act(10, "Answer a survey", None, 2, 0, answer_a_survey),
)
"""At the most: touches and fields, as the acts were designed."""
