"""Who follows the case, and what the entrepreneur says: nobody called, and no more sharing."""

from __future__ import annotations

from collections.abc import Iterator

from engine.effects import (
    ArmNow,
    Effect,
    Put,
)
from engine.facts import Situation
from engine.inputs import of_kind, words
from engine.model import (
    CASE_TRACK,
    Armed,
    Deadline,
    InputKind,
    MailClass,
    Notify,
    Refusal,
    Role,
    Step,
    due,
    escalate,
    met_by,
    working_days,
)
from engine.steps.closing import end_of


def _an_active_referent(at: Situation) -> Refusal | None:
    if at.asking:
        return None
    named = at.case.people.get(str(at.given("referent")))
    territory = at.given("territory") or at.case.territory
    if named is None or not named.active or (territory is not None and territory not in named.territories):
        return Refusal(
            "referent_not_active", "Choisissez un conseiller en activité sur ce territoire.", field="referent"
        )
    return None


def _admin_only_without_territory(at: Situation) -> Refusal | None:
    if at.actor.role is not Role.ADMIN or at.case.territory is None or at.case.phase == "exited":
        return None
    return Refusal("not_without_territory", "Seul le territoire confie ses dossiers.")


def _changes_hands(at: Situation) -> Iterator[Effect]:
    values: dict[str, object] = {"referent": at.given("referent")}
    if at.given("territory"):
        values["territory"] = at.given("territory")
    yield Put(CASE_TRACK, values)


def _to_another_territory(at: Situation) -> bool:
    return bool(at.given("territory")) and at.given("territory") != at.case.territory


hand_over = Step(
    "hand_over",
    "Confier à…",
    frozenset({Role.ADVISER, Role.ADMIN}),
    inputs=(
        of_kind(InputKind.REFERENT, "referent", "À qui", required=True, missing="Choisissez la personne."),
        of_kind(InputKind.TERRITORY, "territory", "Autre territoire"),
        words("reason", "Un mot pour la suite"),
    ),
    guards=(_admin_only_without_territory, _an_active_referent),
    effects=(_changes_hands,),
    tells=(
        Notify("handed_over", Role.ADVISER),
        Notify("new_referent", Role.ENTREPRENEUR),
        Notify("case_received", Role.MANAGER, when=_to_another_territory),
    ),
    guard_says="the new referent is active; another territory: its manager is told and may hand back; admin: only a case without territory or of one that exits",
    effect_says="open deadlines change owner, their dates do not; one digest to each; the entrepreneur told the name",
)

# -- what the entrepreneur says -------------------------------------------------------------------------------------------

A_REAL_CONTACT = met_by("a real contact", "referral.first_contact", records=("contact",), anywhere=True)

real_contact = Deadline(
    "real_contact",
    "Un échange réel",
    "Appeler : personne n’a appelé",
    working_days(2),
    (escalate(due, Role.MANAGER, key="case_stuck"),),
    A_REAL_CONTACT,
    Armed.EFFECT,
    owner=Role.ADVISER,
)


def _once_per_two_days(at: Situation) -> Refusal | None:
    last = at.case.nobody_called_on
    if last is None or at.case.calendar.between(last, at.day) >= 2:
        return None
    return Refusal(
        "said_already",
        "C’est noté, et quelqu’un doit vous parler sous deux jours ouvrés. Vous pourrez le redire ensuite.",
    )


def _somebody_must_call(at: Situation) -> Iterator[Effect]:
    yield Put(CASE_TRACK, {"nobody_called_on": at.day, "disputes_contacts": True})
    yield ArmNow(CASE_TRACK, "real_contact")


def _said_by_themselves(at: Situation) -> bool:
    return at.actor.role is Role.ENTREPRENEUR


nobody_called = Step(
    "nobody_called",
    "Personne ne m’a appelé",
    frozenset({Role.ENTREPRENEUR, Role.ADVISER}),
    guards=(_once_per_two_days,),
    effects=(_somebody_must_call,),
    tells=(
        Notify("nobody_called", Role.ADVISER),
        Notify("nobody_called", Role.OPERATOR_MANAGER),
        Notify("nobody_called_ack", Role.ENTREPRENEUR, MailClass.REQUESTED, when=_said_by_themselves),
    ),
    guard_says="once per 2 wd",
    effect_says="adviser and the operator's manager told at once; a first contact noted by the operator alone is marked disputed; a real contact is due in 2 wd, "
    "then manager (deadline real_contact, in any state, met by a real exchange)",
)


def _consent_in_force(at: Situation) -> Refusal | None:
    if at.case.consent_to_share:
        return None
    return Refusal("no_consent_in_force", "Aucun accord de partage n’est en cours.")


def _nothing_is_shared_any_more(at: Situation) -> Iterator[Effect]:
    yield Put(CASE_TRACK, {"consent_to_share": False})
    yield ArmNow(CASE_TRACK, "decide_next", working_days=2)
    for track in at.case.open_tracks():
        yield end_of(track.name, track.kind, track.state, "consent_withdrawn", quiet=True)


withdraw_consent = Step(
    "withdraw_consent",
    "Retirer l’accord de partage",
    frozenset({Role.ENTREPRENEUR, Role.ADVISER}),
    guards=(_consent_in_force,),
    effects=(_nothing_is_shared_any_more,),
    tells=(
        Notify("please_erase", Role.OPERATOR),
        Notify("please_erase", Role.MENTOR),
        Notify("consent_withdrawn", Role.ADVISER),
        Notify("consent_withdrawn_ack", Role.ENTREPRENEUR, MailClass.REQUESTED),
    ),
    guard_says="a consent to share is in force",
    effect_says="referrals withdrawn, pairs and plans ended, by system; operators and mentors lose sight at once and are asked to erase; "
    "decide_next, in any state, is due in 2 wd",
)
