"""A channel and a HIS that do what they are told and remember it; what goes wrong is put before them by the world."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from yiqiao.ports.his_billing import (
    ChargeNotice,
    HisEntry,
    HisFound,
    HisReceipt,
    HisRefused,
    HisState,
    Patient,
    PendingCharge,
    RechargeNotice,
    RefundOrder,
)
from yiqiao.ports.payment_channel import (
    BadNotice,
    ChannelRefused,
    Notice,
    Order,
    OrderState,
    OrderWish,
    Refunded,
    RefundState,
    RefundWish,
    StatementLine,
)


@dataclass
class Till:
    """`PaymentChannel`: an order waits until somebody pays it, or is paid at once where `at_once` says so."""

    code: str
    at_once: bool = False
    takes: int = 0
    """How much more than asked for it takes, 分."""
    refuses: str = ""
    shows: str = "qr:"
    """What stands before an order's number in what its payer is shown."""
    refunds: list[str] = field(default_factory=list)
    """How the next refunds end: failed, pending; done where nothing is said."""
    orders: dict[str, Order] = field(default_factory=dict)
    back: dict[str, Refunded] = field(default_factory=dict)

    async def place(self, wish: OrderWish) -> Order:
        if wish.order_no not in self.orders:
            if self.refuses:
                raise ChannelRefused(self.refuses)
            shown = f"{self.shows}{wish.order_no}"
            self.orders[wish.order_no] = Order(wish.order_no, OrderState.OPEN, wish.amount, shown)
            if self.at_once:
                self.pay(wish.order_no)
        return self.orders[wish.order_no]

    def pay(self, order_no: str) -> None:
        """Somebody pays; also what was closed already, as happens in life."""
        order = self.orders[order_no]
        self.orders[order_no] = replace(
            order, state=OrderState.PAID, amount=order.amount + self.takes, external_no=f"X{order_no}", paid_at=1
        )

    async def find(self, order_no: str) -> Order | None:
        return self.orders.get(order_no)

    async def close(self, order_no: str) -> Order:
        order = self.orders.get(order_no) or Order(order_no, OrderState.CLOSED, 0)
        if order.state is OrderState.OPEN:
            order = replace(order, state=OrderState.CLOSED)
        self.orders[order_no] = order
        return order

    async def refund(self, wish: RefundWish) -> Refunded:
        known = self.back.get(wish.refund_no)
        if known is not None and known.state is RefundState.DONE:
            return known
        how = self.refunds.pop(0) if self.refunds else "done"
        done = Refunded(wish.refund_no, RefundState(how), wish.amount, f"Y{wish.refund_no}", 2)
        self.back[wish.refund_no] = done
        return done

    async def find_refund(self, refund_no: str, order_no: str) -> Refunded | None:
        return self.back.get(refund_no)

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> Notice:
        raise BadNotice("没有通知")

    def notice_answer(self, taken: bool) -> tuple[int, str, bytes]:
        return 200, "text/plain", b"ok"

    async def statement(self, day: str) -> Sequence[StatementLine]:
        return ()

    @property
    def kept(self) -> int:
        """What it has taken and not given back, 分."""
        taken = sum(order.amount for order in self.orders.values() if order.state is OrderState.PAID)
        return taken - sum(one.amount for one in self.back.values() if one.state is RefundState.DONE)


