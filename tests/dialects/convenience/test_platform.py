"""The platform's side over HTTP (3.1.3.14): what hospitals send, and an appointment that a notice closes."""

import pytest

from tests.dialects.convenience.test_notices import CHANGE
from tests.support.hub import Hub
from yiqiao.app.replay import gateways_of, replay
from yiqiao.dialects.convenience.client import AsyncClient, Refused, Style
from yiqiao.dialects.convenience.notices import ConvenienceNotices, notice
from yiqiao.journal.reader import Reader, Search
from yiqiao.ports.hospital.notices import Attends, ScheduleChange
from yiqiao.ports.hospital.values import Session

PATH = "/platform/convenience"


def hospital(hub: Hub, path: str = PATH, style: Style = "soap") -> AsyncClient:
    """A hospital that calls the platform."""
    partner = hub.runtime.directory.find("convenience", "demo")
    assert partner is not None
    secret, transport = partner.secrets[0], hub.transport
    return AsyncClient(f"http://hub{path}", user_id="demo", secret=secret, style=style, transport=transport)


@pytest.mark.parametrize("style", ["soap", "plain"])
async def test_rule_notice_push_a_notice_is_acknowledged_and_again(hub: Hub, style: Style) -> None:
    caller = hospital(hub, style=style)
    for _ in range(2):  # the same again does no harm
        answer = await caller.call("NotifyHospInfo", notice(CHANGE))
        assert answer == {"RESULTCODE": "0", "RESULTMSG": "成功"}
    await ConvenienceNotices(caller.call).schedule_changed(CHANGE._replace(attends=Attends.KEPT))


@pytest.mark.parametrize(
    "change",
    [
        CHANGE,
        CHANGE._replace(attends=Attends.NORMAL, session=Session.WHOLE_DAY, reason=None),
        CHANGE._replace(attends=Attends.KEPT, session=Session.EVENING, emergency=True),
    ],
)
async def test_what_the_hospital_says_is_what_the_platform_hears(hub: Hub, change: ScheduleChange) -> None:
    heard: list[ScheduleChange] = []
    desk = hub.runtime.platform.services.schedules
    original = type(desk).schedule_changed

    def listening(self: object, said: ScheduleChange) -> object:
        heard.append(said)
        return original(self, said)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(desk), "schedule_changed", listening)
        await hospital(hub).call("NotifyHospInfo", notice(change))
    assert heard == [change]


async def test_a_notice_is_replayed_on_the_platforms_side(hub: Hub) -> None:
    await hospital(hub).call("NotifyHospInfo", notice(CHANGE))
    reader = Reader(hub.runtime.database, hub.runtime.keyring)
    line = (await reader.search(Search(operation="NotifyHospInfo"), limit=1)).lines[0]
    both = (hub.runtime.convenience, hub.runtime.platform)
    for gateways in (both, gateways_of(hub.runtime)):
        done = await replay(hub.runtime, gateways, line.reference, dry_run=True)
        assert (done.code, done.effect, done.would_write) == ("0", "write", True)
    astray = await replay(hub.runtime, both[:1], line.reference, dry_run=True)
    assert astray.code == "5"


async def test_each_side_answers_its_own_functions_alone(hub: Hub) -> None:
    with pytest.raises(Refused) as refused:
        await hospital(hub).call("NetTest", {"HOSPITAL_ID": "9851001", "IP": "192.0.2.1"})
    assert refused.value.code == "5"
    with pytest.raises(Refused) as refused:
        await hospital(hub, "/convenience").call("NotifyHospInfo", notice(CHANGE))
    assert refused.value.code == "5"


async def test_a_day_that_cannot_be_is_refused_with_its_place(hub: Hub) -> None:
    values = notice(CHANGE._replace(day="2026-13-40"))
    with pytest.raises(Refused, match="WORKDATE") as refused:
        await hospital(hub).call("NotifyHospInfo", values)
    assert refused.value.code == "1"


async def test_the_service_describes_itself_with_the_methods_that_hospitals_know(hub: Hub) -> None:
    wsdl = (await hub.http.get(f"{PATH}?wsdl")).text
    for name in ("NotifyHospInfo", "RegService", "PayService", "PushService"):
        assert f'<wsdl:operation name="{name}">' in wsdl
    assert 'name="LockReg"' not in wsdl
    assert f'location="http://hub{PATH}"' in wsdl
