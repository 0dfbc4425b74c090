"""Answers to mails are filed once; other tools are told of each line."""

import sqlalchemy as sa
from alembic import op

from cases.tables import columns

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table('inbound_mail',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('link_id', sa.Text(), nullable=False),
    sa.Column('fingerprint', sa.Text(), nullable=False),
    sa.Column('case_id', sa.Text(), nullable=False),
    sa.Column('received_at', columns.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], ),
    sa.ForeignKeyConstraint(['link_id'], ['signed_link.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('link_id', 'fingerprint', name='inbound_mail_once')
    )
    op.create_index(op.f('ix_inbound_mail_case_id'), 'inbound_mail', ['case_id'], unique=False)
    op.create_table('webhook',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('person_id', sa.Text(), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('events', columns.Json(), nullable=False),
    sa.Column('created_at', columns.Instant(), nullable=False),
    sa.Column('failing_since', columns.Instant(), nullable=True),
    sa.Column('disabled_at', columns.Instant(), nullable=True),
    sa.Column('disabled_because', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_webhook_person_id'), 'webhook', ['person_id'], unique=False)
    op.create_table('webhook_delivery',
    sa.Column('webhook_id', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.Text(), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('next_at', columns.Instant(), nullable=False),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.Column('created_at', columns.Instant(), nullable=False),
    sa.Column('delivered_at', columns.Instant(), nullable=True),
    sa.ForeignKeyConstraint(['webhook_id'], ['webhook.id'], ),
    sa.PrimaryKeyConstraint('webhook_id', 'subject_id', 'sequence')
    )
    op.create_index('webhook_delivery_next', 'webhook_delivery', ['next_at'], unique=False, postgresql_where=sa.text("status = 'waiting'"), sqlite_where=sa.text("status = 'waiting'"))
    op.create_index('webhook_delivery_of_subject', 'webhook_delivery', ['subject_id', 'sequence'], unique=False)
    op.create_table('webhook_secret',
    sa.Column('webhook_id', sa.Text(), nullable=False),
    sa.Column('secret', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['webhook_id'], ['webhook.id'], ),
    sa.PrimaryKeyConstraint('webhook_id')
    )


def downgrade() -> None:
    """Undo the change."""
    op.drop_table('webhook_secret')
    op.drop_index('webhook_delivery_of_subject', table_name='webhook_delivery')
    op.drop_index('webhook_delivery_next', table_name='webhook_delivery', postgresql_where=sa.text("status = 'waiting'"), sqlite_where=sa.text("status = 'waiting'"))
    op.drop_table('webhook_delivery')
    op.drop_index(op.f('ix_webhook_person_id'), table_name='webhook')
    op.drop_table('webhook')
    op.drop_index(op.f('ix_inbound_mail_case_id'), table_name='inbound_mail')
    op.drop_table('inbound_mail')
