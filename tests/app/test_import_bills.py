"""Bills that are brought in: whole or not at all, each the sum of its lines, and never changed once they are paid."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from tests.hospital.billing.till import Till
from tests.support.importing import PATIENTS, Importing, Killed, told
from yiqiao.app import hospital_import
from yiqiao.hospital.imports.files import ImportUnfit
from yiqiao.ports.hospital.refusals import AmountMismatch, NoSuchRecord
from yiqiao.storage import Database, billing

BILLS = (
    "presc_no,patient_id,serial_no,visit_no,visit_day,amount,drug_window,ordered_at\n"
    "CF1,P1,LS1,MZ1,2026-11-20,42.92,药房 3 号窗,2026-11-20 09:30\n"
    "CF2,P2,LS2,MZ2,2026-11-20,0.09,,\n"
)
LINES = (
    "presc_no,line_no,item_no,item_name,item_class,price,quantity,amount\n"
    "CF2,1,Y009,甘草片,西药,0.0333,3,0.09\n"
    "CF1,2,X001,诊察费,诊察费,15,1,\n"
    "CF1,1,Y001,阿莫西林胶囊,西药,13.96,2,27.92\n"
)


@pytest.fixture
async def importing(database: Database, tmp_path: Path) -> Importing:
    """An import into a hospital that has two patients."""
    made = Importing(database, tmp_path)
    await made.well(patients=PATIENTS)
    return made


async def _unequal(database: Database) -> int:
    """How many bills there are that are not the sum of their lines."""
    sql = text(
        "SELECT COUNT(*) FROM bill b WHERE amount <> (SELECT COALESCE(SUM(l.amount), -1) FROM bill_line l"
        " WHERE l.hospital_id = b.hospital_id AND l.presc_no = b.presc_no)"
    )
    return int(await database.read(lambda c: c.scalar(sql)) or 0)


async def test_bills_come_in_as_due_with_their_lines_in_order(importing: Importing) -> None:
    await importing.well(bills=BILLS, bill_lines=LINES)
    (bill,) = await Till(importing.database).outpatient.due("P1")
    assert (bill.presc_no, bill.amount, bill.ordered_at) == ("CF1", 4292, 1_795_138_200_000)
    assert [(line.item_no, line.amount) for line in bill.lines] == [("Y001", 2792), ("X001", 1500)]


async def test_a_second_run_in_another_order_changes_nothing(importing: Importing) -> None:
    await importing.well(bills=BILLS, bill_lines=LINES)
    before = await importing.lying()
    heading, *bills = BILLS.splitlines(keepends=True)
    above, *lines = LINES.splitlines(keepends=True)
    await importing.well(
        patients=PATIENTS, bills=heading + "".join(bills[::-1]), bill_lines=above + "".join(lines[::-1])
    )
    assert await importing.lying() == before


async def test_a_bill_that_is_due_is_replaced_with_all_its_lines(importing: Importing) -> None:
    await importing.well(bills=BILLS, bill_lines=LINES)
    fewer = "".join(line for line in LINES.splitlines(keepends=True) if "X001" not in line)
    await importing.well(bills=BILLS.replace("42.92", "27.92"), bill_lines=fewer)
    (bill,) = await Till(importing.database).outpatient.due("P1")
    assert (bill.amount, len(bill.lines)) == (2792, 1)
    assert await _unequal(importing.database) == 0


@pytest.mark.parametrize("given_back", [False, True])
async def test_a_bill_that_was_settled_is_never_changed(importing: Importing, given_back: bool) -> None:
    await importing.well(bills=BILLS, bill_lines=LINES)
    till = Till(importing.database)
    await till.pay("D1", "P1", ("CF1",), 4292)
    if given_back:
        await till.refund("D1")
    before = await importing.lying()
    await importing.well(bills=BILLS, bill_lines=LINES)
    assert await importing.lying() == before
    more = LINES + "CF1,3,X002,静脉采血,治疗费,3.50,1,\n"
    for dry_run in (True, False):
        found = await importing.bring(dry_run, bills=BILLS.replace("42.92", "46.42"), bill_lines=more)
        assert told(found["bills"]) == [(2, "presc_no")]
        assert (found["bills"].filed, found["bill_lines"].filed) == (1, 1)
        assert found["bill_lines"].faults == ()
    found = await importing.bring(bills=BILLS.replace("药房 3 号窗", "药房 4 号窗"), bill_lines=LINES)
    assert told(found["bills"]) == [(2, "presc_no")]
    assert await importing.lying() == before


async def test_a_bill_paid_while_it_is_brought_in_is_left_as_it_was_paid(
    importing: Importing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The payment is there before the bill's row is ours, whatever was seen of the bill earlier."""
    await importing.well(bills=BILLS, bill_lines=LINES)
    add_new = billing.add_new_bills

    def paid_meanwhile(connection: Connection, rows: list[billing.BillRow]) -> set[str]:
        new = add_new(connection, rows)
        connection.execute(text("UPDATE bill SET state = 'paid', trade_no = 'D1' WHERE presc_no = 'CF1'"))
        return new

    monkeypatch.setattr(billing, "add_new_bills", paid_meanwhile)
    dearer = LINES.replace("27.92", "29.92").replace("13.96", "14.96")
    found = await importing.bring(bills=BILLS.replace("42.92", "44.92"), bill_lines=dearer)
    assert told(found["bills"]) == [(2, "presc_no")]
    assert await _unequal(importing.database) == 0


