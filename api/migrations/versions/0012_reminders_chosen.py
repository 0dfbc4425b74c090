"""Who is reminded chooses what of, whoever they are; work of a day is done once."""

import sqlalchemy as sa
from alembic import op

from cases.tables import columns

revision = '0012'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change; no preference was ever kept before."""
    op.drop_table('preference')
    op.create_table('preference',
    sa.Column('recipient', sa.Text(), nullable=False),
    sa.Column('category', sa.Text(), nullable=False),
    sa.Column('wanted', sa.Boolean(), nullable=False),
    sa.Column('at', columns.Instant(), nullable=False),
    sa.PrimaryKeyConstraint('recipient', 'category')
    )
    op.create_table('daily_work',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('at', columns.Instant(), nullable=False),
    sa.PrimaryKeyConstraint('name', 'day')
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table('daily_work')
    op.drop_table('preference')
    op.create_table('preference',
    sa.Column('person_id', sa.Text(), nullable=False),
    sa.Column('category', sa.Text(), nullable=False),
    sa.Column('wanted', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('person_id', 'category')
    )
