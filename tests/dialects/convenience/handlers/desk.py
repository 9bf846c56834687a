"""A hospital's handlers called the way the gateway calls them, without the wire: texts in, the answer's values out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.support.hospital import HOSPITAL
from tests.support.keys import KEYRING
from yiqiao.app.hospitals import LocalHospital
from yiqiao.clock import FixedClock, parse_compact
from yiqiao.dialects.convenience.functions import spec_of
from yiqiao.dialects.convenience.handlers.complete import handlers
from yiqiao.errors import DomainError
from yiqiao.exchange.dialect import Call
from yiqiao.exchange.request import Request
from yiqiao.hospital.house import House
from yiqiao.partners import Partner
from yiqiao.ports.hospital import HospitalSystem, UnknownHospital
from yiqiao.ports.insured import NoInsurer
from yiqiao.storage import Database

NOW = parse_compact("20261120080000")


class Refused(Exception):
    """The desk refused; with the standard's code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message


@dataclass(frozen=True)
class OwnHospitals:
    """Hospitals that are kept in one database."""

    house: House
    hospital_ids: Sequence[str] = (HOSPITAL,)

    def of(self, hospital_id: str) -> HospitalSystem:
        """The hospital's system."""
        if hospital_id not in self.hospital_ids:
            raise UnknownHospital(hospital_id)
        return LocalHospital(self.house, hospital_id, NoInsurer())

    def all(self) -> Sequence[HospitalSystem]:
        """All of them."""
        return [self.of(hospital_id) for hospital_id in self.hospital_ids]


@dataclass
class Desk:
    """A desk, and its clock."""

    database: Database
    hospital_ids: Sequence[str] = (HOSPITAL,)
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))

    @property
    def house(self) -> House:
        """What the hospitals stand on."""
        return House(self.database, KEYRING, self.clock)

    async def ask(self, operation: str, profile: str = "standard", **values: str) -> dict[str, Any]:
        """Ask for something as a caller would, of the first hospital where none is named. Raises Refused."""
        spec = spec_of(profile)
        asked = spec.operations[operation]
        call = Call(Partner("convenience", "platform", "平台"), operation, None, "", NOW, "", spec, b"")
        try:
            request = Request(asked.validate({"HOSPITAL_ID": self.hospital_ids[0], **values}))
            act = await handlers.by_operation[operation](request, call, OwnHospitals(self.house, self.hospital_ids))
        except DomainError as refusal:
            raise Refused(spec.code_for(refusal.name, operation).code, refusal.message) from refusal
        answer = asked.shape(act.answer(None))
        if profile == "standard":
            asked.answers.validate(answer)
        return answer
