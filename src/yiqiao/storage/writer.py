"""Hot writes are gathered: calls that wait together become one transaction, and one call alone waits for nobody.

A `Write` names a lane and carries a command. A lane turns many commands into few set-based statements and answers each
command with its own result or refusal. Whoever performs a write hands in a witness: a pure function that sees the
outcome inside the transaction and makes the answer and the ledger's entry of it, so that what was answered commits
together with what was done. If a gathered transaction fails as a whole, its calls are run again one by one, so that one
bad call never fails its neighbours.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import Connection

from yiqiao.errors import DomainError
from yiqiao.storage.database import Database
from yiqiao.storage.errors import Busy, StorageUnreachable

R = TypeVar("R")
A = TypeVar("A")
E = TypeVar("E")
E_contra = TypeVar("E_contra", contravariant=True)

MAX_BATCH = 256
MAX_WAITING = 20_000
TURNS = 3
"""Empty turns of the loop after which nobody is thought to be arriving: one to read a message, one to begin on it."""
ENOUGH = 12
"""Calls that must wait before another transaction begins beside those under way."""


@dataclass(frozen=True)
class Lane(Generic[R]):
    """One kind of gathered work: `execute` answers each command, in order, with its result or its refusal."""

    name: str
    execute: Callable[[Connection, Sequence[Any]], Sequence[R | DomainError]]


@dataclass(frozen=True)
class Write(Generic[R]):
    """Work to be done: one command for a lane."""

    lane: Lane[R]
    command: object


class Ledger(Protocol[E_contra]):
    """What is written beside every write, in the same transaction (the journal)."""

    def append(self, connection: Connection, entries: Sequence[E_contra]) -> None:
        """Write the entries of one transaction."""
        ...

    def settle(self, committed: bool) -> None:
        """Learn whether the last transaction took effect."""
        ...


def _each_in_a_savepoint(
    connection: Connection, works: Sequence[Callable[[Connection], R]]
) -> Sequence[R | DomainError]:
    outcomes: list[R | DomainError] = []
    for work in works:
        try:
            with connection.begin_nested():
                outcomes.append(work(connection))
        except DomainError as refusal:
            outcomes.append(refusal)
    return outcomes


def ordinary(work: Callable[[Connection], R]) -> Write[R]:
    """A write that needs no lane of its own: a function over the connection that refuses by raising DomainError."""
    return Write(Lane("ordinary", _each_in_a_savepoint), work)


NOTHING: Write[None] = Write(Lane("nothing", lambda _, commands: [None] * len(commands)), None)
"""No work at all: the ledger's entry alone is written (a read, or a message that was refused)."""


@dataclass(eq=False)
class _Waiting(Generic[E]):
    write: Write[Any]
    witness: Callable[[Any], tuple[Any, E | None]]
    future: asyncio.Future[Any]
    laborious: bool


_Heard = list[tuple[Any, E | None]]
"""What the witnesses of a transaction made of it: an answer each, and an entry."""


