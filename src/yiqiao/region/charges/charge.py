"""What a charge is: its row, and whose bills or stay it is for, sealed."""

from dataclasses import dataclass, field
from enum import StrEnum

import orjson

from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError
from yiqiao.region.charges.states import State
from yiqiao.storage.charges import ChargeRow


class Kind(StrEnum):
    """What is paid."""

    OUTPATIENT = "outpatient"
    DEPOSIT = "deposit"


class UnknownCharge(DomainError):
    """There is no such charge of this person."""

    def __init__(self) -> None:
        super().__init__("没有这笔缴费，请从“缴费记录”中选择")


class NotNow(DomainError):
    """The act has no place in the state that the charge is in; the message says which that is."""


@dataclass(frozen=True)
class Due:
    """What is to be paid, and for whom: bills of an outpatient, or a deposit for a stay. Amounts are 分.

    `serial_no` and `presc_nos` are of bills; `inpatient_no`, `certificate_no` and `name` of a deposit.
    """

    hospital_id: str
    hospital_name: str
    kind: Kind
    amount: int
    patient_id: str
    serial_no: str = ""
    presc_nos: tuple[str, ...] = ()
    inpatient_no: str = ""
    certificate_no: str = field(default="", repr=False)
    name: str = field(default="", repr=False)


@dataclass(frozen=True)
class Charge:
    """A charge as it stands; its repr shows nothing personal."""

    row: ChargeRow
    due: Due = field(repr=False)

    @property
    def state(self) -> State:
        """Where it stands."""
        return State(self.row.state)


def seal(keyring: Keyring, person_id: str, charge_id: str, due: Due) -> tuple[str, bytes]:
    """(key id, sealed)."""
    return keyring.seal(orjson.dumps(due), _context(person_id, charge_id))


def opened(keyring: Keyring, row: ChargeRow) -> Charge:
    """The charge of a row. Raises SealingUnavailable."""
    kept = orjson.loads(keyring.unseal(row.key_id, bytes(row.sealed), _context(row.person_id, row.charge_id)))
    return Charge(row, Due(**{**kept, "kind": Kind(kept["kind"]), "presc_nos": tuple(kept["presc_nos"])}))


def _context(person_id: str, charge_id: str) -> bytes:
    return f"charge|{person_id}|{charge_id}".encode()
