"""Appointments stand in calendars, and a survey that nobody answered is asked again."""

import sqlalchemy as sa
from alembic import op

from cases.tables import columns

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table('appointment',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('case_id', sa.Text(), nullable=False),
    sa.Column('track', sa.Text(), nullable=False),
    sa.Column('person_id', sa.Text(), nullable=True),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('time', sa.Text(), nullable=True),
    sa.Column('place', sa.Text(), nullable=True),
    sa.Column('changes', sa.Integer(), nullable=False),
    sa.Column('cancelled_at', columns.Instant(), nullable=True),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], ),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_appointment_case_id'), 'appointment', ['case_id'], unique=False)
    op.create_index(op.f('ix_appointment_person_id'), 'appointment', ['person_id'], unique=False)
    op.create_table('calendar_feed',
    sa.Column('person_id', sa.Text(), nullable=False),
    sa.Column('token_hash', sa.Text(), nullable=False),
    sa.Column('created_at', columns.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('person_id'),
    sa.UniqueConstraint('token_hash')
    )
    op.add_column('survey', sa.Column('reminders', sa.Integer(), server_default='0', nullable=False))


def downgrade() -> None:
    """Undo the change."""
    op.drop_column('survey', 'reminders')
    op.drop_table('calendar_feed')
    op.drop_index(op.f('ix_appointment_person_id'), table_name='appointment')
    op.drop_index(op.f('ix_appointment_case_id'), table_name='appointment')
    op.drop_table('appointment')
