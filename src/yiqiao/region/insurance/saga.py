"""The course of a settlement: a job a settlement, one step a run, each written down together with the job's own end.

The centre is asked under numbers that are made of the settlement's (`message_number`), the HIS and the payment hub
under the settlement's own. Whoever did not answer is asked how it stands before anything is repeated.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from sqlalchemy import Connection

from yiqiao.clock import Clock
from yiqiao.crypto import sm3
from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError
from yiqiao.jobs import Again, Backoff, Done, Job, Outcome
from yiqiao.money import yuan
from yiqiao.ports.his_billing import (
    ChargeNotice,
    HisBilling,
    HisReceipt,
    HisRefused,
    HisSilent,
    HisState,
    HisUnreachable,
)
from yiqiao.ports.insurance_centre import CentreUnreachable, UnknownInsured
from yiqiao.ports.insurance_settlement import (
    CentreFound,
    CentreRefused,
    CentreSilent,
    InsuranceSettlement,
    Settlement,
)
from yiqiao.ports.insured import NotInsured
from yiqiao.region.insurance.course import (
    Change,
    finished,
    message_number,
    moved,
    shares_booked,
    shares_taken_back,
    unchanged,
    waiting,
)
from yiqiao.region.insurance.settlement import Facts, facts_of, negated, notice_of, same_money, seal
from yiqiao.region.insurance.states import FINAL, Ending, State
from yiqiao.region.payments import course as hub
from yiqiao.region.payments.course import poll_s
from yiqiao.region.payments.merchants import MerchantDisabled, UnknownMerchant
from yiqiao.region.payments.orders import Orders, Wish
from yiqiao.region.payments.refunds import RefundOrder, Refunds
from yiqiao.region.payments.states import FINAL_TRADES, Refund, RefundType, Trade
from yiqiao.region.payments.trade import (
    AmountTooLarge,
    NameMismatch,
    NotRefundable,
    Particulars,
    SerialReused,
    UnknownTrade,
)
from yiqiao.region.payments.ways import ChannelNotOffered
from yiqiao.storage import Database, Write, insurance, payments
from yiqiao.storage.insurance import SettlementRow
from yiqiao.storage.payments import TradeRow

T = TypeVar("T")
BACKOFF = Backoff(waits_s=(0.2, 1, 5, 30, 60), attempts=10_000)
PATIENCE_S = 900
"""How long the centre may be out of reach before anything was paid, until the settlement is given up."""
DAILY_S = 86_400
SUBJECT = "门诊费用个人支付"
NO = (CentreRefused, NotInsured, UnknownInsured)
"""How the centre says that it will not."""
AWAY = (CentreUnreachable, CentreSilent)
HUB_NO = (
    UnknownMerchant,
    MerchantDisabled,
    ChannelNotOffered,
    SerialReused,
    UnknownTrade,
    NotRefundable,
    AmountTooLarge,
    NameMismatch,
)
"""How the payment hub says that it will not."""


def out_charge_no(number: str) -> str:
    """Under which number the payment hub has the trade of a settlement."""
    return f"JS{number}"


def out_refund_no(number: str) -> str:
    """And what goes back of it."""
    return f"TJ{number}"


@dataclass(frozen=True)
class _Run:
    """One run of a step. `unsure`: somebody may have acted in an earlier one."""

    row: SettlementRow
    facts: Facts
    now: int
    unsure: bool


@dataclass(frozen=True)
class SettlementSaga:
    """The handler of these jobs."""

    database: Database
    keyring: Keyring
    clock: Clock
    centre: InsuranceSettlement
    his: HisBilling
    orders: Orders
    refunds: Refunds

    async def __call__(self, job: Job) -> Outcome:
        """Take the step that is due. Raises Moved, StorageUnreachable, StorageFailed, SealingUnavailable."""
        merchant_id, number = str(job.data["merchant_id"]), str(job.data["number"])
        row = await self.database.read(lambda c: insurance.settlement(c, merchant_id, number))
        if row is None:
            return Done()
        now = self.clock.now_ms()
        if row.state in FINAL:
            return Done(unchanged(row, now))
        if now < row.next_at and row.state != State.PAYING:  # a trade that has ended wakes its settlement
            return Again(row.next_at, writes=unchanged(row, now))
        steps: Mapping[str, Callable[[_Run], Awaitable[Change]]] = {
            State.REGISTERING: self._register,
            State.UPLOADING: self._upload,
            State.RECKONING: self._reckon,
            State.ORDERING: self._order,
            State.PAYING: self._look,
            State.SETTLING: self._settle,
            State.CONFIRMING: self._confirm,
            State.UNTELLING: self._untell,
            State.REVOKING: self._revoke,
            State.RETELLING: self._retell,
            State.REFUNDING: self._refund,
            State.WITHDRAWING: self._withdraw,
            State.UNCONFIRMED: self._revoke_again,
            State.UNRETURNED: self._refund_again,
        }
        unsure = job.attempts > 1 or row.tries > 0 or row.uncertain == 1
        change = await steps[row.state](_Run(row, facts_of(self.keyring, row), now, unsure))
        return finished(change, self.clock.now_ms())

    async def _register(self, run: _Run) -> Change:
        row, facts = run.row, run.facts

        async def act() -> str:
            return await self.centre.register(
                message_number(row, "R"), facts.who, facts.department, facts.doctor, facts.visited_at
            )

        try:
            found = await self._found(run, "R")
            visit_id = found.visit_id if found else await act()
        except AWAY as away:
            return self._centre_waits(run, away)
        except NO as refusal:
            return _back(run, f"医保挂号未成：{refusal.message}")
        return moved(row, State.UPLOADING, "已医保挂号", run.now, {"visit_id": visit_id, "registered": 1})

    async def _upload(self, run: _Run) -> Change:
        row, facts = run.row, run.facts
        try:
            if await self._found(run, "U") is None:
                await self.centre.upload(message_number(row, "U"), facts.who, row.visit_id, facts.lines)
        except AWAY as away:
            return self._centre_waits(run, away)
        except NO as refusal:
            return _back(run, f"费用上传未成：{refusal.message}")
        return moved(row, State.RECKONING, f"已上传费用明细 {len(facts.lines)} 条", run.now)

    async def _reckon(self, run: _Run) -> Change:
        row, facts = run.row, run.facts
        try:
            told = await self.centre.presettle(message_number(row, "P"), facts.who, row.visit_id, use_account=True)
        except AWAY as away:  # it changes nothing, so nothing is uncertain
            return self._centre_waits(run, CentreUnreachable() if isinstance(away, CentreSilent) else away)
        except NO as refusal:
            return _back(run, f"医保预结算未成：{refusal.message}")
        if told.total != row.total or told.funds + told.account + told.cash != told.total:
            return _back(run, f"医保预结算金额与医院费用 {yuan(row.total)} 元不符，未结算")
        parts = {"funds": told.funds, "account": told.account, "cash": told.cash}
        kept = seal(self.keyring, row.merchant_id, row.number, replace(facts, expected=told))
        words = f"预结算：基金 {yuan(told.funds)} 元，个人账户 {yuan(told.account)} 元，个人支付 {yuan(told.cash)} 元"
        if told.cash and not row.cashier:
            reason = f"个人需支付 {yuan(told.cash)} 元，而请求没有传 payAppId 与 payAppSecret，不能收款"
            return _back(run, reason, {**parts, **kept})
        after = State.ORDERING if told.cash else State.SETTLING
        return moved(row, after, words, run.now, {**parts, **kept})

    async def _order(self, run: _Run) -> Change:
        """The trade is ordered in a transaction of our own before this step's; once under its number."""
        row, facts = run.row, run.facts
        wish = Wish(
            app_id=row.app_id,
            merchant_id=row.merchant_id,
            merchant_secret="",
            out_charge_no=out_charge_no(row.number),
            fingerprint=sm3(f"{row.number}|{row.cash}".encode()),
            amount=row.cash,
            subject=SUBJECT,
            particulars=Particulars(facts.patient, facts.term_no, operator=facts.operator),
            settles=row.number,
        )
        try:
            ordered = await self._performed(self.orders.order(wish))
        except HUB_NO as refusal:
            return _back(run, f"收银台未能打开：{refusal.message}")
        changes = {"trace_no": ordered.trade.trace_no}
        return moved(row, State.PAYING, "等待支付", run.now, changes, next_at=run.now + round(poll_s(0) * 1000))

    async def _look(self, run: _Run) -> Change:
        row = run.row
        trade = await self._trade(row)
        if trade is None or trade.state not in FINAL_TRADES:
            return waiting(row, "等待支付", run.now, wait_s=poll_s(row.tries), quiet=True)
        if trade.state == Trade.SUCCEEDED:
            if row.insured:
                return moved(row, State.SETTLING, "个人部分已支付", run.now)
            return moved(row, State.CONFIRMING, "已支付", run.now, {"settled_at": trade.paid_at or run.now})
        return _back(run, trade.reason or "未支付，结算已放弃")

    async def _settle(self, run: _Run) -> Change:
        row, facts = run.row, run.facts
        expected = facts.expected
        if expected is None:
            raise ValueError(f"{row.number} was never reckoned")
        try:
            found = await self._found(run, "S")
            settled = found.settlement if found else None
            if found is not None and found.reversed:
                return self._nothing_settled(run, "医保中心已自行冲正")
            settled = settled or await self.centre.settle(
                message_number(row, "S"), facts.who, row.visit_id, use_account=True, expected=expected
            )
        except AWAY as away:
            return self._centre_waits(run, away)
        except NO as refusal:
            return self._nothing_settled(run, f"医保结算未成：{refusal.message}")
        kept = seal(self.keyring, row.merchant_id, row.number, replace(facts, settled=settled))
        changes = {"settlement_id": settled.settlement_id, "settled_at": settled.settled_at or run.now, **kept}
        if not same_money(settled, expected):
            told = (
                f"医保结算金额与预结算不符（个人支付 {yuan(settled.cash)} 元，预结算 {yuan(expected.cash)} 元），撤销"
            )
            return moved(row, State.REVOKING, told, run.now, {**changes, "ending": Ending.FAILED, "reason": told})
        booked = shares_booked(row, settled, run.now)
        return moved(row, State.CONFIRMING, "医保已结算", run.now, changes, booked=booked)

    def _nothing_settled(self, run: _Run, told: str) -> Change:
        """The centre has settled nothing: what was paid goes back."""
        if run.row.trace_no:
            return _refunding(run, told)
        return _back(run, told)

    async def _confirm(self, run: _Run) -> Change:
        """The HIS is told; asked first where it may have been told before."""
        try:
            receipt = await self._told(run)
        except (HisUnreachable, HisSilent, HisRefused) as away:  # who will not say has not said no
            return _his_waits(run, away)
        try:
            receipt = receipt or await self.his.confirm_charge(await self._notice(run))
        except (HisUnreachable, HisSilent) as away:
            return _his_waits(run, away)
        except HisRefused as refusal:
            return await self._unconfirmed(run, refusal)
        return _confirmed(run, receipt, "医院已确认")

    async def _unconfirmed(self, run: _Run, refusal: HisRefused) -> Change:
        """The HIS will not have it. What it refuses may be the second time: it is asked once more before it counts."""
        try:
            receipt = await self._told(replace(run, unsure=True))
        except (HisUnreachable, HisSilent, HisRefused) as away:
            return _his_waits(run, away)
        if receipt is not None:
            return _confirmed(run, receipt, "医院已确认")
        told = f"医院未确认：{refusal.message}"
        if not run.row.insured:
            return _refunding(run, told)
        return moved(run.row, State.REVOKING, told, run.now, {"ending": Ending.FAILED, "reason": told[:200]})

    async def _untell(self, run: _Run) -> Change:
        row = run.row
        try:
            await self.his.cancel_charge(await self._notice(run))
        except (HisUnreachable, HisSilent) as away:
            return _his_waits(run, away)
        except HisRefused as refusal:
            told = f"医院不同意撤销：{refusal.message}"
            return moved(row, State.RETELLING, told, run.now, {"uncertain": 1, "reason": told[:200]})
        after = State.REVOKING if row.insured else State.REFUNDING
        return moved(row, after, "医院已撤销", run.now, {"ending": row.ending})

    async def _revoke(self, run: _Run) -> Change:
        """Take the settlement back at the centre, where it is there."""
        row, facts = run.row, run.facts
        if not row.insured:
            return self._revoked(run, None, "未经医保结算")
        try:
            found = await self._asked(row, "S")
            if found is None or found.settlement is None:
                return self._revoked(run, None, "医保中心没有这笔结算")
            done = await self._asked(row, "C")
            reversal = done.settlement if done and done.what == "cancel" else None
            if reversal is None and found.reversed:
                reversal = negated(found.settlement, run.now)
            settled = found.settlement
            reversal = reversal or await self.centre.cancel(
                message_number(row, "C"), facts.who, settled.visit_id or row.visit_id, settled.settlement_id
            )
        except AWAY as away:
            return self._centre_waits(run, away)
        except NO as refusal:
            return self._not_revoked(run, f"医保中心不同意撤销：{refusal.message}")
        return self._revoked(run, reversal, "医保已撤销")

    def _revoked(self, run: _Run, reversal: Settlement | None, told: str) -> Change:
        row, facts = run.row, run.facts
        changes: dict[str, object] = {"ending": row.ending or Ending.FAILED}
        booked = None
        if reversal is not None or facts.settled is not None:
            settled = facts.settled
            kept = reversal or facts.reversal or (negated(settled, run.now) if settled else None)
            changes |= seal(self.keyring, row.merchant_id, row.number, replace(facts, reversal=kept))
            stands = facts.reversal is None  # one that has failed may be taken back again; its shares went back then
            if stands and settled is not None and facts.expected is not None and same_money(settled, facts.expected):
                booked = shares_taken_back(row, settled, run.now)
        if row.trace_no:
            return moved(row, State.REFUNDING, told, run.now, changes, booked=booked)
        return _over(run, told, changes, booked=booked)

    def _not_revoked(self, run: _Run, told: str) -> Change:
        row = run.row
        if row.ending == Ending.CANCELLED:
            return moved(
                row, State.RETELLING, told, run.now, {"ending": row.ending, "reason": told[:200], "uncertain": 1}
            )
        later = run.now + DAILY_S * 1000
        changes = {"reason": told[:200], "ending": row.ending}
        return moved(row, State.UNCONFIRMED, told, run.now, changes, next_at=later)

    async def _retell(self, run: _Run) -> Change:
        """The taking back has come to nothing: the HIS is told again, unless it still has it."""
        row = run.row
        try:
            receipt = await self._told(replace(run, unsure=True))
        except (HisUnreachable, HisSilent, HisRefused) as away:
            return _his_waits(run, away)
        try:
            receipt = receipt or await self.his.confirm_charge(await self._notice(run))
        except (HisUnreachable, HisSilent) as away:
            return _his_waits(run, away)
        except HisRefused as refusal:
            told = f"医院未恢复：{refusal.message}"
            later = run.now + DAILY_S * 1000
            changes = {"reason": told[:200], "ending": row.ending or Ending.FAILED}
            return moved(row, State.UNCONFIRMED, told, run.now, changes, next_at=later)
        return _confirmed(run, receipt, "医院账务如前", {"reason": row.reason})

    async def _refund(self, run: _Run) -> Change:
        row, facts = run.row, run.facts
        number = out_refund_no(row.number)
        trade = await self._trade(row)
        if trade is None or trade.state != Trade.SUCCEEDED or trade.refunded >= trade.amount:
            return _over(run, "没有需要退还的款项" if trade is None or not trade.refunded else "款项已退还")
        found = await self.database.read(lambda c: payments.refund(c, row.merchant_id, number))
        if found is not None and found.state == Refund.SUCCEEDED:
            return _over(run, "个人部分已原路退还")
        if found is None or (found.state in (Refund.FAILED, Refund.REJECTED) and not row.tries):
            order = RefundOrder(
                app_id=row.app_id,
                merchant_id=row.merchant_id,
                merchant_secret="",
                out_refund_no=number,
                fingerprint=sm3(f"{row.number}|refund".encode()),
                amount=trade.amount,
                withdraw_mode="1",
                refund_type=RefundType.HIS_DECIDE,
                trace_no=row.trace_no,
                out_charge_no=None,
                his_cust_id=facts.patient.his_cust_id,
                user_name=facts.patient.name,
                asked_by=facts.operator or SUBJECT,
                settles=row.number,
                unsigned=row.ending != Ending.CANCELLED,
            )
            try:
                await self._performed(self.refunds.ask(order))
            except HUB_NO as refusal:
                return _unreturned(run, refusal.message)
        elif found.state in (Refund.FAILED, Refund.REJECTED):
            return _unreturned(run, found.reason or "退款未成")
        return waiting(row, "退款中", run.now, wait_s=poll_s(row.tries), quiet=row.tries > 0)

    async def _withdraw(self, run: _Run) -> Change:
        row, facts = run.row, run.facts
        try:
            if await self._found(run, "W") is None:
                await self.centre.withdraw(message_number(row, "W"), facts.who, row.visit_id)
        except AWAY as away:
            return self._centre_waits(run, away)
        except NO as refusal:  # a registration with nothing settled moves no money
            return _ended(run, f"医保挂号未撤回：{refusal.message}")
        return _ended(run, "已撤回医保挂号")

    async def _revoke_again(self, run: _Run) -> Change:
        return moved(run.row, State.REVOKING, "再试一次撤销", run.now, {"ending": run.row.ending})

    async def _refund_again(self, run: _Run) -> Change:
        return moved(run.row, State.REFUNDING, "再试一次退款", run.now, {"ending": run.row.ending})

    async def _found(self, run: _Run, step: str) -> CentreFound | None:
        """What the centre has made of an earlier run of a step, where there may have been one."""
        return await self._asked(run.row, step) if run.unsure else None

    async def _asked(self, row: SettlementRow, step: str) -> CentreFound | None:
        """What became of a message; who will not say has not said no. Raises CentreUnreachable, CentreSilent."""
        try:
            return await self.centre.find(message_number(row, step), row.institution)
        except NO as refusal:
            raise CentreSilent(f"医保中心未答复查询：{refusal.message}") from None

    async def _told(self, run: _Run) -> HisReceipt | None:
        """What the HIS has made of it, where it may have been told before."""
        if not run.unsure:
            return None
        found = await self.his.query(run.row.merchant_id, run.row.number)
        return (found.receipt or HisReceipt("")) if found.state is HisState.DONE else None

    async def _notice(self, run: _Run) -> ChargeNotice:
        trade = await self._trade(run.row)
        return notice_of(run.row, run.facts, trade.channel or "" if trade else "")

    async def _trade(self, row: SettlementRow) -> TradeRow | None:
        if not row.trace_no:
            return None
        return await self.database.read(lambda c: payments.trade(c, row.merchant_id, row.trace_no))

    async def _performed(self, write: Write[T]) -> T:
        def work(connection: Connection) -> T:
            (done,) = write.lane.execute(connection, [write.command])
            if isinstance(done, DomainError):
                raise done
            return done

        done = await self.database.write(work)
        self.orders.woken()
        return done

    def _centre_waits(self, run: _Run, away: DomainError) -> Change:
        """The centre is asked again later; given up where nothing was paid and nothing is uncertain."""
        row = run.row
        silent = isinstance(away, CentreSilent) or row.uncertain == 1
        early = row.state in (State.REGISTERING, State.UPLOADING, State.RECKONING)
        if early and not silent and run.now - row.created_at > PATIENCE_S * 1000:
            return _back(run, away.message)
        return waiting(row, away.message, run.now, uncertain=silent)


