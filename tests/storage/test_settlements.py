"""Settlements are found by either number, and institutions with their merchants."""

from functools import partial
from typing import Any

from sqlalchemy import Connection, event

from yiqiao.storage import Database, insurance
from yiqiao.storage.insurance import SettlementRow


def settled(merchant_id: str, number: str, settlement_id: str, *, insured: int = 1) -> SettlementRow:
    """A settlement of 7.00 yuan that is done."""
    given = {"merchant_id": merchant_id, "number": number, "settlement_id": settlement_id, "insured": insured}
    rest = {"institution": "H1", "token": number, "total": 700, "cash": 700, "state": "done", "settled_at": 5}
    blank = {name: "" if kind is str else 0 for name, kind in SettlementRow.__annotations__.items()}
    values: dict[str, Any] = {**blank, "fingerprint": b"", "sealed": b"", **given, **rest}
    return SettlementRow(**values)


async def kept(database: Database, *rows: SettlementRow) -> None:
    """File settlements."""

    def work(connection: Connection) -> None:
        for row in rows:
            insurance.add(connection, row, ())

    await database.write(work)


async def test_a_settlement_is_found_by_the_centre_s_number_and_a_self_paid_one_by_ours(database: Database) -> None:
    insured, own = settled("A", "1", "S1"), settled("A", "2", "", insured=0)
    await kept(database, insured, own)
    for institution, number, found in (("H1", "S1", insured), ("H1", "2", own), ("H1", "1", None), ("H2", "S1", None)):
        look = partial(insurance.by_settlement_id, institution=institution, settlement_id=number)
        assert await database.read(look) == found, (institution, number)
        assert await database.write(partial(look, for_update=True)) == found


async def test_neither_number_is_looked_for_by_reading_all(database: Database) -> None:
    def plans(connection: Connection) -> list[str]:
        said: list[tuple[str, Any]] = []

        def listen(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
            said.append((statement, parameters))

        event.listen(connection, "before_cursor_execute", listen)
        insurance.by_number(connection, "1")
        insurance.by_settlement_id(connection, "H1", "1")
        event.remove(connection, "before_cursor_execute", listen)
        if connection.dialect.name != "sqlite":  # PostgreSQL reads a table this small whole
            return [one for one, _ in said]
        found = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {one}", given).all() for one, given in said]
        return [" ".join(str(row[3]) for row in rows) for rows in found]

    told = await database.read(plans)
    assert len(told) == 3
    for plan, column in zip(told, ("number", "settlement_id", "number"), strict=True):
        assert f"ix_ins_settlement_{column} " in plan or f"ins_settlement.{column} = " in plan, plan


async def test_the_merchants_of_an_institution_are_told_together(database: Database) -> None:
    own = settled("C", "4", "", insured=0)
    await kept(database, settled("B", "1", "S1"), settled("A", "2", "S2"), settled("A", "3", "S3"), own)
    assert await database.read(insurance.institutions) == {"H1": ("A", "B")}
