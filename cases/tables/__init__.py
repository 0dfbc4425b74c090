"""The tables of the memory, a module for each subject."""

from cases.tables import case, memory, operators, people, privacy, routing, territories, tracks, uploads, webhooks

__all__ = [
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
