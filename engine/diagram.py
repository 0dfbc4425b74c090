"""A machine drawn, or a live case on it: as Mermaid text, and as an SVG that needs neither script nor style."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from html import escape
from itertools import pairwise
from typing import Any, Final

from engine.definition import MACHINES
from engine.facts import CaseFacts, Pair, Plan, Referral, Track
from engine.lists import LEVER
from engine.model import NEW, Journey, Kind, State, Step
from engine.sentences import lowered, say, together

WIDTH: Final = 900
"""Pixels that a drawing is wide."""
_TOP, _GAP, _LINE, _LANE, _BOX = 56, 30, 20, 14, 270
_SIZE: Final = 14
Tell = Callable[[object], str]
"""What says words of ours in the reader's language."""
_WRAP: Final = 30
"""Letters of a state's name on one line of its box."""


@dataclass(frozen=True, slots=True)
class Live:
    """Where a subject is now: its state, and a line for each thing that runs beside."""

    state: str
    beside: tuple[str, ...] = ()


def mermaid(kind: Kind, *, tell: Tell = str) -> str:
    """The machine as a Mermaid state diagram; steps that move nothing are not drawn."""
    journey = _told(MACHINES[kind].journey, tell)
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{state.french}" as {state.code}' for state in journey.states]
    return _written(lines, _edges(journey), journey.over)


def mermaid_of(machine: Mapping[str, Any], *, tell: Tell = str) -> str:
    """The same of a machine that is kept as data: its steps have their event for a name."""
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{tell(state["french"])}" as {code}' for code, state in machine["states"].items()]
    edges: dict[tuple[str, str], list[str]] = {}
    for source in (NEW, *machine["states"]):
        for step in machine["transitions"]:
            if step["to"] and source in step["from"]:
                edges.setdefault((source, step["to"]), []).append(step["event"])
    return _written(lines, edges, machine["over"])


def svg(kind: Kind, *, live: Live | None = None, tell: Tell = str) -> str:
    """The machine as an SVG, its states from top to bottom in the order of life; with `live`, the present state stands out.

    Each state has a number; the steps that leave it are written beside it with the number of the state they lead to. Lines on
    the right lead on, lines on the left lead back.
    """
    journey = _told(MACHINES[kind].journey, tell)
    live = Live(live.state, (tell("▸ Ici aujourd’hui"), *map(tell, live.beside))) if live else None
    plan = _lay_out(journey, live)
    present = next((state.french for state in journey.states if live and state.code == live.state), None)
    title = tell(say("{what}\u00a0: {told}", what=journey.french, told=present or say("les états et les étapes")))
    body = [*_creation(journey, plan), *_arrows(journey, plan)]
    for state in journey.states:
        body += _box(state, journey, plan, live)
        body += _beside(state, journey, plan, live)
    return "\n".join([*_opening(kind, title, plan.height), *body, "</svg>", ""])


def live_svg(facts: CaseFacts, *, tell: Tell = str) -> str:
    """A case on its machine: where it is, and beside it the tracks that are open."""
    beside = tuple(_track_line(facts, track) for track in facts.open_tracks())
    return svg(Kind.CASE, live=Live(facts.state, beside), tell=tell)


def _written(lines: list[str], edges: Mapping[tuple[str, str], list[str]], over: Iterable[str]) -> str:
    for (source, target), labels in edges.items():
        lines.append(f"    {'[*]' if source == NEW else source} --> {target} : {' / '.join(labels)}")
    lines += [f"    {code} --> [*]" for code in over]
    return "\n".join(lines) + "\n"


# -- what is said ---------------------------------------------------------------------------------------------------------


def _told(journey: Journey, tell: Tell) -> Journey:
    """The same machine, the names of its states and steps in the reader's language."""

    def told(steps: tuple[Step, ...]) -> tuple[Step, ...]:
        return tuple(replace(step, label=tell(step.label)) for step in steps)

    states = tuple(replace(one, french=tell(one.french), steps=told(one.steps)) for one in journey.states)
    return replace(journey, french=tell(journey.french), states=states, creations=told(journey.creations))


