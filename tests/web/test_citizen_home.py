"""The first page: its doors, and the line that says what is due."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.hospital import HOSPITAL
from tests.web.care import PATIENT, RECORD, begin, care, charge_at, file_bill, link
from tests.web.town import Town
from yiqiao.ports.hospital.refusals import HospitalUnreachable
from yiqiao.web.pages import citizen_home


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Town]:
    with care(tmp_path) as found:
        yield found.as_(0)


def test_every_door_opens(here: Town) -> None:
    shown = here.client.get("/citizen").text
    rooms = ("book", "bills", "reports", "queue", "appointments", "prescriptions", "deposit", "family", "records")
    for room in rooms:
        assert f'href="/citizen/{room}"' in shown
        assert here.client.get(f"/citizen/{room}").status_code in (200, 303)


def filed(here: Town) -> int:
    """What the hospital has filed for the first of the sandbox's people, 分."""
    bills = here.do(here.runtime.hospitals.of(HOSPITAL).outpatient.due, PATIENT)
    return sum(bill.amount for bill in bills)


def test_what_is_due_is_said_where_the_hospital_knows_somebody(here: Town) -> None:
    assert here.json("/citizen")["owed"] is None
    link(here)
    due = filed(here)
    file_bill(here, "CF1", "99.00", window_only=True)
    assert here.json("/citizen")["owed"] == {"amount": due, "begun": False, "address": f"/citizen/bills?{RECORD}"}
    assert "有费用要缴" in here.client.get("/citizen").text


def test_payment_that_has_begun_goes_before_it(here: Town) -> None:
    link(here)
    due = filed(here)
    file_bill(here, "CF1", "10.00")
    at = begin(here, "CF1")
    assert here.json("/citizen")["owed"] == {"amount": 1000, "begun": True, "address": at}
    assert "有一笔缴费还没完成" in here.client.get("/citizen").text
    here.send(at, at + "/give-up", act="give_up")
    charge_at(here, at, "closed")
    assert here.json("/citizen")["owed"]["amount"] == due + 1000


@pytest.mark.parametrize("slow", [False, True])
def test_hospital_that_is_away_or_slow_keeps_nobody_from_the_page(
    slow: bool, here: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    link(here)

    async def away(*_: object) -> None:
        if slow:
            await asyncio.sleep(30)
        raise HospitalUnreachable

    monkeypatch.setattr(here.runtime.hospitals.of(HOSPITAL).outpatient.__class__, "due", away)
    monkeypatch.setattr(citizen_home, "DUE_WITHIN_S", 0.05)
    assert here.json("/citizen")["owed"] is None
