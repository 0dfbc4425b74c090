"""What there is to say in a call is kept in the other languages of those who work here too."""

import sqlalchemy as sa
from alembic import op

from cases.tables import columns

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change; calls that wait already are said in French."""
    op.add_column('task', sa.Column('translations', columns.Json(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column('task', 'translations')
