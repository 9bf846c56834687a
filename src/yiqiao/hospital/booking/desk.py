"""The desk where units are locked, ordered and given back: many callers in one transaction, each with their own answer.

Everything that takes or gives back units goes through this one lane: it is alone with all pools of a batch before it
touches anything else, in the order of their keys, so that two transactions never wait for each other in a circle.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError
from yiqiao.hospital.booking.archives import Archives
from yiqiao.hospital.booking.book import Book
from yiqiao.hospital.booking.changing import Changing, change
from yiqiao.hospital.booking.locks import Locking, Unlocking, lock, unlock
from yiqiao.hospital.booking.ordering import Ordering, order
from yiqiao.hospital.booking.units import Collision, Units
from yiqiao.storage.booking import HELD, PoolKey

Command = Locking | Unlocking | Ordering | Changing


def serve(keyring: Keyring, connection: Connection, commands: Sequence[Command]) -> list[Any]:
    """Answer each command, in order, with its result or refusal; what was done is written when this returns."""
    desk = _Desk(keyring, connection, commands)
    desk.prepare()
    outcomes = desk.answers()
    missing = desk.write()
    if missing:
        desk.answer_again(outcomes, missing)
    return outcomes


class _Desk:
    """One batch: first everything is read that could be needed, then each is answered from memory, then written."""

    def __init__(self, keyring: Keyring, connection: Connection, commands: Sequence[Command]) -> None:
        self._commands = commands
        now_ms = max(command.serial.at for command in commands)
        self._units = Units(connection, now_ms)
        self._book = Book(connection, keyring)
        self._archives = Archives(connection, keyring, now_ms)
        self._orderings = [command for command in commands if isinstance(command, Ordering)]
        self._unread = False
        self._serials = [(command.hospital_id, command.serial.number) for command in commands]

    def prepare(self) -> None:
        """Read what could be needed, alone with the pools."""
        units = self._units
        wishes = [command for command in self._commands if isinstance(command, Locking | Ordering)]
        only_locks = all(isinstance(command, Locking) for command in self._commands)
        touched = set() if only_locks else self._touched(lock=False)
        units.reserve({*touched, *(wish.key for wish in wishes)})
        if not only_locks:
            self._touched(lock=True)  # once more: what is read now stays so
            wishes = [wish for wish in wishes if not self._has_unit(wish)]
            self._look_up()
        demand = Counter(wish.key for wish in wishes)
        tight = units.short(demand) if only_locks else set(demand)  # a lock can be answered again, an order cannot
        self._unread = only_locks and not tight
        if tight and only_locks:
            units.know(self._serials)
        units.make_room(tight | {wish.key for wish in wishes if wish.wish.unit.number})

    def _touched(self, *, lock: bool) -> set[PoolKey]:
        """The pools of the locks and orders that are dealt with."""
        numbers = [
            (command.hospital_id, number)
            for command in self._commands
            if isinstance(command, Ordering | Changing)
            for number in (command.serial.number, command.order_no)
            if number
        ]
        found = self._book.know(numbers, lock=lock)
        self._units.know({*self._serials, *((row.hospital_id, row.order_id) for row in found)})
        return {one.key for one in self._units.locks.values()}

    def _has_unit(self, wish: Locking | Ordering) -> bool:
        held = self._units.locks.get((wish.hospital_id, wish.serial.number))
        return isinstance(wish, Ordering) and held is not None and held.state == HELD

    def _look_up(self) -> None:
        """What those who order have to keep to, and who they are."""
        if not self._orderings:
            return
        pools = self._units.pools
        departments = {(key.hospital_id, stock.row.schedule.dept_id) for key, stock in pools.items()}
        self._book.know_rules(departments, pools.keys())
        self._archives.know([command.claim for command in self._orderings])
        self._book.know_standing(self._archives.known)

    def answers(self) -> list[Any]:
        """What each command gets. A lock that is refused may be one that was made before: only then it is looked up."""
        outcomes = [self.answer(command) for command in self._commands]
        places = [place for place, outcome in enumerate(outcomes) if isinstance(outcome, DomainError)]
        if places and self._unread:
            self._units.know({self._serials[place] for place in places})
            for place in places:
                if self._serials[place] in self._units.locks:
                    outcomes[place] = self.answer(self._commands[place])
        return outcomes

    def answer(self, command: Command) -> object:
        """What one command gets: its result, or its refusal."""
        try:
            match command:
                case Locking():
                    return lock(self._units, command)
                case Ordering():
                    return order(self._units, self._book, self._archives, command)
                case Unlocking():
                    unlock(self._units, command)
                case Changing():
                    return change(self._units, self._book, command)
        except DomainError as refusal:
            return refusal
        return None

    def write(self) -> set[tuple[str, str]]:
        """Write what was done; answers the serials of locks that were somebody else's."""
        missing = self._units.write()
        if missing and not all(isinstance(command, Locking) for command in self._commands):
            raise Collision
        self._archives.write()
        self._book.write()
        return missing

    def answer_again(self, outcomes: list[Any], missing: set[tuple[str, str]]) -> None:
        """Answer those once more whose serial was used before, or whose number was chosen: both are known now."""
        self._units.know(missing)
        self._units.make_room(set(self._units.pools))
        for place, command in enumerate(self._commands):
            if self._serials[place] in missing:
                outcomes[place] = self.answer(command)
        if self._units.write():
            raise Collision
