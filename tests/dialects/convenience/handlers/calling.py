"""Calls of functions by the standard's own words, over the wire, at a clinic of our own: what tests of these share."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from tests.hospital.booking.clinic import Clinic
from tests.support.hub import Hub
from yiqiao.dialects.convenience.client import Refused
from yiqiao.ports.hospital.booking import Serial

USER_ID = "demo"


class Answer(NamedTuple):
    """A return code, its text, and the business values."""

    code: str
    message: str
    values: dict[str, Any]


@dataclass
class Platform:
    """A platform that calls the hub whose clinic this is; a value given as None is left out."""

    hub: Hub
    clinic: Clinic
    user_id: str = USER_ID
    profile: str = "standard"

    async def call(self, operation: str, **values: Any) -> Answer:
        """Send what is given, right or wrong, and read the answer."""
        async with self.hub.convenience(user_id=self.user_id, profile=self.profile) as client:
            asks = client.speaker.spec.operations[operation].asks
            wire = asks.to_wire({name: value for name, value in values.items() if value is not None})
            try:
                return Answer("0", "", await client.send(operation, client.speaker.sealed(operation, wire)))
            except Refused as refusal:
                return Answer(refusal.code, refusal.told, {})

    def serial(self, number: str) -> Serial:
        """A serial of this platform, for acts that its standard has no function for."""
        return Serial(self.user_id, number, b"", self.clinic.clock.now_ms())
