"""Counting and listing uses of cards, on both engines (用卡监测; rules verify.stage, authurl.operator)."""

from collections.abc import Iterable

import pytest
from sqlalchemy import Connection

from yiqiao.clock import parse_compact
from yiqiao.storage import Database, card_uses
from yiqiao.storage.bulk import insert_many
from yiqiao.storage.card_uses import UseFilter
from yiqiao.storage.cards import CONSENT, SCAN, PersonRow, UseRow, add_uses, use_fingerprints
from yiqiao.storage.desk_operators import OperatorRow, add_operators, name_indexes, rename_operators
from yiqiao.storage.tables.cards import card_use, person

HOUR, DAY = 3_600_000, 86_400_000
MIDNIGHT = parse_compact("20261120000000")
EVER = UseFilter(0, 1 << 50)


def use(serial: str, at: int = MIDNIGHT, **more: object) -> UseRow:
    row = UseRow("h1", SCAN, serial, b"f", "p1", 1, "dynamic", "010101", "0300", "T1", "0007", "192.0.2.7", at)
    return UseRow._make({**row._asdict(), **more}.values())


def consent(serial: str, at: int = MIDNIGHT, **more: object) -> UseRow:
    return use(serial, at, way=CONSENT, code_kind="consent", **more)


async def file(database: Database, rows: Iterable[UseRow]) -> None:
    await database.write(lambda c: insert_many(c, card_use, UseRow._fields, list(rows)))


@pytest.fixture
async def filed(database: Database) -> Database:
    """Five uses: two hospitals, three stages, an office that was not given, two days."""
    await file(
        database,
        [
            use("1"),
            use("2", MIDNIGHT + 9 * HOUR, treatment_code="010105"),
            use("3", MIDNIGHT - 1, treatment_code="010105", office_code=None, operator_id="0008"),
            use("1", MIDNIGHT + 10 * HOUR, app_id="h2", term_id="T1", person_id="p2"),
            use("2", MIDNIGHT + 10 * HOUR, app_id="h2", term_id="T2", treatment_code="010103"),
        ],
    )
    return database


async def counted(database: Database, wanted: UseFilter = EVER, step: int = DAY) -> dict[str, dict[object, int]]:
    rows = await database.read(lambda c: card_uses.counts(c, wanted, step))
    found: dict[str, dict[object, int]] = {}
    for row in rows:
        found.setdefault(row.by, {})[(row.app_id, row.key) if row.by == "term_id" else row.key] = row.uses
    return found


async def test_uses_are_counted_by_stage_office_hospital_and_terminal(filed: Database) -> None:
    found = await counted(filed)
    assert found["treatment_code"] == {"010101": 2, "010105": 2, "010103": 1}
    assert found["office_code"] == {"0300": 4, None: 1}
    assert found["app_id"] == {"h1": 3, "h2": 2}
    assert found["term_id"] == {("h1", "T1"): 3, ("h2", "T1"): 1, ("h2", "T2"): 1}


async def test_a_day_begins_at_midnight_in_beijing(filed: Database) -> None:
    day = (MIDNIGHT + 8 * HOUR) // DAY
    assert (await counted(filed))["slot"] == {str(day): 4, str(day - 1): 1}
    hour = (MIDNIGHT + 8 * HOUR) // HOUR
    hours = (await counted(filed, step=HOUR))["slot"]
    assert hours == {str(hour - 1): 1, str(hour): 1, str(hour + 9): 1, str(hour + 10): 2}


@pytest.mark.parametrize(
    ("equal", "total"),
    [
        ({"treatment_code": "010105"}, 2),
        ({"office_code": "0300"}, 4),
        ({"app_id": "h2"}, 2),
        ({"term_id": "T1"}, 4),
        ({"operator_id": "0008"}, 1),
        ({"app_id": "h2", "term_id": "T1"}, 1),
        ({"app_id": "h3"}, 0),
    ],
)
async def test_counts_and_list_follow_the_same_filter(equal: dict[str, str], total: int, filed: Database) -> None:
    wanted = UseFilter._make({**EVER._asdict(), **equal}.values())
    assert sum((await counted(filed, wanted)).get("app_id", {}).values()) == total
    assert len(await filed.read(lambda c: card_uses.newest_uses(c, wanted, 10))) == total


async def test_the_first_moment_belongs_to_a_range_and_the_last_does_not(filed: Database) -> None:
    found = await counted(filed, UseFilter(MIDNIGHT, MIDNIGHT + 9 * HOUR))
    assert found["app_id"] == {"h1": 1}


