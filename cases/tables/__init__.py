"""The tables of the memory, a module for each subject."""

from cases.tables import (
    appointments,
    case,
    memory,
    operators,
    people,
    privacy,
    routing,
    territories,
    tracks,
    uploads,
    webhooks,
)

__all__ = [
    "appointments",
    "case",
    "memory",
    "operators",
    "people",
    "privacy",
    "routing",
    "territories",
    "tracks",
    "uploads",
    "webhooks",
]
