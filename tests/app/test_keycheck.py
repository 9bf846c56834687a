"""A database knows the keys it was filled with."""

from dataclasses import replace

from tests.support.keys import KEYRING
from yiqiao.app.keycheck import strange_keys
from yiqiao.storage import Database


async def test_the_keys_of_the_first_use_are_the_ones(database: Database) -> None:
    for _ in range(2):
        assert await strange_keys(database, KEYRING) == []


async def test_other_keys_are_found_out_by_purpose(database: Database) -> None:
    await strange_keys(database, KEYRING)
    others = replace(KEYRING, identity=b"o" * 32, chain=b"o" * 32)
    assert await strange_keys(database, others) == ["identity", "chain"]