@pytest.mark.parametrize("turn", range(4))
async def test_whoever_pays_during_an_import_pays_what_the_bill_says_then(importing: Importing, turn: int) -> None:
    await importing.well(bills=BILLS, bill_lines=LINES)
    dearer = {
        "bills": BILLS.replace("42.92", "44.92"),
        "bill_lines": LINES.replace("27.92", "29.92").replace("13.96", "14.96"),
    }
    till, stated = Till(importing.database), (4292, 4492)[turn % 2]
    paid, found = await asyncio.gather(
        till.pay("D1", "P1", ("CF1",), stated), importing.bring(**dearer), return_exceptions=True
    )
    assert isinstance(found, dict)
    row = text("SELECT state, amount FROM bill WHERE presc_no = 'CF1'")
    state, amount = await importing.database.read(lambda c: tuple(c.execute(row).one()))
    if isinstance(paid, BaseException):
        assert isinstance(paid, AmountMismatch)
        assert (state, amount, told(found["bills"])) == ("due", 4492, [])
    else:
        assert (state, amount) == ("paid", stated)
        assert told(found["bills"]) == ([] if amount == 4492 else [(2, "presc_no")])
    assert await _unequal(importing.database) == 0


@pytest.mark.parametrize(
    ("bills", "lines", "faults"),
    [
        (BILLS.replace("P2", "P9"), LINES, {"bills": [(3, "patient_id")]}),
        (BILLS.replace("0.09", "0.10"), LINES, {"bills": [(3, "amount")]}),
        (BILLS.replace("0.09", "-0.09"), LINES, {"bills": [(3, "amount")]}),
        (BILLS.replace("CF2,P2", "CF2,"), LINES, {"bills": [(3, "patient_id")]}),
        (BILLS.replace("0.09,,", "0.09,"), LINES, {"bills": [(3, "")]}),
        (BILLS + "CF2,P2,LS2,MZ2,2026-11-20,0.09,,\n", LINES.replace("3,0.09", "3,0.08"),
         {"bills": [(4, "")], "bill_lines": [(2, "amount")]}),
        (BILLS.replace("CF2", '"CF2,1"'), LINES.replace("CF2", '"CF2,1"'), {"bills": [(3, "presc_no")]}),
        (BILLS, LINES.replace("0.0333", "0.03333"), {"bill_lines": [(2, "price")]}),
        (BILLS, LINES.replace("3,0.09", "3,0.08"), {"bill_lines": [(2, "amount")]}),
        (BILLS, LINES.replace("0.0333,3,0.09", "90000000,9000000,"), {"bill_lines": [(2, "quantity")]}),
        (BILLS, LINES + "CF2,1,Y009,又一行,西药,1,1,\n", {"bill_lines": [(5, "line_no")]}),
        (BILLS, LINES.replace("CF2,1", "CF2,0"), {"bill_lines": [(2, "line_no")]}),
        (BILLS, LINES.replace("甘草片,西药", "甘草片"), {"bill_lines": [(2, "")]}),
        (BILLS, LINES.replace("CF2,1", "CF7,1"), {"bills": [(3, "presc_no")], "bill_lines": [(2, "presc_no")]}),
        (BILLS, LINES.replace("CF2,1", ",1"), {"bills": [(3, "presc_no")], "bill_lines": [(2, "presc_no")]}),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_told_by_line_and_the_bill_stays_out(
    importing: Importing, bills: str, lines: str, faults: dict[str, list[tuple[int, str]]]
) -> None:
    found = await importing.bring(bills=bills, bill_lines=lines)
    assert {name: told(result) for name, result in found.items() if result.faults} == faults
    with pytest.raises(NoSuchRecord):
        await Till(importing.database).outpatient.due("P2")
    assert len(await Till(importing.database).outpatient.due("P1")) == 1
    assert await _unequal(importing.database) == 0


async def test_a_bill_is_set_aside_with_its_lines_and_goes_in_from_there(importing: Importing) -> None:
    found = await importing.bring(bills=BILLS, bill_lines=LINES.replace("诊察费,15,1", "诊察费,十五,1"))
    assert told(found["bill_lines"]) == [(3, "price")]
    assert (found["bills"].filed, found["bill_lines"].filed) == (1, 1)
    assert importing.aside("bills") == [
        "CF1,P1,LS1,MZ1,2026-11-20,42.92,药房 3 号窗,2026-11-20 09:30,"
        "整份未导入，因 bill_lines.csv 第 3 行：price: 应为金额（元），最多 4 位小数"
    ]
    wrong, whole = importing.aside("bill_lines")
    assert wrong == "CF1,2,X001,诊察费,诊察费,十五,1,,price: 应为金额（元），最多 4 位小数"
    assert whole.startswith("CF1,1,Y001,")
    corrected = {
        name: (importing.folder / f"{name}.rejected.csv").read_text("utf-8-sig").replace("十五", "15")
        for name in ("bills", "bill_lines")
    }
    await importing.well(**corrected)
    assert len(await Till(importing.database).outpatient.due("P1")) == 1


async def test_an_import_broken_off_between_a_bill_and_its_lines_is_run_again(
    importing: Importing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hospital_import, "PORTION", 2)

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(billing, "add", killed)
        with pytest.raises(Killed):
            await importing.bring(bills=BILLS, bill_lines=LINES)
    assert "bill" not in await importing.lying()
    await importing.well(bills=BILLS, bill_lines=LINES)
    assert [len(rows) for name, rows in (await importing.lying()).items() if name.startswith("bill")] == [2, 3]


async def test_bills_and_lines_come_together(importing: Importing) -> None:
    with pytest.raises(ImportUnfit, match=r"缺少 bill_lines\.csv"):
        await importing.bring(bills=BILLS)
    with pytest.raises(ImportUnfit, match=r"缺少 bills\.csv"):
        await importing.bring(bill_lines=LINES)


async def test_a_quote_that_is_not_closed_swallows_no_lines(importing: Importing) -> None:
    with pytest.raises(ImportUnfit, match=r"bill_lines\.csv 第 4 行起无法分列"):
        await importing.bring(bills=BILLS, bill_lines=LINES.replace("甘草片", '"甘草片'))
    assert "bill" not in await importing.lying()
