"""A statement is compiled once for every database of a test process, and each database answers with its own rows."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import JSON, Column, Engine, MetaData, Table, create_engine, insert, select

from tests.compiled_once import COMPILED

shops = Table("shops_of_a_test", MetaData(), Column("said", JSON))


def opened(path: Path, **given: object) -> Engine:
    engine = create_engine(f"sqlite:///{path}", **given)
    shops.metadata.create_all(engine)
    return engine


def said_in(engine: Engine, said: str) -> list[str]:
    with engine.begin() as db:
        db.execute(insert(shops), {"said": said})
        return [row.said for row in db.execute(select(shops.c.said))]


def test_another_database_finds_what_was_compiled_and_keeps_its_own_rows(tmp_path: Path) -> None:
    first, second = (opened(tmp_path / name) for name in ("first.db", "second.db"))
    assert said_in(first, "Épicerie") == ["Épicerie"]
    assert (known := len(COMPILED)) > 0
    assert said_in(second, "Garage") == ["Garage"]
    assert len(COMPILED) == known
    first.dispose()
    second.dispose()


def test_a_database_that_writes_json_otherwise_compiles_its_own(tmp_path: Path) -> None:
    usual = opened(tmp_path / "usual.db")
    louder = opened(tmp_path / "louder.db", json_serializer=lambda value: json.dumps(value.upper()))
    assert said_in(usual, "garage") == ["garage"]
    assert said_in(louder, "garage") == ["GARAGE"]
    usual.dispose()
    louder.dispose()
