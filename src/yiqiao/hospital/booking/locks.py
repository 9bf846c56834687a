"""Keeping a unit for a while, and letting go of it (2005, 2006)."""

import secrets
from functools import lru_cache
from typing import NamedTuple

from yiqiao.clock import beijing
from yiqiao.hospital.booking import schedules
from yiqiao.hospital.booking.units import Units
from yiqiao.ports.hospital.booking import Lock, LockWish, Serial
from yiqiao.ports.hospital.refusals import DuplicateSerial, SoldOut, UnknownLock
from yiqiao.storage.booking import HELD, RELEASED, LockRow, PoolKey

HOUR_MS = 3_600_000


class Locking(NamedTuple):
    """Somebody wants a unit kept: `key` is the pool that it is asked of."""

    hospital_id: str
    wish: LockWish
    serial: Serial
    key: PoolKey


class Unlocking(NamedTuple):
    """Somebody lets go of a unit."""

    hospital_id: str
    serial: Serial
    hospital_lock_id: str | None


def lock(units: Units, command: Locking) -> Lock:
    """Keep a unit. Raises what `Booking.lock` raises."""
    hospital_id, (serial, unit, lasts_s), _, key = command
    first = units.locks.get((hospital_id, serial.number))
    if first is not None:
        raise used_already("锁号 ID ", first.fingerprint == serial.fingerprint)
    schedules.fitting(units, key, unit, today(serial.at))
    try:
        number = units.take(key, unit.number)
    except SoldOut:
        raise schedules.none_left(units, key) from None
    hospital_lock_id = secrets.token_hex(8)
    expires_at = serial.at + lasts_s * 1000
    units.file(
        LockRow(
            hospital_id,
            serial.number,
            *key[1:],
            number,
            hospital_lock_id,
            HELD,
            expires_at,
            serial.app_id,
            serial.fingerprint,
            serial.at,
        )
    )
    return Lock(hospital_lock_id, str(number))


def unlock(units: Units, command: Unlocking) -> None:
    """Let go of a unit. Raises UnknownLock."""
    held = units.locks.get((command.hospital_id, command.serial.number))
    if held is None or held.state != HELD or held.app_id != command.serial.app_id:
        raise UnknownLock
    if command.hospital_lock_id not in (None, held.hospital_lock_id):
        raise UnknownLock
    units.change(held._replace(state=RELEASED))
    if held.expires_at <= units.now_ms:
        raise UnknownLock


def used_already(what: str, same: bool) -> DuplicateSerial:
    """The refusal of a serial that was used before, for the `same` or for something else."""
    told = "内容与首次请求一致，首次请求已生效" if same else "内容与首次请求不一致"
    return DuplicateSerial(f"{what}已存在：{told}；新业务请使用新的编号", identical=same)


@lru_cache(maxsize=16)
def _day(hours: int) -> str:
    return beijing(hours * HOUR_MS).strftime("%Y-%m-%d")


def today(at: int) -> str:
    """The day in Beijing at a moment."""
    return _day(at // HOUR_MS)
