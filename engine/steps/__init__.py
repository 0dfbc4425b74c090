"""Steps that several states of a case offer, each in the file of its subject."""

from engine.steps.closing import close
from engine.steps.people import hand_over, nobody_called, withdraw_consent
from engine.steps.waiting import extend_deadline, hold, resume, set_urgent

in_any_open_state = (close, hold, resume, set_urgent, extend_deadline, hand_over, nobody_called, withdraw_consent)
"""What is possible in every state but closed."""
