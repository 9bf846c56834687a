"""Two requests of one institution at the same moment: neither is lost, and nobody waits for what has come."""

import pytest

from tests.region.supervision.world import Sent, World, needs
from tests.support.race import at_the_same_moment
from yiqiao.region.supervision.kinds import Kind
from yiqiao.storage import StorageFailed, supervision, supervision_records

FIRST, SECOND = Sent(Kind.DEPARTMENT, "0101", "一", at=1), Sent(Kind.DEPARTMENT, "0101", "二", at=2)
ORDER = Sent(Kind.ORDER, "O1", needs=needs(department="0101"))


@pytest.fixture
def engine() -> str:
    """SQLite has one writer; the race is PostgreSQL's."""
    return "postgresql"


@pytest.fixture
async def world(database: object) -> World:
    made = World(database)  # type: ignore[arg-type]
    await made.open()
    return made


async def test_two_versions_at_once_are_both_kept_and_one_is_in_force(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts = (lambda: world.send(FIRST), lambda: world.send(SECOND))
    waited, outcomes = await at_the_same_moment(monkeypatch, (supervision_records, "versions"), acts)
    assert waited
    assert not [one for one in outcomes if isinstance(one, BaseException)]
    assert await world.standing(Kind.DEPARTMENT, "0101") == [(1, "valid", 0), (2, "valid", 1)]


async def test_without_turns_one_of_two_versions_would_be_lost(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "alone", lambda connection, _: connection.exec_driver_sql("SELECT 1"))
    acts = (lambda: world.send(FIRST), lambda: world.send(SECOND))
    _, outcomes = await at_the_same_moment(monkeypatch, (supervision_records, "versions"), acts)
    assert [type(one) for one in outcomes if isinstance(one, BaseException)] == [StorageFailed]


async def test_an_antecedent_that_comes_at_the_same_moment_is_not_missed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts = (lambda: world.send(ORDER), lambda: world.send(FIRST))
    waited, _ = await at_the_same_moment(monkeypatch, (supervision_records, "present"), acts)
    await world.settle()
    assert waited
    assert await world.standing(Kind.ORDER, "O1") == [(1, "valid", 1)]


async def test_without_turns_it_would_be_missed_for_good(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "alone", lambda connection, _: connection.exec_driver_sql("SELECT 1"))
    acts = (lambda: world.send(ORDER), lambda: world.send(FIRST))
    await at_the_same_moment(monkeypatch, (supervision_records, "present"), acts)
    await world.settle()
    assert await world.standing(Kind.ORDER, "O1") == [(1, "waiting", 0)]
