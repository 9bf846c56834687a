"""A hospital of our own seen from both sides: over its service as one that is elsewhere, and by its own tables; and a
hospital of somebody else's make, that answers as a test says.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx

from tests.hospital.booking.clinic import HOSPITAL, NOW, TOMORROW, Clinic
from tests.support.hub import Hub, open_hub
from yiqiao.dialects.convenience import envelope
from yiqiao.dialects.convenience.client import AsyncClient
from yiqiao.dialects.convenience.content import written
from yiqiao.dialects.convenience.dialect import scheme_of
from yiqiao.dialects.convenience.line import Line
from yiqiao.dialects.convenience.remote import RemoteHospital
from yiqiao.partners import store
from yiqiao.ports.hospital import HospitalSystem
from yiqiao.ports.hospital.booking import Serial
from yiqiao.ports.hospital.schedules import ScheduleQuestion
from yiqiao.ports.hospital.values import Pool
from yiqiao.storage import Write

T = TypeVar("T")
KEY = "0123456789ABCDEF"
SERIAL = Serial("", "DD1", b"", 0)
Act = Callable[[RemoteHospital], Awaitable[Any]]


def result(write: Write[T]) -> Any:
    """What an act has come to, there: what is left to do of it changes nothing."""
    (outcome,) = write.lane.execute(None, [write.command])  # type: ignore[arg-type]
    return outcome


@dataclass
class Elsewhere:
    """The hospital `there`, over its service; `here`, by its tables; and the clinic that stands behind both."""

    hub: Hub
    clinic: Clinic
    there: RemoteHospital
    profile: str
    folder: Path

    @property
    def here(self) -> HospitalSystem:
        """The hospital by its own tables."""
        return self.hub.runtime.hospitals.of(HOSPITAL)

    def serial(self, number: str) -> Serial:
        """A serial of the platform as which the hospital is called."""
        return Serial("demo", number, b"", self.clinic.clock.now_ms())


@asynccontextmanager
async def clinic_elsewhere(folder: Path, profile: str) -> AsyncIterator[Elsewhere]:
    """A clinic with a schedule of five units, and one of two time slots, behind its service."""
    async with open_hub(folder) as hub:
        hub.clock.ms = NOW
        clinic = Clinic(hub.runtime.database, hub.clock, hub.runtime.keyring)
        await clinic.open()
        await clinic.schedule("PB1", 5, visit_address="门诊楼 2 层", number_address="一楼大厅", number_time="0730-0800")
        await clinic.schedule("PB2", 1, slots=("FS1", "FS2"), doctor_id="YS2", session=2)
        await hub.runtime.hospitals.refresh()
        async with connected(hub, profile) as there:
            yield Elsewhere(hub, clinic, there, profile, folder)


@asynccontextmanager
async def connected(hub: Hub, profile: str) -> AsyncIterator[RemoteHospital]:
    """The hub's hospital as it is seen from elsewhere, in a profile."""
    now = hub.clock.now_ms()
    await hub.runtime.directory.change(lambda c: store.set_profile(c, now, "convenience", "demo", profile))
    async with hub.convenience(profile=profile) as client:
        yield RemoteHospital(HOSPITAL, Line(client, pause_s=0), clock=hub.clock)


@dataclass
class Stranger:
    """A hospital of somebody else's make, which answers as a test says; what it was asked is kept, as it came."""

    profile: str = "standard"
    answers: dict[str, tuple[str, str, dict[str, object]] | Exception] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    def says(self, function: str, code: str = "0", message: str = "", **values: object) -> None:
        """What it answers a function: return code, message, content."""
        self.answers[function] = (code, message, values)

    def fails(self, function: str, failure: Exception) -> None:
        """What becomes of a call instead of an answer."""
        self.answers[function] = failure

    @property
    def hospital(self) -> RemoteHospital:
        """This hospital, over a line."""
        client = AsyncClient(
            "http://stranger/convenience",
            user_id="platform",
            secret=KEY,
            profile=self.profile,
            style="plain",
            transport=httpx.MockTransport(self._answer),
        )
        return RemoteHospital(HOSPITAL, Line(client, pause_s=0))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        scheme = scheme_of(self.profile)
        opened = envelope.open_request(envelope.peek(request.content, by_name=True), [KEY], scheme)
        client = AsyncClient("http://stranger", user_id="platform", secret=KEY, profile=self.profile)
        code = opened.claim.fun_code
        operation = next(one for one in client.speaker.spec.operations.values() if one.code == code)
        self.asked.append((operation.name, opened.tree))
        answer = self.answers.get(operation.name, ("99", "没有准备这个应答", {}))
        if isinstance(answer, Exception):
            raise answer
        content = written(operation.response_root, answer[2])
        return httpx.Response(200, text=envelope.seal_response(answer[0], answer[1], content, KEY, scheme))


def act(hospital: RemoteHospital) -> Awaitable[Any]:
    """Any act."""
    return hospital.booking.unlock(SERIAL, None)


def question(hospital: RemoteHospital) -> Awaitable[Any]:
    """Any question."""
    asked = ScheduleQuestion(Pool.SHARED, None, None, TOMORROW, TOMORROW)
    return hospital.catalogue.schedules(asked, None)
