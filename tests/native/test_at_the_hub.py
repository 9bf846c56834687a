"""A visit through OneTrans2, against a sandbox: read, recharge at the cashier's page, query, refund."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.dialects.onetrans.desk import parameters
from tests.native.libraries import Answered, OneTrans
from tests.native.sandbox import Sandbox, person, sandbox
from yiqiao.clock import SystemClock
from yiqiao.ports.card_reader import Media
from yiqiao.sandbox.insurance import covers
from yiqiao.sandbox.reader import SandboxReader

PLACE = "ZZJ-98-01"
SERIALS = count(1)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with sandbox(tmp_path_factory.mktemp("hub")) as opened:
        yield opened


@pytest.fixture
def his(onetrans_library: Path, tmp_path: Path, hub: Sandbox) -> OneTrans:
    return OneTrans(onetrans_library, tmp_path, at(hub, "none"))


def at(hub: Sandbox, browser: object) -> dict[str, dict[str, object]]:
    """The ini of a HIS of this hub's, whose pages this browser opens."""
    pages = {"browser": browser, "wait_s": 60, "confirm_s": 60, "poll_ms": 50}
    return {"gateway": {"url": hub.url}, "pages": pages}


def asking(his: OneTrans, hub: Sandbox, trans_type: str, data: dict[str, Any], **more: str) -> Answered:
    """What a transaction answers the demo HIS."""
    given = parameters(next(SERIALS), SystemClock().now_ms(), **{"trans_type": trans_type, "dev_no": PLACE, **more})
    return his.call({**given, "app_id": hub.his.app_id, "app_key": hub.his.app_key}, data)


def merchant(hub: Sandbox) -> dict[str, str]:
    """Who collects, and the patient's card."""
    one = hub.runtime.merchants_demo[0]
    return {
        "payAppId": one.merchant_id,
        "payAppSecret": one.secret,
        "termNo": "SF01",
        "cardType": "03",
        "cardNo": "M20117733",
        "accountType": "01",
    }


def somebody() -> Any:
    """An insured person about whom the centre answers."""
    return next(one for one in covers().values() if not one.silent)


def reader(hub: Sandbox) -> SandboxReader:
    found = hub.runtime.readings.reader
    assert isinstance(found, SandboxReader)
    return found


def test_a_card_is_read(his: OneTrans, hub: Sandbox) -> None:
    one = somebody()
    hub.do(reader(hub).put(PLACE, Media.IDENTITY_CARD, one.who.id_no))
    answer = asking(his, hub, "hos.user.get", {"mdtrt_cert_type": "02", "business_type": "01101"})
    assert (answer.value, answer.code) == (0, "000000"), answer.said
    assert dict(answer.data)["baseinfo"]["psn_name"] == one.who.name  # type: ignore[index]


def test_the_patient_chooses_how_to_be_read(his: OneTrans, hub: Sandbox, tmp_path: Path) -> None:
    one = somebody()
    hub.do(reader(hub).set_state(PLACE, Media.IDENTITY_CARD, "empty"))
    chooses = person(tmp_path, {"way": "identity_card"}, {"present": f"identity_card:{one.who.id_no}"})
    his.configure(at(hub, chooses))
    answer = asking(his, hub, "hos.user.get", {"mdtrt_cert_type": "09", "business_type": "01101"})
    assert (answer.value, answer.code) == (0, "000000"), answer.said
    assert dict(answer.data)["baseinfo"]["certno"] == one.who.id_no  # type: ignore[index]


def test_a_recharge_is_paid_at_the_cashier_queried_and_given_back(his: OneTrans, hub: Sandbox, tmp_path: Path) -> None:
    his.configure(at(hub, person(tmp_path, {"scan": "1", "code": "SANDBOX01"})))
    patient = {**merchant(hub), "hisCustId": "HZ70031", "userName": "贺知秋"}
    paid = asking(his, hub, "hop.trade.recharge", {**patient, "amount": "120.01", "outChargeNo": "CZ9800000001"})
    assert (paid.value, paid.code) == (0, "000000"), paid.said
    number = {"tradeType": "hop.trade.recharge", "traceNo": paid.data["traceNo"]}
    found = asking(his, hub, "hop.trade.query", {**merchant(hub), **number})
    assert (found.code, found.data["result"]) == ("000000", "succ"), found.said
    back = {"outChargeNo": "CZ9800000001", "outRefundNo": "TK9800000001", "withdrawMode": "1", "refundType": "direct"}
    given = asking(his, hub, "hop.trade.refund", {**patient, **back, "amount": "120.01"})
    assert (given.value, given.code) == (0, "000000"), given.said