@dataclass
class Ward:
    """`HisBilling`: accounts by patient, acts by number."""

    refuses: set[str] = field(default_factory=set)
    """Acts that it will not do."""
    acts: dict[str, tuple[HisState, int, HisReceipt]] = field(default_factory=dict)
    balances: dict[str, int] = field(default_factory=dict)
    owed: dict[str, list[PendingCharge]] = field(default_factory=dict)
    """What is on the bills of each patient."""
    settled: dict[str, str] = field(default_factory=dict)
    """By which settlement each charge was paid."""
    notices: list[ChargeNotice] = field(default_factory=list)

    def _agree(self, act: str) -> None:
        if act in self.refuses:
            raise HisRefused("账户已冻结")

    def _done(self, number: str, state: HisState, patient: Patient, amount: int) -> HisReceipt:
        self.balances[patient.his_cust_id] = self.balances.get(patient.his_cust_id, 0) + amount
        receipt = HisReceipt(f"H{number}", self.balances[patient.his_cust_id])
        self.acts[number] = (state, abs(amount), receipt)
        return receipt

    def _known(self, number: str, *states: HisState) -> HisReceipt | None:
        known = self.acts.get(number)
        return known[2] if known and known[0] in states else None

    async def notify_recharge(self, notice: RechargeNotice) -> HisReceipt:
        known = self._known(notice.number, HisState.DONE)
        if known is None:
            self._agree("notify_recharge")
        return known or self._done(notice.number, HisState.DONE, notice.patient, notice.amount)

    async def refund(self, order: RefundOrder) -> HisReceipt:
        known = self._known(order.number, HisState.DONE)
        if known is None:
            self._agree("refund")
        return known or self._done(order.number, HisState.DONE, order.patient, -order.amount)

    async def prepare_refund(self, order: RefundOrder) -> HisReceipt:
        known = self._known(order.number, HisState.PREPARED, HisState.DONE)
        if known is None:
            self._agree("prepare_refund")
        return known or self._done(order.number, HisState.PREPARED, order.patient, -order.amount)

    async def confirm_refund(self, order: RefundOrder) -> HisReceipt:
        known = self._known(order.number, HisState.DONE)
        if known is not None:
            return known
        self._agree("confirm_refund")
        state, amount, receipt = self.acts[order.number]
        assert state is HisState.PREPARED
        self.acts[order.number] = (HisState.DONE, amount, receipt)
        return receipt

    async def cancel_refund(self, order: RefundOrder) -> HisReceipt:
        self._agree("cancel_refund")
        known = self._known(order.number, HisState.DONE, HisState.PREPARED)
        assert known is not None, "nothing to cancel"
        return self._done(order.number, HisState.CANCELLED, order.patient, order.amount)

    async def query(self, merchant_id: str, number: str) -> HisFound:
        known = self.acts.get(number)
        return HisFound(HisState.NONE) if known is None else HisFound(known[0], known[2])

    async def balance(self, merchant_id: str, patient: Patient) -> int | None:
        return self.balances.get(patient.his_cust_id)

    async def pending_charges(
        self, merchant_id: str, patient: Patient, extra: Mapping[str, object] | None = None
    ) -> Sequence[PendingCharge]:
        return [one for one in self.owed.get(patient.his_cust_id, ()) if one.charge_no not in self.settled]

    async def confirm_charge(self, notice: ChargeNotice) -> HisReceipt:
        known = self._known(notice.number, HisState.DONE)
        if known is not None:
            return known
        self._agree("confirm_charge")
        if any(one in self.settled for one in notice.charge_nos):
            raise HisRefused("费用已缴清")
        owed = {one.charge_no: one.amount for one in self.owed.get(notice.patient.his_cust_id, ())}
        if sum(owed[one] for one in notice.charge_nos) != notice.total:
            raise HisRefused("金额不符")
        self.settled |= dict.fromkeys(notice.charge_nos, notice.number)
        self.notices.append(notice)
        receipt = HisReceipt(f"H{notice.number}")
        self.acts[notice.number] = (HisState.DONE, notice.total, receipt)
        return receipt

    async def cancel_charge(self, notice: ChargeNotice) -> HisReceipt:
        self._agree("cancel_charge")
        known = self._known(notice.number, HisState.DONE)
        if known is None:
            return HisReceipt("")
        for one in notice.charge_nos:
            del self.settled[one]
        self.acts[notice.number] = (HisState.CANCELLED, notice.total, known)
        return known

    async def entries(self, merchant_id: str, day: str) -> Sequence[HisEntry]:
        return ()