def _back(run: _Run, told: str, changes: Mapping[str, object] | None = None) -> Change:
    """Nothing was settled, and nothing is to go back: a registration that we made is withdrawn."""
    row = run.row
    values = {**(changes or {}), "reason": told[:200], "ending": Ending.FAILED}
    if row.registered:
        return moved(row, State.WITHDRAWING, told, run.now, values)
    return moved(row, State.FAILED, told, run.now, {**values, "ending": ""})


def _refunding(run: _Run, told: str) -> Change:
    changes = {"reason": told[:200], "ending": Ending.FAILED}
    return moved(run.row, State.REFUNDING, told, run.now, changes)


def _over(
    run: _Run, told: str, changes: Mapping[str, object] | None = None, *, booked: hub.Change | None = None
) -> Change:
    """Everything that was settled and paid has gone back."""
    row = run.row
    ending = str((changes or {}).get("ending") or row.ending)
    if ending == Ending.CANCELLED:
        return moved(row, State.CANCELLED, told, run.now, {**(changes or {}), "ending": ""}, booked=booked)
    if row.registered and not row.settlement_id:
        return moved(row, State.WITHDRAWING, told, run.now, changes, booked=booked)
    return moved(row, State.FAILED, told, run.now, {**(changes or {}), "ending": ""}, booked=booked)


def _ended(run: _Run, told: str) -> Change:
    return moved(run.row, State.FAILED, told, run.now)


def _confirmed(run: _Run, receipt: HisReceipt, told: str, changes: Mapping[str, object] | None = None) -> Change:
    values = {"callsn": receipt.callsn or run.row.callsn, "confirmed_at": run.now, "reason": "", **(changes or {})}
    return moved(run.row, State.DONE, told, run.now, values)


def _his_waits(run: _Run, away: HisUnreachable | HisSilent | HisRefused) -> Change:
    uncertain = isinstance(away, HisSilent) or run.row.uncertain == 1
    return waiting(run.row, away.message, run.now, uncertain=uncertain)


def _unreturned(run: _Run, told: str) -> Change:
    changes = {"reason": told[:200], "ending": run.row.ending}
    return moved(run.row, State.UNRETURNED, told, run.now, changes, next_at=run.now + DAILY_S * 1000)
