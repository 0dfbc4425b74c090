"""The triggers that keep the journal and the frozen indicators append-only, laid again after every upgrade."""

from __future__ import annotations

from sqlalchemy import Connection

APPEND_ONLY = ("journal", "indicator_snapshot")
"""The tables whose lines are never changed nor deleted."""
_VERBS = ("update", "delete")
_REFUSAL = """
CREATE OR REPLACE FUNCTION qp_refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def lift(db: Connection, tables: set[str]) -> None:
    """Take the triggers away from the tables that are there, for a migration to do its work."""
    for table in _present(tables):
        for verb in (*_VERBS, "truncate"):
            of_table = f" ON {table}" if db.dialect.name == "postgresql" else ""
            db.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_refuses_{verb}{of_table}")


def lay(db: Connection, tables: set[str]) -> None:
    """Put the triggers on the tables that are there."""
    lift(db, tables)
    if db.dialect.name == "postgresql":
        _lay_on_postgresql(db, tables)
        return
    for table in _present(tables):
        for verb in _VERBS:
            db.exec_driver_sql(
                f"CREATE TRIGGER {table}_refuses_{verb} BEFORE {verb.upper()} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def laid(db: Connection) -> set[str]:
    """What stands in the database now, a line for each trigger with all that it is."""
    if db.dialect.name == "sqlite":
        return {f"trigger {row.name}: {row.sql}" for row in db.exec_driver_sql(_ON_SQLITE)}
    return {f"trigger {row.name}: {row.enabled} {row.sql} {row.body}" for row in db.exec_driver_sql(_ON_POSTGRESQL)}


def _lay_on_postgresql(db: Connection, tables: set[str]) -> None:
    db.exec_driver_sql(_REFUSAL.replace("%", "%%"))
    for table in _present(tables):
        for verb in (*_VERBS, "truncate"):
            each = "STATEMENT" if verb == "truncate" else "ROW"
            db.exec_driver_sql(
                f"CREATE TRIGGER {table}_refuses_{verb} BEFORE {verb.upper()} ON {table}"
                f" FOR EACH {each} EXECUTE FUNCTION qp_refuse_change()"
            )


def _present(tables: set[str]) -> list[str]:
    return [table for table in APPEND_ONLY if table in tables]


_ON_SQLITE = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
_ON_POSTGRESQL = """
SELECT t.tgname AS name, t.tgenabled::text AS enabled, pg_get_triggerdef(t.oid) AS sql, p.prosrc AS body
FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_class c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace
"""
