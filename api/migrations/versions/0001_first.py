"""The first tables of the memory."""

import sqlalchemy as sa
from alembic import op

from cases.tables import columns

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table('access_log',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.Text(), nullable=False),
    sa.Column('person_id', sa.Text(), nullable=True),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('at', columns.Instant(), nullable=False),
    sa.Column('what', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_access_log_subject_id'), 'access_log', ['subject_id'], unique=False)
    op.create_table('aid',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('slug', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('operator', sa.Text(), nullable=True),
    sa.Column('axes', columns.Json(), nullable=False),
    sa.Column('levers', columns.Json(), nullable=False),
    sa.Column('scope', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=True),
    sa.Column('facts', sa.Text(), nullable=True),
    sa.Column('confidence', sa.Text(), nullable=True),
    sa.Column('caveat', sa.Text(), nullable=True),
    sa.Column('url', sa.Text(), nullable=True),
    sa.Column('status', sa.Text(), nullable=True),
    sa.Column('verified_on', sa.Date(), nullable=True),
    sa.Column('valid_until', sa.Date(), nullable=True),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('slug')
    )
    op.create_table('business',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('siret', sa.Text(), nullable=True),
    sa.Column('naf', sa.Text(), nullable=True),
    sa.Column('legal_form', sa.Text(), nullable=True),
    sa.Column('activity', sa.Text(), nullable=True),
    sa.Column('address_line', sa.Text(), nullable=True),
    sa.Column('postcode', sa.Text(), nullable=True),
    sa.Column('city', sa.Text(), nullable=True),
    sa.Column('insee', sa.Text(), nullable=True),
    sa.Column('latitude', sa.Float(), nullable=True),
    sa.Column('longitude', sa.Float(), nullable=True),
    sa.Column('created_on', sa.Date(), nullable=True),
    sa.Column('headcount', sa.Integer(), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_business_siret'), 'business', ['siret'], unique=False)
    op.create_table('day_work',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('done_at', columns.Instant(), nullable=False),
    sa.PrimaryKeyConstraint('name', 'day')
    )
    op.create_table('deadline',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.Text(), nullable=False),
    sa.Column('territory_id', sa.Text(), nullable=True),
    sa.Column('track', sa.Text(), nullable=False),
    sa.Column('rule', sa.Text(), nullable=False),
    sa.Column('occurrence', sa.Integer(), nullable=False),
    sa.Column('item', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('armed_at', columns.Instant(), nullable=False),
    sa.Column('armed_on', sa.Date(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('due_at', columns.Instant(), nullable=False),
    sa.Column('length', sa.Integer(), nullable=True),
    sa.Column('unit', sa.Text(), nullable=False),
    sa.Column('left', sa.Integer(), nullable=True),
    sa.Column('paused_by', sa.Text(), nullable=False),
    sa.Column('extended', sa.Boolean(), nullable=False),
    sa.Column('missed', sa.Integer(), nullable=False),
    sa.Column('met_by', sa.Text(), nullable=True),
    sa.Column('undo_of', sa.Text(), nullable=True),
    sa.Column('ended_at', columns.Instant(), nullable=True),
    sa.Column('owner_role', sa.Text(), nullable=True),
    sa.Column('owner_id', sa.Text(), nullable=True),
    sa.Column('next_mark', sa.Integer(), nullable=True),
    sa.Column('next_at', columns.Instant(), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('retry_at', columns.Instant(), nullable=True),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('subject_id', 'track', 'rule', 'occurrence', 'item', name='deadline_once')
    )
    op.create_index('deadline_next', 'deadline', ['next_at'], unique=False, postgresql_where=sa.text("status = 'open'"), sqlite_where=sa.text("status = 'open'"))
    op.create_index('deadline_owner', 'deadline', ['owner_id', 'status', 'due_at'], unique=False)
    op.create_index(op.f('ix_deadline_territory_id'), 'deadline', ['territory_id'], unique=False)
    op.create_table('definition',
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('fingerprint', sa.Text(), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('started_at', columns.Instant(), nullable=False),
    sa.PrimaryKeyConstraint('version')
    )
    op.create_table('entrepreneur',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=True),
    sa.Column('phone', sa.Text(), nullable=True),
    sa.Column('email', sa.Text(), nullable=True),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('birth_year', sa.Integer(), nullable=True),
    sa.Column('gender', sa.Text(), nullable=True),
    sa.Column('prefers', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_entrepreneur_email'), 'entrepreneur', ['email'], unique=False)
    op.create_index(op.f('ix_entrepreneur_phone'), 'entrepreneur', ['phone'], unique=False)
    op.create_table('idempotency_key',
    sa.Column('scope', sa.Text(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('body_hash', sa.Text(), nullable=False),
    sa.Column('answer', columns.Json(), nullable=True),
    sa.Column('created_at', columns.Instant(), nullable=False),
    sa.PrimaryKeyConstraint('scope', 'key')
    )
    op.create_table('journal',
    sa.Column('subject_id', sa.Text(), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('at', columns.Instant(), nullable=False),
    sa.Column('track', sa.Text(), nullable=False),
    sa.Column('event', sa.Text(), nullable=False),
    sa.Column('from_state', sa.Text(), nullable=True),
    sa.Column('to_state', sa.Text(), nullable=True),
    sa.Column('actor_role', sa.Text(), nullable=False),
    sa.Column('actor_id', sa.Text(), nullable=True),
    sa.Column('via', sa.Text(), nullable=False),
    sa.Column('on_behalf', columns.Json(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('facts', columns.Json(), nullable=False),
    sa.Column('words_hash', sa.Text(), nullable=True),
    sa.Column('cause', sa.Integer(), nullable=True),
    sa.Column('cascade', columns.Json(), nullable=True),
    sa.Column('definition', sa.Integer(), nullable=False),
    sa.Column('previous', sa.Text(), nullable=False),
    sa.Column('hash', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('subject_id', 'sequence')
    )
    op.create_table('journal_text',
    sa.Column('subject_id', sa.Text(), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('salt', sa.Text(), nullable=False),
    sa.Column('words', columns.Json(), nullable=False),
    sa.PrimaryKeyConstraint('subject_id', 'sequence')
    )
    op.create_table('heartbeat',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('at', columns.Instant(), nullable=False),
    sa.PrimaryKeyConstraint('name')
    )
    op.create_table('mail_count',
    sa.Column('person_key', sa.Text(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('sent', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('person_key', 'day')
    )
    op.create_table('operator',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('slug', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('role_text', sa.Text(), nullable=True),
    sa.Column('axes', columns.Json(), nullable=False),
    sa.Column('levers', columns.Json(), nullable=False),
    sa.Column('confidence', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('slug')
    )
    op.create_table('outbox',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.Text(), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=True),
    sa.Column('track', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('mail_class', sa.Text(), nullable=False),
    sa.Column('facts', columns.Json(), nullable=False),
    sa.Column('cause', sa.Integer(), nullable=True),
    sa.Column('not_before', columns.Instant(), nullable=False),
    sa.Column('created_at', columns.Instant(), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('subject_id', 'sequence', 'kind', 'role', 'track', name='outbox_once')
    )
    op.create_index(op.f('ix_outbox_not_before'), 'outbox', ['not_before'], unique=False)
    op.create_table('pending_step',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.Text(), nullable=False),
    sa.Column('track', sa.Text(), nullable=False),
    sa.Column('event', sa.Text(), nullable=False),
    sa.Column('payload', columns.Json(), nullable=False),
    sa.Column('at', columns.Instant(), nullable=False),
    sa.Column('cause', sa.Integer(), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('retry_at', columns.Instant(), nullable=True),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_pending_step_at'), 'pending_step', ['at'], unique=False)
    op.create_index(op.f('ix_pending_step_subject_id'), 'pending_step', ['subject_id'], unique=False)
    op.create_table('person',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=True),
    sa.Column('phone', sa.Text(), nullable=True),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('timezone', sa.Text(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('created_at', columns.Instant(), nullable=False),
    sa.Column('disabled_at', columns.Instant(), nullable=True),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('email')
    )
    op.create_table('refused_attempt',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.Text(), nullable=False),
    sa.Column('at', columns.Instant(), nullable=False),
    sa.Column('actor_role', sa.Text(), nullable=False),
    sa.Column('actor_id', sa.Text(), nullable=True),
    sa.Column('event', sa.Text(), nullable=False),
    sa.Column('track', sa.Text(), nullable=False),
    sa.Column('codes', columns.Json(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_refused_attempt_subject_id'), 'refused_attempt', ['subject_id'], unique=False)
    op.create_table('stay',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.Text(), nullable=False),
    sa.Column('track', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('entered_at', columns.Instant(), nullable=False),
    sa.Column('left_at', columns.Instant(), nullable=True),
    sa.Column('definition', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_stay_subject_id'), 'stay', ['subject_id'], unique=False)
    op.create_table('suppression',
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('at', columns.Instant(), nullable=False),
    sa.PrimaryKeyConstraint('email')
    )
    op.create_table('territory',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('slug', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('code', sa.Text(), nullable=True),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('state_since', columns.Instant(), nullable=False),
    sa.Column('timezone', sa.Text(), nullable=False),
    sa.Column('holidays', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('label_reference', sa.Text(), nullable=True),
    sa.Column('axes', columns.Json(), nullable=False),
    sa.Column('roadmap_at_phase', sa.Integer(), nullable=False),
    sa.Column('evaluation_end', sa.Date(), nullable=True),
    sa.Column('exit_reason', sa.Text(), nullable=True),
    sa.Column('routing_weights', columns.Json(), nullable=True),
    sa.Column('head_sequence', sa.Integer(), nullable=False),
    sa.Column('head_hash', sa.Text(), nullable=True),
    sa.Column('created_at', columns.Instant(), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('slug')
    )
    op.create_table('absence',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('person_id', sa.Text(), nullable=False),
    sa.Column('from_day', sa.Date(), nullable=False),
    sa.Column('to_day', sa.Date(), nullable=False),
    sa.Column('substitute_id', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.ForeignKeyConstraint(['substitute_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_absence_person_id'), 'absence', ['person_id'], unique=False)
    op.create_index(op.f('ix_absence_substitute_id'), 'absence', ['substitute_id'], unique=False)
    op.create_table('api_token',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('person_id', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('token_hash', sa.Text(), nullable=False),
    sa.Column('scopes', columns.Json(), nullable=False),
    sa.Column('created_at', columns.Instant(), nullable=False),
    sa.Column('expires_at', columns.Instant(), nullable=True),
    sa.Column('revoked_at', columns.Instant(), nullable=True),
    sa.Column('used_at', columns.Instant(), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('token_hash')
    )
    op.create_index(op.f('ix_api_token_person_id'), 'api_token', ['person_id'], unique=False)
    op.create_table('branch',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('operator_id', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=True),
    sa.Column('phone', sa.Text(), nullable=True),
    sa.Column('capacity_per_week', sa.Integer(), nullable=False),
    sa.Column('languages', columns.Json(), nullable=False),
    sa.Column('step_free', sa.Boolean(), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['operator_id'], ['operator.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_branch_operator_id'), 'branch', ['operator_id'], unique=False)
    op.create_table('commune',
    sa.Column('insee', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('postcode', sa.Text(), nullable=True),
    sa.Column('territory_id', sa.Text(), nullable=True),
    sa.Column('epci', sa.Text(), nullable=True),
    sa.Column('departement', sa.Text(), nullable=False),
    sa.Column('region', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['territory_id'], ['territory.id'], ),
    sa.PrimaryKeyConstraint('insee')
    )
    op.create_index(op.f('ix_commune_territory_id'), 'commune', ['territory_id'], unique=False)
    op.create_table('convention',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('territory_id', sa.Text(), nullable=False),
    sa.Column('signed_on', sa.Date(), nullable=False),
    sa.Column('reference', sa.Text(), nullable=False),
    sa.Column('recorded_at', columns.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['territory_id'], ['territory.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_convention_territory_id'), 'convention', ['territory_id'], unique=False)
    op.create_table('diagnostic',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('territory_id', sa.Text(), nullable=False),
    sa.Column('published_on', sa.Date(), nullable=False),
    sa.Column('indicators', columns.Json(), nullable=False),
    sa.Column('sources', sa.Text(), nullable=True),
    sa.Column('recorded_at', columns.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['territory_id'], ['territory.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_diagnostic_territory_id'), 'diagnostic', ['territory_id'], unique=False)
    op.create_table('import_file',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('territory_id', sa.Text(), nullable=True),
    sa.Column('by_id', sa.Text(), nullable=True),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('encoding', sa.Text(), nullable=True),
    sa.Column('delimiter', sa.Text(), nullable=True),
    sa.Column('columns', columns.Json(), nullable=False),
    sa.Column('rows', sa.Integer(), nullable=False),
    sa.Column('started_at', columns.Instant(), nullable=False),
    sa.Column('finished_at', columns.Instant(), nullable=True),
    sa.Column('resumed', sa.Boolean(), nullable=False),
    sa.Column('dry_run', sa.Boolean(), nullable=False),
    sa.Column('undone_at', columns.Instant(), nullable=True),
    sa.ForeignKeyConstraint(['by_id'], ['person.id'], ),
    sa.ForeignKeyConstraint(['territory_id'], ['territory.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('import_file_once', 'import_file', ['sha256', 'territory_id'], unique=True, postgresql_where=sa.text('NOT dry_run AND undone_at IS NULL'), sqlite_where=sa.text('NOT dry_run AND undone_at IS NULL'))
    op.create_index(op.f('ix_import_file_by_id'), 'import_file', ['by_id'], unique=False)
    op.create_index(op.f('ix_import_file_territory_id'), 'import_file', ['territory_id'], unique=False)
    op.create_table('indicator_snapshot',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('territory_id', sa.Text(), nullable=False),
    sa.Column('taken_at', columns.Instant(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('data', columns.Json(), nullable=False),
    sa.ForeignKeyConstraint(['territory_id'], ['territory.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_indicator_snapshot_territory_id'), 'indicator_snapshot', ['territory_id'], unique=False)
    op.create_table('mark_fired',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('deadline_id', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.Text(), nullable=False),
    sa.Column('rule', sa.Text(), nullable=False),
    sa.Column('track', sa.Text(), nullable=False),
    sa.Column('item', sa.Text(), nullable=False),
    sa.Column('mark', sa.Text(), nullable=False),
    sa.Column('do', sa.Text(), nullable=False),
    sa.Column('recipients', columns.Json(), nullable=False),
    sa.Column('act', sa.Text(), nullable=True),
    sa.Column('at', columns.Instant(), nullable=False),
    sa.Column('fired_at', columns.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['deadline_id'], ['deadline.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_mark_fired_deadline_id'), 'mark_fired', ['deadline_id'], unique=False)
    op.create_index(op.f('ix_mark_fired_subject_id'), 'mark_fired', ['subject_id'], unique=False)
    op.create_table('mentor_profile',
    sa.Column('person_id', sa.Text(), nullable=False),
    sa.Column('territory_id', sa.Text(), nullable=True),
    sa.Column('capacity', sa.Integer(), nullable=False),
    sa.Column('skills', sa.Text(), nullable=True),
    sa.Column('employer', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.ForeignKeyConstraint(['territory_id'], ['territory.id'], ),
    sa.PrimaryKeyConstraint('person_id')
    )
    op.create_index(op.f('ix_mentor_profile_territory_id'), 'mentor_profile', ['territory_id'], unique=False)
    op.create_table('preference',
    sa.Column('person_id', sa.Text(), nullable=False),
    sa.Column('category', sa.Text(), nullable=False),
    sa.Column('wanted', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('person_id', 'category')
    )
    op.create_table('quartier',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('insee', sa.Text(), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('territory_id', sa.Text(), nullable=True),
    sa.Column('geometry', columns.Json(), nullable=True),
    sa.Column('west', sa.Float(), nullable=True),
    sa.Column('south', sa.Float(), nullable=True),
    sa.Column('east', sa.Float(), nullable=True),
    sa.Column('north', sa.Float(), nullable=True),
    sa.ForeignKeyConstraint(['territory_id'], ['territory.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('code', 'insee', name='quartier_once')
    )
    op.create_index('quartier_box', 'quartier', ['west', 'east', 'south', 'north'], unique=False)
    op.create_index(op.f('ix_quartier_territory_id'), 'quartier', ['territory_id'], unique=False)
    op.create_table('roadmap',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('territory_id', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('approved_on', sa.Date(), nullable=False),
    sa.Column('axes', columns.Json(), nullable=False),
    sa.Column('objectives', columns.Json(), nullable=False),
    sa.Column('recorded_at', columns.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['territory_id'], ['territory.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_roadmap_territory_id'), 'roadmap', ['territory_id'], unique=False)
    op.create_table('session',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('person_id', sa.Text(), nullable=False),
    sa.Column('token_hash', sa.Text(), nullable=False),
    sa.Column('created_at', columns.Instant(), nullable=False),
    sa.Column('seen_at', columns.Instant(), nullable=False),
    sa.Column('expires_at', columns.Instant(), nullable=False),
    sa.Column('ended_at', columns.Instant(), nullable=True),
    sa.Column('user_agent', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('token_hash')
    )
    op.create_index(op.f('ix_session_person_id'), 'session', ['person_id'], unique=False)
    op.create_table('territory_review',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('territory_id', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('on_day', sa.Date(), nullable=False),
    sa.Column('text', sa.Text(), nullable=True),
    sa.Column('recorded_at', columns.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['territory_id'], ['territory.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_territory_review_territory_id'), 'territory_review', ['territory_id'], unique=False)
    op.create_table('branch_closure',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('branch_id', sa.Text(), nullable=False),
    sa.Column('from_day', sa.Date(), nullable=False),
    sa.Column('to_day', sa.Date(), nullable=False),
    sa.Column('declared_at', columns.Instant(), nullable=False),
    sa.Column('started_at', columns.Instant(), nullable=True),
    sa.Column('ended_at', columns.Instant(), nullable=True),
    sa.ForeignKeyConstraint(['branch_id'], ['branch.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_branch_closure_branch_id'), 'branch_closure', ['branch_id'], unique=False)
    op.create_table('case_file',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('reference', sa.Text(), nullable=False),
    sa.Column('territory_id', sa.Text(), nullable=True),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('state_since', columns.Instant(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('urgent', sa.Boolean(), nullable=False),
    sa.Column('hold_reason', sa.Text(), nullable=True),
    sa.Column('hold_until', sa.Date(), nullable=True),
    sa.Column('hold_days_used', sa.Integer(), nullable=False),
    sa.Column('referent_id', sa.Text(), nullable=True),
    sa.Column('business_id', sa.Text(), nullable=False),
    sa.Column('entrepreneur_id', sa.Text(), nullable=False),
    sa.Column('situation', sa.Text(), nullable=False),
    sa.Column('quartier_id', sa.Text(), nullable=True),
    sa.Column('legal_basis', sa.Text(), nullable=True),
    sa.Column('notice_version', sa.Text(), nullable=True),
    sa.Column('informed_at', columns.Instant(), nullable=True),
    sa.Column('real_contact_at', columns.Instant(), nullable=True),
    sa.Column('opened_at', columns.Instant(), nullable=False),
    sa.Column('logged_at', columns.Instant(), nullable=False),
    sa.Column('origin', sa.Text(), nullable=False),
    sa.Column('closed_at', columns.Instant(), nullable=True),
    sa.Column('closed_reason', sa.Text(), nullable=True),
    sa.Column('kept_case_id', sa.Text(), nullable=True),
    sa.Column('anonymised_at', columns.Instant(), nullable=True),
    sa.Column('nobody_called_on', sa.Date(), nullable=True),
    sa.Column('surveyed_on', sa.Date(), nullable=True),
    sa.Column('open_tracks', sa.Integer(), nullable=False),
    sa.Column('pending_needs', sa.Integer(), nullable=False),
    sa.Column('progress', sa.Text(), nullable=True),
    sa.Column('next_due_at', columns.Instant(), nullable=True),
    sa.Column('next_rule', sa.Text(), nullable=True),
    sa.Column('next_track', sa.Text(), nullable=True),
    sa.Column('search_text', sa.Text(), nullable=False),
    sa.Column('import_line_id', sa.Text(), nullable=True),
    sa.Column('head_sequence', sa.Integer(), nullable=False),
    sa.Column('head_hash', sa.Text(), nullable=True),
    sa.Column('definition', sa.Integer(), nullable=False),
    sa.Column('updated_at', columns.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['business_id'], ['business.id'], ),
    sa.ForeignKeyConstraint(['entrepreneur_id'], ['entrepreneur.id'], ),
    sa.ForeignKeyConstraint(['kept_case_id'], ['case_file.id'], ),
    sa.ForeignKeyConstraint(['quartier_id'], ['quartier.id'], ),
    sa.ForeignKeyConstraint(['referent_id'], ['person.id'], ),
    sa.ForeignKeyConstraint(['territory_id'], ['territory.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('reference')
    )
    op.create_index('case_file_list', 'case_file', ['territory_id', 'state', 'next_due_at', 'id'], unique=False)
    op.create_index('case_file_referent', 'case_file', ['referent_id', 'next_due_at'], unique=False)
    op.create_index(op.f('ix_case_file_business_id'), 'case_file', ['business_id'], unique=False)
    op.create_index(op.f('ix_case_file_entrepreneur_id'), 'case_file', ['entrepreneur_id'], unique=False)
    op.create_index(op.f('ix_case_file_kept_case_id'), 'case_file', ['kept_case_id'], unique=False)
    op.create_index(op.f('ix_case_file_quartier_id'), 'case_file', ['quartier_id'], unique=False)
    op.create_table('coverage',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('branch_id', sa.Text(), nullable=False),
    sa.Column('level', sa.Text(), nullable=False),
    sa.Column('code', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['branch_id'], ['branch.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_coverage_branch_id'), 'coverage', ['branch_id'], unique=False)
    op.create_table('offer',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('branch_id', sa.Text(), nullable=False),
    sa.Column('aid_id', sa.Text(), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('scope', sa.Text(), nullable=False),
    sa.Column('axes', columns.Json(), nullable=False),
    sa.Column('levers', columns.Json(), nullable=False),
    sa.Column('needs', columns.Json(), nullable=False),
    sa.Column('eligibility', columns.Json(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['aid_id'], ['aid.id'], ),
    sa.ForeignKeyConstraint(['branch_id'], ['branch.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_offer_aid_id'), 'offer', ['aid_id'], unique=False)
    op.create_index(op.f('ix_offer_branch_id'), 'offer', ['branch_id'], unique=False)
    op.create_table('rate_count',
    sa.Column('what', sa.Text(), nullable=False),
    sa.Column('who_hash', sa.Text(), nullable=False),
    sa.Column('hour', columns.Instant(), nullable=False),
    sa.Column('times', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('what', 'who_hash', 'hour')
    )
    op.create_table('role_grant',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('person_id', sa.Text(), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('territory_id', sa.Text(), nullable=True),
    sa.Column('branch_id', sa.Text(), nullable=True),
    sa.Column('created_at', columns.Instant(), nullable=False),
    sa.Column('ended_at', columns.Instant(), nullable=True),
    sa.ForeignKeyConstraint(['branch_id'], ['branch.id'], ),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.ForeignKeyConstraint(['territory_id'], ['territory.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_role_grant_branch_id'), 'role_grant', ['branch_id'], unique=False)
    op.create_index(op.f('ix_role_grant_person_id'), 'role_grant', ['person_id'], unique=False)
    op.create_index(op.f('ix_role_grant_territory_id'), 'role_grant', ['territory_id'], unique=False)
    op.create_table('action_plan',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('case_id', sa.Text(), nullable=False),
    sa.Column('track', sa.Text(), nullable=False),
    sa.Column('at', columns.Instant(), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_action_plan_case_id'), 'action_plan', ['case_id'], unique=False)
    op.create_table('aid_obtained',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('case_id', sa.Text(), nullable=False),
    sa.Column('track', sa.Text(), nullable=False),
    sa.Column('aid', sa.Text(), nullable=False),
    sa.Column('aid_id', sa.Text(), nullable=True),
    sa.Column('amount', columns.Amount(), nullable=True),
    sa.Column('scope', sa.Text(), nullable=False),
    sa.Column('at', columns.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['aid_id'], ['aid.id'], ),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_aid_obtained_aid_id'), 'aid_obtained', ['aid_id'], unique=False)
    op.create_index(op.f('ix_aid_obtained_case_id'), 'aid_obtained', ['case_id'], unique=False)
    op.create_table('consent',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('case_id', sa.Text(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('given', sa.Boolean(), nullable=False),
    sa.Column('at', columns.Instant(), nullable=False),
    sa.Column('channel', sa.Text(), nullable=True),
    sa.Column('notice_version', sa.Text(), nullable=True),
    sa.Column('withdrawn_at', columns.Instant(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_consent_case_id'), 'consent', ['case_id'], unique=False)
    op.create_table('contact',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('case_id', sa.Text(), nullable=False),
    sa.Column('track', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('result', sa.Text(), nullable=False),
    sa.Column('at', columns.Instant(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('person_id', sa.Text(), nullable=True),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('disputed', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_contact_case_id'), 'contact', ['case_id'], unique=False)
    op.create_table('document',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('case_id', sa.Text(), nullable=False),
    sa.Column('track', sa.Text(), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('media_type', sa.Text(), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('path', sa.Text(), nullable=True),
    sa.Column('at', columns.Instant(), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_document_case_id'), 'document', ['case_id'], unique=False)
    op.create_table('follow_up_check',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('case_id', sa.Text(), nullable=False),
    sa.Column('months', sa.Integer(), nullable=False),
    sa.Column('still_active', sa.Boolean(), nullable=True),
    sa.Column('jobs', sa.Integer(), nullable=True),
    sa.Column('turnover', sa.Text(), nullable=True),
    sa.Column('at', columns.Instant(), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_follow_up_check_case_id'), 'follow_up_check', ['case_id'], unique=False)
    op.create_table('import_content',
    sa.Column('import_id', sa.Text(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['import_id'], ['import_file.id'], ),
    sa.PrimaryKeyConstraint('import_id')
    )
    op.create_table('import_line',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('import_id', sa.Text(), nullable=False),
    sa.Column('line', sa.Integer(), nullable=False),
    sa.Column('verdict', sa.Text(), nullable=False),
    sa.Column('case_id', sa.Text(), nullable=True),
    sa.Column('of_line', sa.Integer(), nullable=True),
    sa.Column('column', sa.Text(), nullable=True),
    sa.Column('value', sa.Text(), nullable=True),
    sa.Column('code', sa.Text(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('data', columns.Json(), nullable=True),
    sa.Column('undone_at', columns.Instant(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], ),
    sa.ForeignKeyConstraint(['import_id'], ['import_file.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('import_id', 'line', name='import_line_once')
    )
    op.create_index(op.f('ix_import_line_case_id'), 'import_line', ['case_id'], unique=False)
    op.create_table('meeting',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('case_id', sa.Text(), nullable=False),
    sa.Column('track', sa.Text(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('place', sa.Text(), nullable=True),
    sa.Column('at', columns.Instant(), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_meeting_case_id'), 'meeting', ['case_id'], unique=False)
    op.create_table('mentoring_pair',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('case_id', sa.Text(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('state_since', columns.Instant(), nullable=False),
    sa.Column('opened_at', columns.Instant(), nullable=False),
    sa.Column('mentor_id', sa.Text(), nullable=False),
    sa.Column('began_on', sa.Date(), nullable=True),
    sa.Column('mentor_signed_at', columns.Instant(), nullable=True),
    sa.Column('entrepreneur_signed_at', columns.Instant(), nullable=True),
    sa.Column('entrepreneur_paper', sa.Boolean(), nullable=False),
    sa.Column('reviewed', sa.Boolean(), nullable=False),
    sa.Column('paused_until', sa.Date(), nullable=True),
    sa.Column('progress', sa.Text(), nullable=True),
    sa.Column('closing_reason', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], ),
    sa.ForeignKeyConstraint(['mentor_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('case_id', 'number', name='mentoring_pair_once')
    )
    op.create_index(op.f('ix_mentoring_pair_mentor_id'), 'mentoring_pair', ['mentor_id'], unique=False)
    op.create_table('mentoring_session',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('case_id', sa.Text(), nullable=False),
    sa.Column('track', sa.Text(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('length_minutes', sa.Integer(), nullable=True),
    sa.Column('at', columns.Instant(), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_mentoring_session_case_id'), 'mentoring_session', ['case_id'], unique=False)
    op.create_table('message',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('mail_class', sa.Text(), nullable=False),
    sa.Column('person_id', sa.Text(), nullable=True),
    sa.Column('entrepreneur_id', sa.Text(), nullable=True),
    sa.Column('case_id', sa.Text(), nullable=True),
    sa.Column('subject_id', sa.Text(), nullable=True),
    sa.Column('track', sa.Text(), nullable=True),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('recipient', sa.Text(), nullable=False),
    sa.Column('timezone', sa.Text(), nullable=False),
    sa.Column('holidays', sa.Text(), nullable=False),
    sa.Column('to_email', sa.Text(), nullable=True),
    sa.Column('to_name', sa.Text(), nullable=True),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=True),
    sa.Column('text', sa.Text(), nullable=True),
    sa.Column('html', sa.Text(), nullable=True),
    sa.Column('facts', columns.Json(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('message_id', sa.Text(), nullable=True),
    sa.Column('thread_id', sa.Text(), nullable=True),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('send_at', columns.Instant(), nullable=False),
    sa.Column('leased_until', columns.Instant(), nullable=True),
    sa.Column('leased_by', sa.Text(), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.Column('sent_at', columns.Instant(), nullable=True),
    sa.Column('created_at', columns.Instant(), nullable=False),
    sa.Column('outbox_key', sa.Text(), nullable=False),
    sa.Column('digest_id', sa.Text(), nullable=True),
    sa.Column('deadline_id', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], ),
    sa.ForeignKeyConstraint(['deadline_id'], ['deadline.id'], ),
    sa.ForeignKeyConstraint(['digest_id'], ['message.id'], ),
    sa.ForeignKeyConstraint(['entrepreneur_id'], ['entrepreneur.id'], ),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('message_id'),
    sa.UniqueConstraint('outbox_key')
    )
    op.create_index(op.f('ix_message_case_id'), 'message', ['case_id'], unique=False)
    op.create_index(op.f('ix_message_deadline_id'), 'message', ['deadline_id'], unique=False)
    op.create_index(op.f('ix_message_digest_id'), 'message', ['digest_id'], unique=False)
    op.create_index(op.f('ix_message_entrepreneur_id'), 'message', ['entrepreneur_id'], unique=False)
    op.create_index(op.f('ix_message_person_id'), 'message', ['person_id'], unique=False)
    op.create_index(op.f('ix_message_recipient'), 'message', ['recipient'], unique=False)
    op.create_index(op.f('ix_message_subject_id'), 'message', ['subject_id'], unique=False)
    op.create_index('message_next', 'message', ['send_at'], unique=False, postgresql_where=sa.text("status IN ('waiting', 'leased')"), sqlite_where=sa.text("status IN ('waiting', 'leased')"))
    op.create_table('need',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('case_id', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('axis', sa.Text(), nullable=True),
    sa.Column('levers', columns.Json(), nullable=False),
    sa.Column('amount', columns.Amount(), nullable=True),
    sa.Column('detail', sa.Text(), nullable=True),
    sa.Column('bank_refused', sa.Boolean(), nullable=False),
    sa.Column('outcome', sa.Text(), nullable=True),
    sa.Column('outcome_on', sa.Date(), nullable=True),
    sa.Column('created_at', columns.Instant(), nullable=False),
    sa.Column('from_case_id', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_need_case_id'), 'need', ['case_id'], unique=False)
    op.create_table('note',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('case_id', sa.Text(), nullable=False),
    sa.Column('track', sa.Text(), nullable=False),
    sa.Column('author_id', sa.Text(), nullable=True),
    sa.Column('shared', sa.Boolean(), nullable=False),
    sa.Column('at', columns.Instant(), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_note_case_id'), 'note', ['case_id'], unique=False)
    op.create_table('referral',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('case_id', sa.Text(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('state_since', columns.Instant(), nullable=False),
    sa.Column('opened_at', columns.Instant(), nullable=False),
    sa.Column('branch_id', sa.Text(), nullable=False),
    sa.Column('offer_id', sa.Text(), nullable=True),
    sa.Column('agent_id', sa.Text(), nullable=True),
    sa.Column('proposal_id', sa.Text(), nullable=True),
    sa.Column('choice_reason', sa.Text(), nullable=True),
    sa.Column('targeted', sa.Boolean(), nullable=False),
    sa.Column('exclusive_group', sa.Text(), nullable=True),
    sa.Column('questions', sa.Integer(), nullable=False),
    sa.Column('answered_at', columns.Instant(), nullable=True),
    sa.Column('touched', sa.Boolean(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('withdrawn_for', sa.Text(), nullable=True),
    sa.Column('progress', sa.Text(), nullable=True),
    sa.Column('closing_reason', sa.Text(), nullable=True),
    sa.Column('noted_by', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['agent_id'], ['person.id'], ),
    sa.ForeignKeyConstraint(['branch_id'], ['branch.id'], ),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], ),
    sa.ForeignKeyConstraint(['offer_id'], ['offer.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('case_id', 'number', name='referral_once')
    )
    op.create_index(op.f('ix_referral_agent_id'), 'referral', ['agent_id'], unique=False)
    op.create_index(op.f('ix_referral_branch_id'), 'referral', ['branch_id'], unique=False)
    op.create_index(op.f('ix_referral_offer_id'), 'referral', ['offer_id'], unique=False)
    op.create_table('signed_link',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('token_hash', sa.Text(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('person_id', sa.Text(), nullable=True),
    sa.Column('entrepreneur_id', sa.Text(), nullable=True),
    sa.Column('case_id', sa.Text(), nullable=True),
    sa.Column('track', sa.Text(), nullable=True),
    sa.Column('created_at', columns.Instant(), nullable=False),
    sa.Column('expires_at', columns.Instant(), nullable=False),
    sa.Column('used_at', columns.Instant(), nullable=True),
    sa.Column('revoked_at', columns.Instant(), nullable=True),
    sa.Column('data', columns.Json(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], ),
    sa.ForeignKeyConstraint(['entrepreneur_id'], ['entrepreneur.id'], ),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('token_hash')
    )
    op.create_index(op.f('ix_signed_link_case_id'), 'signed_link', ['case_id'], unique=False)
    op.create_index(op.f('ix_signed_link_entrepreneur_id'), 'signed_link', ['entrepreneur_id'], unique=False)
    op.create_index(op.f('ix_signed_link_person_id'), 'signed_link', ['person_id'], unique=False)
    op.create_table('possible_duplicate',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('case_id', sa.Text(), nullable=False),
    sa.Column('other_id', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('found_at', columns.Instant(), nullable=False),
    sa.Column('dismissed_at', columns.Instant(), nullable=True),
    sa.Column('dismissed_by', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], ),
    sa.ForeignKeyConstraint(['dismissed_by'], ['person.id'], ),
    sa.ForeignKeyConstraint(['other_id'], ['case_file.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('case_id', 'other_id', name='possible_duplicate_once')
    )
    op.create_index(op.f('ix_possible_duplicate_dismissed_by'), 'possible_duplicate', ['dismissed_by'], unique=False)
    op.create_index(op.f('ix_possible_duplicate_other_id'), 'possible_duplicate', ['other_id'], unique=False)
    op.create_table('survey',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('case_id', sa.Text(), nullable=False),
    sa.Column('track', sa.Text(), nullable=False),
    sa.Column('recipient', sa.Text(), nullable=False),
    sa.Column('sent_at', columns.Instant(), nullable=False),
    sa.Column('answered_at', columns.Instant(), nullable=True),
    sa.Column('answers', columns.Json(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_survey_case_id'), 'survey', ['case_id'], unique=False)
    op.create_table('task',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('case_id', sa.Text(), nullable=True),
    sa.Column('territory_id', sa.Text(), nullable=True),
    sa.Column('owner_id', sa.Text(), nullable=True),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('label', sa.Text(), nullable=False),
    sa.Column('detail', sa.Text(), nullable=True),
    sa.Column('phone', sa.Text(), nullable=True),
    sa.Column('message_id', sa.Text(), nullable=True),
    sa.Column('created_at', columns.Instant(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('done_at', columns.Instant(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], ),
    sa.ForeignKeyConstraint(['owner_id'], ['person.id'], ),
    sa.ForeignKeyConstraint(['territory_id'], ['territory.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_task_case_id'), 'task', ['case_id'], unique=False)
    op.create_index(op.f('ix_task_owner_id'), 'task', ['owner_id'], unique=False)
    op.create_index(op.f('ix_task_territory_id'), 'task', ['territory_id'], unique=False)
    op.create_table('transition_plan',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('case_id', sa.Text(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('state_since', columns.Instant(), nullable=False),
    sa.Column('opened_at', columns.Instant(), nullable=False),
    sa.Column('lever', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.Text(), nullable=True),
    sa.Column('branch_id', sa.Text(), nullable=True),
    sa.Column('diagnostician', sa.Text(), nullable=True),
    sa.Column('score_before', columns.Json(), nullable=True),
    sa.Column('score_after', columns.Json(), nullable=True),
    sa.Column('progress', sa.Text(), nullable=True),
    sa.Column('closing_reason', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['branch_id'], ['branch.id'], ),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], ),
    sa.ForeignKeyConstraint(['owner_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('case_id', 'number', name='transition_plan_once')
    )
    op.create_index(op.f('ix_transition_plan_branch_id'), 'transition_plan', ['branch_id'], unique=False)
    op.create_index(op.f('ix_transition_plan_owner_id'), 'transition_plan', ['owner_id'], unique=False)
    op.create_table('plan_action',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('plan_id', sa.Text(), nullable=False),
    sa.Column('case_id', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('done_on', sa.Date(), nullable=True),
    sa.Column('moved', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], ),
    sa.ForeignKeyConstraint(['plan_id'], ['transition_plan.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_plan_action_case_id'), 'plan_action', ['case_id'], unique=False)
    op.create_index(op.f('ix_plan_action_plan_id'), 'plan_action', ['plan_id'], unique=False)
    op.create_table('referral_need',
    sa.Column('referral_id', sa.Text(), nullable=False),
    sa.Column('need_id', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['need_id'], ['need.id'], ),
    sa.ForeignKeyConstraint(['referral_id'], ['referral.id'], ),
    sa.PrimaryKeyConstraint('referral_id', 'need_id')
    )
    op.create_index(op.f('ix_referral_need_need_id'), 'referral_need', ['need_id'], unique=False)
    op.create_table('routing_proposal',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('case_id', sa.Text(), nullable=False),
    sa.Column('need_id', sa.Text(), nullable=True),
    sa.Column('computed_at', columns.Instant(), nullable=False),
    sa.Column('rules_version', sa.Text(), nullable=False),
    sa.Column('inputs', columns.Json(), nullable=False),
    sa.Column('candidates', columns.Json(), nullable=False),
    sa.Column('gap', sa.Boolean(), nullable=False),
    sa.Column('current', sa.Boolean(), nullable=False),
    sa.Column('choice', columns.Json(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], ),
    sa.ForeignKeyConstraint(['need_id'], ['need.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_routing_proposal_case_id'), 'routing_proposal', ['case_id'], unique=False)
    op.create_index(op.f('ix_routing_proposal_need_id'), 'routing_proposal', ['need_id'], unique=False)


def downgrade() -> None:
    """Undo it."""
    op.drop_index(op.f('ix_routing_proposal_need_id'), table_name='routing_proposal')
    op.drop_index(op.f('ix_routing_proposal_case_id'), table_name='routing_proposal')
    op.drop_table('routing_proposal')
    op.drop_index(op.f('ix_referral_need_need_id'), table_name='referral_need')
    op.drop_table('referral_need')
    op.drop_index(op.f('ix_plan_action_plan_id'), table_name='plan_action')
    op.drop_index(op.f('ix_plan_action_case_id'), table_name='plan_action')
    op.drop_table('plan_action')
    op.drop_index(op.f('ix_transition_plan_owner_id'), table_name='transition_plan')
    op.drop_index(op.f('ix_transition_plan_branch_id'), table_name='transition_plan')
    op.drop_table('transition_plan')
    op.drop_index(op.f('ix_task_territory_id'), table_name='task')
    op.drop_index(op.f('ix_task_owner_id'), table_name='task')
    op.drop_index(op.f('ix_task_case_id'), table_name='task')
    op.drop_table('task')
    op.drop_index(op.f('ix_survey_case_id'), table_name='survey')
    op.drop_table('survey')
    op.drop_index(op.f('ix_possible_duplicate_other_id'), table_name='possible_duplicate')
    op.drop_index(op.f('ix_possible_duplicate_dismissed_by'), table_name='possible_duplicate')
    op.drop_table('possible_duplicate')
    op.drop_index(op.f('ix_signed_link_person_id'), table_name='signed_link')
    op.drop_index(op.f('ix_signed_link_entrepreneur_id'), table_name='signed_link')
    op.drop_index(op.f('ix_signed_link_case_id'), table_name='signed_link')
    op.drop_table('signed_link')
    op.drop_index(op.f('ix_referral_offer_id'), table_name='referral')
    op.drop_index(op.f('ix_referral_branch_id'), table_name='referral')
    op.drop_index(op.f('ix_referral_agent_id'), table_name='referral')
    op.drop_table('referral')
    op.drop_index(op.f('ix_note_case_id'), table_name='note')
    op.drop_table('note')
    op.drop_index(op.f('ix_need_case_id'), table_name='need')
    op.drop_table('need')
    op.drop_index('message_next', table_name='message', postgresql_where=sa.text("status IN ('waiting', 'leased')"), sqlite_where=sa.text("status IN ('waiting', 'leased')"))
    op.drop_index(op.f('ix_message_subject_id'), table_name='message')
    op.drop_index(op.f('ix_message_recipient'), table_name='message')
    op.drop_index(op.f('ix_message_person_id'), table_name='message')
    op.drop_index(op.f('ix_message_entrepreneur_id'), table_name='message')
    op.drop_index(op.f('ix_message_digest_id'), table_name='message')
    op.drop_index(op.f('ix_message_deadline_id'), table_name='message')
    op.drop_index(op.f('ix_message_case_id'), table_name='message')
    op.drop_table('message')
    op.drop_index(op.f('ix_mentoring_session_case_id'), table_name='mentoring_session')
    op.drop_table('mentoring_session')
    op.drop_index(op.f('ix_mentoring_pair_mentor_id'), table_name='mentoring_pair')
    op.drop_table('mentoring_pair')
    op.drop_index(op.f('ix_meeting_case_id'), table_name='meeting')
    op.drop_table('meeting')
    op.drop_index(op.f('ix_import_line_case_id'), table_name='import_line')
    op.drop_table('import_line')
    op.drop_table('import_content')
    op.drop_index(op.f('ix_follow_up_check_case_id'), table_name='follow_up_check')
    op.drop_table('follow_up_check')
    op.drop_index(op.f('ix_document_case_id'), table_name='document')
    op.drop_table('document')
    op.drop_index(op.f('ix_contact_case_id'), table_name='contact')
    op.drop_table('contact')
    op.drop_index(op.f('ix_consent_case_id'), table_name='consent')
    op.drop_table('consent')
    op.drop_index(op.f('ix_aid_obtained_case_id'), table_name='aid_obtained')
    op.drop_index(op.f('ix_aid_obtained_aid_id'), table_name='aid_obtained')
    op.drop_table('aid_obtained')
    op.drop_index(op.f('ix_action_plan_case_id'), table_name='action_plan')
    op.drop_table('action_plan')
    op.drop_index(op.f('ix_role_grant_territory_id'), table_name='role_grant')
    op.drop_index(op.f('ix_role_grant_person_id'), table_name='role_grant')
    op.drop_index(op.f('ix_role_grant_branch_id'), table_name='role_grant')
    op.drop_table('rate_count')
    op.drop_table('role_grant')
    op.drop_index(op.f('ix_offer_branch_id'), table_name='offer')
    op.drop_index(op.f('ix_offer_aid_id'), table_name='offer')
    op.drop_table('offer')
    op.drop_index(op.f('ix_coverage_branch_id'), table_name='coverage')
    op.drop_table('coverage')
    op.drop_index(op.f('ix_case_file_quartier_id'), table_name='case_file')
    op.drop_index(op.f('ix_case_file_kept_case_id'), table_name='case_file')
    op.drop_index(op.f('ix_case_file_entrepreneur_id'), table_name='case_file')
    op.drop_index(op.f('ix_case_file_business_id'), table_name='case_file')
    op.drop_index('case_file_referent', table_name='case_file')
    op.drop_index('case_file_list', table_name='case_file')
    op.drop_table('case_file')
    op.drop_index(op.f('ix_branch_closure_branch_id'), table_name='branch_closure')
    op.drop_table('branch_closure')
    op.drop_index(op.f('ix_territory_review_territory_id'), table_name='territory_review')
    op.drop_table('territory_review')
    op.drop_index(op.f('ix_session_person_id'), table_name='session')
    op.drop_table('session')
    op.drop_index(op.f('ix_roadmap_territory_id'), table_name='roadmap')
    op.drop_table('roadmap')
    op.drop_index('quartier_box', table_name='quartier')
    op.drop_index(op.f('ix_quartier_territory_id'), table_name='quartier')
    op.drop_table('quartier')
    op.drop_table('preference')
    op.drop_index(op.f('ix_mentor_profile_territory_id'), table_name='mentor_profile')
    op.drop_table('mentor_profile')
    op.drop_index(op.f('ix_mark_fired_subject_id'), table_name='mark_fired')
    op.drop_index(op.f('ix_mark_fired_deadline_id'), table_name='mark_fired')
    op.drop_table('mark_fired')
    op.drop_index(op.f('ix_indicator_snapshot_territory_id'), table_name='indicator_snapshot')
    op.drop_table('indicator_snapshot')
    op.drop_index(op.f('ix_import_file_territory_id'), table_name='import_file')
    op.drop_index(op.f('ix_import_file_by_id'), table_name='import_file')
    op.drop_index('import_file_once', table_name='import_file', postgresql_where=sa.text('NOT dry_run AND undone_at IS NULL'), sqlite_where=sa.text('NOT dry_run AND undone_at IS NULL'))
    op.drop_table('import_file')
    op.drop_index(op.f('ix_diagnostic_territory_id'), table_name='diagnostic')
    op.drop_table('diagnostic')
    op.drop_index(op.f('ix_convention_territory_id'), table_name='convention')
    op.drop_table('convention')
    op.drop_index(op.f('ix_commune_territory_id'), table_name='commune')
    op.drop_table('commune')
    op.drop_index(op.f('ix_branch_operator_id'), table_name='branch')
    op.drop_table('branch')
    op.drop_index(op.f('ix_api_token_person_id'), table_name='api_token')
    op.drop_table('api_token')
    op.drop_index(op.f('ix_absence_substitute_id'), table_name='absence')
    op.drop_index(op.f('ix_absence_person_id'), table_name='absence')
    op.drop_table('absence')
    op.drop_table('territory')
    op.drop_table('suppression')
    op.drop_index(op.f('ix_stay_subject_id'), table_name='stay')
    op.drop_table('stay')
    op.drop_index(op.f('ix_refused_attempt_subject_id'), table_name='refused_attempt')
    op.drop_table('refused_attempt')
    op.drop_table('person')
    op.drop_index(op.f('ix_pending_step_subject_id'), table_name='pending_step')
    op.drop_index(op.f('ix_pending_step_at'), table_name='pending_step')
    op.drop_table('pending_step')
    op.drop_index(op.f('ix_outbox_not_before'), table_name='outbox')
    op.drop_table('outbox')
    op.drop_table('operator')
    op.drop_table('mail_count')
    op.drop_table('heartbeat')
    op.drop_table('journal_text')
    op.drop_table('journal')
    op.drop_table('idempotency_key')
    op.drop_index(op.f('ix_entrepreneur_phone'), table_name='entrepreneur')
    op.drop_index(op.f('ix_entrepreneur_email'), table_name='entrepreneur')
    op.drop_table('entrepreneur')
    op.drop_table('definition')
    op.drop_index(op.f('ix_deadline_territory_id'), table_name='deadline')
    op.drop_index('deadline_owner', table_name='deadline')
    op.drop_index('deadline_next', table_name='deadline', postgresql_where=sa.text("status = 'open'"), sqlite_where=sa.text("status = 'open'"))
    op.drop_table('deadline')
    op.drop_table('day_work')
    op.drop_index(op.f('ix_business_siret'), table_name='business')
    op.drop_table('business')
    op.drop_table('aid')
    op.drop_index(op.f('ix_access_log_subject_id'), table_name='access_log')
    op.drop_table('access_log')
