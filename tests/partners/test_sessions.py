"""Signing in: refusals that tell nothing, the lock after five failures, and the two ends of a session."""

import asyncio
from typing import Literal

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from yiqiao.clock import FixedClock
from yiqiao.partners import passwords
from yiqiao.partners.audit import acts
from yiqiao.partners.operators import Operators
from yiqiao.partners.passwords import Passwords
from yiqiao.partners.roles import Right, RightMissing, Role
from yiqiao.partners.sessions import ForgeryRefused, SessionEnded, Sessions, SignInRefused
from yiqiao.storage import Busy, Database
from yiqiao.storage.tables.operators import operator, operator_session

pytestmark = pytest.mark.usefixtures("_cheap_hashing")
DESK = "192.0.2.7"


@pytest.fixture
def hashing() -> Passwords:
    return Passwords()


@pytest.fixture
def operators(database: Database, clock: FixedClock, hashing: Passwords) -> Operators:
    return Operators(database, clock, hashing)


@pytest.fixture
def sessions(database: Database, clock: FixedClock, hashing: Passwords) -> Sessions:
    return Sessions(database, clock, hashing)


@pytest.fixture
async def password(operators: Operators) -> str:
    """The password of `zhao`, an operator."""
    return await operators.add("admin", "zhao", Role.OPERATOR)


async def test_the_right_password_opens_a_session(sessions: Sessions, password: str) -> None:
    signed_in = await sessions.sign_in("zhao", password, DESK)
    session = await sessions.find(signed_in.token)
    assert (session.operator, session.role, session.address) == ("zhao", Role.OPERATOR, DESK)
    assert session == signed_in.session


async def test_the_store_holds_no_token(sessions: Sessions, database: Database, password: str) -> None:
    signed_in = await sessions.sign_in("zhao", password, DESK)
    row = await database.read(lambda c: c.execute(select(operator_session)).one())
    assert signed_in.token not in repr(row)
    assert signed_in.token not in repr(signed_in)
    assert signed_in.session.csrf not in repr(signed_in)


async def test_wrong_unknown_disabled_and_locked_are_refused_alike(
    sessions: Sessions, operators: Operators, password: str
) -> None:
    told = []
    locked = await operators.add("admin", "qian", Role.VIEWER)
    for _ in range(5):
        with pytest.raises(SignInRefused):
            await sessions.sign_in("qian", "guess", DESK)
    await operators.add("admin", "sun", Role.VIEWER)
    await operators.disable("admin", "sun")
    for name, word in (
        ("zhao", "guess"),
        ("nobody", password),
        ("qian", locked),
        ("sun", password),
        ("", ""),
        ("\0", ""),
    ):
        with pytest.raises(SignInRefused) as refused:
            await sessions.sign_in(name, word, DESK)
        told.append(refused.value.message)
    assert len(set(told)) == 1


async def test_an_unknown_name_costs_a_verification_as_well(
    sessions: Sessions, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002
            verified.append(str(hash))
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "_hasher", Counting(time_cost=1, memory_cost=8, parallelism=1))
    for name in ("zhao", "nobody"):
        with pytest.raises(SignInRefused):
            await sessions.sign_in(name, "guess", DESK)
    assert len(verified) == 2


async def test_five_failures_lock_for_a_quarter_of_an_hour(
    sessions: Sessions, clock: FixedClock, password: str
) -> None:
    for _ in range(5):
        with pytest.raises(SignInRefused):
            await sessions.sign_in("zhao", "guess", DESK)
    clock.advance(15 * 60 - 0.001)
    with pytest.raises(SignInRefused):
        await sessions.sign_in("zhao", password, DESK)
    clock.advance(0.001)
    await sessions.sign_in("zhao", password, DESK)


async def test_four_failures_do_not_lock_and_a_success_starts_the_count_anew(sessions: Sessions, password: str) -> None:
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(SignInRefused):
                await sessions.sign_in("zhao", "guess", DESK)
        await sessions.sign_in("zhao", password, DESK)


async def test_a_lock_that_is_over_starts_a_new_count(sessions: Sessions, clock: FixedClock, password: str) -> None:
    for _ in range(5):
        with pytest.raises(SignInRefused):
            await sessions.sign_in("zhao", "guess", DESK)
    clock.advance(15 * 60)
    for _ in range(4):
        with pytest.raises(SignInRefused):
            await sessions.sign_in("zhao", "guess", DESK)
    await sessions.sign_in("zhao", password, DESK)


