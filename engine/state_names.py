"""The names of the states of the five machines."""

from enum import StrEnum


class CaseState(StrEnum):
    """Where the next action of a case lies."""

    DETECTION = "detection"
    ORIENTATION = "orientation"
    ACCOMPANIMENT = "accompaniment"
    MENTORING = "mentoring"
    TRANSITION_SUPPORT = "transition_support"
    FOLLOW_UP = "follow_up"
    CLOSED = "closed"


class ReferralState(StrEnum):
    """One request to one operator."""

    DRAFT = "draft"
    SENT = "sent"
    INFO_REQUESTED = "info_requested"
    ACCEPTED = "accepted"
    ENGAGED = "engaged"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    COMPLETED = "completed"
    DISCONTINUED = "discontinued"


class PairState(StrEnum):
    """A mentor and an entrepreneur."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    PAUSED = "paused"
    MID_REVIEW = "mid_review"
    ENDED = "ended"
    DECLINED = "declined"


class PlanState(StrEnum):
    """A digital or ecological transition plan."""

    PLANNED = "planned"
    DIAGNOSING = "diagnosing"
    PLAN_READY = "plan_ready"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    ABANDONED = "abandoned"


class Phase(StrEnum):
    """The programme's phase of a territory."""

    CANDIDATE = "candidate"
    LABELLISATION = "labellisation"
    INCUBATION = "incubation"
    ACCELERATION = "acceleration"
    EVALUATION = "evaluation"
    EXTENDED = "extended"
    EXITED = "exited"
