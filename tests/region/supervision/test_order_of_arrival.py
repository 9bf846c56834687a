"""The order in which records, versions and bindings arrive makes no difference to what is on file in the end."""

from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from tests.region.supervision.world import Sent, World, needs
from yiqiao.region.supervision.kinds import Kind
from yiqiao.storage import Database

UPLOADS: tuple[Sent | str, ...] = (
    Sent(Kind.DEPARTMENT, "0101"),
    Sent(Kind.DEPARTMENT, "0102", at=3),
    Sent(Kind.DEPARTMENT, "0101", "改名", at=5),
    "bind 0101",
    Sent(Kind.STAFF, "D07", needs=needs(department="0101", subject="0101")),
    Sent(Kind.STAFF, "D08", needs=needs(department="0109", subject="0109")),
    Sent(Kind.EMR, "B1", needs=needs(department="0101", staff="D07")),
    Sent(Kind.ORDER, "O1", needs=needs(department="0101", staff="D07"), amount=100, names=("a1",)),
    Sent(
        Kind.ORDER,
        "O1",
        "退款",
        needs=needs(department="0101", staff="D08"),
        at=10,
        amount=0,
        day="2026-11-21",
        names=("a2",),
    ),
    Sent(Kind.ORDER, "O1", "改", needs=needs(department="0102", staff="D07"), at=20, amount=200, names=("a1", "a3")),
    Sent(Kind.RECIPE, "C1", needs=needs(department="0101", staff="D07", emr="B1")),
    Sent(Kind.VISIT, "O1", needs=needs(order="O1", recipe="C1", emr="B1"), names=("a4",)),
    Sent(Kind.VISIT, "O1", "补充", needs=needs(order="O1", recipe="C1", emr="B1"), at=8, names=("a5",)),
    Sent(Kind.VISIT, "O2", needs=needs(order="O9"), names=("a6",)),
    Sent(Kind.VISIT, "O2", "补充", needs=needs(order="O9"), at=9, names=("a7",)),
    Sent(Kind.ORDER, "O1", "改", needs=needs(department="0102", staff="D07"), at=25, amount=200, names=("a1", "a3")),
)
STANDING = "SELECT kind, record_key, digest, state, in_force, sent_at FROM supervision_record WHERE app_id = :app"
WANTED = "SELECT wanted_kind, wanted_key, kind, record_key, digest FROM supervision_wanted WHERE app_id = :app"
TOTALS = (
    "SELECT kind, day, in_force, waiting, amount FROM supervision_total WHERE app_id = :app"
    " AND (in_force <> 0 OR waiting <> 0 OR amount <> 0)"
)
State = list[set[tuple[Any, ...]]]
NAMES = "SELECT kind, record_key, atta_id FROM attachment_name WHERE app_id = :app"
_apps = count()


def state(connection: Connection, app_id: str) -> State:
    """All that there is of an institution, but for when it came."""
    return [
        {tuple(row) for row in found}
        for found in (connection.execute(text(sql), {"app": app_id}) for sql in (STANDING, WANTED, TOTALS, NAMES))
    ]


async def arrived(database: Database, uploads: list[Sent | str], judged_after: frozenset[int]) -> State:
    """What is on file when these have come in this order, with those that wait judged again at some moments."""
    world = World(database, f"IH{next(_apps)}")
    await world.open()
    for place, one in enumerate(uploads):
        if isinstance(one, Sent):
            await world.send(one)
        else:
            await world.institutions.bind_subject("root", world.app_id, one.removeprefix("bind "), "03.04", "内科")
        if place in judged_after:
            await world.settle()
    await world.settle()
    return await database.read(lambda c: state(c, world.app_id))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.permutations(UPLOADS), st.frozensets(st.integers(0, len(UPLOADS))))
async def test_any_permutation_ends_in_the_same_state(
    database: Database, uploads: list[Sent | str], judged_after: frozenset[int]
) -> None:
    in_calling_order = await arrived(database, list(UPLOADS), frozenset())
    assert await arrived(database, uploads, judged_after) == in_calling_order


async def test_what_that_state_is(database: Database) -> None:
    records, wanted, totals, names = await arrived(database, list(reversed(UPLOADS)), frozenset({4, 9}))
    assert {(kind, key) for kind, key, _, _, in_force, _ in records if not in_force} >= {("staff", "D08")}
    assert {(row[0], row[1]) for row in wanted} == {
        ("department", "0109"),
        ("subject", "0109"),
        ("staff", "D08"),
        ("order", "O9"),
    }
    assert ("order", "2026-11-20", 1, 0, 200) in totals
    assert ("order", "2026-11-21", 0, 1, 0) in totals
    assert names == {
        ("order", "O1", "a1"),
        ("order", "O1", "a3"),
        ("visit", "O1", "a5"),
        ("visit", "O2", "a7"),
    }


async def test_without_judging_again_the_order_would_make_a_difference(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_order = await arrived(database, list(UPLOADS), frozenset())
    monkeypatch.setattr("yiqiao.storage.supervision_records.announce", lambda *_: False)
    assert await arrived(database, list(reversed(UPLOADS)), frozenset()) != in_order
