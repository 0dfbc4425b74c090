"""The words of cases in an index of trigrams, and the views that people keep."""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

from cases.tables import columns

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

_APART = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "ð": "d", "þ": "th"})


def upgrade() -> None:
    """Make the change."""
    op.create_table('case_search',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Text(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case_file.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('case_id')
    )
    op.create_table('saved_view',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('person_id', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('asked', sa.Text(), nullable=False),
    sa.Column('created_at', columns.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_saved_view_person_id'), 'saved_view', ['person_id'], unique=False)
    db = op.get_bind()
    if db.dialect.name == 'postgresql':
        db.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        db.exec_driver_sql("CREATE INDEX case_words ON case_search USING gin (words gin_trgm_ops)")
    else:
        db.exec_driver_sql("CREATE VIRTUAL TABLE case_words USING fts5 (words, content='case_search', content_rowid='id', tokenize='trigram')")
    _fold_what_is_there(db)


def downgrade() -> None:
    """Take it back."""
    op.drop_index(op.f('ix_saved_view_person_id'), table_name='saved_view')
    op.drop_table('saved_view')
    if op.get_bind().dialect.name == 'sqlite':
        op.drop_table('case_words')
    op.drop_table('case_search')


def _fold_what_is_there(db: sa.Connection) -> None:
    cases = db.exec_driver_sql("SELECT id, reference, search_text FROM case_file").all()
    for case_id, reference, text in cases:
        row = {"id": case_id, "words": f"{_folded(text)} {_folded(reference).replace(' ', '').removeprefix('qp')}".strip()}
        db.execute(sa.text("UPDATE case_file SET search_text = :words WHERE id = :id"), row)
        db.execute(sa.text("INSERT INTO case_search (case_id, words) VALUES (:id, :words)"), row)
    if db.dialect.name == 'sqlite':
        db.exec_driver_sql("INSERT INTO case_words (case_words) VALUES ('rebuild')")


def _folded(text: str) -> str:
    apart = unicodedata.normalize("NFKD", re.sub(r"\+(?:33|262|590|594|596)([1-9]\d{8})", r"0\1", text)).casefold().translate(_APART)
    plain = "".join(one for one in unicodedata.normalize("NFKD", apart) if not unicodedata.combining(one))
    return re.sub(r"[\W_]+", " ", plain).strip()