def _edges(journey: Journey) -> dict[tuple[str, str], list[str]]:
    """The labels of the steps between two states, in the order of life."""
    edges: dict[tuple[str, str], list[str]] = {}
    for source, step in _moving(journey):
        edges.setdefault((source, str(step.to)), []).append(step.label)
    return edges


def _moving(journey: Journey) -> Iterator[tuple[str, Step]]:
    for step in journey.creations:
        yield NEW, step
    for state in journey.states:
        for step in state.steps:
            if step.to:
                yield str(state.code), step


def _track_line(facts: CaseFacts, track: Track) -> str:
    """A track in one line: what it is, with whom, its state and its next date."""
    compiled = MACHINES[track.kind]
    dates = [d.due_on for d in facts.deadlines if d.track == track.name and d.status == "open"]
    numbered = say("{part} {count}", part=compiled.journey.french, count=track.number)
    what = together((numbered, _with_whom(track)), ", ")
    said = say("{what}\u00a0: {told}", what=what, told=compiled.states[track.state].french)
    return together((said, _until(min(dates)) if dates else ""), ", ")


def _with_whom(track: Track) -> str:
    if isinstance(track, Referral):
        return track.branch_name or track.operator_name
    if isinstance(track, Pair):
        return track.mentor_name
    if isinstance(track, Plan):
        return lowered(LEVER.get(track.lever or "", ""))
    return ""


def _until(day: date) -> str:
    return say("à faire pour le {day:%d/%m/%Y}", day=day)


# -- where it is drawn ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where everything stands: the top and the height of each state's box, and the lane of each target of far arrows."""

    top: dict[str, int]
    tall: dict[str, int]
    order: dict[str, int]
    back: dict[str, int]
    ahead: dict[str, int]
    height: int

    @property
    def left(self) -> int:
        return 30 + _LANE * len(self.back)

    @property
    def right(self) -> int:
        return self.left + _BOX

    @property
    def words(self) -> int:
        return self.right + 30 + _LANE * len(self.ahead)


def _lay_out(journey: Journey, live: Live | None) -> _Plan:
    order = {str(state.code): position for position, state in enumerate(journey.states)}
    pairs = [(source, target) for source, target in _edges(journey) if source != NEW]
    top, tall, below = {}, {}, _TOP
    for state in journey.states:
        lines = max(len(_beside_lines(state, journey, live)), len(_wrapped(state.french)), 1)
        top[str(state.code)], tall[str(state.code)] = below, 24 + _LINE * lines
        below += 24 + _LINE * lines + _GAP
    back = [code for code in order if any(t == code and order[s] > order[t] for s, t in pairs)]
    ahead = [code for code in order if any(t == code and order[t] > order[s] + 1 for s, t in pairs)]
    return _Plan(
        top,
        tall,
        order,
        {code: lane for lane, code in enumerate(back)},
        {code: lane for lane, code in enumerate(ahead)},
        below - _GAP + 20,
    )


def _wrapped(name: str) -> list[str]:
    """A state's name on lines short enough for its box."""
    lines = [""]
    for word in name.split(" "):
        if lines[-1] and len(lines[-1]) + len(word) >= _WRAP:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _beside_lines(state: State, journey: Journey, live: Live | None) -> list[str]:
    """The steps that leave a state; on a live drawing, what runs beside the present one."""
    if live is not None:
        return list(live.beside) if state.code == live.state else []
    number = {str(known.code): position for position, known in enumerate(journey.states, 1)}
    return [f"{step.label} → {number[str(step.to)]}" for step in state.steps if step.to]


# -- what is drawn --------------------------------------------------------------------------------------------------------


def _opening(kind: Kind, title: str, height: int) -> Iterator[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-labelledby="diagram-{kind}" class="diagram" font-size="{_SIZE}">'
    )
    yield f'<title id="diagram-{kind}">{escape(title, quote=False)}</title>'
    yield (
        f'<defs><marker id="arrow-{kind}" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0 L8 4 L0 8 z" fill="currentColor"/></marker></defs>'
    )


