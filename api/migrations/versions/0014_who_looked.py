"""Who looked may be a branch, by its common address; a person is known at the identity provider by an id that is nobody else's."""

import sqlalchemy as sa
from alembic import op

from cases.tables import columns

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None
ONCE = 'access_log_once'


def upgrade() -> None:
    """Make the change; what was noted before was noted of persons."""
    with op.batch_alter_table('access_log') as table:
        table.add_column(sa.Column('branch_id', sa.Text(), nullable=True))
        table.add_column(sa.Column('reader', sa.Text(), nullable=True))
    op.execute("UPDATE access_log SET reader = 'person:' || person_id")
    with op.batch_alter_table('access_log') as table:
        table.alter_column('person_id', existing_type=sa.Text(), nullable=True)
        table.alter_column('reader', existing_type=sa.Text(), nullable=False)
        table.drop_constraint(ONCE, type_='unique')
        table.create_unique_constraint(ONCE, ['subject_id', 'reader', 'what', 'hour'])
    op.create_table('provider_identity',
    sa.Column('issuer', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('person_id', sa.Text(), nullable=False),
    sa.Column('created_at', columns.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('issuer', 'subject')
    )
    op.create_index(op.f('ix_provider_identity_person_id'), 'provider_identity', ['person_id'], unique=False)


def downgrade() -> None:
    """Take it back; what a branch looked at was noted nowhere before."""
    op.drop_index(op.f('ix_provider_identity_person_id'), table_name='provider_identity')
    op.drop_table('provider_identity')
    op.execute("DELETE FROM access_log WHERE person_id IS NULL")
    with op.batch_alter_table('access_log') as table:
        table.drop_constraint(ONCE, type_='unique')
        table.alter_column('person_id', existing_type=sa.Text(), nullable=False)
        table.drop_column('reader')
        table.drop_column('branch_id')
        table.create_unique_constraint(ONCE, ['subject_id', 'person_id', 'what', 'hour'])
