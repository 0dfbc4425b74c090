"""Aids say for whom they are, and aids obtained whether they count as de minimis aid."""

import sqlalchemy as sa
from alembic import op

from cases.aid_catalogue import search_text
from cases.tables import columns

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

_READ = sa.table('aid', sa.column('id'), *(sa.column(name) for name in ('name', 'operator', 'facts', 'caveat', 'search_text')))


def upgrade() -> None:
    """Make the change; the aids that are there are found by a search at once."""
    op.add_column('aid', sa.Column('conditions', sa.Text(), nullable=True))
    op.add_column('aid', sa.Column('perimeter', sa.Text(), nullable=True))
    op.add_column('aid', sa.Column('eligibility', columns.Json(), nullable=False, server_default='{}'))
    op.add_column('aid', sa.Column('de_minimis', sa.Boolean(), nullable=True))
    op.add_column('aid', sa.Column('search_text', sa.Text(), nullable=False, server_default=''))
    op.add_column('aid_obtained', sa.Column('granted_on', sa.Date(), nullable=True))
    op.add_column('aid_obtained', sa.Column('de_minimis', sa.Boolean(), nullable=True))
    db = op.get_bind()
    for row in db.execute(sa.select(_READ)).mappings().all():
        db.execute(_READ.update().where(_READ.c.id == row['id']).values(search_text=search_text(row)))


def downgrade() -> None:
    """Take the change back."""
    for table, names in (
        ('aid_obtained', ('de_minimis', 'granted_on')),
        ('aid', ('search_text', 'de_minimis', 'eligibility', 'perimeter', 'conditions')),
    ):
        for name in names:
            op.drop_column(table, name)
