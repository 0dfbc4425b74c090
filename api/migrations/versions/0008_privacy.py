"""Who looked at a case, cases opened with a reason, what was handed over or erased, how long things are kept."""

import sqlalchemy as sa
from alembic import op

from cases.tables import columns

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change. Nothing wrote the log of reads before."""
    op.drop_table('access_log')
    op.create_table('access_log',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.Text(), nullable=False),
    sa.Column('person_id', sa.Text(), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('at', columns.Instant(), nullable=False),
    sa.Column('hour', columns.Instant(), nullable=False),
    sa.Column('what', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('subject_id', 'person_id', 'what', 'hour', name='access_log_once')
    )
    for column in ('person_id', 'at'):
        op.create_index(op.f(f'ix_access_log_{column}'), 'access_log', [column], unique=False)
    op.create_table('case_opening',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('case_id', sa.Text(), nullable=False),
    sa.Column('person_id', sa.Text(), nullable=False),
    sa.Column('opened_at', columns.Instant(), nullable=False),
    sa.Column('ends_at', columns.Instant(), nullable=False),
    sa.Column('ended_at', columns.Instant(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], ),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    for column in ('case_id', 'person_id'):
        op.create_index(op.f(f'ix_case_opening_{column}'), 'case_opening', [column], unique=False)
    op.create_table('privacy_act',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('case_id', sa.Text(), nullable=True),
    sa.Column('about_id', sa.Text(), nullable=True),
    sa.Column('by_id', sa.Text(), nullable=True),
    sa.Column('at', columns.Instant(), nullable=False),
    sa.Column('facts', columns.Json(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], ),
    sa.ForeignKeyConstraint(['about_id'], ['person.id'], ),
    sa.ForeignKeyConstraint(['by_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    for column in ('case_id', 'about_id', 'by_id', 'at'):
        op.create_index(op.f(f'ix_privacy_act_{column}'), 'privacy_act', [column], unique=False)
    op.create_table('retention_rule',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('length', sa.Integer(), nullable=False),
    sa.Column('changed_at', columns.Instant(), nullable=False),
    sa.Column('changed_by', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['changed_by'], ['person.id'], ),
    sa.PrimaryKeyConstraint('name')
    )
    op.create_index(op.f('ix_retention_rule_changed_by'), 'retention_rule', ['changed_by'], unique=False)
    op.create_table('retention_notice',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('case_id', sa.Text(), nullable=False),
    sa.Column('rule', sa.Text(), nullable=False),
    sa.Column('noticed_at', columns.Instant(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('ended_at', columns.Instant(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('case_id', 'noticed_at', name='retention_notice_once')
    )


def downgrade() -> None:
    """Undo it."""
    for table in ('retention_notice', 'retention_rule', 'privacy_act', 'case_opening', 'access_log'):
        op.drop_table(table)
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
