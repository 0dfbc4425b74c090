"""The canary by every other door: a plan, a mentor, a mail that is answered, her own link, a survey, a tool that is told, a sheet by the page."""

from __future__ import annotations

import re
from email.message import EmailMessage

from sqlalchemy import insert

from api.security import new_token
from cases.identifiers import new_id
from cases.tables.case import case_file, survey
from notifications.links import new_link
from tests.api.browser import Browser
from tests.api.canary import EMAIL, NAME, PHONE, SAID, SHOP
from tests.api.reply_desk import DOMAIN, Letterbox, reply
from tests.api.street import WORKER, Town
from tests.files import PDF
from tests.notifications.mail_server import MailServer
from tests.notifications.tool_server import Tool

PLAN = "transition_plan-1"


def led_by_the_operator(town: Town, reference: str) -> None:
    """A transition plan, from its diagnosis to its progress; a mentor who signs, meets her and says how it goes."""
    karim, ines, jean, case = town["karim"], town["ines"], town["jean"], f"/dossiers/{reference}"
    karim.open(f"{case}/actions/open?suivi=transition_plan").fill(lever="digital")
    karim.open(f"{case}/actions/start_diagnosis?suivi={PLAN}").fill(diagnostician=f"Cabinet {SAID}")
    form = karim.open(f"{case}/noter/score?suivi={PLAN}")
    scores = dict.fromkeys(re.findall(r'name="(dimensions\.\w+)"', form.answer.text), "2")
    form.fill(when="before", **scores)
    plan = {"actions.0.name": f"Site {SAID}", "actions.0.day": "2027-01-15", "text": f"Sur ses fonds {SAID}"}
    karim.open(f"{case}/actions/validate_plan?suivi={PLAN}").fill(**plan)
    karim.open(f"{case}/actions/start_action?suivi={PLAN}").fill()
    karim.open(f"{case}/actions/record_progress?suivi={PLAN}").fill(status="on_track", text=f"Elle avance {SAID}")
    ines.open(f"{case}/actions/propose?suivi=mentoring_pair").fill(
        mentor=town.street.ids["jean"], text=f"Elle veut {SAID}"
    )
    pair = "mentoring_pair-1"
    jean.open(f"{case}/actions/sign_charter?suivi={pair}").fill()
    ines.open(f"{case}/actions/sign_charter?suivi={pair}").fill(paper="1")
    jean.open(f"{case}/noter/session?suivi={pair}").fill(day="2026-11-24", minutes="30", text=f"Ses prix {SAID}")
    said = {
        "status": "on_track",
        "text": f"Elle ose {SAID}",
        "private_text": f"Elle doute {SAID}",
        "next": f"Le mois prochain {SAID}",
    }
    jean.open(f"{case}/actions/record_progress?suivi={pair}").fill(**said)


def answered_by_mail(server: MailServer, letterbox: Letterbox) -> None:
    """The branch answers the mail that asked it: words and a document."""
    letter = next(one for one in server.letters if DOMAIN in str(one["Reply-To"]) and "karim" in str(one["To"]))
    answer: EmailMessage = reply(f"Je connais {NAME}, {SAID}.", sender="karim@example.org")
    answer.replace_header("Subject", f"Re: {SHOP}")
    answer.add_attachment(PDF + SAID.encode() + b"3", maintype="application", subtype="pdf", filename=f"{SAID}.pdf")
    with letterbox.open():
        assert letterbox.take(answer, str(letter["Reply-To"]), "karim@example.org").startswith("250")
        assert letterbox.take(answer, f"reponse+{SAID}@{DOMAIN}", EMAIL)[:1] in "45"


def led_by_herself(town: Town, reference: str) -> None:
    """By her link she sends a document and asks for her language; she asks for her link again, answers a survey, and asks to come in by her address."""
    street, browser = town.street, Browser(town.app)
    [case] = [row for row in town.row(case_file) if row["reference"] == reference]
    now, bound = street.clock.now(), {"entrepreneur_id": case["entrepreneur_id"], "case_id": case["id"]}
    link = "/mon-dossier/" + street.database.write(lambda db: new_link(db, "my_case", now=now, **bound), WORKER)
    browser.open(link).send(f"{link}/documents", f"{SAID}.pdf", PDF + SAID.encode() + b"2")
    row = {"case_id": case["id"], "track": "case", "recipient": "entrepreneur", "sent_at": now, "reminders": 0}
    street.database.write(lambda db: db.execute(insert(survey).values(id=new_id(now), **row)), WORKER)
    browser.open(f"{link}/enquete").fill(answer="yes")
    for typed in (PHONE, EMAIL, NAME):
        browser.open("/mon-dossier").fill(email=typed)
        browser.open("/connexion").fill(email=typed)


def told_to(town: Town, tool: Tool) -> None:
    """Her adviser's tool is told of every line, once it has failed."""
    street, now = town.street, town.street.clock.now()
    token = street.database.write(lambda db: new_token(db, street.ids["ines"], "outil", now=now), WORKER)
    made = town["ines"].client.post(
        "/api/v1/webhooks", json={"url": tool.url()}, headers={"Authorization": f"Bearer {token}"}
    )
    assert made.status_code == 201, made.text
    tool.answers = [500]


def led_by_a_sheet(town: Town) -> None:
    """A sheet that names her goes in by the page, its refused line is put right, and the whole is undone."""
    ines = town["ines"].open("/imports")
    sheet = f"Enseigne;Personne;Téléphone;Accord;Remarque\nBazar {SAID};{NAME};06 39;oui;{SAID}\n"
    ines.send("/imports", f"{SHOP}.csv", sheet.encode(), territory="roubaix")
    ines.fill(f"{ines.address}/importer")
    page = ines.address
    line = re.search(r'action="(/imports/[^"]+/lignes/\d+)"', ines.answer.text)
    assert line
    asked = re.search(r'<input class="field"[^>]* name="([^"]+)"', ines._form(line[1]))
    assert asked
    ines.fill(line[1], **{asked[1]: "06 39 98 76 54"})
    for name in (f"{page}/rapport.csv", f"{page}/a-corriger.csv"):
        ines.client.get(name)
    ines.open(f"{page}/annuler").fill(f"{page}/annuler")
