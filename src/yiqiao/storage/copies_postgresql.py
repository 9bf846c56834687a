"""Copies of a PostgreSQL database's data: a schema each, in the same database."""

from sqlalchemy import Connection, text

from yiqiao.storage import copies
from yiqiao.storage.copies import Snapshot, SnapshotOutdated, UnknownSnapshot
from yiqiao.storage.database import Database, Work
from yiqiao.storage.migrate import newest

PREFIX = "yiqiao_snapshot_"
_SCHEMAS = text("SELECT nspname FROM pg_namespace WHERE starts_with(nspname, :prefix) ORDER BY nspname")


class PostgreSQLCopies:
    """`Copies` as schemas. The hub's database user has to be allowed to create them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, name: str, now_ms: int) -> Snapshot:
        schema = _schema(name)

        def work(connection: Connection) -> Snapshot:
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            connection.execute(text(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE'))
            connection.execute(text(f'CREATE SCHEMA "{schema}"'))
            for table in copies.data_tables():
                connection.execute(text(f'CREATE TABLE "{schema}".{table.name} AS TABLE {table.name}'))
            connection.execute(
                text(f'CREATE TABLE "{schema}".snapshot_of AS SELECT CAST(:at AS bigint) taken_at, :revision revision'),
                {"at": now_ms, "revision": newest()},
            )
            return Snapshot(name, now_ms, newest())

        return await self._database.write(work)

    async def put_back(self, name: str, also: Work[None]) -> None:
        schema = _schema(name)

        def work(connection: Connection) -> None:
            if not _is_there(connection, schema):
                raise UnknownSnapshot(name)
            if _read(connection, schema).revision != newest():
                raise SnapshotOutdated(name)
            copies.hold(connection)
            copies.empty(connection)
            copies.fill(connection, schema)
            also(connection)

        await self._database.write(work)

    async def drop(self, name: str) -> None:
        schema = _schema(name)

        def work(connection: Connection) -> None:
            if not _is_there(connection, schema):
                raise UnknownSnapshot(name)
            connection.execute(text(f'DROP SCHEMA "{schema}" CASCADE'))

        await self._database.write(work)

    async def all(self) -> tuple[Snapshot, ...]:
        def work(connection: Connection) -> tuple[Snapshot, ...]:
            return tuple(_read(connection, schema) for schema in _schemas(connection))

        return await self._database.read(work)


def _schema(name: str) -> str:
    return PREFIX + copies.checked(name)


def _schemas(connection: Connection) -> list[str]:
    return list(connection.scalars(_SCHEMAS, {"prefix": PREFIX}))


def _is_there(connection: Connection, schema: str) -> bool:
    return schema in _schemas(connection)


def _read(connection: Connection, schema: str) -> Snapshot:
    taken_at, revision = connection.execute(text(f'SELECT taken_at, revision FROM "{schema}".snapshot_of')).one()
    return Snapshot(schema.removeprefix(PREFIX), taken_at, revision)