async def test_guesses_made_side_by_side_count_like_guesses_in_a_row(
    sessions: Sessions, hashing: Passwords, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[bool] = []
    verify = hashing.verify

    async def counting(typed: str, hashed: str | None) -> bool:
        looked_at.append(hashed is not None)
        return await verify(typed, hashed)

    monkeypatch.setattr(hashing, "verify", counting)
    guesses = [sessions.sign_in("zhao", f"guess {n}", DESK) for n in range(20)]
    outcomes = await asyncio.gather(*guesses, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {SignInRefused}
    assert (len(looked_at), sum(looked_at)) == (20, 5)


async def test_a_flood_of_attempts_is_refused_rather_than_queued(
    hashing: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "MOST_WAITING", 8)
    outcomes = await asyncio.gather(*(hashing.verify("guess", None) for _ in range(30)), return_exceptions=True)
    assert outcomes.count(False) + sum(isinstance(outcome, Busy) for outcome in outcomes) == 30
    assert any(isinstance(outcome, Busy) for outcome in outcomes)


async def test_a_hash_of_older_parameters_is_renewed_at_sign_in(
    sessions: Sessions, database: Database, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    await sessions.sign_in("zhao", password, DESK)
    hashed = await database.read(lambda c: c.scalar(select(operator.c.password_hash)))
    assert hashed is not None
    assert "m=16,t=2" in hashed
    await sessions.sign_in("zhao", password, DESK)


async def test_a_session_ends_after_half_an_hour_without_a_sign_of_life(
    sessions: Sessions, clock: FixedClock, password: str
) -> None:
    token = (await sessions.sign_in("zhao", password, DESK)).token
    for _ in range(3):
        clock.advance(30 * 60 - 1)
        await sessions.find(token)
    clock.advance(30 * 60)
    with pytest.raises(SessionEnded):
        await sessions.find(token)


async def test_a_session_ends_after_twelve_hours_whatever_happens(
    sessions: Sessions, clock: FixedClock, password: str
) -> None:
    token = (await sessions.sign_in("zhao", password, DESK)).token
    for _ in range(12 * 4 - 1):
        clock.advance(15 * 60)
        await sessions.find(token)
    clock.advance(15 * 60)
    with pytest.raises(SessionEnded):
        await sessions.find(token)


@pytest.mark.parametrize("token", ["", "made up", "\ud800", "令牌"])
async def test_no_text_that_is_no_token_finds_a_session(sessions: Sessions, password: str, token: str) -> None:
    await sessions.sign_in("zhao", password, DESK)
    with pytest.raises(SessionEnded):
        await sessions.find(token)


async def test_signing_out_ends_this_session_and_no_other(sessions: Sessions, password: str) -> None:
    here, there = [await sessions.sign_in("zhao", password, DESK) for _ in range(2)]
    await sessions.sign_out(here.session)
    with pytest.raises(SessionEnded):
        await sessions.find(here.token)
    await sessions.find(there.token)


async def test_disabling_and_new_passwords_end_all_sessions(
    sessions: Sessions, operators: Operators, password: str
) -> None:
    await operators.ensure_first_administrator()
    first = await sessions.sign_in("zhao", password, DESK)
    renewed = await operators.reset_password("admin", "zhao")
    with pytest.raises(SessionEnded):
        await sessions.find(first.token)
    second = await sessions.sign_in("zhao", renewed, DESK)
    await operators.disable("admin", "zhao")
    with pytest.raises(SessionEnded):
        await sessions.find(second.token)


async def test_a_new_role_holds_from_the_next_request_on(
    sessions: Sessions, operators: Operators, password: str
) -> None:
    token = (await sessions.sign_in("zhao", password, DESK)).token
    (await sessions.find(token)).require(Right.WORK)
    await operators.set_role("admin", "zhao", Role.VIEWER)
    with pytest.raises(RightMissing, match="查看员"):
        (await sessions.find(token)).require(Right.WORK)


async def test_a_form_needs_the_token_of_its_own_session(sessions: Sessions, password: str) -> None:
    mine, other = [(await sessions.sign_in("zhao", password, DESK)).session for _ in range(2)]
    mine.check_form(mine.csrf)
    for forged in ("", other.csrf, mine.csrf + "x", "令牌", "\ud800"):
        with pytest.raises(ForgeryRefused):
            mine.check_form(forged)


async def test_sessions_that_are_over_are_swept_away(sessions: Sessions, clock: FixedClock, password: str) -> None:
    await sessions.sign_in("zhao", password, DESK)
    clock.advance(1700)
    live = await sessions.sign_in("zhao", password, DESK)
    clock.advance(200)
    assert await sessions.sweep() == 1
    await sessions.find(live.token)


async def test_what_was_typed_for_an_unknown_name_is_not_written_down(
    sessions: Sessions, database: Database, clock: FixedClock, password: str
) -> None:
    with pytest.raises(SignInRefused):
        await sessions.sign_in("my-password-in-the-wrong-field", "guess", DESK)
    await sessions.sign_in("zhao", password, DESK)
    lines = await database.read(lambda c: acts(c, limit=3))
    assert [(line.operator, line.act, line.target) for line in lines] == [
        ("zhao", "sign_in", DESK),
        ("zhao", "sign_in.attempt", DESK),
        ("-", "sign_in.attempt", DESK),
    ]
    assert "my-password" not in repr(lines)
    (older,) = await database.read(lambda c: acts(c, before_id=lines[-1].id))
    assert older.act == "operator.add"
    assert len(await database.read(lambda c: acts(c, operator="zhao"))) == 2
