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


Moves = Mapping[Account, int]
"""What each account gains by an act, 分."""


def payment(own_part: int, insured_part: int) -> Moves:
    """An outpatient's bills are paid."""
    return {Account.PLATFORM: own_part, Account.INSURER: insured_part, Account.INCOME: -own_part - insured_part}


def refund(own_part: int, insured_part: int) -> Moves:
    """A payment is given back."""
    return {account: -amount for account, amount in payment(own_part, insured_part).items()}


def deposit(amount: int) -> Moves:
    """An inpatient puts money down."""
    return {Account.PLATFORM: amount, Account.DEPOSITS: -amount}


def entries(hospital_id: str, act: str, moves: Moves, at: int) -> list[EntryRow]:
    """The lines of an act. Raises ValueError where they do not add up to nothing."""
    if sum(moves.values()) != 0:
        raise ValueError(f"{act}: the lines do not add up")
    lines = [(account, amount) for account, amount in moves.items() if amount]
    return [EntryRow(hospital_id, act, n, account, amount, at) for n, (account, amount) in enumerate(lines, 1)]


def enter(connection: Connection, hospital_id: str, act: str, moves: Moves, at: int) -> None:
    """Write an act into the books. Raises ValueError where its lines do not add up to nothing."""
    billing.add(connection, entries(hospital_id, act, moves, at))
