"""The desk where units are locked and let go: many callers in one transaction, each with an answer of their own.

Everything that takes or gives back units goes through this one lane: it is alone with all pools of a batch before it
touches anything else, in the order of their keys, so that two transactions never wait for each other in a circle.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from yiqiao.errors import DomainError
from yiqiao.hospital.booking.locks import Locking, Unlocking, lock, unlock
from yiqiao.hospital.booking.units import Collision, Units

Command = Locking | Unlocking


def serve(connection: Connection, commands: Sequence[Command]) -> list[Any]:
    """Answer each command, in order, with its result or refusal; what was done is written when this returns."""
    units = Units(connection, max(command.serial.at for command in commands))
    serials = [(command.hospital_id, command.serial.number) for command in commands]
    demand = Counter(command.key for command in commands if isinstance(command, Locking))
    locking_only = demand.total() == len(commands)
    if not locking_only:
        units.know(serials)
    units.reserve({*demand, *(one.key for one in units.locks.values())})
    tight = units.short(demand)
    if tight or not locking_only:
        units.know(serials)  # what is read from now on stays so
    units.make_room(tight | {c.key for c in commands if isinstance(c, Locking) and c.wish.unit.number})
    outcomes = [_answered(units, command) for command in commands]
    missing = units.write()
    if missing:
        _again(units, commands, serials, outcomes, missing)
    return outcomes


def _again(
    units: Units,
    commands: Sequence[Command],
    serials: Sequence[tuple[str, str]],
    outcomes: list[Any],
    missing: set[tuple[str, str]],
) -> None:
    """Answer those once more whose serial was used before, or whose number somebody had chosen: now both are known."""
    units.know(missing)
    units.make_room(set(units.pools))
    for place, command in enumerate(commands):
        if serials[place] in missing:
            outcomes[place] = _answered(units, command)
    if units.write():
        raise Collision


def _answered(units: Units, command: Command) -> object:
    try:
        if isinstance(command, Locking):
            return lock(units, command)
        unlock(units, command)
        return None
    except DomainError as refusal:
        return refusal