async def test_the_list_is_newest_first_and_goes_on_where_it_ended_even_within_a_moment(database: Database) -> None:
    moments = [use(f"{n:02}", MIDNIGHT + n // 4, app_id=f"h{n % 2}") for n in range(20)]
    moments += [consent(row.number, row.at, app_id=row.app_id) for row in moments]
    await file(database, moments)
    seen: list[card_uses.Place] = []

    def next_page(connection: Connection) -> list[card_uses.Place]:
        page = card_uses.newest_uses(connection, EVER, 3, seen[-1] if seen else None)
        return [(row.at, row.app_id, row.way, row.number) for row in page]

    while page := await database.read(next_page):
        seen += page
    assert seen == sorted(((row.at, row.app_id, row.way, row.number) for row in moments), reverse=True)


async def test_a_consent_and_a_scan_under_one_number_are_two_uses(database: Database) -> None:
    def work(connection: Connection) -> list[set[tuple[str, str]]]:
        return [add_uses(connection, [row]) for row in (use("1"), consent("1"), use("1"), consent("1"))]

    assert await database.write(work) == [{("h1", "1")}, {("h1", "1")}, set(), set()]
    assert (await counted(database))["app_id"] == {"h1": 2}


async def test_a_consent_does_not_make_a_scan_a_repeat(database: Database) -> None:
    await file(database, [consent("1"), use("2")])
    assert await database.read(lambda c: use_fingerprints(c, [("h1", "1"), ("h1", "2")])) == {("h1", "2"): b"f"}


async def test_uses_of_a_person_are_theirs_alone(filed: Database) -> None:
    rows = await filed.read(lambda c: card_uses.uses_of(c, "p2", 10))
    assert [(row.app_id, row.number) for row in rows] == [("h2", "1")]


async def test_a_line_holds_the_person_and_the_name_on_file_of_the_operator(filed: Database) -> None:
    on_file = PersonRow("p2", "m2", "k1", b"sealed", 1, 2, 3, 4)

    def work(connection: Connection) -> None:
        insert_many(connection, person, PersonRow._fields, [on_file])
        add_operators(connection, [OperatorRow("h2", "0007", "k1", b"name", 5, MIDNIGHT)])

    await filed.write(work)
    rows = await filed.read(lambda c: card_uses.newest_uses(c, EVER, 10))
    lines = {(row.app_id, row.number): row for row in rows}
    assert lines["h2", "1"].person == on_file
    assert bytes(lines["h2", "1"].operator_sealed or b"") == b"name"
    assert lines["h1", "1"].person is None
    assert lines["h1", "1"].operator_sealed is None


async def test_operators_are_counted_within_their_hospital(filed: Database) -> None:
    rows = await filed.read(lambda c: card_uses.operator_counts(c, EVER, 10))
    assert [(row.app_id, row.operator_id, row.uses) for row in rows] == [
        ("h1", "0007", 2),
        ("h2", "0007", 2),
        ("h1", "0008", 1),
    ]


async def test_an_operator_s_name_is_filed_once_and_replaced_by_a_later_one(database: Database) -> None:
    first = OperatorRow("h1", "0007", "k1", b"one", 1, MIDNIGHT)

    def work(connection: Connection) -> dict[tuple[str, str], int]:
        add_operators(connection, [first])
        add_operators(connection, [first._replace(name_index=9)])  # another process was quicker
        rename_operators(connection, [first._replace(app_id="h2", name_index=8)])  # nobody there
        before = name_indexes(connection, [("h1", "0007"), ("h2", "0007")])
        rename_operators(connection, [first._replace(name_index=2, sealed=b"two")])
        return {**before, **name_indexes(connection, [("h1", "0007")])} | {("before", ""): before["h1", "0007"]}

    assert await database.write(work) == {("h1", "0007"): 2, ("before", ""): 1}


@pytest.mark.parametrize("engine", ["sqlite"])  # PostgreSQL goes by what is in the table, which is nothing here
async def test_counting_reads_the_index_on_time_and_no_row(filed: Database) -> None:
    def plan(connection: Connection) -> str:
        asked = "SELECT treatment_code, office_code, app_id, term_id, count(*) FROM card_use WHERE at >= 0 AND at < 9 "
        rows = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + asked + "GROUP BY 1, 2, 3, 4, at / 2")
        return " ".join(str(row[3]) for row in rows)

    assert "USING COVERING INDEX ix_card_use_at" in await filed.read(plan)
