"""What was put right in the directory is kept, and a file of aids can be undone."""

import sqlalchemy as sa
from alembic import op

from cases.tables import columns

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table('directory_correction',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('nature', sa.Text(), nullable=False),
    sa.Column('line_id', sa.Text(), nullable=False),
    sa.Column('changes', columns.Json(), nullable=False),
    sa.Column('by_id', sa.Text(), nullable=True),
    sa.Column('at', columns.Instant(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_directory_correction_line_id'), 'directory_correction', ['line_id'], unique=False)
    op.create_table('aid_import',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('by_id', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=True),
    sa.Column('sent_at', columns.Instant(), nullable=False),
    sa.Column('written_at', columns.Instant(), nullable=True),
    sa.Column('report', columns.Json(), nullable=True),
    sa.Column('wrote', columns.Json(), nullable=True),
    sa.Column('undone_at', columns.Instant(), nullable=True),
    sa.ForeignKeyConstraint(['by_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_aid_import_by_id'), 'aid_import', ['by_id'], unique=False)


def downgrade() -> None:
    """Take it back."""
    op.drop_table('aid_import')
    op.drop_table('directory_correction')
