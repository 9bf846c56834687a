"""Settlements are found by either number, and institutions with their merchants."""

from typing import Any

from sqlalchemy import Connection, event

from yiqiao.storage import Database, insurance
from yiqiao.storage.insurance import SettlementRow


def settled(merchant_id: str, number: str, settlement_id: str, *, insured: int = 1) -> SettlementRow:
    """A settlement of 7.00 yuan that is done."""
    head = merchant_id, number, "H1", "his", f"t{merchant_id}{number}", "p", b"", insured, 1, "", 0, settlement_id
    money = 700, 0, 0, 700, ""
    state = "", "done", "", 0, 1, "", 0, 5, None, None, 5
    return SettlementRow(*head, *money, *state, "k", b"", 1, 1, 5)


async def test_a_settlement_is_found_by_the_centre_s_number_and_a_self_paid_one_by_ours(database: Database) -> None:
    insured, own = settled("A", "1", "S1"), settled("A", "2", "", insured=0)
    for row in (insured, own):
        await database.write(lambda c, row=row: insurance.add(c, row, ()))
    for institution, number, found in (("H1", "S1", insured), ("H1", "2", own), ("H1", "1", None), ("H2", "S1", None)):
        for held in (False, True):
            row = await database.write(
                lambda c, i=institution, n=number, h=held: insurance.by_settlement_id(c, i, n, for_update=h)
            )
            assert row == found, (institution, number)


async def test_neither_number_is_looked_for_by_reading_all(database: Database) -> None:
    def plans(connection: Connection) -> list[str]:
        said: list[tuple[str, Any]] = []

        def listen(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
            said.append((statement, parameters))

        event.listen(connection, "before_cursor_execute", listen)
        insurance.by_number(connection, "1")
        insurance.by_settlement_id(connection, "H1", "1")
        event.remove(connection, "before_cursor_execute", listen)
        if connection.dialect.name != "sqlite":  # which asks statistics that an empty table has not
            return [one for one, _ in said]
        found = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {one}", given).all() for one, given in said]
        return [" ".join(str(row[3]) for row in rows) for rows in found]

    told = await database.read(plans)
    assert len(told) == 3
    for plan, column in zip(told, ("number", "settlement_id", "number"), strict=True):
        assert f"ix_ins_settlement_{column} " in plan or f"ins_settlement.{column} = " in plan, plan


async def test_the_merchants_of_an_institution_are_told_together(database: Database) -> None:
    for row in (
        settled("B", "1", "S1"),
        settled("A", "2", "S2"),
        settled("A", "3", "S3"),
        settled("C", "4", "", insured=0),
    ):
        await database.write(lambda c, row=row: insurance.add(c, row, ()))
    assert await database.read(insurance.institutions) == {"H1": ("A", "B")}
