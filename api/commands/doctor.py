"""`qp doctor`: every setting with where it comes from, and whether the installation has what it needs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from pydantic import ValidationError

from api.checkup import Finding, Told, findings, shown_settings
from api.commands.doorway import CLOCK
from api.settings import Settings, settings

_MARKS = {"ok": "ok   ", "note": "note ", "wrong": "WRONG"}


def doctor(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Show every setting with where it comes from, and look whether what the product needs is there. Exit 1 when something is to be mended."""
    chosen = _readable_settings()
    told, found = shown_settings(chosen), list(findings(chosen, CLOCK))
    if as_json:
        print(
            json.dumps(
                {"settings": [asdict(one) for one in told], "checks": [asdict(one) for one in found]},
                ensure_ascii=False,
                indent=1,
            )
        )
    else:
        _print(told, found)
    raise typer.Exit(1 if any(one.state == "wrong" for one in found) else 0)


def _readable_settings() -> Settings:
    try:
        return settings()
    except ValidationError as error:
        for one in error.errors(include_input=False, include_url=False):
            print(f"{_MARKS['wrong']}  QP_{str(one['loc'][0]).upper()} cannot be read: {one['msg']}.")
        raise typer.Exit(1) from None


def _print(told: list[Told], found: list[Finding]) -> None:
    wide = max(len(one.name) for one in told)
    for one in told:
        print(f"{one.name:<{wide}}  {one.origin:<11}  {one.value}")
    print()
    for seen in found:
        print(f"{_MARKS[seen.state]}  {seen.about}: {seen.sentence}")
    wrong = sum(one.state == "wrong" for one in found)
    print("\nEverything that is needed is there." if not wrong else f"\nTo be mended: {wrong}.")
