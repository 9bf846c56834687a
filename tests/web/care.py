"""A town whose hospital knows its people: records with cards, bills, stays and reports, and citizens who have linked
a card.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.support.hospital import HOSPITAL
from tests.support.hub import NOW_MS
from tests.web.town import SETTLED_WITHIN_S, TODAY, Town, somebody, town
from yiqiao.hospital.billing.lines import bill_rows, line_amount
from yiqiao.ports.hospital.outpatient import Bill, BillLine
from yiqiao.region.charges.states import FINAL
from yiqiao.sandbox.people import people
from yiqiao.sandbox.staff import PLANS
from yiqiao.sandbox.visits import KNOWN, file_visits
from yiqiao.storage import billing

PATIENT, CARD = "P98000000001", "9800000001"
"""As the hospital knows the first of the sandbox's people; the numbers of the others follow."""
RECORD = f"hospital={HOSPITAL}&who=me"


def known_people() -> list[int]:
    """By place among the sandbox's people: those whom the hospital knows, in the order of their numbers there."""
    return [place for place, one in enumerate(people()) if one.id_type == "01"][:KNOWN]


@contextmanager
def care(folder: Path, **more: Any) -> Iterator[Town]:
    """A town whose hospital has seen the sandbox's people."""
    with town(folder, **more) as found:
        runtime = found.runtime
        found.do(runtime.database.write, lambda c: file_visits(c, runtime.keyring, PLANS[0], NOW_MS))
        yield found


def link(here: Town, number: str = CARD, who: str = "me", kind: str = "card", page: str = "") -> Any:
    """Link a card."""
    at = f"/citizen/records/link?hospital={HOSPITAL}&who={who}&next=%2Fcitizen"
    return here.send(at, page, kind=kind, number=number)


def add(here: Town, person: int) -> str:
    """One of the sandbox's people joins the family: their id on the list."""
    one = somebody(person)
    sent = {"name": one.name, "id_no": one.id_no, "mobile": one.mobile_phone}
    here.send("/citizen/family/add/identity", **sent)
    return str(here.json("/citizen/family")["members"][-1]["member_id"])


def file_bill(
    here: Town, presc_no: str, *prices: str, patient_id: str = PATIENT, visit: str = "LS1", window_only: bool = False
) -> int:
    """A bill with a line for each price (元); answers what it comes to, 分."""
    one = Decimal(1)
    lines = tuple(
        BillLine(f"X{n}", "针刺", "治疗费", None, "次", Decimal(price), one, line_amount(Decimal(price), one), None)
        for n, price in enumerate(prices)
    )
    amount = sum(line.amount for line in lines)
    day = TODAY.isoformat()
    bill = Bill(presc_no, patient_id, visit, "MZ1", day, amount, window_only, "陶文静", NOW_MS, lines)
    row, rows = bill_rows(HOSPITAL, bill, NOW_MS, "药房 3 号窗")
    here.do(here.runtime.database.write, lambda c: billing.add(c, [row]))
    here.do(here.runtime.database.write, lambda c: billing.add(c, rows))
    return amount


def begin(here: Town, *presc_nos: str, visit: str = "LS1") -> str:
    """Choose bills: the address of the payment that has begun."""
    picked = {f"bill_{number}": "1" for number in presc_nos}
    answer = here.send(f"/citizen/bills?{RECORD}", visit=visit, **picked)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def charge_at(here: Town, at: str, *stages: str, hurry: bool = True) -> Any:
    """What a payment's page shows once it is there (any end, where none is named)."""
    until = time.monotonic() + SETTLED_WITHIN_S
    while time.monotonic() < until:
        shown = here.json(at)
        if shown["told"]["stage"] in (stages or FINAL):
            return shown
        if hurry:
            here.hurry()
        time.sleep(0.02)
    raise AssertionError(f"{at} is {shown['told']['stage']}")


def to_pay(here: Town, at: str) -> str:
    """The address of the cashier's page, once there is one."""
    return str(charge_at(here, at, "to_pay", hurry=False)["cashier"])


def paid(here: Town, *presc_nos: str) -> str:
    """The address of a payment that the hospital has written down."""
    at = begin(here, *presc_nos)
    assert here.at_cashier(to_pay(here, at), way="wechat").headers["location"] == at
    charge_at(here, at, "settled")
    return at
