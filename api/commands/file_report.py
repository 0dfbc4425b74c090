"""A file is read by a command, and what became of it is said: as JSON, or in lines; a refused line is exit code 1."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, NoReturn

import typer


def bytes_of(file: Path) -> bytes:
    """The bytes of a file; exit 2 where there is none."""
    if not file.is_file():
        print(f"There is no file {file}.")
        raise typer.Exit(2)
    return file.read_bytes()


def end_with(report: Any, refused: Collection[Any], *, as_json: bool, in_lines: Callable[[], None]) -> NoReturn:
    """Say the report, as JSON when that was asked; exit 1 when a line was refused."""
    if as_json:
        print(json.dumps(report, ensure_ascii=False, indent=1))
    else:
        in_lines()
    raise typer.Exit(1 if refused else 0)
