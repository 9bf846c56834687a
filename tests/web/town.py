"""A sandbox with the small hospital, under a clock that tests move, and citizens who sign in there and book."""

import re
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

from httpx import Response
from starlette.testclient import TestClient

from tests.support import hospital
from tests.support.hospital import HOSPITAL
from tests.support.hub import NOW_MS
from tests.web.conftest import HERE
from yiqiao.app.runtime import Runtime
from yiqiao.app.settings import Settings
from yiqiao.clock import FixedClock, beijing
from yiqiao.ports.hospital.values import Session
from yiqiao.region.appointments.states import ACTING
from yiqiao.sandbox.people import people
from yiqiao.web.asgi import application

T = TypeVar("T")
TODAY = beijing(NOW_MS).date()
TOMORROW = TODAY + timedelta(days=1)
DOCTOR, DEPARTMENT = "YS8103", "D0201"
FEE = 2700
SETTLED_WITHIN_S = 10


def morning(day: date = TOMORROW, doctor: str = DOCTOR, department: str = DEPARTMENT) -> dict[str, str]:
    """What is chosen for a morning, which has no time slots."""
    return {
        "hospital": HOSPITAL,
        "department": department,
        "doctor": doctor,
        "day": day.isoformat(),
        "schedule": hospital.schedule_id(doctor, department, day, Session.MORNING),
    }


def afternoon(slot: str = "1", day: date = TOMORROW) -> dict[str, str]:
    """What is chosen for a time slot of an afternoon."""
    schedule = hospital.schedule_id(DOCTOR, DEPARTMENT, day, Session.AFTERNOON)
    return {**morning(day), "schedule": schedule, "slot": hospital.time_id(schedule, slot)}


@dataclass
class Town:
    """A browser at the hub, and the hub's clock."""

    client: TestClient
    clock: FixedClock

    @property
    def runtime(self) -> Runtime:
        """The hub."""
        found: Runtime = self.client.app.state.runtime  # type: ignore[attr-defined]
        return found

    def do(self, act: Callable[..., Awaitable[T]], *values: Any) -> T:
        """Do something in the hub itself."""
        assert self.client.portal is not None
        return self.client.portal.call(act, *values)

    def as_(self, number: int) -> "Town":
        """Sign in as one of the sandbox's people."""
        self.client.cookies.clear()
        token = re.search(r'name="token" value="([^"]+)"', self.client.get("/sandbox/sign-in?next=/citizen").text)
        assert token is not None
        sent = {"token": token[1], "next": "/citizen", "person": str(number)}
        assert self.client.post("/sandbox/sign-in", data=sent).headers["location"] == "/citizen"
        return self

    def json(self, path: str) -> Any:
        """What a page shows."""
        return self.client.get(path + ("&" if "?" in path else "?") + "format=json").json()

    def step(self, step: str, choice: dict[str, str]) -> str:
        """The address of a step of booking."""
        return f"/citizen/book/{step}?{urlencode(choice)}"

    def send(self, path: str, page: str = "", **values: str) -> Response:
        """Send a form, with the token of the page on which it stands."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.client.get(page or path).text)
        csrf = found[1] if found else ""
        answer: Response = self.client.post(path, data={"csrf": csrf, **values})
        return answer

    def begin(self, choice: dict[str, str] | None = None, who: str = "me") -> str:
        """Choose somebody: the address of the appointment that has begun."""
        answer = self.send(self.step("patient", choice or morning()), who=who)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def settled(self, at: str) -> Any:
        """What the appointment's page shows once nothing is under way any more; time passes for what waits."""
        until = time.monotonic() + SETTLED_WITHIN_S
        while time.monotonic() < until:
            shown = self.json(at)
            if shown["told"]["state"] not in ACTING:
                return shown
            self.hurry()
        raise AssertionError(f"{at} is still {shown['told']['state']}")

    def reaches(self, at: str, state: str, *, hurry: bool = True) -> Any:
        """What the appointment's page shows once it is there."""
        until = time.monotonic() + SETTLED_WITHIN_S
        while time.monotonic() < until:
            shown = self.json(at)
            if shown["told"]["state"] == state:
                return shown
            if hurry:
                self.hurry()
            time.sleep(0.02)
        raise AssertionError(f"{at} is {shown['told']['state']}, not {state}")

    def hurry(self, seconds: float = 1) -> None:
        """Let time pass, and what becomes due in it be done."""
        self.clock.advance(seconds)

        async def wake() -> None:
            self.runtime.jobs.wake()

        self.do(wake)
        time.sleep(0.02)

    def locked(self, choice: dict[str, str] | None = None, who: str = "me") -> str:
        """The address of an appointment that waits to be confirmed."""
        at = self.begin(choice, who)
        assert self.settled(at)["told"]["state"] == "locked"
        return at

    def ordered(self, choice: dict[str, str] | None = None, who: str = "me") -> str:
        """The address of an appointment that waits to be paid here."""
        at = self.locked(choice, who)
        assert self.send(at, act="confirm", pays="here").status_code == 303
        assert self.settled(at)["told"]["state"] == "ordered"
        return at

    def cashier(self, at: str) -> str:
        """Go to pay: the address of the cashier's page."""
        assert self.send(at, act="pay").headers["location"] == at + "/pay"
        until = time.monotonic() + SETTLED_WITHIN_S
        while time.monotonic() < until:
            address = self.json(at + "/pay")["address"]
            if address:
                return str(address)
            time.sleep(0.02)
        raise AssertionError("no cashier")

    def at_cashier(self, address: str, **values: str) -> Response:
        """Press a button of the cashier's."""
        token = re.search(r'name="token" value="([^"]+)"', self.client.get(address).text)
        answer: Response = self.client.post(address, data={"token": token[1] if token else "", **values})
        return answer

    def registered(self, choice: dict[str, str] | None = None, **values: str) -> str:
        """The address of an appointment that was paid."""
        at = self.ordered(choice)
        assert self.at_cashier(self.cashier(at), way="wechat", **values).headers["location"] == at
        assert self.reaches(at, "registered")
        return at


@contextmanager
def town(folder: Path, days: int = 3, **more: object) -> Iterator[Town]:
    """A town whose hospital has schedules for so many days, from today on."""
    clock = FixedClock(NOW_MS)
    settings = Settings(data=str(folder), sandbox=True, sandbox_hospitals=False, **more)  # type: ignore[arg-type]
    client = TestClient(application(settings, clock), base_url=HERE, follow_redirects=False)
    with client:
        found = Town(client, clock)
        runtime = found.runtime
        found.do(runtime.database.write, lambda c: hospital.fill(c, TODAY, days, keyring=runtime.keyring))
        found.do(runtime.hospitals.refresh)
        yield found


def somebody(number: int) -> Any:
    """One of the sandbox's people."""
    return people()[number]
