"""Trades as the HIS, the desk and the payer see them: ordered, a way chosen, given up, asked for."""

import base64
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Connection

from yiqiao.clock import Clock, beijing
from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError
from yiqiao.ports.payment_channel import Entry, NoticeKind
from yiqiao.region.payments import asking, books, merchants
from yiqiao.region.payments.attempts import acted, left
from yiqiao.region.payments.course import (
    Change,
    begun,
    job_of,
    moved,
    touched,
    write_many,
)
from yiqiao.region.payments.merchants import Merchant
from yiqiao.region.payments.states import FINAL_TRADES, TRADES, Act, Attempt, Trade
from yiqiao.region.payments.trade import (
    NotifyUrlNotListed,
    NotNow,
    Particulars,
    SerialReused,
    UnknownTrade,
    particulars,
    seal,
    seal_attempt,
)
from yiqiao.region.payments.ways import WAYS, ChannelNotOffered, Channels, title
from yiqiao.storage import Database, Lane, Write, payments
from yiqiao.storage.payments import AttemptRow, EventRow, MerchantRow, RefundRow, TradeRow

MOST_ATTEMPTS = 20
CHANGED = "渠道通知：有变化"
NOTHING_CHOSEN = ""
ACCOUNTS: Mapping[str, str] = {"01": "门诊收款", "02": "住院收款"}


@dataclass(frozen=True)
class Wish:
    """A trade that is ordered: 分, under the HIS's own number. `channel` empty: it is chosen at the cashier.

    `fingerprint` tells the same wish from another under the same number. `attempt` is what this one payment needs (the
    payer's code, a POS's slip), by the channel's names. `settles` is the settlement whose personal part it is; empty
    for a deposit.
    """

    app_id: str
    merchant_id: str
    merchant_secret: str = field(repr=False)
    out_charge_no: str
    fingerprint: bytes
    amount: int
    subject: str
    particulars: Particulars = field(repr=False)
    channel: str = NOTHING_CHOSEN
    entry: Entry | None = None
    attempt: Mapping[str, object] = field(default_factory=dict, repr=False)
    fee_type: str = ""
    notify_url: str = ""
    settles: str = ""


class Standing(NamedTuple):
    """A trade with its merchant, its attempts and its refunds."""

    merchant: MerchantRow
    trade: TradeRow
    attempts: tuple[AttemptRow, ...]
    refunds: tuple[RefundRow, ...]


class Question(NamedTuple):
    """Which trade is asked for, by our number before the HIS's, and by whom."""

    merchant_id: str
    secret: str
    trace_no: str
    out_charge_no: str

    def __repr__(self) -> str:
        return f"Question({self.merchant_id}, {self.trace_no or self.out_charge_no})"


class Course(NamedTuple):
    """A trade with all that has happened to it."""

    standing: Standing
    events: tuple[EventRow, ...]


