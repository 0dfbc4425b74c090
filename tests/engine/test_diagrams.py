"""The machines drawn: the same drawings as before, safe to put in a page, and a live case shows where it is."""

from __future__ import annotations

import json
import re
from datetime import date
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from engine.definition import MACHINES, journey_as_data
from engine.diagram import WIDTH, Live, live_svg, mermaid, mermaid_of, svg
from engine.facts import ArmedDeadline
from engine.model import TRACK_KINDS, Kind
from tests.engine.people_and_cases import a_case, a_track

GOLDEN = Path(__file__).parent / "golden"
SVG = "{http://www.w3.org/2000/svg}"
LETTER = 8.2
"""Pixels that a letter takes at most, on average, at that size."""


@pytest.mark.parametrize("kind", list(Kind))
def test_a_diagram_is_the_one_that_was_agreed(kind: Kind) -> None:
    agreed = (GOLDEN / f"{kind}.mmd").read_text(encoding="utf-8")
    assert mermaid(kind) == agreed, "if this change is meant: python -m tests.engine.golden, then read the difference"


@pytest.mark.parametrize("kind", list(Kind))
def test_every_state_and_every_moving_step_is_in_both_drawings(kind: Kind) -> None:
    drawn = "".join(ElementTree.fromstring(svg(kind)).itertext())
    journey = MACHINES[kind].journey
    for state in journey.states:
        assert all(word in drawn for word in state.french.split())
        assert f'"{state.french}" as {state.code}' in mermaid(kind)
    for step in MACHINES[kind].events.values():
        if step.to:
            assert step.label in drawn
            assert step.label in mermaid(kind)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_machine_kept_as_data_is_drawn_with_the_same_arrows(kind: Kind) -> None:
    def without_labels(drawn: str) -> set[str]:
        return {line.split(" : ")[0] for line in drawn.splitlines()}

    kept = mermaid_of(json.loads(json.dumps(journey_as_data(kind))))

    assert without_labels(kept) == without_labels(mermaid(kind))


@pytest.mark.parametrize("kind", list(Kind))
def test_a_drawing_needs_neither_script_nor_style_and_has_a_title(kind: Kind) -> None:
    drawn = svg(kind, live=Live(str(MACHINES[kind].journey.initial)))
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|https?://(?!www\.w3\.org/2000/svg)", drawn)
    root = ElementTree.fromstring(drawn)
    assert root.get("role") == "img"
    assert root.find(f"{SVG}title") is not None


@pytest.mark.parametrize("kind", list(Kind))
def test_everything_fits_in_the_width_of_a_page(kind: Kind) -> None:
    root = ElementTree.fromstring(svg(kind))
    for words in root.iter(f"{SVG}text"):
        assert int(words.get("x", 0)) + LETTER * len(words.text or "") <= WIDTH
    for box in root.iter(f"{SVG}rect"):
        assert 0 <= int(box.get("x", 0)) <= WIDTH - int(box.get("width", 0))


@pytest.mark.parametrize("kind", list(Kind))
def test_no_two_boxes_overlap(kind: Kind) -> None:
    groups = ElementTree.fromstring(svg(kind)).iter(f"{SVG}g")
    boxes = sorted(
        (int(box.get("y", 0)), int(box.get("height", 0))) for g in groups if (box := g.find(f"{SVG}rect")) is not None
    )
    assert len(boxes) == len(MACHINES[kind].journey.states)
    assert all(top + tall < following for (top, tall), (following, _) in pairwise(boxes))


def test_a_live_case_shows_where_it_is_and_what_runs_beside() -> None:
    facts = a_case(state="accompaniment")
    for kind in TRACK_KINDS:
        facts = facts.with_track(a_track(kind, {"referral": "engaged"}.get(kind, MACHINES[kind].journey.initial)))
    over = a_track(Kind.REFERRAL, "declined", 2)
    due = ArmedDeadline("referral-1", "referral.engaged.progress", date(2026, 3, 2), date(2026, 4, 1), "wd")
    drawn = live_svg(a_case(state="accompaniment", tracks={**facts.tracks, over.name: over}, deadlines=(due,)))
    present = [g for g in ElementTree.fromstring(drawn).iter(f"{SVG}g") if g.get("aria-current") == "step"]
    assert ["Accompagnement" in "".join(g.itertext()) for g in present] == [True]
    assert "Engagée, à faire pour le 01/04/2026" in drawn
    assert "Binôme 1" in drawn
    assert "Plan de transition 1" in drawn
    assert "Déclinée" not in drawn


def test_what_people_wrote_cannot_become_markup() -> None:
    assert "<script>" not in svg(Kind.CASE, live=Live("detection", ("<script>alert(1)</script>",)))


def test_the_same_machine_is_drawn_the_same_twice() -> None:
    assert svg(Kind.REFERRAL) == svg(Kind.REFERRAL)
