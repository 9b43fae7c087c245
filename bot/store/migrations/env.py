"""Alembic runs inside the connection that `bot.store.migrate` hands over."""

from alembic import context

from bot.store import answer_tables, cluster_tables, restraint_tables  # noqa: F401 - so that their tables are known
from bot.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
