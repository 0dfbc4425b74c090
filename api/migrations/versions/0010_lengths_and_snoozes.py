"""A territory chooses lengths of its own, and a deadline says where its length comes from; somebody puts reminders off."""

import sqlalchemy as sa
from alembic import op

from cases.tables import columns

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.add_column("deadline", sa.Column("source", sa.Text(), nullable=False, server_default="default"))
    op.create_table(
        "deadline_length",
        sa.Column("territory_id", sa.Text(), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("since", columns.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["territory_id"], ["territory.id"]),
        sa.PrimaryKeyConstraint("territory_id", "family"),
    )
    op.create_table(
        "snooze",
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("deadline_id", sa.Text(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("at", columns.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["deadline_id"], ["deadline.id"]),
        sa.PrimaryKeyConstraint("person_id", "deadline_id"),
    )
    op.create_index(op.f("ix_snooze_deadline_id"), "snooze", ["deadline_id"], unique=False)


def downgrade() -> None:
    """Undo it."""
    op.drop_index(op.f("ix_snooze_deadline_id"), table_name="snooze")
    op.drop_table("snooze")
    op.drop_table("deadline_length")
    op.drop_column("deadline", "source")
