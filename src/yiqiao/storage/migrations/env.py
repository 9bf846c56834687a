"""How Alembic runs here: on the connection it is given, inside the transaction that is open on it."""

from alembic import context

from yiqiao.storage.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=False)
if connection.dialect.name == "postgresql":
    # Two processes that start at once must not both migrate: the second waits, and finds nothing left to do.
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(86006001)")
context.run_migrations()
