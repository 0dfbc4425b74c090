"""A large import whose process is killed half-way: the next one goes on, and each line is one case. A twentieth of `qp bench import`."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.migrations.run import upgrade
from bench.imports import import_killed
from bench.write_path import migrated
from tests.postgres import PostgresServer

LINES = 1_000
MEGABYTES = 300


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_import_that_is_killed_goes_on_and_makes_exactly_as_many_cases_as_lines(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    if kind == "sqlite":
        url = f"sqlite:///{tmp_path}/cases.db"
        upgrade(url)
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        url = migrated(server).app_url

    found = import_killed(kind, url, tmp_path, LINES)

    assert (found.lines, found.cases, found.kept) == (LINES, LINES, LINES)
    assert 0 < found.at_the_kill < LINES
    assert found.megabytes < MEGABYTES
