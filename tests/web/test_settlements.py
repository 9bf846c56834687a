"""A settlement's page for the desk and the patient, and the console's room: findings, courses, buttons."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from tests.region.insurance.world import CARD, RESIDENT
from tests.sandbox.settlement.desk import visitor
from tests.web.conftest import hub, sign_in
from tests.web.counter import by_itself
from tests.web.test_cards import add_operator, audited, csrf_of
from yiqiao.app.runtime import Runtime
from yiqiao.partners.roles import Right, Role
from yiqiao.ports.his_billing import Patient, PendingCharge
from yiqiao.ports.insurance_settlement import FeeLine
from yiqiao.region.insurance.findings import KINDS, Kind
from yiqiao.region.insurance.pages import address, desk_address
from yiqiao.region.insurance.service import Wish
from yiqiao.region.insurance.settlement import Facts
from yiqiao.region.insurance.states import STATES, Act, State
from yiqiao.sandbox.his_billing import SandboxHis
from yiqiao.sandbox.settlement.centre import SandboxSettlement
from yiqiao.storage.insurance import SettlementRow
from yiqiao.storage.shelves import DatabaseStore
from yiqiao.web.i18n import table
from yiqiao.web.pages import settlement as page
from yiqiao.web.pages.console_settlements import right_of

T = TypeVar("T")
AT = "/console/settlements"
SETTLED_WITHIN_S = 30


@dataclass
class Desk:
    """A sandbox with a patient who owes, and a browser in front of it."""

    client: TestClient
    people: dict[str, str]
    folder: Path

    @property
    def runtime(self) -> Runtime:
        return cast(Runtime, self.client.app.state.runtime)  # type: ignore[attr-defined]

    def do(self, act: Callable[..., Any], *values: Any) -> Any:
        """Do something in the hub itself."""
        assert self.client.portal is not None
        return self.client.portal.call(act, *values)

    def begun(self, amount: int, *, insured: bool = True) -> SettlementRow:
        """A bill that was sent."""
        merchant = self.runtime.merchants_demo[0]
        number = f"MZ{amount}{int(insured)}"
        fee = FeeLine(number, number, "X1", "治疗费", "01", Decimal(amount) / 100, Decimal(1), amount)
        his = cast(SandboxHis, self.runtime.his_billing)
        self.do(his.owe, merchant.merchant_id, Patient("01", CARD), PendingCharge(number, "治疗费", amount, (fee,)))
        who = visitor(RESIDENT)
        facts = Facts(who, Patient("01", CARD, "03", CARD, who.name, who.certificate_no), (), ())
        wish = Wish("his", merchant.merchant_id, merchant.secret, insured, "", facts)
        write = self.do(self.runtime.settlements.settle, wish)
        row: SettlementRow = self.do(self.runtime.database.write, by_itself(write)).row
        self.runtime.jobs.wake()
        return row

    def row(self, number: str) -> SettlementRow:
        row: SettlementRow = self.do(self.runtime.settlements.find, number).row
        return row

    def until(self, number: str, state: str) -> SettlementRow:
        """Wait until it stands so."""
        until = time.monotonic() + SETTLED_WITHIN_S
        while time.monotonic() < until:
            row = self.row(number)
            if row.state == state:
                return row
            self.runtime.jobs.wake()
            time.sleep(0.05)
        raise AssertionError(f"{row} is not {state}")

    def pays(self, row: SettlementRow) -> None:
        """Cash at the desk."""

        async def choose() -> None:
            await self.runtime.orders.choose(row.merchant_id, row.trace_no, "CASH", at_desk=True)

        self.do(choose)

    def settled(self, amount: int, *, insured: bool = True) -> SettlementRow:
        """A bill that was settled."""
        row = self.until(self.begun(amount, insured=insured).number, State.PAYING)
        self.pays(row)
        return self.until(row.number, State.DONE)

    def as_(self, name: str) -> TestClient:
        """The browser, with somebody signed in."""
        self.client.cookies.clear()
        sign_in(self.client, name, self.people[name])
        return self.client

    def json(self, at: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"{at}{'&' if '?' in at else '?'}format=json").json()
        return found


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("settlements")
    with hub(folder, sandbox=True) as (client, _):
        yield Desk(client, {role.value: add_operator(folder, role.value, role) for role in Role}, folder)


def test_the_page_shows_what_it_comes_to_and_leads_to_the_cashier(desk: Desk) -> None:
    row = desk.until(desk.begun(100_000).number, State.PAYING)
    desk.client.cookies.clear()
    at = desk_address(desk.runtime.keyring, row)
    shown = desk.json(at)
    assert (shown["stage"], shown["desk"], shown["reckoned"]) == ("pay", True, True)
    assert (shown["total"], shown["funds"], shown["cash"]) == (100_000, 40_000, 60_000)
    assert [one["at"] for one in shown["steps"]] == ["done", "done", "done", "now", "todo", "todo"]
    assert urlsplit(shown["pay"]).path.startswith("/cashier/")
    text = desk.client.get(at).text
    assert "去收款" in text
    assert RESIDENT.who.name not in text
    assert desk.client.get(at).headers["referrer-policy"] == "no-referrer"
    mine = desk.json(address(row.token))
    assert (mine["desk"], "desk=" in mine["pay"]) == (False, False)
    assert "去支付" in desk.client.get(address(row.token)).text

    seen = re.search(r'data-mark="(\w+)"', desk.client.get(at).text)
    assert seen is not None
    now = at.replace(row.token, f"{row.token}/now")
    assert desk.client.get(f"{now}&seen={seen[1]}").status_code == 204
    cashier = desk.client.get(shown["pay"]).text
    desk.pays(row)
    row = desk.until(row.number, State.DONE)
    assert "查看结算结果" not in cashier
    assert desk.client.get(f"{now}&seen={seen[1]}").status_code == 200
    done = desk.json(at)
    assert (done["stage"], done["pay"], done["ask_ms"]) == ("done", "", 0)
    assert {one["at"] for one in done["steps"]} == {"done"}
    after = desk.client.get(shown["pay"]).text
    assert "查看结算结果" in after
    assert address(row.token) in after


def test_what_is_self_paid_has_two_steps(desk: Desk) -> None:
    row = desk.until(desk.begun(3_000, insured=False).number, State.PAYING)
    shown = desk.json(address(row.token))
    assert [one["name"] for one in shown["steps"]] == ["paying", "confirming"]
    assert "医保基金支付" not in desk.client.get(address(row.token)).text
    desk.pays(row)
    desk.until(row.number, State.DONE)


def test_there_is_no_such_settlement(desk: Desk) -> None:
    answer = desk.client.get(address("nobody"))
    assert answer.status_code == 404
    assert "没有这笔结算" in answer.text


def test_the_room_lists_by_what_there_is_to_do(desk: Desk) -> None:
    row = desk.settled(1_100)
    desk.as_("administrator")
    shown = desk.json(AT)
    assert row.number in [one["number"] for one in shown["lines"]]
    assert row.number in [one["number"] for one in desk.json(f"{AT}?group=done")["lines"]]
    assert row.number not in [one["number"] for one in desk.json(f"{AT}?group=ended")["lines"]]
    text = desk.client.get(AT).text
    assert "各方一致，没有单边账。" in text
    assert RESIDENT.who.name not in text
    one = desk.json(f"{AT}/{row.number}")
    assert one["steps"][0]["after"] == "done"
    assert one["patient"] != RESIDENT.who.name
    page_of_it = desk.client.get(f"{AT}/{row.number}").text
    assert "正在医保结算 →" in page_of_it
    assert desk.client.get(f"{AT}/999").status_code == 404


def test_a_finding_stands_first_with_its_button_and_what_mends_it_is_audited(desk: Desk) -> None:
    row = desk.settled(1_200)
    centre = SandboxSettlement(DatabaseStore(desk.runtime.database), desk.runtime.clock)
    desk.do(centre.take_back, row.settlement_id)
    client = desk.as_("administrator")
    client.post(AT, data={"csrf": csrf_of(client.get(AT))})
    shown = desk.json(AT)
    (found,) = [one for one in shown["found"] if one["number"] == row.number]
    assert found["title"] == "医保中心已自行冲正"
    assert [one["act"] for one in found["buttons"]] == ["reverse"]
    assert desk.json("/console")["hands"]["settlements"]["one_sided"] == 1
    assert "1 笔各方不一致" in client.get("/console").text
    text = client.get(AT).text
    assert text.index("医保中心已自行冲正") < text.index("新的在前")
    asked = client.get(f"{AT}/{row.number}/reverse")
    assert "撤销这笔结算并退款" in asked.text
    pressed = client.post(f"{AT}/{row.number}/reverse", data={"csrf": csrf_of(asked)})
    assert pressed.status_code == 303
    desk.until(row.number, State.CANCELLED)
    assert ("settlement.reverse", row.number) in [(act, target) for act, target, _ in audited(desk.folder)]
    assert client.get(f"{AT}/{row.number}?done=reverse").status_code == 200
    client.post(AT, data={"csrf": csrf_of(client.get(AT))})
    assert not [one for one in desk.json(AT)["found"] if one["number"] == row.number]


def test_what_cannot_be_done_any_more_says_so(desk: Desk) -> None:
    row = desk.settled(1_300)
    client = desk.as_("administrator")
    token = csrf_of(client.get(AT))
    refused = client.post(f"{AT}/{row.number}/by_hand", data={"csrf": token})
    assert refused.status_code == 409
    assert "现在不能这样操作" in refused.text
    assert "现在不能这样操作" in client.get(f"{AT}/{row.number}/by_hand").text
    assert client.get(f"{AT}/{row.number}/nothing").status_code == 404
    assert client.get(f"{AT}/{row.number}/retry").status_code == 404


def test_who_only_looks_on_has_no_buttons(desk: Desk) -> None:
    row = desk.settled(1_400)
    for name in desk.people:
        client = desk.as_(name)
        shown = client.get(f"{AT}/{row.number}?format=json")
        if shown.status_code != 200:
            continue
        acts = {one["act"] for one in shown.json()["buttons"]}
        if "reverse" not in acts:
            token = re.search(r'name="csrf" value="([^"]+)"', client.get("/console").text)
            sent = {"csrf": token[1] if token else ""}
            assert client.post(f"{AT}/{row.number}/reverse", data=sent).status_code in (403, 404)


def test_telling_the_his_again_of_what_stands_is_whose_taking_back_is(desk: Desk) -> None:
    """A HIS that refuses has it taken back and refunded by itself."""
    row = desk.settled(1_500)
    for name in desk.people:
        client = desk.as_(name)
        acts = {one["act"] for one in desk.json(f"{AT}/{row.number}")["buttons"]}
        assert acts == ({"reverse", "confirm"} if name in ("approver", "administrator") else set()), name
    client = desk.as_("operator")
    assert client.get(f"{AT}/{row.number}/confirm").status_code == 403
    assert client.post(f"{AT}/{row.number}/confirm", data={"csrf": csrf_of(client.get(AT))}).status_code == 403
    assert desk.row(row.number).version == row.version
    assert right_of(Act.CONFIRM, State.UNCONFIRMED) is Right.WORK


def test_every_state_stage_act_and_step_has_its_words() -> None:
    words = table()
    for state in STATES:
        assert f"settling.state_{state}" in words
        stage = page.STAGES[state]
        for key in (f"title_{stage}", f"about_{stage}"):
            assert f"settling.{key}" in words
    for act in Act:
        assert f"settling.act_{act}" in words
        assert f"settling.done_{act}" in words
        if act is not Act.RETRY:
            assert {f"settling.ask_{act}", f"settling.means_{act}"} <= words.keys()
    for step in page.INSURED_STEPS:
        assert f"settling.step_{step}" in words
    assert set(KINDS) == set(Kind)
    assert set(page.STAGES) == set(State)