class Writer(Generic[E]):
    """The one place in a process where gathered writes are done.

    A ledger is written by one transaction at a time, so as many can be under way at once as there are ledgers. The
    second one begins when enough calls wait: before that it would only make both smaller.
    """

    def __init__(self, database: Database, *ledgers: Ledger[E]) -> None:
        self._database = database
        self._ledgers = len(ledgers)
        self._idle = list(ledgers)
        self._under_way = 0
        self._waiting: deque[_Waiting[E]] = deque()
        self._pumps: set[asyncio.Task[None]] = set()

    @property
    def waiting(self) -> int:
        """How many calls wait for a transaction now."""
        return len(self._waiting)

    async def perform(
        self, write: Write[R], witness: Callable[[R | DomainError], tuple[A, E | None]], *, laborious: bool = False
    ) -> A:
        """Do `write`, have its outcome witnessed, and answer when both are committed.

        A `laborious` witness takes longer than the loop should stand still, and is heard beside it.
        A witness that gives no entry leaves the ledger as it is: the caller has more to do before there is an answer.
        Raises Busy or StorageFailed when nothing took effect, StorageUnreachable when the database was lost. A
        caller that goes away does not undo a write that has begun.
        """
        if len(self._waiting) >= MAX_WAITING:
            raise Busy
        future: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(write, witness, future, laborious))
        if self._idle and (len(self._idle) == self._ledgers or len(self._waiting) >= ENOUGH):
            pump = asyncio.create_task(self._run(self._idle.pop()), name="writer")
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)
        return await future

    async def drain(self) -> None:
        """Wait until everything that was handed in is done."""
        while self._pumps:
            await asyncio.wait(self._pumps)

    async def _run(self, ledger: Ledger[E]) -> None:
        try:
            while self._waiting:
                await self._arrivals()
                batch = self._share()
                self._under_way += 1
                try:
                    await self._gathered(batch, ledger)
                finally:
                    self._under_way -= 1
        finally:
            self._idle.append(ledger)

    async def _arrivals(self) -> None:
        """Let those calls come that are arriving: while turns of the loop bring more, they share a transaction,
        which costs ten times what a call in it does. A call that is alone waits for a few empty turns.
        """
        seen = quiet = 0
        while quiet < TURNS and (waiting := len(self._waiting)) < MAX_BATCH:
            quiet = quiet + 1 if waiting == seen else 0
            seen = waiting
            await asyncio.sleep(0)

    def _share(self) -> list[_Waiting[E]]:
        """The next calls for one transaction: all, or where others could begin now too, its part of them."""
        calls = len(self._waiting)
        part = max(ENOUGH, -(-calls // (self._ledgers - self._under_way)))
        return [self._waiting.popleft() for _ in range(min(MAX_BATCH, calls, part))]

    async def _gathered(self, batch: list[_Waiting[E]], ledger: Ledger[E]) -> None:
        try:
            answers = await self._transaction(batch, ledger)
        except Exception as failure:
            if len(batch) == 1 or isinstance(failure, StorageUnreachable):
                for call in batch:
                    if not call.future.done():
                        call.future.set_exception(failure)
                return
            for call in batch:
                await self._gathered([call], ledger)
            return
        for call, answer in zip(batch, answers, strict=True):
            if not call.future.done():  # else the caller went away
                call.future.set_result(answer)

    async def _transaction(self, batch: list[_Waiting[E]], ledger: Ledger[E]) -> list[Any]:
        committed = written = False
        try:
            if any(call.laborious for call in batch):
                done = self._database.write(
                    lambda connection: _execute(connection, batch, ledger, self._database.aside)
                )
            else:
                done = self._database.write_briefly(lambda connection: _execute(connection, batch, ledger, _at_once))
            answers, written = await done
            committed = True
            return answers
        finally:
            if written or not committed:  # a ledger that was not written has nothing to learn
                ledger.settle(committed)


def _execute(
    connection: Connection,
    batch: list[_Waiting[E]],
    ledger: Ledger[E],
    hear: Callable[[Callable[[], _Heard[E]]], _Heard[E]],
) -> tuple[list[Any], bool]:
    """The answers, and whether anything was written into the ledger. `hear` says where witnesses are heard."""
    lanes: dict[str, list[_Waiting[E]]] = {}
    for call in batch:
        lanes.setdefault(call.write.lane.name, []).append(call)
    outcomes: dict[_Waiting[E], Any] = {}
    for calls in lanes.values():
        done = calls[0].write.lane.execute(connection, [call.write.command for call in calls])
        outcomes.update(zip(calls, done, strict=True))
    heard = hear(lambda: [call.witness(outcomes[call]) for call in batch])
    entries = [entry for _, entry in heard if entry is not None]
    if entries:
        ledger.append(connection, entries)
    return [answer for answer, _ in heard], bool(entries)


def _at_once(work: Callable[[], R]) -> R:
    return work()
