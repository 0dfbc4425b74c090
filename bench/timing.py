"""How long things took: one run's figures, and what the disk itself takes."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Run:
    """One run: steps a second in all, and how long one step took, in milliseconds."""

    per_second: float
    p50: float
    p95: float


def run_of(seconds: float, took: list[float]) -> Run:
    """The figures of a run that lasted so many seconds, from what each step took."""
    return Run(round(len(took) / seconds, 1), percentile(took, 50), percentile(took, 95))


def middle_of(runs: list[Run]) -> Run:
    """The median run, each figure by itself."""
    return Run(*(statistics.median(getattr(run, name) for run in runs) for name in ("per_second", "p50", "p95")))


def fsync_time(folder: str) -> float:
    """What it takes this folder's disk to keep four kilobytes for good: the median of 300, in milliseconds."""
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        os.write(file.fileno(), bytes(400_000))
        took = []
        for number in range(300):
            os.pwrite(file.fileno(), bytes(4096), number % 90 * 4096)
            started = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - started)
    return percentile(took, 50)


def percentile(took: list[float], percent: int) -> float:
    """That percentile of what the steps took, in milliseconds."""
    return round(statistics.quantiles(took, n=100, method="inclusive")[percent - 1] * 1000, 3)
