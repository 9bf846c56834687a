"""Many rows in one statement, the same on both engines."""

from sqlalchemy import Connection

from yiqiao.storage import Database
from yiqiao.storage.bulk import as_set, having_keys, insert_many, matching
from yiqiao.storage.tables.journal import journal_bundle

COLUMNS = ("chain", "bundle", "key_id", "sealed")


async def test_rows_go_in_and_those_that_were_new_are_told(database: Database) -> None:
    def work(connection: Connection) -> list[tuple[object, ...]]:
        insert_many(connection, journal_bundle, COLUMNS, [("a", 1, "k", b"\x00\xff")])
        rows = [("a", 1, "k", b"again"), ("a", 2, "k", b"new"), ("a", 2, "k", b"twice in one statement")]
        done = insert_many(
            connection, journal_bundle, COLUMNS, rows, skip_conflicts=True, returning=("chain", "bundle")
        )
        return [tuple(row) for row in done]

    assert await database.write(work) == [("a", 2)]
    sql = "SELECT bundle, sealed FROM journal_bundle ORDER BY bundle"
    kept = await database.read(lambda c: [(row[0], bytes(row[1])) for row in c.exec_driver_sql(sql)])
    assert kept == [(1, b"\x00\xff"), (2, b"new")]


async def test_more_rows_than_one_statement_of_sqlite_can_hold(database: Database) -> None:
    rows = [("many", n, "k", b"x") for n in range(20_000)]
    await database.write(lambda c: insert_many(c, journal_bundle, COLUMNS, rows))
    found = await database.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM journal_bundle").scalar())
    assert found == 20_000


async def test_a_set_of_texts_is_one_parameter(database: Database) -> None:
    rows = [(name, 1, "k", b"x") for name in ("甲", "乙'; --", "丙")]
    await database.write(lambda c: insert_many(c, journal_bundle, COLUMNS, rows))

    def work(connection: Connection) -> set[str]:
        sql = f"SELECT chain FROM journal_bundle WHERE {matching(connection, 'chain')}"
        return {row[0] for row in connection.exec_driver_sql(sql, (as_set(connection, ["甲", "乙'; --", "丁"]),))}

    assert await database.read(work) == {"甲", "乙'; --"}


async def test_rows_are_found_by_several_keys_however_many(database: Database) -> None:
    rows = [(chain, n, "k", b"x") for chain in ("a", "b") for n in range(20_000)]
    await database.write(lambda c: insert_many(c, journal_bundle, COLUMNS, rows))
    wanted: list[tuple[object, ...]] = [("a", n) for n in range(19_000, 39_000)]

    def read(connection: Connection) -> list[tuple[object, ...]]:
        return having_keys(connection, journal_bundle, ("chain", "bundle"), ("chain", "bundle", "sealed"), wanted)

    assert sorted(await database.read(read)) == [("a", n, b"x") for n in range(19_000, 20_000)]
    assert await database.read(lambda c: having_keys(c, journal_bundle, ("chain",), COLUMNS, [])) == []


async def test_no_rows_are_no_statement(database: Database) -> None:
    assert await database.write(lambda c: len(insert_many(c, journal_bundle, COLUMNS, []))) == 0
