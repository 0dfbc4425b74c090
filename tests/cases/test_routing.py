"""Routing in the memory: proposed when a case is qualified, frozen, computed again when an operator says no, and shown to whom it concerns."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, insert, select

from cases import intake, journey, people, records, reference_data, routing
from cases.access import Grant, Identity, scope_of
from cases.database import Database, Scope, widen_to_case
from cases.errors import NotFound, Refused
from cases.identifiers import new_id
from cases.intake import Detection
from cases.journey import Request
from cases.people import Newcomer
from cases.tables.case import case_file
from cases.tables.operators import branch, branch_closure, coverage, offer, operator
from cases.tables.people import absence
from cases.tables.routing import routing_proposal
from cases.tables.territories import commune, territory
from cases.verification import verify_case
from engine.model import Role

NOW = datetime(2027, 2, 2, 9, 0, tzinfo=UTC)
WORKER = Scope.worker()
LOCAL, NORTH = ("commune", "59512"), ("region", "32")


@dataclass
class Town:
    """Roubaix with three branches: Adie (for quartiers), Initiative, and BGE for the whole region."""

    database: Database
    branches: dict[str, str] = field(default_factory=dict)
    agents: dict[str, Identity] = field(default_factory=dict)
    adviser: Identity = field(default_factory=Identity)

    def open(self, db: Connection) -> None:
        home = new_id(NOW)
        row = {
            "slug": "roubaix",
            "name": "Roubaix",
            "kind": "commune",
            "state": "acceleration",
            "axes": ["local_trade"],
        }
        db.execute(insert(territory).values(id=home, state_since=NOW, created_at=NOW, **row))
        reference_data.load(db, NOW)
        db.execute(commune.update().where(commune.c.insee == "59512").values(territory_id=home))
        for place, (slug, covers, scope) in enumerate(
            (("adie", LOCAL, "qpv"), ("initiative-france", LOCAL, "common_law"), ("bge", NORTH, "common_law"))
        ):
            self._branch(db, slug, covers, scope, NOW + timedelta(seconds=place))
        who = people.add(db, Newcomer("Inès Morvan", "ines@example.org", Role.ADVISER, "roubaix"), NOW)
        self.adviser = Identity(who, "Inès Morvan", (Grant(Role.ADVISER, territory=home),))

    def _branch(self, db: Connection, slug: str, covers: tuple[str, str], scope: str, now: datetime) -> None:
        own = self.branches[slug] = new_id(now)
        parent = db.execute(select(operator.c.id).where(operator.c.slug == slug)).scalar_one()
        db.execute(insert(branch).values(id=own, operator_id=parent, name=slug, email=f"{slug}@example.org"))
        db.execute(insert(coverage).values(id=new_id(now), branch_id=own, level=covers[0], code=covers[1]))
        offered = {
            "name": f"prêt {slug}",
            "kind": "funding",
            "scope": scope,
            "axes": [],
            "levers": [],
            "needs": ["funding"],
            "eligibility": {},
        }
        db.execute(insert(offer).values(id=new_id(now), branch_id=own, **offered))
        who = people.add(db, Newcomer(f"agent {slug}", f"agent-{slug}@example.org", Role.OPERATOR, branch=own), now)
        self.agents[slug] = Identity(who, f"agent {slug}", (Grant(Role.OPERATOR, branch=own),))

    def log(
        self, *, subject: str = "funding", share: bool = True, name: str = "Épicerie", phone: str | None = None
    ) -> str:
        consents = ("contact", "share") if share else ("contact",)
        shop = Detection(
            name, territory="roubaix", insee="59512", situation="inside", consents=consents, channel="visit", met_in_person=True, phone=phone,
            needs=({"subject": subject, "axis": "local_trade"},),
        )  # fmt: skip
        reference = self.database.write(
            lambda db: intake.log_case(db, shop, by=self.adviser, now=NOW), WORKER
        ).fired.reference
        self.fire(reference, "qualify")
        return reference

    def fire(
        self,
        reference: str,
        step: str,
        track: str = "case",
        by: Identity | None = None,
        at: datetime = NOW,
        **given: Any,
    ) -> None:
        request = Request(reference, step, track, given)
        self.database.write(lambda db: journey.fire(db, request, by=by or self.adviser, now=at), WORKER)

    def ask(self, reference: str, slug: str, **given: Any) -> None:
        need = self.proposal(reference)["need"]
        self.fire(reference, "draft", "referral", branch=self.branches[slug], needs=[need], **given)

    def proposal(self, reference: str, by: Identity | None = None) -> dict[str, Any]:
        return self.database.read(lambda db: routing.proposal(db, by or self.adviser, reference), WORKER)

    def ranking(self, reference: str) -> list[str]:
        return [found["branch"]["operator"] for found in self.proposal(reference)["candidates"] if found["kept"]]

    def aside(self, reference: str) -> dict[str, str]:
        return {
            found["branch"]["operator"]: next(f["message"] for f in found["filters"] if not f["passed"])
            for found in self.proposal(reference)["candidates"]
            if not found["kept"]
        }


@pytest.fixture
def town(database: Database) -> Town:
    made = Town(database)
    database.write(made.open, WORKER)
    return made


def test_qualifying_a_case_proposes_operators_with_their_reasons(town: Town) -> None:
    reference = town.log()

    proposal = town.proposal(reference)

    assert town.ranking(reference) == ["adie", "initiative-france", "bge"]
    first = proposal["candidates"][0]
    assert (first["rank"], first["kept"], first["outside_axis"]) == (1, True, False)
    assert first["score"] == sum(criterion["points"] for criterion in first["criteria"])
    assert {"code": "covers", "passed": True, "to_verify": False, "message": "L’antenne couvre la commune."} in first[
        "filters"
    ]
    assert (proposal["current"], proposal["gap"], proposal["choice"], proposal["rules_version"]) == (
        True,
        False,
        None,
        "1",
    )


def test_a_decline_proposes_the_next_one_at_once_and_keeps_the_first_proposal(town: Town) -> None:
    reference = town.log()
    town.ask(reference, "adie")
    town.fire(reference, "send", "referral-1")

    town.fire(
        reference, "decline", "referral-1", by=town.agents["adie"], reason="capacity_full", at=NOW + timedelta(hours=1)
    )

    assert town.ranking(reference) == ["initiative-france", "bge"]
    assert town.aside(reference) == {"adie": "L’antenne a déjà décliné cette demande."}
    kept = town.database.read(
        lambda db: list(db.execute(select(routing_proposal.c.current).order_by(routing_proposal.c.id)).scalars()),
        WORKER,
    )
    assert kept == [False, True]


def test_a_mistaken_decline_that_is_undone_gives_the_branch_its_place_back(town: Town) -> None:
    reference = town.log()
    town.ask(reference, "adie")
    town.fire(reference, "send", "referral-1")
    town.fire(reference, "decline", "referral-1", by=town.agents["adie"], reason="capacity_full")

    town.fire(reference, "undo_answer", "referral-1", by=town.agents["adie"], at=NOW + timedelta(minutes=5))

    assert town.aside(reference) == {"adie": "L’antenne est déjà sollicitée pour ce besoin."}


def test_choosing_the_first_needs_no_reason_and_choosing_nobody_of_the_proposal_needs_one(town: Town) -> None:
    reference = town.log(subject="workshop")
    need = town.proposal(reference)["need"]

    with pytest.raises(Refused, match="dites pourquoi"):
        town.fire(reference, "draft", "referral", branch=town.branches["bge"], needs=[need])
    town.fire(
        reference, "draft", "referral", branch=town.branches["bge"], needs=[need], reason="Elle connaît déjà Lucie."
    )

    choice = town.proposal(reference)["choice"]
    assert (choice["track"], choice["rank"], choice["reason"]) == ("referral-1", None, "Elle connaît déjà Lucie.")


def test_the_chosen_rank_is_kept_on_the_proposal(town: Town) -> None:
    reference = town.log()

    town.ask(reference, "initiative-france", reason="Plus près de chez lui.")

    assert town.proposal(reference)["choice"]["rank"] == 2


def test_a_proposal_is_frozen_whatever_happens_to_the_branches(town: Town) -> None:
    reference = town.log()
    before = town.proposal(reference)

    town.database.write(lambda db: db.execute(offer.update().values(active=False)), WORKER)

    assert town.proposal(reference) == before


def verified(town: Town, reference: str) -> list[str]:
    def verify(db: Connection) -> list[str]:
        return verify_case(
            db, db.execute(select(case_file.c.id).where(case_file.c.reference == reference)).scalar_one()
        )

    return town.database.read(verify, WORKER)


def test_what_a_proposal_kept_gives_the_same_proposal_again(town: Town) -> None:
    def crowd(db: Connection) -> None:
        closed = {"from_day": date(2027, 2, 1), "to_day": date(2027, 2, 12)}
        db.execute(
            insert(branch_closure).values(id=new_id(NOW), branch_id=town.branches["bge"], declared_at=NOW, **closed)
        )
        rules = {"headcount_max": 10, "naf_except": ["64"], "age_max": 36}
        db.execute(offer.update().where(offer.c.branch_id == town.branches["adie"]).values(eligibility=rules))
        other = {
            "name": "conseil",
            "kind": "coaching",
            "scope": "common_law",
            "axes": [],
            "levers": [],
            "needs": ["management"],
            "eligibility": {},
        }
        db.execute(insert(offer).values(id=new_id(NOW), branch_id=town.branches["adie"], **other))

    town.database.write(crowd, WORKER)
    reference = town.log(phone="+33639980001")
    town.ask(reference, "adie")

    assert len(town.proposal(reference)["candidates"]) == 3
    assert verified(town, reference) == []


@pytest.mark.parametrize("changed", ["inputs", "no inputs", "candidates", "gap"])
def test_a_proposal_that_was_changed_by_hand_is_named(town: Town, changed: str) -> None:
    reference = town.log()

    def change(db: Connection) -> None:
        row = db.execute(select(routing_proposal)).mappings().one()
        first, *others = row["candidates"]
        offers = [{**one, "load": 9} for one in row["inputs"]["offers"]]
        other: dict[str, dict[str, Any]] = {
            "inputs": {"inputs": {**row["inputs"], "offers": offers}}, "no inputs": {"inputs": {}},
            "candidates": {"candidates": [{**first, "score": 1}, *others]}, "gap": {"gap": not row["gap"]},
        }  # fmt: skip
        db.execute(routing_proposal.update().values(other[changed]))

    town.database.write(change, WORKER)

    assert [line.split(" ", 2)[2] for line in verified(town, reference)] == ["is not what its own inputs give"]


def test_a_proposal_of_earlier_rules_is_not_judged_by_these(town: Town) -> None:
    reference = town.log()
    earlier = routing_proposal.update().values(gap=True, rules_version="0")
    town.database.write(lambda db: db.execute(earlier), WORKER)

    assert verified(town, reference) == []


def test_an_agreement_that_comes_later_opens_the_proposal(town: Town) -> None:
    reference = town.log(share=False)
    assert town.ranking(reference) == []

    request = Request(reference, "consent", payload={"purpose": "share", "given": True})
    town.database.write(lambda db: records.record(db, request, by=town.adviser, now=NOW), WORKER)

    assert town.ranking(reference) == ["adie", "initiative-france", "bge"]


def test_a_need_that_is_noted_later_has_its_proposal(town: Town) -> None:
    reference = town.log()
    request = Request(reference, "need", payload={"subject": "workshop", "axis": "productive_activities"})

    town.database.write(lambda db: records.record(db, request, by=town.adviser, now=NOW + timedelta(hours=1)), WORKER)

    shown = town.database.read(lambda db: routing.proposals(db, town.adviser, reference), WORKER)
    assert [one["gap"] for one in shown] == [False, True]


def test_a_need_that_nobody_serves_is_a_gap_of_the_territory(town: Town) -> None:
    town.log()
    references = [town.log(subject="workshop", name=name) for name in ("Atelier bois", "Torréfaction")]

    gaps = town.database.read(lambda db: routing.gaps(db, town.adviser), WORKER)

    assert [(gap["subject"], sorted(gap["cases"]), gap["territory"]) for gap in gaps] == [
        ("workshop", sorted(references), "roubaix")
    ]
    assert town.database.read(lambda db: routing.gaps(db, town.agents["adie"]), WORKER) == []


def test_a_busy_branch_and_one_that_knows_her_are_seen(town: Town) -> None:
    first = town.log(phone="+33639980001")
    town.ask(first, "adie")
    town.fire(first, "send", "referral-1")
    town.fire(
        first,
        "first_contact",
        "referral-1",
        by=town.agents["adie"],
        channel="phone",
        result="reached",
        at=NOW + timedelta(days=1),
    )
    waiting = town.log(name="Snack")
    town.ask(waiting, "initiative-france", reason="Plus près.")
    town.fire(waiting, "send", "referral-1")

    second = town.log(name="Épicerie, deuxième boutique", phone="+33639980001")

    said = {
        found["branch"]["operator"]: {c["code"]: c["message"] for c in found["criteria"]}
        for found in town.proposal(second)["candidates"]
    }
    assert said["adie"]["earlier_tie"] == "A déjà accompagné cette personne."
    assert said["adie"]["reliability"] == "1 réponse dans les temps sur 1 en 90 jours."
    assert said["initiative-france"]["capacity"] == "4 places libres sur 5 cette semaine."
    assert said["bge"]["earlier_tie"] == "Ne connaît pas encore cette personne."


def test_a_closed_branch_is_put_aside_and_an_absent_agent_passed_over_for_the_substitute(town: Town) -> None:
    def away(db: Connection) -> None:
        days = {"from_day": date(2027, 2, 1), "to_day": date(2027, 2, 12)}
        db.execute(
            insert(branch_closure).values(id=new_id(NOW), branch_id=town.branches["bge"], declared_at=NOW, **days)
        )
        other = people.add(
            db,
            Newcomer("Lina", "lina@example.org", Role.OPERATOR, branch=town.branches["adie"]),
            NOW + timedelta(hours=1),
        )
        db.execute(
            insert(absence).values(id=new_id(NOW), person_id=town.agents["adie"].person, substitute_id=other, **days)
        )

    town.database.write(away, WORKER)

    reference = town.log()

    assert town.aside(reference) == {"bge": "Antenne fermée jusqu’au 12/02/2027."}
    agent = town.proposal(reference)["candidates"][0]["agent"]
    assert (agent["name"], agent["instead_of"]) == ("Lina", "agent adie")


def test_an_operator_never_sees_the_other_candidates(town: Town) -> None:
    reference = town.log()
    town.ask(reference, "adie")
    town.fire(reference, "send", "referral-1")

    with pytest.raises(NotFound):
        town.proposal(reference, by=town.agents["adie"])


def test_a_case_that_is_not_qualified_has_no_proposal(town: Town) -> None:
    shop = Detection("Épicerie", territory="roubaix", consents=("contact",))
    reference = town.database.write(
        lambda db: intake.log_case(db, shop, by=town.adviser, now=NOW), WORKER
    ).fired.reference

    with pytest.raises(NotFound, match="qualifiez d’abord"):
        town.proposal(reference)


def asked_of(town: Town, by: Identity) -> list[tuple[str, Any]]:
    """What a proposal asks of the database, within that person's scope: each statement with its values."""
    reference = town.log()
    for subject in ("cash_flow", "hiring", "waste"):
        request = Request(reference, "need", payload={"subject": subject, "axis": "local_trade"})
        town.database.write(lambda db, asked=request: records.record(db, asked, by=town.adviser, now=NOW), WORKER)
    asked: list[tuple[str, Any]] = []

    def proposed(db: Connection) -> int:
        case_id = db.execute(select(case_file.c.id).where(case_file.c.reference == reference)).scalar_one()
        widen_to_case(db, case_id)
        event.listen(db, "before_cursor_execute", lambda *given: asked.append((given[2], given[3])))
        routing.propose(db, case_id, NOW)
        return len(routing.proposals(db, by, reference))

    assert town.database.write(proposed, scope_of(by)) == 4
    return asked


def test_a_proposal_takes_twelve_statements_whatever_the_needs(town: Town) -> None:
    asked = asked_of(town, town.adviser)

    written = next(n for n, (sql, _) in enumerate(asked) if sql.startswith("INSERT INTO routing_proposal"))
    assert len(asked[: written + 1]) <= 12


def test_a_proposal_reads_no_table_from_one_end_to_the_other(town: Town) -> None:
    if town.database.dialect != "sqlite":
        return  # PostgreSQL chooses by the size of its tables: `qp bench routing` measures it on large ones
    asked = asked_of(town, town.adviser)

    def plans(db: Connection) -> list[str]:
        found = []
        for sql, values in asked:
            if sql.startswith("SELECT"):
                found += [row[-1] for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
        return found

    read = town.database.read(plans, WORKER)
    large = {
        "referral",
        "deadline",
        "coverage",
        "case_file",
        "business",
        "entrepreneur",
        "quartier",
        "offer",
        "commune",
    }
    assert [line for line in read if line.startswith("SCAN") and large & set(line.split())] == []
    assert any("referral_moved" in line for line in read)
