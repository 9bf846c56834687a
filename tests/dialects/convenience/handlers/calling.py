"""Calls of operations by the standard's own words, at a clinic of our own: what tests of these handlers share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, NamedTuple

import orjson

from tests.hospital.booking.clinic import HOSPITAL, Clinic
from yiqiao.crypto import sm3
from yiqiao.dialects.convenience.functions import spec_of
from yiqiao.dialects.convenience.handlers import booking, handlers, numbers, records
from yiqiao.errors import DomainError
from yiqiao.exchange.dialect import Call
from yiqiao.exchange.request import Request
from yiqiao.hospital.booking.records import LocalRecords
from yiqiao.ports.hospital import UnknownHospital

MODULES = booking, numbers, records  # each has filled `handlers`


class Answer(NamedTuple):
    """A return code, its text, and the business values."""

    code: str
    message: str
    values: dict[str, Any]


@dataclass
class Platform:
    """A platform that calls the clinic; a value given as None is left out."""

    clinic: Clinic
    profile: str = "standard"
    partner: Any = field(default_factory=lambda: SimpleNamespace(app_id="platform"))

    def of(self, hospital_id: str) -> Any:
        """The one hospital that there is."""
        if hospital_id != HOSPITAL:
            raise UnknownHospital(hospital_id)
        return SimpleNamespace(
            booking=self.clinic.booking, records=LocalRecords(self.clinic.house, self.clinic.booking.hospital_id)
        )

    def all(self) -> list[Any]:
        """That one alone."""
        return [self.of(HOSPITAL)]

    async def call(self, operation: str, **values: Any) -> Answer:
        """Validate, act, answer, as the gateway does."""
        spec = spec_of(self.profile)
        described = spec.operations[operation]
        stated = {name: value for name, value in values.items() if value is not None}
        try:
            request = described.validate(stated)
            fingerprint = sm3(orjson.dumps(request, default=str, option=orjson.OPT_SORT_KEYS))
            at = self.clinic.clock.now_ms()
            call = Call(self.partner, operation, None, "192.0.2.1", at, "r1", spec, fingerprint)
            act = await handlers.by_operation[operation](Request(request), call, self)
            done = await self.clinic.perform(act.write)
        except DomainError as refusal:
            code = spec.code_for(refusal.name, operation)
            return Answer(code.code, refusal.message, {})
        assert act.keys(done) is not None
        return Answer("0", "", told(described.answers.to_wire(described.shape(act.answer(done)))))


def told(value: Any) -> Any:
    """What a caller reads of an answer: texts."""
    if isinstance(value, Mapping):
        return {name: told(one) for name, one in value.items()}
    return [told(one) for one in value] if isinstance(value, list | tuple) else "" if value is None else str(value)
