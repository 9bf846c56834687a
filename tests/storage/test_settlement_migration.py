"""Books that were kept before settlements stay as they were, and may have the funds' accounts from then on."""

import pytest
from sqlalchemy import Connection, text

from yiqiao.storage import StorageFailed, open_database, payment_books
from yiqiao.storage.migrate import upgrade
from yiqiao.storage.payment_books import AccountRow, TransferRow

BEFORE = "0110"


def kept(connection: Connection) -> None:
    connection.execute(
        text("INSERT INTO pay_account (merchant_id, account, kind, opened_at) VALUES ('M', :a, :k, 1)"),
        [{"a": "channel/CASH", "k": "channel"}, {"a": "deposit/01/x", "k": "deposit"}],
    )
    connection.execute(
        text(
            "INSERT INTO pay_transfer (merchant_id, act, line_no, debit, credit, amount, trace_no, day, at)"
            " VALUES ('M', 'paid/1', 0, 'channel/CASH', 'deposit/01/x', 700, '1', '2026-11-01', 5)"
        )
    )


async def test_the_books_go_over_and_take_new_kinds_of_accounts(database_url: str) -> None:
    await upgrade(database_url, BEFORE)
    database = await open_database(database_url)
    await database.write(kept)
    await database.close()
    await upgrade(database_url)
    database = await open_database(database_url)
    assert await database.read(lambda c: payment_books.balances(c, "M")) == {"channel/CASH": 700, "deposit/01/x": -700}
    rows = [AccountRow("M", "charge", "charge", 1), AccountRow("M", "fund/310100", "fund", 1)]
    await database.write(lambda c: payment_books.open_accounts(c, rows))
    fund = TransferRow("M", "settled/1/310100", 0, "fund/310100", "charge", 300, "1", "2026-11-01", 6)
    await database.write(lambda c: payment_books.book(c, [fund], {"M": ""}))
    assert sum((await database.read(lambda c: payment_books.balances(c, "M"))).values()) == 0
    nowhere = TransferRow("M", "settled/2/310100", 0, "fund/999999", "charge", 300, "1", "2026-11-01", 6)
    with pytest.raises(StorageFailed):
        await database.write(lambda c: payment_books.book(c, [nowhere], {"M": ""}))
    await database.close()
