"""The lives that cases live in the simulation, each told as acts on its own working days, from the first day of the case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final


@dataclass(slots=True)
class Life:
    """One case being told: acts on the working days of its life, counted from its beginning."""

    case: int
    adviser: str
    chance: Random
    day: int = 0
    told: list[tuple[int, dict[str, Any]]] = field(default_factory=list)

    def wait(self, least: int, most: int | None = None) -> Life:
        """Let working days pass."""
        self.day += self.chance.randint(least, most or least)
        return self

    def act(
        self, by: str, event: str, track: str = "case", *, behalf: Mapping[str, str] | None = None, **given: Any
    ) -> Life:
        """A step of the case or of a track."""
        self.told.append((self.day, {"by": by, "event": event, "track": track, "given": given, "on_behalf_of": behalf}))
        return self

    def note(self, by: str, event: str, track: str = "case", **given: Any) -> Life:
        """A record."""
        self.told.append((self.day, {"by": by, "event": event, "track": track, "given": given, "record": True}))
        return self

    # -- what lives are made of -----------------------------------------------------------------------------------------------

    def detected(self, *, in_person: bool = True) -> Life:
        """The shop is logged, met behind its counter or not."""
        return self.act(self.adviser, "log", met_in_person=in_person)

    def called(self) -> Life:
        """A real exchange."""
        return self.note(
            self.adviser, "contact", channel="phone", result="reached", text="Premier échange, besoin confirmé."
        )

    def qualified(self, after: int = 1) -> Life:
        """The need is qualified; routing proposes."""
        return (
            self.detected().wait(0, after).called().act(self.adviser, "qualify", text=self.chance.choice(_UNDERSTOOD))
        )

    def referred(self, number: int = 1, **given: Any) -> Life:
        """The first of the proposal is asked."""
        asked = {"branch": "@first", "offer": "@offer", "needs": ["@need"], **given}
        return self.act(self.adviser, "draft", "referral", **asked).act(self.adviser, "send", f"referral-{number}")

    def accepted(self, number: int = 1, after: int = 3) -> Life:
        """The branch takes it."""
        return self.wait(1, after).act("branch", "accept", f"referral-{number}", agent="@agent")

    def engaged(self, number: int = 1) -> Life:
        """They talked."""
        said = self.chance.choice(_TALKED)
        return (
            self.accepted(number)
            .wait(1, 4)
            .act("branch", "first_contact", f"referral-{number}", channel="phone", result="reached", text=said)
        )

    def under_way(self, number: int = 1) -> Life:
        """A meeting and an action plan are noted."""
        track = f"referral-{number}"
        self.engaged(number).wait(2, 7).note("branch", "meeting", track, place="Dans la boutique")
        return self.wait(3, 8).note("branch", "action_plan", track, text="Devis, dossier de prêt, passage en comité.")

    def news(self, status: str = "on_track", number: int = 1) -> Life:
        """News of the accompaniment."""
        return self.act("branch", "record_progress", f"referral-{number}", status=status, text=_NEWS[status])

    def completed(self, number: int = 1, outcome: str = "met") -> Life:
        """It came out."""
        aid = {
            "aid": "Prêt d’honneur Quartier",
            "amount": {"amount": f"{self.chance.randint(2, 15)}000.00", "currency": "EUR"},
            "scope": "qpv",
        }
        return self.act("branch", "complete", f"referral-{number}", outcomes={"@need": outcome}, aids=[aid])


_UNDERSTOOD: Final = (
    "Elle sait ce qu’elle veut, il lui manque un interlocuteur.",
    "Il travaille seul et n’a pas le temps des papiers.",
    "Le projet est mûr, le budget est à consolider.",
)
_TALKED: Final = (
    "Rendez-vous pris dans la boutique.",
    "Les devis sont prêts, elle les envoie.",
    "Il rappelle vendredi avec ses chiffres.",
)
_NEWS: Final = {
    "on_track": "Le dossier passe en comité le mois prochain.", "slowed": "On attend l’accord du bailleur.",
    "blocked": "La banque demande une garantie de plus.", "goal_reached": "Le matériel est installé.",
}  # fmt: skip
_PHONE: Final = {"channel": "phone", "person": "l’accueil"}


# -- lives ----------------------------------------------------------------------------------------------------------------


def _fresh(life: Life) -> None:
    life.detected(in_person=life.chance.random() < 0.5)


def _elsewhere(life: Life) -> None:
    life.act(life.adviser, "log", elsewhere=True)


def _nobody_answers(life: Life) -> None:
    life.detected(in_person=False)
    for channel in ("phone", "phone", "sms")[: life.chance.randint(1, 3)]:
        life.wait(1, 2).note(life.adviser, "attempt", channel=channel, result="no_answer")


def _spoken_to(life: Life) -> None:
    life.detected(in_person=False).wait(1, 2).called()


def _to_orient(life: Life) -> None:
    life.qualified()


def _drafted(life: Life) -> None:
    life.qualified().act(life.adviser, "draft", "referral", branch="@first", offer="@offer", needs=["@need"])


def _sent(life: Life) -> None:
    life.qualified().wait(0, 2).referred()


def _asked_back(life: Life) -> None:
    life.qualified().referred().wait(1, 3).act(
        "branch", "ask_info", "referral-1", question=life.chance.choice(_QUESTIONS)
    )
    if life.chance.random() < 0.3:
        life.wait(1, 2).act(
            life.adviser, "answer_info", "referral-1", answer="Oui, les trois derniers relevés sont prêts."
        )


_QUESTIONS: Final = (
    "A-t-elle déjà un compte professionnel ?",
    "Le bail est-il à son nom ?",
    "Quel est le montant du devis ?",
)


def _next_after_a_no(life: Life) -> None:
    reason = life.chance.choice(("capacity_full", "out_of_scope", "not_eligible", "already_followed"))
    life.qualified().referred().wait(1, 4).act("branch", "decline", "referral-1", reason=reason)
    if life.chance.random() < 0.75:
        life.wait(0, 2).referred(2)
        if life.chance.random() < 0.6:
            life.engaged(2)


def _next_after_silence(life: Life) -> None:
    life.qualified().referred().wait(9, 10)
    if life.chance.random() < 0.7:
        life.referred(2).accepted(2)


def _accepted(life: Life) -> None:
    life.qualified().referred().accepted()


def _accepted_by_phone(life: Life) -> None:
    life.qualified().referred().wait(1, 3).act(
        life.adviser, "accept", "referral-1", agent="@agent", behalf={"role": "operator", **_PHONE}
    )
    life.wait(1, 3).act("branch", "first_contact", "referral-1", channel="phone", result="reached")


def _two_at_once(life: Life) -> None:
    life.qualified().referred()
    life.act(
        life.adviser,
        "draft",
        "referral",
        branch="@first",
        offer="@offer",
        needs=["@need"],
        exclusive_with=["referral-1"],
    )
    life.act(life.adviser, "send", "referral-2").engaged(2)


def _followed(life: Life) -> None:
    life.qualified().referred().under_way()
    if life.chance.random() < 0.6:
        life.wait(4, 9).news(life.chance.choice(("on_track", "on_track", "slowed", "blocked")))


def _undecided(life: Life) -> None:
    life.qualified().referred().under_way().wait(6, 10).completed()


def _followed_up(life: Life) -> None:
    _undecided(life)
    life.wait(1, 3).act(life.adviser, "enter_follow_up", outcomes={"@need": "met"})


def _checked(life: Life) -> None:
    _followed_up(life)
    life.wait(62, 66).note(
        life.adviser,
        "check",
        months=3,
        still_active=True,
        jobs=life.chance.randint(1, 4),
        text="La boutique tourne bien.",
    )


def _goal_reached(life: Life) -> None:
    _undecided(life)
    life.wait(1, 4).act(
        life.adviser, "close", reason=life.chance.choice(("goal_reached", "aid_obtained")), outcomes={"@need": "met"}
    )


def _unreachable(life: Life) -> None:
    life.detected(in_person=False)
    for channel, after in (("phone", 1), ("sms", 3), ("phone", 4)):
        life.wait(after).note(life.adviser, "attempt", channel=channel, result="no_answer")
    life.wait(1).act(life.adviser, "close", reason="unreachable")


def _no_need(life: Life) -> None:
    life.detected().wait(0, 1).called().act(life.adviser, "close", reason="no_need")


def _stopped_by_themselves(life: Life) -> None:
    life.qualified().referred().wait(1, 3).act("entrepreneur", "withdraw_consent").wait(1, 2)
    life.act(life.adviser, "close", reason="withdrawn_by_entrepreneur")


def _ceased(life: Life) -> None:
    life.qualified().referred().engaged().wait(3, 6).act(
        life.adviser, "close", reason="activity_ceased", end_tracks=True
    )


def _on_hold(life: Life) -> None:
    life.qualified().wait(1, 2).act(
        life.adviser, "hold", reason=life.chance.choice(("premises_works", "health", "seasonal")), until="@in 25"
    )


def _nobody_called(life: Life) -> None:
    life.qualified().referred().accepted().wait(3, 4).act("entrepreneur", "nobody_called")


def _urgent(life: Life) -> None:
    life.qualified().act(life.adviser, "set_urgent", reason="Le bail se termine à la fin du mois.").referred()


def _pair_proposed(life: Life) -> None:
    life.qualified().act(
        life.adviser, "propose", "mentoring_pair", mentor="@mentor", text="Même métier, même quartier."
    )
    if life.chance.random() < 0.5:
        life.wait(1, 2).act("mentor", "sign_charter", "mentoring_pair-1")


def _paired(life: Life) -> None:
    life.qualified().act(
        life.adviser, "propose", "mentoring_pair", mentor="@mentor", text="Elle connaît la restauration."
    )
    life.wait(1, 2).act("mentor", "sign_charter", "mentoring_pair-1")
    life.wait(1).act(life.adviser, "sign_charter", "mentoring_pair-1", paper=True)
    life.wait(5, 9).note(
        "mentor", "session", "mentoring_pair-1", minutes=life.chance.choice((45, 60, 90)), text="Les comptes de l’été."
    )


def _mentored(life: Life) -> None:
    _paired(life)
    for _ in range(life.chance.randint(0, 2)):
        life.wait(15, 19).act(
            "mentor", "record_progress", "mentoring_pair-1", status="on_track", text="Elle a revu ses prix.", minutes=60
        )


def _pair_paused(life: Life) -> None:
    _paired(life)
    life.wait(3, 6).act("mentor", "pause", "mentoring_pair-1", reason="health", until="@in 20")


def _half_way(life: Life) -> None:
    _paired(life)
    for _ in range(6):
        life.wait(19, 20).act(
            "mentor", "record_progress", "mentoring_pair-1", status="on_track", text="Un pas de plus.", minutes=60
        )
    life.wait(10)


def _plan_opened(life: Life) -> None:
    life.qualified().referred().accepted().wait(0, 2).act("branch", "open", "transition_plan", lever="@lever")


def _diagnosed(life: Life) -> None:
    _plan_opened(life)
    life.act("branch", "first_contact", "referral-1", channel="visit", result="reached", met_in_person=True)
    life.wait(2, 6).act("branch", "start_diagnosis", "transition_plan-1", diagnostician="@name")
    if life.chance.random() < 0.7:
        life.wait(4, 9).note("branch", "score", "transition_plan-1", when="before", dimensions="@low")


def _plan_ready(life: Life) -> None:
    _plan_opened(life)
    life.act("branch", "first_contact", "referral-1", channel="visit", result="reached", met_in_person=True)
    life.wait(2, 4).act("branch", "start_diagnosis", "transition_plan-1", diagnostician="@name")
    life.wait(4, 8).note("branch", "score", "transition_plan-1", when="before", dimensions="@low")
    actions = [
        {"name": "Vitrine en ligne, horaires et photos", "day": "@in 12"},
        {"name": "Éclairage et froid : changer les joints", "day": "@in 30"},
    ]
    life.wait(1, 4).act("branch", "validate_plan", "transition_plan-1", actions=actions)


def _plan_under_way(life: Life) -> None:
    _plan_ready(life)
    life.wait(3, 8).act("branch", "start_action", "transition_plan-1")


def _plan_done(life: Life) -> None:
    _plan_under_way(life)
    life.wait(20, 30).act("branch", "finish", "transition_plan-1", score_after="@high").completed()


Telling = Callable[[Life], None]
Lives = tuple[Telling, int, int, int]
"""A life, how many cases live it, and how many working days ago their last act was: at least, at most."""
LIVES: Final[tuple[Lives, ...]] = (
    (_fresh, 8, 1, 3),
    (_fresh, 6, 5, 9),
    (_elsewhere, 2, 2, 6),
    (_nobody_answers, 6, 1, 5),
    (_spoken_to, 6, 1, 12),
    (_to_orient, 7, 1, 4),
    (_drafted, 4, 1, 3),
    (_sent, 8, 1, 3),
    (_sent, 7, 6, 7),
    (_asked_back, 5, 1, 3),
    (_next_after_a_no, 7, 1, 5),
    (_next_after_silence, 6, 1, 3),
    (_accepted, 4, 1, 4),
    (_accepted, 3, 7, 9),
    (_accepted_by_phone, 2, 2, 6),
    (_two_at_once, 3, 1, 6),
    (_followed, 8, 1, 20),
    (_followed, 3, 24, 30),
    (_undecided, 3, 1, 7),
    (_followed_up, 5, 3, 40),
    (_checked, 3, 3, 20),
    (_goal_reached, 6, 3, 50),
    (_unreachable, 3, 3, 30),
    (_no_need, 3, 3, 30),
    (_stopped_by_themselves, 2, 3, 20),
    (_ceased, 1, 5, 20),
    (_on_hold, 3, 2, 9),
    (_nobody_called, 2, 1, 2),
    (_urgent, 2, 1, 2),
    (_pair_proposed, 3, 1, 3),
    (_paired, 2, 1, 10),
    (_mentored, 3, 1, 12),
    (_pair_paused, 2, 1, 8),
    (_half_way, 1, 1, 3),
    (_plan_opened, 2, 2, 5),
    (_diagnosed, 3, 1, 6),
    (_plan_ready, 2, 1, 8),
    (_plan_under_way, 2, 1, 8),
    (_plan_done, 2, 5, 20),
)
"""A territory in the middle of its work: 150 cases in every state."""
ONE_OF_EACH: Final[tuple[Lives, ...]] = tuple((tell, 1, least, most) for tell, _, least, most in LIVES)
"""Each life, lived by one case."""
