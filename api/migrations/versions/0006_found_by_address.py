"""A business is found by its address, as it is by its SIRET."""

from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_index(op.f('ix_business_address_line'), 'business', ['address_line'], unique=False)


def downgrade() -> None:
    """Take the change back."""
    op.drop_index(op.f('ix_business_address_line'), table_name='business')
