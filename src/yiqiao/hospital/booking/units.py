"""The units of pools in one transaction: taken and given back in memory, written at the end in few statements.

`Units` is alone with the pools it has reserved, so what it decides from the rows it read still holds when they are
written. A lock lapses by itself; its row is given back by whoever needs the unit, or the number, first.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import Connection

from yiqiao.ports.hospital.refusals import SlotTaken, SoldOut
from yiqiao.storage import booking
from yiqiao.storage.booking import HELD, ORDERED, LockRow, PoolKey, PoolRow, Serial

MAX_AHEAD = 10_000
"""How far beyond the next number somebody may choose one, where units have no limit."""


class Collision(Exception):
    """Another transaction has filed the same serial in between. Nothing was written; done again, it will be seen."""


@dataclass
class Stock:
    """A pool while we are alone with it."""

    row: PoolRow
    taken: int
    next_number: int
    chosen: set[int] = field(default_factory=set)
    """Numbers at or beyond the next one that somebody holds: they were chosen by number."""
    again: list[int] = field(default_factory=list)
    """Numbers below the next one that nobody holds any more, the highest first."""

    @property
    def free(self) -> bool:
        """Whether there is a unit left."""
        return self.row.total is None or self.taken < self.row.total

    @property
    def end(self) -> int:
        """The first number that is not of this pool."""
        total = self.row.total
        return self.next_number + MAX_AHEAD if total is None else self.row.first_number + total

    def give(self) -> int:
        """The next visit number: one never given before while there are such."""
        while self.next_number in self.chosen:
            self.chosen.discard(self.next_number)
            self.next_number += 1
        if self.row.total is None or self.next_number < self.end:
            self.next_number += 1
            return self.next_number - 1
        if self.again:
            return self.again.pop()
        raise SoldOut

    def choose(self, number: int) -> int:
        """The number that was asked for."""
        if number in self.again:
            self.again.remove(number)
        elif self.next_number <= number < self.end and number not in self.chosen:
            self.chosen.add(number)
        else:
            raise SlotTaken
        return number


class Units:
    """The pools and locks that one transaction deals with."""

    def __init__(self, connection: Connection, now_ms: int) -> None:
        self.connection = connection
        self.now_ms = now_ms
        self.pools: dict[PoolKey, Stock] = {}
        self.locks: dict[Serial, LockRow] = {}
        self._new: dict[Serial, LockRow] = {}
        self._changed: dict[Serial, LockRow] = {}

    def reserve(self, keys: Collection[PoolKey]) -> None:
        """Be alone with these pools; those that do not exist are left out."""
        found = booking.lock_pools(self.connection, keys)
        self.pools = {key: Stock(row, row.taken, row.next_number) for key, row in found.items()}

    def know(self, serials: Collection[Serial]) -> None:
        """Read the locks that are on file under these serials."""
        self.locks.update(booking.locks(self.connection, serials))

    def short(self, demand: Counter[PoolKey]) -> set[PoolKey]:
        """The pools that have not enough units, or numbers, for what is asked of them."""
        return {
            key
            for key, stock in self.pools.items()
            if stock.row.total is not None
            and max(stock.taken, stock.next_number - stock.row.first_number) + demand[key] > stock.row.total
        }

    def make_room(self, keys: Collection[PoolKey]) -> None:
        """Give back what has lapsed of these pools, and see which numbers are free."""
        keys = [key for key in keys if key in self.pools]
        if not keys:
            return
        for key, units in booking.give_back(self.connection, keys, self.now_ms).items():
            self.pools[key].taken -= units
        for serial, lock in self.locks.items():
            if lock.state == HELD and lock.expires_at <= self.now_ms and lock.key in keys:
                self.locks[serial] = lock._replace(state=booking.LAPSED)
        used = booking.numbers_in_use(self.connection, keys)
        for key in keys:
            stock, numbers = self.pools[key], used[key]
            stock.chosen = {number for number in numbers if number >= stock.next_number}
            given = range(stock.row.first_number, min(stock.next_number, stock.end))
            stock.again = [number for number in reversed(given) if number not in numbers]

    def take(self, key: PoolKey, number: str | None) -> int:
        """A unit of a pool; answers its visit number. Raises SoldOut, SlotTaken."""
        stock = self.pools[key]
        if not stock.free:
            raise SoldOut
        if number is None:
            given = stock.give()
        elif number.isdecimal() and number.isascii():
            given = stock.choose(int(number))
        else:
            raise SlotTaken
        stock.taken += 1
        return given

    def file(self, lock: LockRow) -> None:
        """A new row of who holds a unit."""
        serial = (lock.hospital_id, lock.lock_id)
        self.locks[serial] = self._new[serial] = lock

    def change(self, lock: LockRow) -> None:
        """A row in the place of the one on file. A unit that it lets go is counted back."""
        serial = (lock.hospital_id, lock.lock_id)
        before = self.locks[serial]
        if before.state in (HELD, ORDERED) and lock.state not in (HELD, ORDERED):
            self.pools[lock.key].taken -= 1
        self.locks[serial] = lock
        (self._new if serial in self._new else self._changed)[serial] = lock

    def write(self) -> set[Serial]:
        """Write what was done; answers the serials that were somebody else's and so did not take effect."""
        missing: set[Serial] = set()
        if self._new:
            missing = self._new.keys() - booking.add_locks(self.connection, self._new.values())
        for serial in missing:
            self.locks.pop(serial, None)
            lock = self._new[serial]
            if lock.state in (HELD, ORDERED):
                self.pools[lock.key].taken -= 1
        if self._changed:
            booking.change_locks(self.connection, list(self._changed.values()))
        self._new.clear()
        self._changed.clear()
        self._count()
        return missing

    def _count(self) -> None:
        counts = {}
        for key, stock in self.pools.items():
            if (stock.taken, stock.next_number) != (stock.row.taken, stock.row.next_number):
                counts[key] = stock.taken, stock.next_number
                stock.row = stock.row._replace(taken=stock.taken, next_number=stock.next_number)
        booking.count_pools(self.connection, counts)
