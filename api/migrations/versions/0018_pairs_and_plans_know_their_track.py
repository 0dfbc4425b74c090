"""A mentoring pair and a transition plan know the name of their track, as a request does."""

import sqlalchemy as sa
from alembic import op

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None

KINDS = ('mentoring_pair', 'transition_plan')


def upgrade() -> None:
    """Make the change; the database works the names out for what is there."""
    for kind in KINDS:
        with op.batch_alter_table(kind) as table:
            table.add_column(sa.Column('track', sa.Text(), sa.Computed(f"'{kind}-' || CAST(number AS TEXT)", persisted=True)))


def downgrade() -> None:
    """Take it back."""
    for kind in KINDS:
        with op.batch_alter_table(kind) as table:
            table.drop_column('track')
