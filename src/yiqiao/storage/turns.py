"""Taking turns over what is no row yet: whoever counts before they add has to count alone."""

from sqlalchemy import Connection


def one_at_a_time(connection: Connection, *what: str) -> None:
    """Let nobody else who asks for the same go on until our transaction ends; look only afterwards.

    On SQLite whoever writes is alone already.
    """
    if connection.dialect.name == "postgresql":
        sql = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
        connection.exec_driver_sql(sql, ("|".join(what),)).all()
