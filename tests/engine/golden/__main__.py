"""Draw the diagrams again: run `python -m tests.engine.golden`, then read what changed."""

from pathlib import Path

from engine.diagram import mermaid
from engine.model import Kind

for kind in Kind:
    (Path(__file__).parent / f"{kind}.mmd").write_text(mermaid(kind), encoding="utf-8")
