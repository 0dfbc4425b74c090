"""What keeps the index of words: triggers beside every case, and on PostgreSQL the function that asks it above the wall."""

from __future__ import annotations

from sqlalchemy import Connection

OF_THE_INDEX = "case_words"
"""How what the index is made of is called: Alembic knows neither a virtual table nor an index of trigrams."""

_ON_SQLITE = {
    "case_file_is_searched": "AFTER INSERT ON case_file BEGIN"
    " INSERT INTO case_search (case_id, words) VALUES (new.id, new.search_text); END",
    "case_file_says_otherwise": "AFTER UPDATE OF search_text ON case_file WHEN old.search_text <> new.search_text BEGIN"
    " UPDATE case_search SET words = new.search_text WHERE case_id = new.id; END",
    "case_search_adds": "AFTER INSERT ON case_search BEGIN"
    " INSERT INTO case_words (rowid, words) VALUES (new.id, new.words); END",
    "case_search_changes": "AFTER UPDATE ON case_search BEGIN"
    " INSERT INTO case_words (case_words, rowid, words) VALUES ('delete', old.id, old.words);"
    " INSERT INTO case_words (rowid, words) VALUES (new.id, new.words); END",
    "case_search_drops": "AFTER DELETE ON case_search BEGIN"
    " INSERT INTO case_words (case_words, rowid, words) VALUES ('delete', old.id, old.words); END",
}
_KEEP = """
CREATE OR REPLACE FUNCTION qp_keep_words() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO case_search (case_id, words) VALUES (new.id, new.search_text)
    ON CONFLICT (case_id) DO UPDATE SET words = excluded.words;
    RETURN NULL;
END $$
"""
_TRIGGERS = {
    "case_file_is_searched": "AFTER INSERT ON case_file FOR EACH ROW EXECUTE FUNCTION qp_keep_words()",
    "case_file_says_otherwise": "AFTER UPDATE OF search_text ON case_file FOR EACH ROW"
    " WHEN (old.search_text IS DISTINCT FROM new.search_text) EXECUTE FUNCTION qp_keep_words()",
}
_ASK = """
CREATE OR REPLACE FUNCTION qp_search(asked text[], near boolean) RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF coalesce(current_setting('qp.scope', true), '') NOT IN ('person', 'worker') THEN
        RETURN '{}';
    END IF;
    IF near THEN
        PERFORM set_config('pg_trgm.word_similarity_threshold', '0.25', true);
        RETURN ARRAY(SELECT case_id FROM case_search WHERE asked[1] <% words);
    END IF;
    RETURN ARRAY(SELECT case_id FROM case_search WHERE words LIKE asked[1] AND words LIKE ALL (asked));
END $$
"""
"""The ids of all cases that answer; they are joined to tables behind the wall. The first word is the longest: the index finds it."""


def lift(db: Connection, tables: set[str]) -> None:
    """Take the triggers away, for a migration to do its work."""
    of_table = " ON case_file" if db.dialect.name == "postgresql" else ""
    if "case_file" in tables:
        for name in _TRIGGERS if db.dialect.name == "postgresql" else _ON_SQLITE:
            db.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}{of_table}")


def lay(db: Connection, tables: set[str]) -> None:
    """Put them on the tables that are there; on PostgreSQL only the owner and its two functions read the index."""
    lift(db, tables)
    if "case_search" not in tables:
        return
    if db.dialect.name == "postgresql":
        _lay_on_postgresql(db)
        return
    for name, what in _ON_SQLITE.items():
        db.exec_driver_sql(f"CREATE TRIGGER {name} {what}")


def grant(db: Connection, app_role: str) -> None:
    """Let the application's role ask, and never read."""
    if db.dialect.name == "postgresql":
        role = db.dialect.identifier_preparer.quote(app_role)
        db.exec_driver_sql(f"GRANT EXECUTE ON FUNCTION qp_search(text[], boolean) TO {role}")
        db.exec_driver_sql(f"REVOKE ALL ON case_search FROM {role}")


def _lay_on_postgresql(db: Connection) -> None:
    db.exec_driver_sql("DROP POLICY IF EXISTS owner_does_all ON case_search")
    db.exec_driver_sql("ALTER TABLE case_search ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    db.exec_driver_sql("CREATE POLICY owner_does_all ON case_search TO CURRENT_USER USING (true) WITH CHECK (true)")
    for function, signature in ((_KEEP, "qp_keep_words()"), (_ASK, "qp_search(text[], boolean)")):
        db.exec_driver_sql(function.replace("%", "%%"))
        db.exec_driver_sql(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
    for name, what in _TRIGGERS.items():
        db.exec_driver_sql(f"CREATE TRIGGER {name} {what}")