@dataclass(frozen=True)
class Orders:
    """The trades of a hub. `woken` is called when there is something for the sagas to do now."""

    database: Database
    keyring: Keyring
    clock: Clock
    channels: Channels
    woken: Callable[[], None] = lambda: None
    chance: random.Random = field(default_factory=random.SystemRandom, repr=False)
    """Where numbers come from; a simulation that is to be run again hands in dice of its own."""

    def order(self, wish: Wish) -> Write[Standing]:
        """The write that orders a trade; answers how it stands, which may be long ago where the HIS asks again.

        Refuses with UnknownMerchant, MerchantSecretWrong, MerchantDisabled, ChannelNotOffered, NotifyUrlNotListed,
        SerialReused.
        """

        return Write(Lane("pay.order", self._order_all), wish)

    def _order_all(self, connection: Connection, wishes: Sequence[Wish]) -> Sequence[Standing | DomainError]:
        """Order many trades in a few statements; each has its own answer."""
        now = self.clock.now_ms()
        rows = {one: payments.merchant(connection, one) for one in {wish.merchant_id for wish in wishes}}
        wanted = [(wish.merchant_id, wish.out_charge_no) for wish in wishes]
        known = {
            (row.merchant_id, row.out_charge_no): standing(connection, row)
            for row in payments.trades_by_charge_no(connection, list(dict.fromkeys(wanted)))
        }
        prints = {key: found.trade.fingerprint for key, found in known.items()}
        outcomes: list[Standing | DomainError] = []
        new: list[tuple[Change, int]] = []
        for wish, key in zip(wishes, wanted, strict=True):
            try:
                row = rows[wish.merchant_id]
                if row is None:
                    raise merchants.UnknownMerchant
                merchant = merchants.opened(self.keyring, row)
                if not wish.settles:  # a settlement was admitted when it began
                    merchant.admit(wish.merchant_secret)
                if key not in known:
                    trade, attempts, change = self._new(merchant, wish, now)
                    new.append((change, now))
                    known[key], prints[key] = Standing(row, trade, attempts, ()), wish.fingerprint
                if prints[key] != wish.fingerprint:
                    raise SerialReused("该商户充值流水号已用于另一笔交易，请换新的 outChargeNo")
                outcomes.append(known[key])
            except DomainError as refusal:
                outcomes.append(refusal)
        write_many(connection, new)
        return outcomes

    def _new(self, merchant: Merchant, wish: Wish, now: int) -> tuple[TradeRow, tuple[AttemptRow, ...], Change]:
        account_type = wish.particulars.patient.account_type
        if account_type != merchant.account_type:
            raise ChannelNotOffered(ACCOUNTS[account_type])
        if wish.channel:
            self._offered(merchant, wish.channel)
        if wish.notify_url and not merchant.may_notify(wish.notify_url):
            raise NotifyUrlNotListed
        trace_no = f"{beijing(now):%y%m%d}{self.chance.randrange(10**13):013}"
        key_id, sealed = seal(self.keyring, wish.merchant_id, trace_no, wish.particulars)
        deadline = now + merchant.settings.pay_minutes * 60_000
        trade = TradeRow(
            merchant_id=wish.merchant_id,
            trace_no=trace_no,
            out_charge_no=wish.out_charge_no,
            app_id=wish.app_id,
            fingerprint=wish.fingerprint,
            token=base64.urlsafe_b64encode(self.chance.randbytes(18)).decode(),
            account=books.CHARGE
            if wish.settles
            else books.deposit_account(self.keyring, wish.merchant_id, wish.particulars.patient),
            amount=wish.amount,
            subject=wish.subject,
            fee_type=wish.fee_type or None,
            deposit_type=wish.channel or None,
            state=Trade.PLACING if wish.channel else Trade.OPENED,
            uncertain=0,
            reason="",
            tries=0,
            next_at=now if wish.channel else deadline,
            deadline=deadline,
            order_no=f"{trace_no}01" if wish.channel else None,
            channel=wish.channel or None,
            external_no=None,
            paid_at=None,
            callsn=None,
            balance=None,
            refunded=0,
            refunding=0,
            refunds=0,
            notify_url=wish.notify_url or None,
            settles=wish.settles,
            key_id=key_id,
            sealed=sealed,
            version=1,
            created_at=now,
            changed_at=now,
        )
        steps = [begun(trade, wish.app_id, f"下单{title(wish.channel) and '：'}{title(wish.channel)}")]
        attempts: tuple[AttemptRow, ...] = ()
        if wish.channel:
            attempts = (self._attempt(trade, 1, wish.channel, wish.entry, wish.attempt, now),)
            steps.append(begun(attempts[0], wish.app_id, "下单"))
        return trade, attempts, Change(tuple(steps), jobs=(job_of(trade, trade.next_at),))

    def _offered(self, merchant: Merchant, code: str) -> None:
        way = WAYS.get(code)
        if way is None or not way.entries or code not in merchant.settings.channels or code not in self.channels:
            raise ChannelNotOffered(title(code))

    def _attempt(
        self, trade: TradeRow, turn: int, code: str, entry: Entry | None, data: Mapping[str, object], now: int
    ) -> AttemptRow:
        entries = WAYS[code].entries
        chosen = entries[0] if entry is None else entry
        if chosen not in entries:
            raise ChannelNotOffered(f"{title(code)}（{chosen}）")
        order_no = f"{trade.trace_no}{turn:02}"
        key_id, sealed = seal_attempt(self.keyring, trade.merchant_id, order_no, data) if data else (None, None)
        return AttemptRow(
            merchant_id=trade.merchant_id,
            order_no=order_no,
            trace_no=trade.trace_no,
            channel=code,
            entry=str(chosen),
            amount=trade.amount,
            state=Attempt.PLACING,
            paid_amount=None,
            pay_url=None,
            external_no=None,
            paid_at=None,
            told="",
            tries=0,
            next_at=now,
            key_id=key_id,
            sealed=sealed,
            version=1,
            created_at=now,
        )

    async def choose(
        self,
        merchant_id: str,
        trace_no: str,
        code: str,
        *,
        entry: Entry | None = None,
        data: Mapping[str, object] | None = None,
        actor: str = "payer",
        at_desk: bool = False,
        turn: int | None = None,
    ) -> Standing:
        """A way of payment is chosen at the cashier, or another one than before: that one is then closed.

        Only a desk chooses what is paid at the desk. `turn`: which attempt it shall be, 1 the first; where that one has
        been made, nothing follows, so a button that is pressed twice is pressed once. Raises UnknownTrade, NotNow,
        ChannelNotOffered, Moved.
        """

        def work(connection: Connection) -> Standing:
            now = self.clock.now_ms()
            trade = payments.trade(connection, merchant_id, trace_no, for_update=True)
            if trade is None:
                raise UnknownTrade
            before = payments.attempts(connection, merchant_id, trace_no)
            if turn is not None and turn <= len(before):
                return standing(connection, trade)
            if trade.state not in (Trade.OPENED, Trade.PLACING, Trade.PAYING):
                raise NotNow(f"这笔交易{TRADES[trade.state].title}，请勿重复支付")
            if now >= trade.deadline:
                raise NotNow("已超过支付时限，请返回后重新操作")
            self._offered(merchants.find(connection, self.keyring, merchant_id), code)
            if WAYS[code].at_desk and not at_desk:
                raise ChannelNotOffered(title(code))
            if len(before) >= MOST_ATTEMPTS:
                raise NotNow("更换支付方式的次数过多，请返回后重新操作")
            told = f"选择{title(code)}"
            attempt = self._attempt(trade, len(before) + 1, code, entry, data or {}, now)
            chosen = {"order_no": attempt.order_no, "channel": code, "reason": ""}
            step = moved(trade, Trade.PLACING, told, now, chosen, actor=actor)
            change = Change((step, begun(attempt, actor, told)), jobs=(job_of(step.row, now),))
            (change + left(before, now, "已改用其他支付方式")).write(connection, now)
            return standing(connection, payments.trade(connection, merchant_id, trace_no) or trade)

        found = await self.database.write(work)
        self.woken()
        return found

    async def act(self, merchant_id: str, trace_no: str, act: Act, actor: str) -> None:
        """What a person does to a trade. Raises UnknownTrade, NotNow, Moved."""

        def work(connection: Connection) -> None:
            now = self.clock.now_ms()
            trade = payments.trade(connection, merchant_id, trace_no, for_update=True)
            if trade is None:
                raise UnknownTrade
            after = TRADES[trade.state].acts.get(act)
            if after is None:
                raise NotNow(f"这笔交易{TRADES[trade.state].title}，现在不能这样操作")
            _acted(trade, act, Trade(after), actor, now).write(connection, now)

        await self.database.write(work)
        self.woken()

    async def act_on_attempt(self, merchant_id: str, order_no: str, act: Act, actor: str) -> None:
        """What a person does to an attempt. Raises UnknownTrade, NotNow, Moved."""

        def work(connection: Connection) -> None:
            now = self.clock.now_ms()
            attempt = payments.attempt(connection, merchant_id, order_no, for_update=True)
            if attempt is None:
                raise UnknownTrade
            acted(attempt, act, actor, now).write(connection, now)

        await self.database.write(work)
        self.woken()

    async def noticed(self, kind: NoticeKind, number: str) -> bool:
        """A channel has said that something happened to an order or refund: it is asked now. False where none is known.

        Whatever the notice says, only the channel's own answer counts.
        """

        def work(connection: Connection) -> bool:
            now = self.clock.now_ms()
            if kind is NoticeKind.ORDER:
                return asking.order(connection, number, now, told=CHANGED)
            return asking.refund(connection, number, now, told=CHANGED)

        known = await self.database.write(work)
        self.woken()
        return known

    def look(self, question: Question) -> Write[Standing | None]:
        """The write (of nothing) that answers how a trade stands, together with the answers to others who ask; None
        where there is no such trade.

        Refuses with UnknownMerchant, MerchantSecretWrong, MerchantDisabled.
        """
        return Write(Lane("pay.look", self._look_all), question)

    def _look_all(
        self, connection: Connection, questions: Sequence[Question]
    ) -> Sequence[Standing | DomainError | None]:
        rows = {one: payments.merchant(connection, one) for one in {question.merchant_id for question in questions}}
        asked = dict.fromkeys(
            (one.merchant_id, one.trace_no or one.out_charge_no, bool(one.trace_no)) for one in questions
        )
        by_trace = payments.trades_by_trace_no(connection, [key[:2] for key in asked if key[2]])
        by_charge = payments.trades_by_charge_no(connection, [key[:2] for key in asked if not key[2]])
        found = {(row.merchant_id, row.trace_no, True): row for row in by_trace}
        found |= {(row.merchant_id, row.out_charge_no, False): row for row in by_charge}
        admitted: dict[tuple[str, str], DomainError | None] = {}
        outcomes: list[Standing | DomainError | None] = []
        for one in questions:
            merchant, who = rows[one.merchant_id], (one.merchant_id, one.secret)
            if who not in admitted:
                admitted[who] = self._refusal(merchant, one.secret)
            refusal = admitted[who]
            if refusal is not None or merchant is None:
                outcomes.append(refusal)
                continue
            trade = found.get((one.merchant_id, one.trace_no or one.out_charge_no, bool(one.trace_no)))
            outcomes.append(None if trade is None else standing(connection, trade, merchant))
        return outcomes

    def _refusal(self, row: MerchantRow | None, secret: str) -> DomainError | None:
        """Why who asks is not admitted."""
        try:
            if row is None:
                raise merchants.UnknownMerchant
            merchants.opened(self.keyring, row).admit(secret)
        except DomainError as refusal:
            return refusal
        return None

    async def find(
        self, merchant_id: str, secret: str, *, trace_no: str | None = None, out_charge_no: str | None = None
    ) -> Standing | None:
        """How a trade stands, by our number before the HIS's; None where there is none.

        Raises UnknownMerchant, MerchantSecretWrong, MerchantDisabled.
        """
        question = Question(merchant_id, secret, trace_no or "", out_charge_no or "")

        def work(connection: Connection) -> Standing | None:
            (found,) = self._look_all(connection, [question])
            if isinstance(found, DomainError):
                raise found
            return found

        return await self.database.read(work)

    async def by_token(self, token: str) -> Standing:
        """The trade of a cashier's address. Raises UnknownTrade."""

        def work(connection: Connection) -> Standing:
            trade = payments.trade_by_token(connection, token)
            if trade is None:
                raise UnknownTrade("没有这笔交易，请回到原来的页面重新打开收银台")
            return standing(connection, trade)

        return await self.database.read(work)

    async def course(self, merchant_id: str, trace_no: str) -> Course:
        """A trade with all that has happened to it. Raises UnknownTrade."""

        def work(connection: Connection) -> Course:
            trade = payments.trade(connection, merchant_id, trace_no)
            if trade is None:
                raise UnknownTrade
            return Course(standing(connection, trade), tuple(payments.course(connection, merchant_id, trace_no)))

        return await self.database.read(work)

    def particulars(self, trade: TradeRow) -> Particulars:
        """Whose trade it is. Raises SealingUnavailable."""
        return particulars(self.keyring, trade)

    async def offered(self, merchant_id: str) -> tuple[str, ...]:
        """The channels by which a payer can pay this merchant, in its order."""
        found = await self.database.read(lambda c: merchants.find(c, self.keyring, merchant_id))
        return tuple(code for code in found.settings.channels if code in self.channels and WAYS[code].entries)


