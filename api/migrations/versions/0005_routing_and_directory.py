"""A proposal reads what is near it and recent, and nothing else; a file of the directory waits for its sender to agree."""

import sqlalchemy as sa
from alembic import op

from cases.tables import columns

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_index('coverage_place', 'coverage', ['level', 'code', 'branch_id'], unique=False)
    op.create_index(op.f('ix_quartier_insee'), 'quartier', ['insee'], unique=False)
    op.create_index('referral_of_branch', 'referral', ['branch_id', 'state'], unique=False)
    op.create_index('referral_moved', 'referral', ['branch_id', 'state_since'], unique=False)
    op.drop_index('ix_referral_branch_id', table_name='referral')
    op.create_table('directory_upload',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('by_id', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('sent_at', columns.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_directory_upload_by_id'), 'directory_upload', ['by_id'], unique=False)


def downgrade() -> None:
    """Take it back."""
    op.drop_index(op.f('ix_directory_upload_by_id'), table_name='directory_upload')
    op.drop_table('directory_upload')
    op.create_index('ix_referral_branch_id', 'referral', ['branch_id'], unique=False)
    op.drop_index('referral_moved', table_name='referral')
    op.drop_index('referral_of_branch', table_name='referral')
    op.drop_index(op.f('ix_quartier_insee'), table_name='quartier')
    op.drop_index('coverage_place', table_name='coverage')
