"""Who comes in: what is asked for and its code, where a session is and with which role, and what a token may do."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

from cases.tables import columns

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

SESSION: dict[str, TypeEngine[Any]] = {'network': sa.Text(), 'own_until': columns.Instant(), 'grant_id': sa.Text(), 'provider_token': sa.Text()}


def upgrade() -> None:
    """Make the change. The tokens that are there may do what they could."""
    op.create_table('sign_in_request',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('browser_hash', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('next_page', sa.Text(), nullable=False),
    sa.Column('created_at', columns.Instant(), nullable=False),
    sa.Column('answered_at', columns.Instant(), nullable=True),
    sa.Column('code_hash', sa.Text(), nullable=True),
    sa.Column('code_until', columns.Instant(), nullable=True),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('used_at', columns.Instant(), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_sign_in_request_browser_hash'), 'sign_in_request', ['browser_hash'], unique=False)
    for name, kind in SESSION.items():
        op.add_column('session', sa.Column(name, kind, nullable=True))
    tokens = sa.table('api_token', sa.column('scopes', columns.Json()))
    op.execute(tokens.update().values(scopes=['read', 'write', 'import', 'webhooks']))


def downgrade() -> None:
    """Go back to how it was."""
    for name in SESSION:
        op.drop_column('session', name)
    op.drop_index(op.f('ix_sign_in_request_browser_hash'), table_name='sign_in_request')
    op.drop_table('sign_in_request')
