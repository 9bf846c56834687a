"""The sandbox's HIS, as far as a payment hub sees it: accounts with balances, recharges and refunds by their numbers,
and what patients owe. It can misbehave act by act.

A refund that was taken back may be asked for again under its number: then it is acted on once more.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

import orjson

from yiqiao.clock import Clock, beijing
from yiqiao.crypto import sm3
from yiqiao.ports.his_billing import (
    ChargeNotice,
    HisEntry,
    HisFound,
    HisReceipt,
    HisRefused,
    HisSilent,
    HisState,
    HisUnreachable,
    Patient,
    PendingCharge,
    RechargeNotice,
    RefundOrder,
)
from yiqiao.ports.insurance_settlement import FeeLine
from yiqiao.sandbox.mischief import Failures, Mischief, NoMischief, befallen
from yiqiao.storage.sandbox_payments import (
    ACCOUNTS,
    CHARGES,
    ENTRIES,
    SETTLED,
    AccountRow,
    ChargeRow,
    EntryRow,
    SettledRow,
)
from yiqiao.storage.shelves import Book, Store

T = TypeVar("T")
RECHARGE, REFUND = "recharge", "refund"
HIS = "his"
"""By which name a sandbox orders what goes wrong with it."""
ACTS = (
    "notify_recharge",
    "refund",
    "prepare_refund",
    "confirm_refund",
    "cancel_refund",
    "query",
    "balance",
    "pending_charges",
    "confirm_charge",
    "cancel_charge",
    "entries",
)
"""What can be ordered to go wrong."""
_FAILURES = Failures(lambda reason: HisRefused(reason or "医院系统拒绝了本次办理"), HisUnreachable, HisSilent)


@dataclass(frozen=True)
class SandboxHis:
    """`HisBilling` with nobody's money. Every act raises what its mischief has in store."""

    store: Store
    clock: Clock
    mischief: Mischief = field(default_factory=NoMischief)
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def notify_recharge(self, notice: RechargeNotice) -> HisReceipt:
        """Money was paid in. Raises HisRefused for another amount or patient under the same number."""

        def work(book: Book) -> HisReceipt:
            account = _account(book, notice)
            known = _known(book, RECHARGE, notice)
            return _receipt(known) if known else self._acted(book, RECHARGE, notice, "done", account, 1)

        return await self._written("notify_recharge", work)

    async def refund(self, order: RefundOrder) -> HisReceipt:
        """Take a refund off the account. Raises HisRefused where that does not hold so much."""
        return await self._written("refund", lambda book: self._taken(book, order, "done"))

    async def prepare_refund(self, order: RefundOrder) -> HisReceipt:
        """Set a refund aside. Raises HisRefused where the account does not hold so much."""
        return await self._written("prepare_refund", lambda book: self._taken(book, order, "prepared"))

    async def confirm_refund(self, order: RefundOrder) -> HisReceipt:
        """Make a prepared refund final. Raises HisRefused where there is none."""

        def work(book: Book) -> HisReceipt:
            _account(book, order)
            known = _known(book, REFUND, order)
            if known is None or known.state == "cancelled":
                raise HisRefused("没有待确认的退款")
            if known.state == "prepared":
                day, now = self._moment()
                book.put(ENTRIES, known := known._replace(state="done", day=day, at=now))
            return _receipt(known)

        return await self._written("confirm_refund", work)

    async def cancel_refund(self, order: RefundOrder) -> HisReceipt:
        """Put back what a refund took; where none came in there is nothing to put back."""

        def work(book: Book) -> HisReceipt:
            account = _account(book, order)
            known = _known(book, REFUND, order)
            if known is None:
                return HisReceipt("", account.balance)
            if known.state != "cancelled":
                balance = _changed(book, account, known.amount)
                book.put(ENTRIES, known := known._replace(state="cancelled", balance=balance))
            return _receipt(known)

        return await self._written("cancel_refund", work)

    async def query(self, merchant_id: str, number: str) -> HisFound:
        """How a recharge, refund or charge stands."""

        def work(book: Book) -> HisFound:
            settled = book.get(SETTLED, merchant_id, number)
            if settled is not None:
                return HisFound(HisState(settled.state), _settled(settled))
            known = book.get(ENTRIES, merchant_id, number)
            return HisFound(HisState.NONE) if known is None else HisFound(HisState(known.state), _receipt(known))

        return await self._read("query", work)

    async def balance(self, merchant_id: str, patient: Patient) -> int | None:
        """What is on a patient's account, 分."""
        account = await self._read("balance", lambda book: book.get(ACCOUNTS, *_whose(merchant_id, patient)))
        return account.balance if account else 0

    async def pending_charges(
        self, merchant_id: str, patient: Patient, extra: Mapping[str, object] | None = None
    ) -> Sequence[PendingCharge]:
        """What a patient still owes."""

        def work(book: Book) -> list[PendingCharge]:
            rows = book.where(CHARGES, "his_cust_id", patient.his_cust_id)
            return [
                PendingCharge(row.charge_no, row.title, row.amount, _lines(row))
                for row in rows
                if (row.merchant_id, row.account_type, row.paid_by) == (merchant_id, patient.account_type, "")
            ]

        return await self._read("pending_charges", work)

    async def confirm_charge(self, notice: ChargeNotice) -> HisReceipt:
        """Charges were settled under this number: all or none. Raises HisRefused for those that are paid or unknown, or
        do not come to the settlement's total.
        """
        numbers = tuple(sorted(notice.charge_nos))

        def work(book: Book) -> HisReceipt:
            rows = [book.get(CHARGES, notice.merchant_id, one) for one in numbers]
            known = book.get(SETTLED, notice.merchant_id, notice.number)
            if known is not None and known.state == "done":
                return _settled(_same(known, notice))
            owed = [row for row in rows if row is not None and not row.paid_by]
            if len(owed) != len(numbers):
                raise HisRefused("没有这笔费用，或已缴清")
            if sum(row.amount for row in owed) != notice.total:
                raise HisRefused("结算总额与费用合计不符")
            for row in owed:
                book.put(CHARGES, row._replace(paid_by=notice.number))
            told = orjson.dumps({"settlement_id": notice.settlement_id, "extra": dict(notice.extra)}).decode()
            turn, at = (known.turn + 1 if known else 1), self.clock.now_ms()
            listed = orjson.dumps(numbers).decode()
            settled = SettledRow(
                notice.merchant_id, notice.number, "done", listed, notice.total, notice.cash, told, turn, at
            )
            if known:
                book.put(SETTLED, settled)
            else:
                book.add(SETTLED, settled)
            return _settled(settled)

        return await self._written("confirm_charge", work)

    async def cancel_charge(self, notice: ChargeNotice) -> HisReceipt:
        """What was settled under this number is owed again; where it never was there is nothing to take back."""

        def work(book: Book) -> HisReceipt:
            for charge_no in sorted(notice.charge_nos):
                book.get(CHARGES, notice.merchant_id, charge_no)
            known = book.get(SETTLED, notice.merchant_id, notice.number)
            if known is None:
                return HisReceipt("")
            if known.state == "done":
                for charge_no in orjson.loads(known.charge_nos):
                    row = book.get(CHARGES, notice.merchant_id, charge_no)
                    if row is not None and row.paid_by == notice.number:
                        book.put(CHARGES, row._replace(paid_by=""))
                book.put(SETTLED, known := known._replace(state="cancelled", at=self.clock.now_ms()))
            return _settled(known)

        return await self._written("cancel_charge", work)

    async def entries(self, merchant_id: str, day: str) -> Sequence[HisEntry]:
        """The recharges and refunds that a day's books hold: what was set aside or taken back is not among them."""

        def work(book: Book) -> list[HisEntry]:
            return [
                HisEntry(row.kind, row.number, row.amount, row.at, _receipt(row).callsn)
                for row in book.where(ENTRIES, "day", day)
                if (row.merchant_id, row.state) == (merchant_id, "done")
            ]

        return await self._read("entries", work)

    async def owe(self, merchant_id: str, patient: Patient, charge: PendingCharge) -> None:
        """A patient owes something from now on; once under its number."""
        lines = orjson.dumps([_line_values(one) for one in charge.lines]).decode()
        row = ChargeRow(
            merchant_id,
            charge.charge_no,
            patient.account_type,
            patient.his_cust_id,
            charge.title,
            charge.amount,
            "",
            lines,
        )
        await self.store.write(lambda book: book.add(CHARGES, row))

    async def spend(self, merchant_id: str, patient: Patient, amount: int) -> int:
        """A patient uses what is on the account; answers what is left. Raises HisRefused where that is not enough."""

        def work(book: Book) -> int:
            account = book.add(ACCOUNTS, AccountRow(*_whose(merchant_id, patient), 0))
            return _changed(book, account, -amount)

        return await self.store.write(work)

    def _taken(self, book: Book, order: RefundOrder, state: str) -> HisReceipt:
        account = _account(book, order)
        known = _known(book, REFUND, order)
        if known is not None and known.state != "cancelled":
            return _receipt(known)
        paid = book.get(ENTRIES, order.merchant_id, order.trace_no)
        if paid is None or paid.kind != RECHARGE or paid.his_cust_id != order.patient.his_cust_id:
            raise HisRefused("没有对应的充值记录，不能退款")
        return self._acted(book, REFUND, order, state, account, known.turn + 1 if known else 1)

    def _acted(
        self, book: Book, kind: str, act: RechargeNotice | RefundOrder, state: str, account: AccountRow, turn: int
    ) -> HisReceipt:
        """Change the account and file the act, the first time or once more."""
        balance = _changed(book, account, act.amount if kind == RECHARGE else -act.amount)
        day, now = self._moment()
        whose = (account.account_type, account.his_cust_id)
        row = EntryRow(act.merchant_id, act.number, kind, state, *whose, act.amount, balance, turn, day, now)
        (book.add if turn == 1 else book.put)(ENTRIES, row)
        return _receipt(row)

    def _moment(self) -> tuple[str, int]:
        now = self.clock.now_ms()
        return beijing(now).date().isoformat(), now

    async def _written(self, act: str, work: Callable[[Book], T]) -> T:
        return await befallen(self.mischief, act, lambda: self.store.write(work), _FAILURES, self.pause)

    async def _read(self, act: str, work: Callable[[Book], T]) -> T:
        return await befallen(self.mischief, act, lambda: self.store.read(work), _FAILURES, self.pause)


