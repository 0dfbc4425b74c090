"""What the processes write down, as a test reads it: one JSON object a line, where `qp serve` would write to the terminal."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from api.log_lines import write_lines


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Where the lines go, as `qp serve` writes them; afterwards all is as it was."""
    kept, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    lines = io.StringIO()
    write_lines("json", lines)
    yield lines
    structlog.configure(**kept)
    root.handlers[:] = handlers
    root.setLevel(level)


def lines_of(written: io.StringIO, event: str = "") -> list[dict[str, Any]]:
    found = [json.loads(line) for line in written.getvalue().splitlines()]
    return [line for line in found if event in ("", line["event"])]
