"""The case stories as data, and what their shorthand means: names become ids, records become requests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

STORIES: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("stories.yaml").read_text(encoding="utf-8"))[
    "stories"
]

AXES = {"S06": "entrepreneurship", "S09": "entrepreneurship", "S13": "productive_activities"}
DE_RULE = {"holidays": "absence"}
"""A reason that a story tells in other words than the closed list."""


def kind_of(track: str) -> str:
    """The machine of a track's name."""
    return track if track in ("case", "territory", "branch") else track.rsplit("-", 1)[0]


def cases_of(story: dict[str, Any]) -> list[str]:
    """The names of a story's cases; one without a name where there is only one."""
    return list(story.get("cases", [""]))


def shown(case: str, track: str, story: dict[str, Any]) -> str:
    """A track's name as the story writes it: `A/referral-1` where there are several cases."""
    if len(cases_of(story)) < 2:
        return track
    return case if track == "case" else f"{case}/{track}"
