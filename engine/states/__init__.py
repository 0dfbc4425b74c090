"""The states of a case, assembled in the order of its life, with the machines of its tracks."""

from engine.model import Journey, Kind
from engine.state_names import CaseState
from engine.states.accompaniment import accompaniment
from engine.states.closed import closed
from engine.states.detection import detection, log
from engine.states.follow_up import follow_up
from engine.states.mentoring.pair import mentoring_pair
from engine.states.mentoring.state import mentoring
from engine.states.orientation.referral import referral
from engine.states.orientation.state import orientation
from engine.states.transition_support import transition_plan, transition_support
from engine.steps.deciding import decide_next
from engine.steps.people import real_contact

JOURNEY = Journey(
    Kind.CASE,
    "Dossier",
    CaseState.DETECTION,
    over=(CaseState.CLOSED,),
    creations=(log,),
    states=(detection, orientation, accompaniment, mentoring, transition_support, follow_up, closed),
    extra_deadlines=(real_contact, decide_next),
)
TRACKS = (referral, mentoring_pair, transition_plan)
