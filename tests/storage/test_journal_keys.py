"""The upgrade by which the journal's keys are filed apart: what was written before is found as before."""

from sqlalchemy import inspect, text

from yiqiao.storage import Database, open_database
from yiqiao.storage.journal import Filter, newest_first
from yiqiao.storage.journal_keys import PART, chains_behind
from yiqiao.storage.migrate import upgrade

BEFORE, AFTER = "0013", "0014"
_ENTRY = "'d', 'o', 'a', 'in', '0', 1, 'r'"
WRITTEN = (
    "INSERT INTO journal_chain VALUES ('dead', 1, '[]', ''), ('pruned', 2, '[]', '')",
    f"""INSERT INTO journal VALUES
        ('dead', 1, 10, {_ENTRY}, 7, 8, NULL, 7, '', 1, 0, ''),
        ('dead', 2, 11, {_ENTRY}, 7, NULL, 9, NULL, '', 1, 1, ''),
        ('dead', {PART}, 12, {_ENTRY}, 7, NULL, NULL, NULL, '', 1, 2, ''),
        ('dead', {PART + 1}, 13, {_ENTRY}, NULL, NULL, NULL, NULL, '', 1, 3, '')""",
)


async def upgraded(url: str) -> Database:
    """A database that has served, brought up to date."""
    await upgrade(url, BEFORE)
    database = await open_database(url)
    try:
        await database.write(lambda c: [c.exec_driver_sql(sql).rowcount for sql in WRITTEN])
    finally:
        await database.close()
    await upgrade(url, AFTER)
    return await open_database(url)


async def test_every_key_of_before_is_filed_and_found(database_url: str) -> None:
    database = await upgraded(database_url)

    async def found(column: str, key: int) -> list[int]:
        return [row.seq for row in await database.read(lambda c: newest_first(c, Filter({column: key}), 9))]

    try:
        keys = await database.read(lambda c: c.execute(text("SELECT * FROM journal_key ORDER BY 1, 2, 3, 4")).all())
        marks = await database.read(lambda c: c.execute(text("SELECT * FROM journal_mark")).all())
        assert [tuple(row) for row in keys] == [
            (0, 7, "dead", 1),
            (0, 7, "dead", 2),
            (0, 8, "dead", 1),
            (0, 9, "dead", 2),
            (1, 7, "dead", PART),
        ]
        assert [tuple(row) for row in marks] == [("dead", PART + 1)]
        assert await database.read(chains_behind) == []
        assert await found("key_person", 7) == [PART, 2, 1]
        assert await found("key_trace", 7) == [1]
        assert await found("key_order", 7) == []
    finally:
        await database.close()


async def test_the_indexes_on_the_keys_are_gone_and_the_others_stay(database_url: str) -> None:
    await upgrade(database_url)
    database = await open_database(database_url)
    try:
        indexes = await database.read(lambda c: {index["name"] for index in inspect(c).get_indexes("journal")})
    finally:
        await database.close()
    assert indexes == {"ix_journal_at", "ix_journal_app_id_at"}
