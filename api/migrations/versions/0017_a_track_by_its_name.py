"""A request knows the name of its track: deadlines and stays are found by it."""

import sqlalchemy as sa
from alembic import op

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change; the database works the name out for the requests that are there."""
    with op.batch_alter_table('referral') as table:
        table.add_column(sa.Column('track', sa.Text(), sa.Computed("'referral-' || CAST(number AS TEXT)", persisted=True)))


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table('referral') as table:
        table.drop_column('track')
