"""How money moves in a merchant's books: which accounts there are, and what each act books.

    channel/WECHAT …   the money that stands at a channel, or in the drawer
    deposit/…          what a patient has put down (one account a patient and account type)
    transit            what is on its way back
    suspense           what a channel took and nobody ordered
    charge             what the hospital has earned by settlements
    fund/310100 …      what an insurance fund has promised to pay; fund/ACCOUNT the insured's own account

A payment debits its channel and credits the deposit; a refund goes from the deposit into transit when it begins, and
from there out through a channel, or back. The personal part of a settlement credits `charge` instead of a deposit; so
do the funds, each with a debit of its own, once it is settled. A reversal is booked the other way round.
"""

from collections.abc import Sequence
from typing import NamedTuple

from yiqiao.clock import beijing
from yiqiao.crypto.keyring import Keyring
from yiqiao.ports.his_billing import Patient
from yiqiao.storage.payment_books import AccountRow, TransferRow

TRANSIT, SUSPENSE, CHARGE = "transit", "suspense", "charge"
OWN_ACCOUNT = "ACCOUNT"
"""As a fund: the insured person's own account at the centre."""
BY_HAND = "HAND"
"""As a channel: what an operator has given back outside the hub."""


class Booking(NamedTuple):
    """Transfers of one act, and the accounts that they need."""

    accounts: tuple[AccountRow, ...]
    transfers: tuple[TransferRow, ...]


class Kind(NamedTuple):
    """What is booked: the act's name, the account that gains and the one that gives."""

    act: str
    debit: str
    credit: str


def channel(code: str) -> str:
    """The account of the money at a channel."""
    return f"channel/{code}"


def deposit_account(keyring: Keyring, merchant_id: str, patient: Patient) -> str:
    """A patient's account: the same for the same patient, and no way back to who it is."""
    found = keyring.blind("pay_account", f"{merchant_id}|{patient.account_type}|{patient.his_cust_id}")
    return f"deposit/{patient.account_type}/{found & (2**64 - 1):016x}"


def paid(order_no: str, code: str, account: str) -> Kind:
    """A trade was paid. Once an order."""
    return Kind(f"paid/{order_no}", channel(code), account)


def surplus(order_no: str, code: str) -> Kind:
    """A channel took money that nobody ordered. Once an order: an order is paid or surplus, never both."""
    return Kind(f"paid/{order_no}", channel(code), SUSPENSE)


def surplus_returned(order_no: str, code: str) -> Kind:
    """Such money went back."""
    return Kind(f"out/{order_no}R", SUSPENSE, channel(code))


def held(number: str, turn: int, account: str) -> Kind:
    """Money is on its way back; `turn` tells the attempts of one number apart. The number is ours (a trade's, or a
    refund's): a HIS might give its refund the number of a trade.
    """
    return Kind(f"hold/{number}/{turn}", account, TRANSIT)


def released(number: str, turn: int, account: str) -> Kind:
    """It did not go back after all."""
    return Kind(f"release/{number}/{turn}", TRANSIT, account)


def paid_out(number: str, code: str) -> Kind:
    """It went back. Once a number, whatever happens."""
    return Kind(f"out/{number}", TRANSIT, channel(code))


def settled(number: str, fund: str) -> Kind:
    """A fund has promised its share of a settlement."""
    return Kind(f"settled/{number}/{fund}", f"fund/{fund}", CHARGE)


def unsettled(number: str, fund: str) -> Kind:
    """It was taken back with the settlement."""
    return Kind(f"unsettled/{number}/{fund}", CHARGE, f"fund/{fund}")


def booking(merchant_id: str, trace_no: str, at: int, *booked: tuple[Kind, int]) -> Booking:
    """Transfers of `amount` 分 each, on the business day of `at` (epoch ms)."""
    day = f"{beijing(at):%Y-%m-%d}"
    transfers = tuple(
        TransferRow(merchant_id, kind.act, 0, kind.debit, kind.credit, amount, trace_no, day, at)
        for kind, amount in booked
    )
    return Booking(_accounts(transfers, at), transfers)


def _accounts(transfers: Sequence[TransferRow], at: int) -> tuple[AccountRow, ...]:
    names = {(one.merchant_id, name) for one in transfers for name in (one.debit, one.credit)}
    return tuple(AccountRow(merchant_id, name, name.partition("/")[0], at) for merchant_id, name in sorted(names))
