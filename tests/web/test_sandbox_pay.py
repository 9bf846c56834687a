"""The sandbox channel's page: its payer decides what becomes of an order, and nobody else's machine gets to it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.region.payments.world import PATIENT
from tests.support.hub import NOW_MS
from tests.web.conftest import HERE, browser
from tests.web.counter import Counter
from yiqiao.app.settings import Settings
from yiqiao.clock import FixedClock
from yiqiao.region.payments.cashier import address
from yiqiao.region.payments.orders import Wish
from yiqiao.region.payments.trade import Particulars
from yiqiao.web.asgi import application


class Street(Counter):
    """A browser at a sandbox, whose own channel is paid with nobody's money."""

    def begun(self, number: str, amount: int = 10_050) -> tuple[str, str]:
        """A trade for which the sandbox's channel was chosen: the cashier's address and the order's."""
        merchant = self.runtime.merchants_demo[0]
        kept = Particulars(PATIENT)
        wish = Wish(
            "his", merchant.merchant_id, merchant.secret, number, number.encode(), amount, "门诊预交金充值", kept
        )
        at = address(self.perform(self.runtime.orders.order(wish)).trade.token)
        assert self.press(at, way="SANDBOX/phone").status_code == 303
        return at, self.until(at, "go")["go"]

    def pressed(self, at: str, way: str) -> Any:
        """Press a button of the order's page."""
        token = re.search(r'name="token" value="([^"]+)"', self.client.get(at).text)
        return self.client.post(at, data={"token": token[1] if token else "", "way": way})


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    clock = FixedClock(NOW_MS)
    settings = Settings(data=str(tmp_path_factory.mktemp("hub")), sandbox=True, sandbox_hospitals=False)
    with TestClient(application(settings, clock), base_url=HERE, follow_redirects=False) as client:
        yield Street(client, clock, {}, None)  # type: ignore[arg-type]


@pytest.mark.parametrize(("way", "stage"), [("pay", "done"), ("silently", "done"), ("decline", "choose")])
def test_its_payer_decides_what_becomes_of_an_order(way: str, stage: str, street: Street) -> None:
    at, pay = street.begun(f"way-{way}")
    shown = street.json(pay)
    assert (shown["state"], shown["amount"], shown["back"]) == ("open", 10_050, at)
    assert street.pressed(pay, way).headers["location"] == at
    found = street.when(at, lambda one: one["told"]["stage"] == stage)
    assert bool(found["told"]["reason"]) == (way == "decline")
    assert street.json(pay)["state"] == ("failed" if way == "decline" else "paid")


def test_nobody_pays_twice(street: Street) -> None:
    _, pay = street.begun("twice")
    token = re.search(r'name="token" value="([^"]+)"', street.client.get(pay).text)
    assert token is not None
    sent = {"token": token[1], "way": "pay"}
    assert street.client.post(pay, data=sent).status_code == 303
    answer = street.client.post(pay, data=sent)
    assert answer.status_code == 409
    assert "已支付，请勿重复支付" in answer.text


def test_a_form_without_its_token_pays_nothing(street: Street) -> None:
    _, pay = street.begun("forged")
    street.client.get(pay)
    assert street.client.post(pay, data={"token": "forged", "way": "pay"}).status_code == 403
    assert street.json(pay)["state"] == "open"
    assert street.pressed(pay, "nothing").status_code == 404


def test_no_other_machine_and_no_other_number_gets_to_it(street: Street) -> None:
    _, pay = street.begun("elsewhere")
    assert TestClient(street.client.app, base_url="http://elsewhere.example").get(pay).status_code == 404
    assert street.client.get("/sandbox/pay/0").status_code == 404


def test_a_hub_that_is_no_sandbox_has_no_such_page(tmp_path: Path) -> None:
    with browser(Settings(data=str(tmp_path / "hub"))) as client:
        assert client.get("/sandbox/pay/0").status_code == 404
