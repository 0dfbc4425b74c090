"""A mentoring pair: its states, and what is due in each."""

from __future__ import annotations

from engine.facts import ArmedDeadline, Situation
from engine.model import (
    Armed,
    Deadline,
    Journey,
    Kind,
    Role,
    State,
    act,
    days,
    due,
    entry,
    escalate,
    met_by,
    missed,
    months,
    remind,
    until,
    working_days,
)
from engine.state_names import PairState
from engine.states.mentoring.charter import (
    MID_TERM,
    accept_pair,
    continue_pair,
    decline_pair,
    end_pair,
    mid_review_due,
    party_of,
    pause,
    propose,
    record_progress,
    resume,
    sign_charter,
)


def _second(at: Situation, _: ArmedDeadline) -> bool:
    if at.act.event == "decline_pair":
        return True
    return at.pair.entrepreneur_signed if party_of(at) == "mentor" else at.pair.mentor_signed


mentoring_pair = Journey(
    Kind.MENTORING_PAIR,
    "Binôme",
    PairState.PROPOSED,
    over=(PairState.ENDED, PairState.DECLINED),
    creations=(propose,),
    states=(
        State(
            PairState.PROPOSED,
            "Proposé",
            Role.ADVISER,
            "a mentor is proposed to an entrepreneur",
            (sign_charter, accept_pair, decline_pair),
            (
                Deadline(
                    "signatures",
                    "Signature de la charte",
                    "Obtenir les deux signatures",
                    working_days(5),
                    (
                        remind(entry + 3, Role.MENTOR, Role.ENTREPRENEUR),
                        escalate(due, Role.ADVISER),
                        act(due + 5, "decline_pair", event="decline_pair"),
                    ),
                    met_by(
                        "the second sign_charter, or decline_pair",
                        "mentoring_pair.sign_charter",
                        "mentoring_pair.decline_pair",
                        condition=_second,
                    ),
                ),
            ),
        ),
        State(
            PairState.ACTIVE,
            "En cours",
            Role.MENTOR,
            "both signed the charter",
            (record_progress, pause, mid_review_due, end_pair),
            (
                Deadline(
                    "first_meeting",
                    "Première rencontre",
                    "Se rencontrer",
                    working_days(15),
                    (remind(due - 5, Role.MENTOR), remind(due, Role.MENTOR), escalate(due + 5, Role.ADVISER)),
                    met_by("a session is recorded", records=("session",)),
                ),
                Deadline(
                    "logbook",
                    "Carnet de mentorat",
                    "Écrire le carnet",
                    days(30),
                    (
                        remind(due - 5, Role.MENTOR, key="logbook_due"),
                        remind(due, Role.MENTOR, key="logbook_due"),
                        escalate(missed(2, "second missed in a row"), Role.ADVISER),
                        escalate(missed(3, "third missed in a row: at risk"), Role.MANAGER, key="case_stuck"),
                    ),
                    met_by("record_progress"),
                    repeat=days(30),
                ),
                Deadline(
                    "mid_review",
                    "Bilan d’étape",
                    "Faire le bilan d’étape",
                    months(MID_TERM),
                    (act(due, "mid_review_due", event="mid_review_due"),),
                    met_by("mid_review_due"),
                    Armed.PAIR_BEGINS_ONCE,
                ),
                Deadline(
                    "end",
                    "Fin du binôme",
                    "Terminer le binôme",
                    months(12),
                    (remind(due - 10, Role.MENTOR), remind(due, Role.MENTOR, Role.ADVISER)),
                    met_by("end_pair (18 months with a reason)", "mentoring_pair.end_pair"),
                    Armed.PAIR_BEGINS,
                ),
            ),
        ),
        State(
            PairState.PAUSED,
            "En pause",
            Role.ADVISER,
            "a reason and an end date, ≤ 60 wd",
            (resume, end_pair),
            (
                Deadline(
                    "resumption",
                    "Reprise du binôme",
                    "Reprendre",
                    until("its end date"),
                    (remind(due - 2, Role.MENTOR, Role.ADVISER), act(due, "resume", event="resume")),
                    met_by("resume or end_pair"),
                ),
            ),
        ),
        State(
            PairState.MID_REVIEW,
            "Bilan d’étape",
            Role.MENTOR,
            "six months since the pair began",
            (record_progress, continue_pair, end_pair),
            (
                Deadline(
                    "review",
                    "Bilan d’étape",
                    "Écrire le bilan",
                    working_days(10),
                    (remind(due, Role.MENTOR, Role.ENTREPRENEUR), escalate(due + 5, Role.ADVISER)),
                    met_by("continue_pair or end_pair"),
                ),
            ),
        ),
        State(
            PairState.ENDED,
            "Terminé",
            None,
            "a final review or a reason",
            (),
            (
                Deadline(
                    "satisfaction",
                    "Enquête",
                    "Enquête de satisfaction",
                    working_days(10),
                    (
                        act(
                            due,
                            "survey entrepreneur and mentor, unless consent was withdrawn or one left within 60 wd",
                            event="survey",
                        ),
                    ),
                    met_by("the survey has left", records=("survey",), condition=lambda at, _: bool(at.given("left"))),
                    owner=Role.SYSTEM,
                ),
            ),
        ),
        State(PairState.DECLINED, "Non abouti", None, "a reason"),
    ),
)
