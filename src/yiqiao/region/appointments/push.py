"""Messages that a hospital wants the patient of an order to be told: kept sealed, on their way once a serial."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from yiqiao.crypto.keyring import Keyring
from yiqiao.jobs import Done, Job, Outcome
from yiqiao.jobs.queue import enqueue
from yiqiao.ports.messenger import Message, Messenger
from yiqiao.region.appointments import appointment
from yiqiao.storage import Database, appointments
from yiqiao.storage.appointments import AppointmentRow, PushRow

PUSH = "appointment.push"
PushTo = Callable[[Connection, PushRow, int], None]
"""Puts a message on its way, in the transaction in which it is filed."""


def push(connection: Connection, row: PushRow, now_ms: int) -> None:
    """The way by the jobs."""
    data = {"hospital_id": row.hospital_id, "serial": row.serial}
    enqueue(connection, now_ms, PUSH, f"{row.hospital_id}|{row.serial}", data)


def sealed(keyring: Keyring, hospital_id: str, serial: str, text: str) -> tuple[str, bytes]:
    """(key id, sealed)."""
    return keyring.seal(text.encode(), _context(hospital_id, serial))


def opened(keyring: Keyring, row: PushRow) -> str:
    """The text of a row. Raises SealingUnavailable."""
    return keyring.unseal(row.key_id, bytes(row.sealed), _context(row.hospital_id, row.serial)).decode()


@dataclass(frozen=True)
class PushSender:
    """The handler of these jobs."""

    database: Database
    keyring: Keyring
    messenger: Messenger

    async def __call__(self, job: Job) -> Outcome:
        """Hand the message over, with the hospital's name before it. Raises NotSent."""
        hospital_id, serial = str(job.data["hospital_id"]), str(job.data["serial"])

        def read(connection: Connection) -> tuple[PushRow, AppointmentRow] | None:
            row = appointments.find_push(connection, hospital_id, serial)
            of = appointments.find(connection, row.person_id, row.order_id) if row else None
            return None if row is None or of is None else (row, of)

        found = await self.database.read(read)
        if found is not None:
            row, of = found
            mobile = appointment.opened(self.keyring, of).kept.visitor.mobile
            text = f"【{of.hospital_name}】{opened(self.keyring, row)}"
            await self.messenger.send(Message(f"{of.order_id}|push|{serial}", mobile, text))
        return Done()


def _context(hospital_id: str, serial: str) -> bytes:
    return f"push|{hospital_id}|{serial}".encode()