def _creation(journey: Journey, plan: _Plan) -> Iterator[str]:
    middle = plan.left + _BOX // 2
    yield f'<circle cx="{middle}" cy="14" r="6" fill="currentColor"/>'
    yield _line(journey, f"M{middle} 20 V{plan.top[str(journey.initial)]}")
    label = " / ".join(step.label for step in journey.creations)
    yield _text(middle + 14, 34, label)


def _arrows(journey: Journey, plan: _Plan) -> Iterator[str]:
    """Straight down to the next state; by a lane on the right further on, by one on the left back."""
    middle = plan.left + _BOX // 2
    edges = {pair for pair in _edges(journey) if pair[0] != NEW}
    for source, target in pairwise(plan.order):
        if (source, target) in edges:
            yield _line(journey, f"M{middle} {plan.top[source] + plan.tall[source]} V{plan.top[target]}")
    for target, lane in plan.ahead.items():
        far = [s for s in plan.order if (s, target) in edges and plan.order[target] > plan.order[s] + 1]
        # The lane of the earliest target lies nearest to the boxes, so that lines seldom cross.
        yield from _bus(journey, plan, far, target, plan.right, plan.right + 16 + _LANE * lane)
    for target, lane in plan.back.items():
        far = [s for s in plan.order if (s, target) in edges and plan.order[target] < plan.order[s]]
        yield from _bus(journey, plan, far, target, plan.left, plan.left - 16 - _LANE * (len(plan.back) - 1 - lane))


def _bus(journey: Journey, plan: _Plan, sources: list[str], target: str, edge: int, lane: int) -> Iterator[str]:
    """Lines from several states that share a lane and one arrow into their target."""
    onward = [s for s in sources if plan.order[s] < plan.order[target]]
    arrive = plan.top[target] + (12 if onward else plan.tall[target] - 12)
    for source in sources:
        leave = plan.top[source] + (plan.tall[source] - 12 if onward else 12)
        yield _line(journey, f"M{edge} {leave} H{lane} V{arrive}", ends=False)
    yield _line(journey, f"M{lane} {arrive} H{edge}")


def _box(state: State, journey: Journey, plan: _Plan, live: Live | None) -> Iterator[str]:
    code = str(state.code)
    present = live is not None and live.state == code
    over = state.code in journey.over
    classes = "state" + (" present" if present else "") + (" over" if over else "")
    top, tall = plan.top[code], plan.tall[code]
    current = ' aria-current="step"' if present else ""
    yield f'<g class="{classes}"{current}>'
    yield _rectangle(plan.left, top, _BOX, tall, 3 if present else 1)
    if over:
        yield _rectangle(plan.left + 4, top + 4, _BOX - 8, tall - 8, 1)
    if present:
        yield f'<rect x="{plan.left}" y="{top}" width="8" height="{tall}" fill="currentColor"/>'
    lines = _wrapped(state.french)
    first = top + tall // 2 + 5 - (_LINE * (len(lines) - 1)) // 2
    number = plan.order[code] + 1
    yield _text(plan.left + 20, first, f"{number}", bold=True)
    for position, words in enumerate(lines):
        yield _text(plan.left + 46, first + _LINE * position, words, bold=True)
    yield "</g>"


def _beside(state: State, journey: Journey, plan: _Plan, live: Live | None) -> Iterator[str]:
    lines = _beside_lines(state, journey, live)
    first = plan.top[str(state.code)] + plan.tall[str(state.code)] // 2 + 5 - (_LINE * (len(lines) - 1)) // 2
    for position, words in enumerate(lines):
        yield _text(plan.words, first + _LINE * position, words, bold=live is not None and position == 0)


def _rectangle(x: int, y: int, width: int, height: int, stroke: int) -> str:
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="4" fill="none" '
        f'stroke="currentColor" stroke-width="{stroke}"/>'
    )


def _line(journey: Journey, path: str, *, ends: bool = True) -> str:
    arrow = f' marker-end="url(#arrow-{journey.kind})"' if ends else ""
    return f'<path class="arrow" d="{path}" fill="none" stroke="currentColor"{arrow}/>'


def _text(x: int, y: int, words: str, *, bold: bool = False) -> str:
    weight = ' font-weight="700"' if bold else ""
    return f'<text x="{x}" y="{y}" fill="currentColor"{weight}>{escape(words, quote=False)}</text>'
