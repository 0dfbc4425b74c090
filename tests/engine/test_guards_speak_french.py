"""Every refusal that the rules can give: a code for machines, and a French sentence that is whole."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from engine.definition import MACHINES
from engine.model import Step
from engine.records import CASE_RECORDS
from engine.territory_records import TERRITORY_RECORDS

ENGINE = Path(__file__).parent.parent.parent / "engine"
SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
ENGLISH = re.compile(r"\b(the|is|not|must|please|you|error|invalid|required|missing)\b", re.IGNORECASE)
SAYING = ("Refusal", "_NotReadable")
HANDED_ON = ("asked.missing", "error.message")
"""Sentences that are written elsewhere: those of inputs are read below, those of values where they are raised."""
STEPS = [step for compiled in MACHINES.values() for step in compiled.events.values()]
RECORDS = [*CASE_RECORDS.values(), *TERRITORY_RECORDS.values()]


def pieces(node: ast.expr) -> list[str]:
    """The sentences that an expression may give, what is filled in shown as X."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.JoinedStr):
        return ["".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)]
    if isinstance(node, ast.IfExp):
        return pieces(node.body) + pieces(node.orelse)
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "say":
        return [re.sub(r"\{\w+\}", "X", text) for text in pieces(node.args[0])]
    return []


def refusals() -> list[tuple[str, str, str]]:
    """Where each refusal is written, its code and its sentence."""
    found = []
    for path in sorted(ENGINE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        sentences = [
            n.value for n in ast.walk(tree) if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "message"
        ]
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in SAYING:
                code, message = call.args[0], call.args[1]
                if ast.unparse(message) in HANDED_ON:
                    continue
                said = sentences if ast.unparse(message) == "message" else [message]
                where = f"{path.name}:{call.lineno}"
                texts = [text for one in said for text in pieces(one)]
                assert texts, f"{where}: its sentence is not written there"
                found += [(where, "".join(pieces(code)), text) for text in texts]
    return found


REFUSALS = refusals()


@pytest.mark.parametrize(("where", "code", "sentence"), REFUSALS)
def test_a_refusal_is_a_whole_french_sentence(where: str, code: str, sentence: str) -> None:
    assert SNAKE.fullmatch(code.replace("X", "x")), where
    assert sentence[0].isupper() or sentence[0] == "«", where
    assert sentence[-1] in ".?", where
    assert "'" not in sentence, where
    assert not ENGLISH.search(sentence), where


def test_the_refusals_are_all_read() -> None:
    assert len({where for where, _, _ in REFUSALS}) > 100


@pytest.mark.parametrize("step", [*STEPS, *RECORDS], ids=lambda step: step.event)
def test_what_is_missing_is_said_in_french(step: Step) -> None:
    for asked in step.inputs:
        if asked.required:
            assert asked.missing[0].isupper(), asked.name
            assert asked.missing.endswith((".", "?")), asked.name
            assert "'" not in asked.missing, asked.name


@pytest.mark.parametrize("step", [*STEPS, *RECORDS], ids=lambda step: step.event)
def test_a_step_has_a_french_label(step: Step) -> None:
    label = step.label
    assert label[0].isupper()
    assert "'" not in label
    assert not ENGLISH.search(label)
