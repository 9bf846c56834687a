"""A database knows the keys it was filled with."""

from dataclasses import replace

from tests.support.keys import KEYRING

from yiqiao.storage import Database
from yiqiao.storage.keycheck import strange_keys


async def test_the_keys_of_the_first_use_are_the_ones(database: Database) -> None:
    for _ in range(2):
        assert await database.write(lambda c: strange_keys(c, KEYRING)) == []


async def test_other_keys_are_found_out_by_purpose(database: Database) -> None:
    await database.write(lambda c: strange_keys(c, KEYRING))
    others = replace(KEYRING, identity=b"o" * 32, chain=b"o" * 32)
    assert await database.write(lambda c: strange_keys(c, others)) == ["identity", "chain"]
