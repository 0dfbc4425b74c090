"""A proposal is kept as it was written, and packed quickly: no question looks into it."""

from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None
COLUMNS = ('inputs', 'candidates')


def upgrade() -> None:
    """Make the change; where the server was built without LZ4, the columns stay packed as the others."""
    if op.get_bind().dialect.name != 'postgresql':
        return
    _become('json')
    op.execute("""
DO $$ BEGIN
    ALTER TABLE routing_proposal ALTER COLUMN inputs SET COMPRESSION lz4, ALTER COLUMN candidates SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN NULL;
END $$
""")


def downgrade() -> None:
    """Take it back."""
    if op.get_bind().dialect.name == 'postgresql':
        _become('jsonb')
        op.execute(_each('ALTER COLUMN {0} SET COMPRESSION default'))


def _become(kind: str) -> None:
    op.execute(_each(f'ALTER COLUMN {{0}} TYPE {kind} USING {{0}}::{kind}'))


def _each(change: str) -> str:
    return 'ALTER TABLE routing_proposal ' + ', '.join(change.format(name) for name in COLUMNS)
