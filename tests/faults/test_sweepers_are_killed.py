"""Several processes sweep the same deadlines while people write, and one is killed: nothing fires twice, nothing is forgotten."""

from __future__ import annotations

from bench.faults import sweep_on
from tests.postgres import PostgresServer

CASES = 40
"""Two deadlines each; `qp bench faults` does it with five thousand."""


def test_each_mark_fires_once_although_one_of_four_sweepers_is_killed(postgres_server: PostgresServer) -> None:
    swept = sweep_on(postgres_server, CASES)

    assert swept.due == 2 * CASES
    assert swept.marks >= swept.due
    assert swept.steps > 0
    assert (swept.twice, swept.left, swept.deadlocks) == (0, 0, 0)
