"""Row-level security on PostgreSQL: what a transaction sees follows from its scope, and without one it sees nothing."""

from __future__ import annotations

from sqlalchemy import Connection

_BY_CASE = (
    "need", "consent", "contact", "note", "meeting", "action_plan", "document", "follow_up_check", "aid_obtained", "survey",
    "referral", "mentoring_pair", "mentoring_session", "transition_plan", "plan_action", "routing_proposal", "signed_link", "possible_duplicate",
    "inbound_mail", "appointment", "retention_notice",
)  # fmt: skip
_BY_SUBJECT = (
    "deadline", "mark_fired", "journal", "journal_text", "stay", "outbox", "pending_step", "refused_attempt", "access_log",
    "webhook_delivery",
)  # fmt: skip

_SCOPE = "current_setting('qp.scope', true)"
_PERSON = "nullif(current_setting('qp.person', true), '')"
_ENTREPRENEUR = "nullif(current_setting('qp.entrepreneur', true), '')"
_WIDENED = "ANY (string_to_array(nullif(current_setting('qp.case', true), ''), ','))"
"""The case, or the territory, that the transaction was opened on once it was found in sight (`cases.database.widen_to_case`)."""
_OPENED = "ANY (string_to_array(nullif(current_setting('qp.opened', true), ''), ','))"
"""The cases that an admin opened with a reason, for some hours."""
_ADMIN = "current_setting('qp.admin', true) = 'true'"
_TERRITORIES = "ANY (string_to_array(nullif(current_setting('qp.territories', true), ''), ','))"
_BRANCHES = "ANY (string_to_array(nullif(current_setting('qp.branches', true), ''), ','))"
_BY_TRACK = "id = ANY ((SELECT qp_cases_by_track())::text[])"
"""A question in itself, so that it is asked once for a statement and not once for a row."""
_SEES = "({0} = " + _WIDENED + " OR EXISTS (SELECT 1 FROM case_file c WHERE c.id = {0}))"
"""The table `case_file` answers for its children: its own policy holds inside this question."""
_SEES_IMPORT = (
    "EXISTS (SELECT 1 FROM import_file f WHERE f.id = import_id"
    f" AND (f.territory_id = {_TERRITORIES} OR f.by_id = {_PERSON}))"
)

_CONFINED = {
    "case_file": f"territory_id = {_TERRITORIES} OR id = {_WIDENED} OR referent_id = {_PERSON} OR entrepreneur_id = {_ENTREPRENEUR}"
    f" OR (territory_id IS NULL AND {_ADMIN}) OR id = {_OPENED} OR {_BY_TRACK}",
    "business": "EXISTS (SELECT 1 FROM case_file c WHERE c.business_id = business.id)",
    "entrepreneur": "EXISTS (SELECT 1 FROM case_file c WHERE c.entrepreneur_id = entrepreneur.id)",
    "referral_need": "EXISTS (SELECT 1 FROM need n WHERE n.id = need_id)",
    "task": f"owner_id = {_PERSON} OR territory_id = {_TERRITORIES} OR {_SEES.format('case_id')}",
    "snooze": f"person_id = {_PERSON}",
    "message": f"person_id = {_PERSON} OR {_SEES.format('case_id')}",
    "saved_view": f"person_id = {_PERSON}",
    "case_opening": f"person_id = {_PERSON} OR {_SEES.format('case_id')}",
    "privacy_act": f"by_id = {_PERSON} OR {_SEES.format('case_id')}",
    "import_line": _SEES_IMPORT,
    "import_content": _SEES_IMPORT,
    "sign_in_request": "false",
    "directory_upload": f"by_id = {_PERSON}",
    "idempotency_key": f"split_part(scope, ' ', 1) = coalesce({_PERSON}, {_ENTREPRENEUR})",
    "webhook_secret": "false",
    **{table: _SEES.format("case_id") for table in _BY_CASE},
    **{table: f"subject_id = {_TERRITORIES} OR {_SEES.format('subject_id')}" for table in _BY_SUBJECT},
}
"""What a person sees of each table that speaks of cases, changes and adds to; the system sees all of it."""
_ADDED_FIRST = ("business", "entrepreneur")
"""Written just before the case that they belong to: until then nobody sees them."""
_DROPPED = ("pending_step", "outbox", "saved_view", "snooze")
"""What was planned and is called back, and what they chose for themselves: the only rows that a person deletes."""

