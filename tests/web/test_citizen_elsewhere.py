"""The same pages at a hospital elsewhere, reached over HTTP: nothing differs but its registration."""

from collections.abc import Iterator
from datetime import date, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from starlette.testclient import TestClient

from tests.support.hospital import HOSPITAL
from tests.support.served_hospital import Running, served_hospital
from tests.web.conftest import HERE
from tests.web.town import DEPARTMENT, DOCTOR, FEE, Town, morning
from yiqiao.app.settings import Settings
from yiqiao.clock import FixedClock, SystemClock, beijing
from yiqiao.region.hospitals.registry import Registry, RemoteAddress
from yiqiao.web.asgi import application


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with served_hospital(tmp_path_factory.mktemp("hospital")) as running:
        yield running


@pytest.fixture
def here(tmp_path_factory: pytest.TempPathFactory, there: Running) -> Iterator[Town]:
    """A region without a hospital of its own; its clock begins with the hospital's, which is the machine's."""
    clock = FixedClock(SystemClock().now_ms())
    settings = Settings(data=str(tmp_path_factory.mktemp("region")), sandbox=True, sandbox_hospitals=False)
    with TestClient(application(settings, clock), base_url=HERE, follow_redirects=False) as client:
        found = Town(client, clock)
        runtime = found.runtime
        address = RemoteAddress(HOSPITAL, "云桥县人民医院", f"{there.url}/convenience", "demo", there.key)
        found.do(Registry(runtime.database, runtime.keyring, runtime.clock).connect, address)
        found.do(runtime.bookable.refresh)
        yield found.as_(0)


def tomorrow() -> date:
    return beijing(SystemClock().now_ms()).date() + timedelta(days=1)


def test_a_citizen_finds_a_doctor_books_pays_and_is_registered(here: Town) -> None:
    departments = here.json(f"/citizen/book/department?hospital={HOSPITAL}")
    assert [row["title"] for row in departments["rows"]] == ["内科", "外科", "儿科", "妇科"]
    doctors = here.json(here.step("doctor", {"hospital": HOSPITAL, "department": DEPARTMENT}))["doctors"]
    assert [(one["name"], one["fee"]) for one in doctors] == [("金秋月", FEE)]
    days = here.json(here.step("day", {"hospital": HOSPITAL, "department": DEPARTMENT, "doctor": DOCTOR}))["days"]
    chosen = next(day for day in days if day["day"] == tomorrow().isoformat())
    times = here.json(chosen["address"])["times"]
    choice = dict(parse_qsl(urlsplit(times[0]["address"]).query))
    assert choice == morning(tomorrow())
    at = here.registered(choice)
    shown = here.client.get(at).text
    assert "挂号成功" in shown
    assert "云桥县人民医院" in shown


def test_a_refusal_of_the_hospital_reaches_the_citizen_in_its_own_words(here: Town) -> None:
    choice = morning(tomorrow(), "YS8102", "D0102")
    first = here.locked(choice)
    here.send(first, act="confirm", pays="hospital")
    assert here.settled(first)["told"]["state"] == "booked"
    again = here.locked(choice)
    here.send(again, act="confirm", pays="hospital")
    page = here.settled(again)
    assert page["told"]["state"] == "refused"
    assert "只能预约一个号" in here.client.get(again).text


def test_a_hospital_that_is_away_is_a_page_that_says_so(here: Town) -> None:
    runtime = here.runtime
    away = RemoteAddress(HOSPITAL, "云桥县人民医院", "http://127.0.0.1:9/convenience", "demo", "0" * 16)
    here.do(Registry(runtime.database, runtime.keyring, runtime.clock).connect, away)
    here.do(runtime.bookable.refresh)
    answer = here.client.get(here.step("doctor", {"hospital": HOSPITAL, "department": DEPARTMENT}))
    assert answer.status_code == 503
    assert "暂时无法连接" in answer.text
