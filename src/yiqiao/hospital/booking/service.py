"""Booking at one of our own hospitals."""

from dataclasses import dataclass

from yiqiao.hospital.booking.desk import serve
from yiqiao.hospital.booking.locks import Locking, Unlocking
from yiqiao.hospital.house import House
from yiqiao.ports.hospital.booking import Lock, LockWish, Serial
from yiqiao.storage import Lane, Write

_LANE = "hospital.booking"


@dataclass(frozen=True)
class LocalBooking:
    """`Booking` over our own tables. The lane is one for all hospitals of the house."""

    house: House
    hospital_id: str

    async def lock(self, wish: LockWish) -> Write[Lock]:
        """Keep a unit."""
        return Write(Lane(_LANE, serve), Locking(self.hospital_id, wish))

    async def unlock(self, serial: Serial, hospital_lock_id: str | None) -> Write[None]:
        """Let go of a unit."""
        return Write(Lane(_LANE, serve), Unlocking(self.hospital_id, serial, hospital_lock_id))