_THEIR_TRACKS = f"""
CREATE OR REPLACE FUNCTION qp_cases_by_track() RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    scope text := coalesce({_SCOPE}, '');
    found text[];
BEGIN
    IF scope <> 'person' THEN
        RETURN '{{}}';
    END IF;
    PERFORM set_config('qp.scope', 'worker', true);
    found := ARRAY(
        SELECT r.case_id FROM referral r WHERE r.state <> 'draft' AND (r.branch_id = {_BRANCHES} OR r.agent_id = {_PERSON})
        UNION SELECT p.case_id FROM mentoring_pair p WHERE p.mentor_id = {_PERSON}
    );
    PERFORM set_config('qp.scope', scope, true);
    RETURN found;
END $$
"""
"""The cases of which a referral that was sent, or a pair, is theirs. The question is asked above the wall, or the policies would
ask each other for ever. The scope is given back by hand: only a superuser may attach a setting of ours to a function (SET clause)."""


def lift(db: Connection, tables: set[str]) -> None:
    """Take the wall down inside a migration's transaction: nobody else sees the tables meanwhile."""
    if db.dialect.name != "postgresql":
        return
    for table in sorted(tables):
        for (name,) in db.exec_driver_sql(
            "SELECT policyname FROM pg_policies WHERE schemaname = 'public' AND tablename = %(table)s", {"table": table}
        ).all():
            db.exec_driver_sql(f'DROP POLICY "{name}" ON "{table}"')
        db.exec_driver_sql(f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY')


def lay(db: Connection, tables: set[str]) -> None:
    """Raise the wall on the tables that are there. Other databases have none."""
    if db.dialect.name != "postgresql":
        return
    lift(db, tables)
    db.exec_driver_sql(_THEIR_TRACKS)
    db.exec_driver_sql("REVOKE ALL ON FUNCTION qp_cases_by_track() FROM PUBLIC")
    for table, sees in _CONFINED.items():
        if table in tables:
            _confine(db, table, sees)


def grant(db: Connection, app_role: str) -> None:
    """Let the application's role read and write rows, and nothing else: neither tables nor policies."""
    if db.dialect.name != "postgresql":
        return
    role = db.dialect.identifier_preparer.quote(app_role)
    db.exec_driver_sql(f"GRANT USAGE ON SCHEMA public TO {role}")
    db.exec_driver_sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
    db.exec_driver_sql(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}")
    db.exec_driver_sql(f"GRANT EXECUTE ON FUNCTION qp_cases_by_track() TO {role}")
    db.exec_driver_sql(f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {role}")


def laid(db: Connection) -> set[str]:
    """What stands in the database now, a line for each policy, wall and function with all that it is."""
    if db.dialect.name != "postgresql":
        return set()
    return {str(row[0]) for question in (_POLICIES, _WALLS, _FUNCTIONS) for row in db.exec_driver_sql(question)}


def _confine(db: Connection, table: str, sees: str) -> None:
    """The system does everything; a person sees, changes and adds what is in sight, and deletes next to nothing."""
    everything, a_person = f"{_SCOPE} = 'worker'", f"{_SCOPE} = 'person'"
    theirs = f"{a_person} AND ({sees})"
    added = a_person if table in _ADDED_FIRST else theirs
    db.exec_driver_sql(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    db.exec_driver_sql(f"CREATE POLICY worker_does_all ON {table} USING ({everything}) WITH CHECK ({everything})")
    db.exec_driver_sql(f"CREATE POLICY person_reads ON {table} FOR SELECT USING ({theirs})")
    db.exec_driver_sql(f"CREATE POLICY person_changes ON {table} FOR UPDATE USING ({theirs}) WITH CHECK ({theirs})")
    db.exec_driver_sql(f"CREATE POLICY person_adds ON {table} FOR INSERT WITH CHECK ({added})")
    if table in _DROPPED:
        db.exec_driver_sql(f"CREATE POLICY person_drops ON {table} FOR DELETE USING ({theirs})")


_POLICIES = """
SELECT concat_ws(' ', 'policy', tablename || '.' || policyname || ':', permissive, roles::text, cmd, qual, with_check)
FROM pg_policies WHERE schemaname = 'public'
"""
_WALLS = """
SELECT concat_ws(' ', 'wall', relname || ':', relrowsecurity::text, relforcerowsecurity::text)
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND (relrowsecurity OR relforcerowsecurity)
"""
_FUNCTIONS = """
SELECT concat_ws(' ', 'function', proname || ':', prosecdef::text, provolatile::text, proconfig::text, prosrc)
FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'qp\\_%%'
"""
