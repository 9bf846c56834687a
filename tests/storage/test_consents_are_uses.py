"""The upgrade by which consents count as uses of cards: nothing is lost, and what was given before counts too."""

from sqlalchemy import inspect

from yiqiao.storage import open_database
from yiqiao.storage.card_uses import UseFilter, UseLineRow, newest_uses
from yiqiao.storage.migrate import upgrade

BEFORE, AFTER = "0005", "0006"
SCANNED = """INSERT INTO card_use VALUES ('h1', '1', '', 'p1', 1, 'static', '010101', NULL, 'T1', '0007', NULL, 10)"""
ASKED = """
    INSERT INTO card_consent (app_id, out_authorize_no, fingerprint, token_digest, state, treatment_code, office_code,
                              term_id, operator_id, ip_addr, key_id, sealed, at, expires_at,
                              decided_at, person_id, issue_no)
    VALUES ('h1', '1', '', '', 'succ', '010103', '0300', 'T2', '0008', '192.0.2.7', 'k', '', 15, 75, 20, 'p2', 3),
           ('h1', '2', '', '', 'fail', '010103', '0300', 'T2', '0008', '192.0.2.7', 'k', '', 15, 75, 20, 'p2', NULL),
           ('h1', '3', '', '', 'ing', '010103', '0300', 'T2', '0008', '192.0.2.7', 'k', '', 15, 75, NULL, NULL, NULL)
"""


async def upgraded(url: str) -> list[UseLineRow]:
    """Bring a database that has served up to date; answers its uses, the newest first."""
    await upgrade(url, BEFORE)
    database = await open_database(url)
    try:
        await database.write(lambda c: [c.exec_driver_sql(sql).rowcount for sql in (SCANNED, ASKED)])
    finally:
        await database.close()
    await upgrade(url, AFTER)
    database = await open_database(url)
    try:
        return await database.read(lambda c: newest_uses(c, UseFilter(0, 1 << 50), 10))
    finally:
        await database.close()


async def test_what_was_scanned_stays_and_what_was_consented_to_joins_it(database_url: str) -> None:
    given, scanned = await upgraded(database_url)
    assert given[:12] == (
        20,
        "h1",
        "consent",
        "1",
        "p2",
        3,
        "consent",
        "010103",
        "0300",
        "T2",
        "0008",
        "192.0.2.7",
    )
    assert scanned[:12] == (10, "h1", "scan", "1", "p1", 1, "static", "010101", None, "T1", "0007", None)


async def test_key_tells_the_ways_apart_and_indexes_are_there(database_url: str) -> None:
    await upgrade(database_url)
    database = await open_database(database_url)
    try:
        key = await database.read(lambda c: inspect(c).get_pk_constraint("card_use"))
        indexes = await database.read(lambda c: {index["name"] for index in inspect(c).get_indexes("card_use")})
    finally:
        await database.close()
    assert key["constrained_columns"] == ["app_id", "way", "number"]
    assert indexes == {"ix_card_use_at", "ix_card_use_person_id_at"}
