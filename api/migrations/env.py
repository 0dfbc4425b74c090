"""What Alembic runs: the migrations, on the connection and inside the transaction that `run` opened."""

from __future__ import annotations

from alembic import context

from api.migrations.target import target

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=target(),
    compare_type=True,
    transactional_ddl=True,
    user_module_prefix="columns.",
)
with context.begin_transaction():
    context.run_migrations()
