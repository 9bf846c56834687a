"""Rows on shelves: in memory and in both databases the same happens."""

import pytest

from yiqiao.errors import DomainError
from yiqiao.storage.sandbox_payments import ACCOUNTS, CHARGES, AccountRow, ChargeRow
from yiqiao.storage.shelves import Book, Store

ONE = AccountRow("M1", "01", "P1", 500)
KEY = ONE[:3]


async def test_a_row_is_filed_once_and_the_one_on_file_answered(store: Store) -> None:
    assert await store.write(lambda book: book.add(ACCOUNTS, ONE)) == ONE
    assert await store.write(lambda book: book.add(ACCOUNTS, ONE._replace(balance=9))) == ONE
    assert await store.read(lambda book: book.get(ACCOUNTS, *KEY)) == ONE
    assert await store.read(lambda book: book.get(ACCOUNTS, "M1", "02", "P1")) is None


async def test_a_row_takes_the_place_of_the_one_on_file(store: Store) -> None:
    await store.write(lambda book: book.add(ACCOUNTS, ONE))
    await store.write(lambda book: book.put(ACCOUNTS, ONE._replace(balance=7)))
    assert await store.read(lambda book: book.get(ACCOUNTS, *KEY)) == ONE._replace(balance=7)


async def test_what_work_raises_undoes_all_that_it_wrote(store: Store) -> None:
    await store.write(lambda book: book.add(ACCOUNTS, ONE))
    assert len(await store.read(lambda book: book.where(ACCOUNTS, "merchant_id", "M1"))) == 1

    def work(book: Book) -> None:
        book.put(ACCOUNTS, ONE._replace(balance=0))
        book.put(ACCOUNTS, ONE._replace(balance=1))
        book.add(ACCOUNTS, ONE._replace(his_cust_id="P2"))
        raise DomainError("不行")

    with pytest.raises(DomainError):
        await store.write(work)
    assert await store.read(lambda book: book.where(ACCOUNTS, "merchant_id", "M1")) == [ONE]
    assert await store.read(lambda book: book.get(ACCOUNTS, *KEY)) == ONE


async def test_rows_are_found_by_a_column_also_after_it_has_changed(store: Store) -> None:
    rows = [ChargeRow("M1", f"C{n}", "01", f"P{n % 2}", "检查费", 100, "", "") for n in range(4)]
    for row in rows:
        await store.write(lambda book, row=row: book.add(CHARGES, row))  # type: ignore[misc]
    assert await store.read(lambda book: book.where(CHARGES, "his_cust_id", "P1")) == [rows[1], rows[3]]
    await store.write(lambda book: book.put(CHARGES, rows[1]._replace(his_cust_id="P0")))
    assert [row.charge_no for row in await store.read(lambda book: book.where(CHARGES, "his_cust_id", "P0"))] == [
        "C0",
        "C1",
        "C2",
    ]
    assert await store.read(lambda book: book.where(CHARGES, "his_cust_id", "P7")) == []
