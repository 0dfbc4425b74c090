"""What the database must be: the tables of every package."""

from __future__ import annotations

from sqlalchemy import MetaData
from sqlmodel import SQLModel

import cases.tables
import notifications.tables

_PACKAGES = (cases.tables, notifications.tables)


def target() -> MetaData:
    """Every table that a package declares."""
    assert all(_PACKAGES)
    return SQLModel.metadata
