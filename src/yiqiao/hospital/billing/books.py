"""The books: every act that moves money leaves lines that add up to nothing."""

from collections.abc import Mapping
from enum import StrEnum

from sqlalchemy import Connection

from yiqiao.storage import billing
from yiqiao.storage.billing import EntryRow


class Account(StrEnum):
    """Where money stands. What a patient owes is income that has not come in yet."""

    PLATFORM = "platform"  # taken by the platform for the hospital
    INSURER = "insurer"  # owed by the insurer
    INCOME = "income"  # of outpatients, negative as income is
    DEPOSITS = "deposits"  # owed to inpatients, negative


def enter(connection: Connection, hospital_id: str, act: str, moves: Mapping[Account, int], at: int) -> None:
    """Write an act into the books. Raises ValueError where its lines do not add up to nothing."""
    if sum(moves.values()) != 0:
        raise ValueError(f"{act}: the lines do not add up")
    lines = [(account, amount) for account, amount in moves.items() if amount]
    rows = [EntryRow(hospital_id, act, n, account, amount, at) for n, (account, amount) in enumerate(lines, 1)]
    billing.add(connection, rows)
