"""What every test may use: the real PostgreSQL server, the real browser, and the option that turns a skip into a failure."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Generator, Iterator
from typing import TypeVar

import pytest

from api.settings import settings
from tests.chromium import find_chromium
from tests.compiled_once import compile_once
from tests.in_memory import memory_folder
from tests.once import shared_folder
from tests.postgres import SHORT_LIVED, PostgresServer, PostgresUnavailable, shared_server

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--require-all", action="store_true", help="a skipped test is a failure")


def pytest_configure(config: pytest.Config) -> None:
    """What the tests write stays in memory where there is room, and the bytecode of the commands that they start is kept."""
    if (folder := memory_folder()) is not None:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(folder))
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    compile_once()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first: no process is left alone with one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was imported and collected lives until the end: the collector need not look at it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _not_skipped((yield), item.config)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _not_skipped((yield), collector.config)


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A PostgreSQL server of our own, shared by the test processes and ended by its id."""
    try:
        with shared_server(
            shared_folder(tmp_path_factory.getbasetemp()), data_in=memory_folder(), **SHORT_LIVED
        ) as server:
            yield server
    except PostgresUnavailable as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The machine's Chromium, to be started with `tests.chromium.LAUNCH_ARGUMENTS`."""
    path = find_chromium()
    if path is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    return path


def _not_skipped(report: Report, config: pytest.Config) -> Report:
    """Under --require-all, what was skipped has failed: a test, or a whole module."""
    if report.skipped and config.getoption("--require-all"):
        report.outcome = "failed"
        report.longrepr = f"skipped, although nothing may be skipped: {report.longrepr}"
    return report


@pytest.fixture(autouse=True)
def settings_read_anew() -> Iterator[None]:
    """What a test sets in the environment is read by it, and by no other test of the same process."""
    settings.cache_clear()
    yield
    settings.cache_clear()