def _whose(merchant_id: str, patient: Patient) -> tuple[str, str, str]:
    return merchant_id, patient.account_type, patient.his_cust_id


def _account(book: Book, act: RechargeNotice | RefundOrder) -> AccountRow:
    """The patient's account. It is held before an act is looked for, so that one act never takes effect twice."""
    return book.add(ACCOUNTS, AccountRow(*_whose(act.merchant_id, act.patient), 0))


def _known(book: Book, kind: str, act: RechargeNotice | RefundOrder) -> EntryRow | None:
    """What is on file under an act's number. Raises HisRefused where that is something else."""
    known = book.get(ENTRIES, act.merchant_id, act.number)
    if known and (known.kind, known.amount, known.his_cust_id) != (kind, act.amount, act.patient.his_cust_id):
        raise HisRefused("该业务流水号已用于其他业务")
    return known


def _changed(book: Book, account: AccountRow, by: int) -> int:
    """The balance after a change. Raises HisRefused where it would be below nothing."""
    balance = account.balance + by
    if balance < 0:
        raise HisRefused("账户余额不足")
    book.put(ACCOUNTS, account._replace(balance=balance))
    return balance


def _receipt(row: EntryRow) -> HisReceipt:
    return HisReceipt(_callsn(row.merchant_id, row.number, row.turn), row.balance)


def _callsn(merchant_id: str, number: str, turn: int) -> str:
    """The HIS's number of an act: its own, and the same whenever it is told."""
    return f"H{sm3(f'{merchant_id}|{number}|{turn}'.encode()).hex()[:15].upper()}"


def _line_values(line: FeeLine) -> dict[str, object]:
    return {**line._asdict(), "price": str(line.price), "quantity": str(line.quantity)}


def _lines(row: ChargeRow) -> tuple[FeeLine, ...]:
    return tuple(
        FeeLine(**{**one, "price": Decimal(one["price"]), "quantity": Decimal(one["quantity"])})
        for one in orjson.loads(row.lines)
    )


def _same(known: SettledRow, notice: ChargeNotice) -> SettledRow:
    """What is on file under a settlement's number. Raises HisRefused where that is something else."""
    if (known.total, orjson.loads(known.charge_nos)) != (notice.total, sorted(notice.charge_nos)):
        raise HisRefused("该业务流水号已用于其他业务")
    return known


def _settled(row: SettledRow) -> HisReceipt:
    return HisReceipt(_callsn(row.merchant_id, row.number, row.turn))