def standing(connection: Connection, trade: TradeRow, merchant: MerchantRow | None = None) -> Standing:
    """A trade with what belongs to it. Raises UnknownMerchant."""
    merchant = merchant or payments.merchant(connection, trade.merchant_id)
    if merchant is None:
        raise merchants.UnknownMerchant
    untouched = trade.version == 1 and not trade.order_no  # one of which an attempt has failed has no order either
    attempts = [] if untouched else payments.attempts(connection, trade.merchant_id, trade.trace_no)
    refunds = payments.refunds(connection, trade.merchant_id, trade.trace_no) if trade.refunds else []
    return Standing(merchant, trade, tuple(attempts), tuple(refunds))


def _acted(trade: TradeRow, act: Act, after: Trade, actor: str, now: int) -> Change:
    """What an act on a trade changes."""
    told = {
        Act.CANCEL: "放弃支付",
        Act.RETRY: "立即重试",
        Act.TELL: "再次通知医院",
        Act.GIVE_BACK: "改为原路退回",
        Act.SETTLE: "已由人工退款",
    }[act]
    booked: tuple[books.Booking, ...] = ()
    values: dict[str, object] = {}
    number, turn = trade.trace_no, trade.version + 1
    if act is Act.TELL:
        booked = (_booked(trade, books.released(number, turn, trade.account), now),)
        values = {"refunding": 0}
    elif act is Act.SETTLE:
        booked = (_booked(trade, books.paid_out(f"{number}R", books.BY_HAND), now),)
        values = {"refunding": 0, "refunded": trade.amount}
    elif trade.state == Trade.TELLING and act is Act.GIVE_BACK:
        values = {"uncertain": 1}  # the HIS may have it: it is asked first
    if after == trade.state:
        step = touched(trade, now, actor=actor, told=told)
    else:
        step = moved(trade, after, told, now, values, actor=actor)
    jobs = () if after in FINAL_TRADES else (job_of(step.row, now),)
    return Change((step,), booked, jobs)


def _booked(trade: TradeRow, kind: books.Kind, now: int) -> books.Booking:
    return books.booking(trade.merchant_id, trade.trace_no, now, (kind, trade.amount))
