"""The street as browser tests find it: lived until its morning, once for a module, and a copy of it for each test."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from cases.clock import FixedClock
from cases.database import connect
from tests.api.street import NOW, Street, a_street
from tests.cases.conftest import migrated_file


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Street]:
    """A file in which the street has lived until its morning, and who its people are."""
    path = tmp_path_factory.mktemp("street") / "street.db"
    shutil.copy(migrated_file(tmp_path_factory.getbasetemp()), path)
    street = a_street(connect(f"sqlite:///{path}"))
    street.database.close()
    return path, street


@pytest.fixture
def street(lived: tuple[Path, Street], tmp_path: Path) -> Street:
    """That street, in a file of the test's own."""
    path = shutil.copy(lived[0], tmp_path / "street.db")
    return replace(lived[1], database=connect(f"sqlite:///{path}"), clock=FixedClock(NOW))
