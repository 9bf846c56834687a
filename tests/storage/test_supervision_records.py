"""Looking up thousands of uploaded records: each key by an index, never the table for each key."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, event

from yiqiao.storage import Database, supervision_records
from yiqiao.storage.supervision_records import Fact

KEYS = [f"O{n:05}" for n in range(300)]
LOOKS: dict[str, Callable[[Connection], object]] = {
    "versions": lambda c: supervision_records.versions(c, "IH9851", "order", KEYS),
    "present": lambda c: supervision_records.present(c, "IH9851", "order", KEYS),
    "announce": lambda c: supervision_records.announce(c, "IH9851", "order", KEYS),
    "take_wanted": lambda c: supervision_records.take_wanted(c, "IH9851", Fact("staff", "D07"), 2000),
}


@pytest.fixture
def engine() -> str:
    """PostgreSQL plans by what is in the tables; SQLite by what is written."""
    return "sqlite"


def plans(connection: Connection, look: Callable[[Connection], object]) -> list[str]:
    """How SQLite goes about the statements of a look."""
    seen: list[tuple[str, Any]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        seen.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", note)
    look(connection)
    event.remove(connection, "before_cursor_execute", note)
    asked = [(statement, given) for statement, given in seen if statement.lstrip().startswith("SELECT")]
    return [
        row[3]
        for statement, given in asked
        for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)
    ]


@pytest.mark.parametrize("name", LOOKS)
async def test_keys_are_looked_up_by_an_index(database: Database, name: str) -> None:
    told = await database.write(lambda connection: plans(connection, LOOKS[name]))
    assert told
    scanned = [line for line in told if line.startswith("SCAN") and "given" not in line]
    assert scanned == []
    assert not [line for line in told if "given" in line and line.startswith("SEARCH")]
    if name != "take_wanted":
        assert told[0].startswith("SCAN given")
