"""How Alembic reaches the database: through the connection that quizapp hands it, in its transaction."""

from alembic import context

from quizapp.store.tables import meta

context.configure(connection=context.config.attributes["connection"], target_metadata=meta)
context.run_migrations()
