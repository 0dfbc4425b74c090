"""Somebody chooses in which language they read, whichever they speak."""

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change; nobody had chosen a language before."""
    op.add_column('entrepreneur', sa.Column('reads_in', sa.Text(), nullable=True))
    op.add_column('person', sa.Column('reads_in', sa.Text(), nullable=True))
    op.drop_column('person', 'language')


def downgrade() -> None:
    """Take it back."""
    op.add_column('person', sa.Column('language', sa.Text(), server_default='fr', nullable=False))
    op.drop_column('person', 'reads_in')
    op.drop_column('entrepreneur', 'reads_in')
