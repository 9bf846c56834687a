"""The people who run a hub: the first administrator, passwords, roles, and that somebody can always manage."""

import asyncio

import pytest
from argon2.profiles import RFC_9106_LOW_MEMORY
from sqlalchemy import select

from yiqiao.clock import FixedClock
from yiqiao.partners import passwords
from yiqiao.partners.audit import acts
from yiqiao.partners.operators import (
    LastAdministrator,
    OperatorExists,
    Operators,
    OperatorState,
    OperatorUnfit,
    UnknownOperator,
)
from yiqiao.partners.passwords import Passwords, PasswordUnfit
from yiqiao.partners.roles import Role
from yiqiao.storage import Database
from yiqiao.storage.tables.operators import operator

pytestmark = pytest.mark.usefixtures("_cheap_hashing")
AS_SHIPPED = passwords._hasher


@pytest.fixture
def operators(database: Database, clock: FixedClock) -> Operators:
    return Operators(database, clock, Passwords())


async def test_the_first_administrator_is_made_once(operators: Operators) -> None:
    password = await operators.ensure_first_administrator()
    assert password is not None
    assert await operators.ensure_first_administrator() is None
    (first,) = await operators.list()
    assert (first.name, first.role, first.state) == ("admin", Role.ADMINISTRATOR, OperatorState.ACTIVE)


async def test_processes_that_start_together_make_one_administrator(operators: Operators) -> None:
    made = await asyncio.gather(*(operators.ensure_first_administrator() for _ in range(4)))
    assert sum(password is not None for password in made) == 1
    assert len(await operators.list()) == 1


def test_a_guess_costs_what_rfc_9106_asks_for() -> None:
    """Tests hash with less; this is what a hub hashes with."""
    shipped = AS_SHIPPED.time_cost, AS_SHIPPED.memory_cost, AS_SHIPPED.parallelism
    assert shipped == (RFC_9106_LOW_MEMORY.time_cost, RFC_9106_LOW_MEMORY.memory_cost, RFC_9106_LOW_MEMORY.parallelism)


async def test_passwords_are_kept_as_argon2id_hashes_only(operators: Operators, database: Database) -> None:
    password = await operators.add("admin", "zhao", Role.VIEWER)
    hashed = await database.read(lambda c: c.scalar(select(operator.c.password_hash)))
    assert hashed is not None
    assert hashed.startswith("$argon2id$")
    assert password not in hashed


async def test_a_name_is_filed_once(operators: Operators) -> None:
    await operators.add("admin", "zhao", Role.VIEWER)
    with pytest.raises(OperatorExists, match="zhao"):
        await operators.add("admin", "zhao", Role.OPERATOR)


@pytest.mark.parametrize("name", ["", "a", "Zhao", "赵", "zhao li", "a" * 33, "zhao\n"])
async def test_a_name_that_cannot_be_is_refused(operators: Operators, name: str) -> None:
    with pytest.raises(OperatorUnfit):
        await operators.add("admin", name, Role.VIEWER)


async def test_the_last_administrator_stays(operators: Operators) -> None:
    await operators.ensure_first_administrator()
    for change in (operators.disable("admin", "admin"), operators.set_role("admin", "admin", Role.VIEWER)):
        with pytest.raises(LastAdministrator):
            await change
    await operators.add("admin", "second", Role.ADMINISTRATOR)
    await operators.disable("second", "admin")
    with pytest.raises(LastAdministrator):
        await operators.disable("second", "second")


async def test_two_administrators_cannot_disable_each_other_in_the_same_moment(operators: Operators) -> None:
    await operators.ensure_first_administrator()
    await operators.add("admin", "second", Role.ADMINISTRATOR)
    done = await asyncio.gather(
        operators.disable("admin", "second"), operators.disable("second", "admin"), return_exceptions=True
    )
    assert [type(outcome) for outcome in done if outcome is not None] == [LastAdministrator]
    assert [one.state for one in await operators.list()].count(OperatorState.ACTIVE) == 1


async def test_an_operator_changes_the_own_password_knowing_the_old_one(operators: Operators) -> None:
    old = await operators.add("admin", "zhao", Role.OPERATOR)
    with pytest.raises(PasswordUnfit, match="原密码不正确"):
        await operators.change_password("zhao", "not the old one", "a fresh phrase 77")
    await operators.change_password("zhao", old, "a fresh phrase 77")
    with pytest.raises(PasswordUnfit, match="原密码不正确"):
        await operators.change_password("zhao", old, "another phrase 88")


@pytest.mark.parametrize("weak", ["short", "x" * 129, "zhao-zhao-123", "ababababab"])
async def test_a_weak_password_is_refused_and_not_repeated(operators: Operators, weak: str) -> None:
    old = await operators.add("admin", "zhao", Role.OPERATOR)
    with pytest.raises(PasswordUnfit) as refused:
        await operators.change_password("zhao", old, weak)
    assert weak not in refused.value.message


async def test_changes_to_nobody_are_refused(operators: Operators) -> None:
    await operators.ensure_first_administrator()
    for change in (
        operators.enable("admin", "nobody"),
        operators.disable("admin", "nobody"),
        operators.set_role("admin", "nobody", Role.VIEWER),
        operators.reset_password("admin", "nobody"),
    ):
        with pytest.raises(UnknownOperator):
            await change


async def test_every_change_is_audited_with_who_made_it(operators: Operators, database: Database) -> None:
    await operators.ensure_first_administrator()
    await operators.add("admin", "zhao", Role.OPERATOR)
    await operators.set_role("admin", "zhao", Role.APPROVER)
    await operators.disable("admin", "zhao")
    await operators.enable("admin", "zhao")
    password = await operators.reset_password("admin", "zhao")
    lines = await database.read(acts)
    assert [(line.operator, line.act, line.target) for line in reversed(lines)] == [
        ("-", "operator.first", "admin"),
        ("admin", "operator.add", "zhao"),
        ("admin", "operator.set_role", "zhao"),
        ("admin", "operator.disable", "zhao"),
        ("admin", "operator.enable", "zhao"),
        ("admin", "operator.reset_password", "zhao"),
    ]
    assert password not in repr(lines)
    assert lines[3].detail == {"role": "approver"}
