"""The channel SANDBOX: orders are paid by a click on their page, or do by themselves what their amount forces.

Its state stands in a `Store`, so that it survives a restart as a real channel does; its notices too, which wait there
until `deliver` sends them. They are signed with a key of its own, HMAC-SM3 over the body.
"""

import asyncio
import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar
from urllib.parse import quote

import orjson
import structlog

from yiqiao.clock import Clock
from yiqiao.crypto import hmac_sm3
from yiqiao.errors import DomainError
from yiqiao.ports.payment_channel import (
    BadNotice,
    ChannelRefused,
    ChannelSilent,
    ChannelUnreachable,
    Notice,
    NoticeKind,
    Order,
    OrderState,
    OrderWish,
    Refunded,
    RefundState,
    RefundWish,
    StatementKind,
    StatementLine,
)
from yiqiao.sandbox.channels import outcomes
from yiqiao.sandbox.channels.till import Till, forced
from yiqiao.sandbox.mischief import Failures, Mischief, NoMischief, befallen
from yiqiao.storage.sandbox_payments import (
    CHANNELS,
    MOVEMENTS,
    NOTICES,
    ORDERS,
    REFUNDS,
    ChannelRow,
    NoticeRow,
    OrderRow,
    RefundRow,
)
from yiqiao.storage.shelves import Book, Store

T = TypeVar("T")
CODE = "SANDBOX"
PATH = "/sandbox/pay"
SIGNATURE = "x-sandbox-signature"
NOTICE_WAITS_S = (15, 15, 30, 180, 600, 1800, 3600, 3600)
"""How long it waits before a notice that was not taken is sent again; afterwards it gives up."""
Notify = Callable[[str, Mapping[str, str], bytes], Awaitable[bool]]
"""Takes a notice: the channel's code, headers in lower case, the body; answers whether it was taken."""

log = structlog.get_logger("yiqiao.sandbox")
_FAILURES = Failures(lambda reason: ChannelRefused(reason or "支付渠道未受理"), ChannelUnreachable, ChannelSilent)
_STRUCK: Mapping[str, Callable[[], DomainError]] = {
    outcomes.UNREACHABLE: ChannelUnreachable,
    outcomes.SILENT: ChannelSilent,
    outcomes.SILENT_AFTER: ChannelSilent,
    outcomes.REFUSED: lambda: ChannelRefused("支付渠道未受理这次申请"),
}


@dataclass(frozen=True)
class SandboxChannel:
    """`PaymentChannel` with nobody's money. Make it with `open_channel`, which knows its key."""

    store: Store
    clock: Clock
    key: bytes = field(repr=False)
    notify: Notify | None = None
    mischief: Mischief = field(default_factory=NoMischief)
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    code: str = CODE

    async def place(self, wish: OrderWish) -> Order:
        """Place an order. Raises what its amount forces, and ChannelRefused for another one under the number."""

        async def work() -> Order:
            placed = await self.store.write(lambda book: self._till().place(book, wish))
            if placed.early:
                await self._deliver([row for row in await self._due() if row.number == wish.order_no])
            _strike(placed.fate)
            return self._told(placed.row)

        return await self._act("place", work)

    async def find(self, order_no: str) -> Order | None:
        """How an order stands."""

        async def work() -> Order | None:
            row = await self.store.read(lambda book: book.get(ORDERS, self.code, order_no))
            if row is not None and row.state == "open" and forced(row).asked:
                row = await self.store.write(lambda book: self._till().find(book, order_no))
            return None if row is None or row.state == "none" else self._told(row)

        return await self._act("find", work)

    async def close(self, order_no: str) -> Order:
        """Close an order that is not paid; one that never was placed cannot be afterwards."""

        async def work() -> Order:
            row, fate = await self.store.write(lambda book: self._till().close(book, order_no))
            _strike(fate)
            return self._told(row)

        return await self._act("close", work)

    async def refund(self, wish: RefundWish) -> Refunded:
        """Give money back. Raises what its amount forces, and ChannelRefused for what cannot go back."""

        async def work() -> Refunded:
            row, fate = await self.store.write(lambda book: self._till().refund(book, wish))
            _strike(fate)
            return _told_refund(row)

        return await self._act("refund", work)

    async def find_refund(self, refund_no: str, order_no: str) -> Refunded | None:
        """How a refund stands."""

        async def work() -> Refunded | None:
            row = await self.store.write(lambda book: self._till().find_refund(book, refund_no, order_no))
            return None if row is None else _told_refund(row)

        return await self._act("find_refund", work)

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """What a notice says. Raises BadNotice."""
        signed = headers.get(SIGNATURE, "")
        if not hmac.compare_digest(signed.encode(), hmac_sm3(self.key, body).hex().encode()):
            raise BadNotice("通知签名不符")
        try:
            said = orjson.loads(body)
            if said["channel"] != self.code:
                raise BadNotice("通知属于其他渠道")
            return Notice(NoticeKind(said["kind"]), str(said["number"]))
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            raise BadNotice("通知内容无法读取") from None

    def notice_answer(self, taken: bool) -> tuple[int, str, bytes]:
        """What it wants to hear."""
        return (200, "text/plain", b"ok") if taken else (503, "text/plain", b"again")

    async def statement(self, day: str) -> Sequence[StatementLine]:
        """The movements of a day as it settles them, misstatements included."""

        async def work() -> Sequence[StatementLine]:
            rows = await self.store.read(lambda book: book.where(MOVEMENTS, "day", day))
            return [
                StatementLine(
                    StatementKind(row.kind), row.number, row.order_no, row.stated, row.at, _external(row.number)
                )
                for row in rows
                if row.channel == self.code and row.stated
            ]

        return await self._act("statement", work)

    async def pay(self, order_no: str, *, silently: bool = False) -> Order:
        """Somebody pays on the order's page, and the notice goes out; `silently`: there is none, it has to be asked.
        Raises ChannelRefused where it is too late.
        """
        till = replace(self._till(), notifies=False) if silently else self._till()
        row = await self.store.write(lambda book: till.clicked(book, order_no, pays=True))
        await self._deliver([notice for notice in await self._due() if notice.number == order_no])
        return self._told(row)

    async def decline(self, order_no: str) -> Order:
        """Somebody's bank refuses. Raises ChannelRefused where it is too late."""
        return self._told(await self.store.write(lambda book: self._till().clicked(book, order_no, pays=False)))

    async def show(self, order_no: str) -> OrderRow | None:
        """An order with all that its page tells."""
        return await self.store.read(lambda book: book.get(ORDERS, self.code, order_no))

    async def misstate(self, day: str, kind: StatementKind, number: str, amount: int | None) -> None:
        """Spoil a day's statement: another amount for a movement, 0 leaves it out, a number that is unknown adds a
        line, None puts it right.
        """
        await self.store.write(lambda book: self._till().misstate(book, kind, number, amount, day))

    async def deliver(self) -> int:
        """Send the notices that are due, as a channel does by itself all the time; answers how many were taken."""
        return await self._deliver(await self._due())

    async def kept(self, order_no: str) -> int:
        """What of an order's money is here, 分: for whoever checks that nothing was lost."""
        row = await self.show(order_no)
        if row is None:
            return 0
        backs = await self.store.read(lambda book: book.where(REFUNDS, "order_no", order_no))
        return row.taken - sum(one.amount for one in backs if one.state == "done" and one.channel == self.code)

    async def _act(self, name: str, work: Callable[[], Awaitable[T]]) -> T:
        return await befallen(self.mischief, name, work, _FAILURES, self.pause)

    def _till(self) -> Till:
        return Till(self.code, self.clock.now_ms(), self.notify is not None)

    async def _due(self) -> list[NoticeRow]:
        now = self.clock.now_ms()
        rows = await self.store.read(lambda book: book.where(NOTICES, "state", "due"))
        return [row for row in rows if row.channel == self.code and row.next_at <= now]

    async def _deliver(self, rows: Sequence[NoticeRow]) -> int:
        return sum([await self._send(row) for row in rows])

    async def _send(self, row: NoticeRow) -> bool:
        if row.late:
            await self.store.write(lambda book: self._till().arrive(book, row))
        said = {"channel": self.code, "kind": row.kind, "number": row.number, "at": self.clock.now_ms()}
        body = orjson.dumps(said)
        headers = {"content-type": "application/json", SIGNATURE: hmac_sm3(self.key, body).hex()}
        taken = False
        try:
            taken = self.notify is not None and await self.notify(self.code, headers, body)
        except DomainError as failure:
            log.warning("a notice was not taken", channel=self.code, why=failure.name)
        tries = row.tries + 1
        if taken or tries > len(NOTICE_WAITS_S):
            sent = row._replace(state="taken" if taken else "given_up", tries=tries)
        else:
            sent = row._replace(tries=tries, next_at=self.clock.now_ms() + NOTICE_WAITS_S[tries - 1] * 1000)
        await self.store.write(lambda book: book.put(NOTICES, sent))
        return taken

    def _told(self, row: OrderRow) -> Order:
        paid = row.state == "paid"
        return Order(
            order_no=row.order_no,
            state=OrderState(row.state),
            amount=row.taken if paid else row.amount,
            pay_url=f"{PATH}/{quote(row.order_no)}" if row.state == "open" else "",
            external_no=_external(row.order_no) if paid else "",
            paid_at=row.paid_at,
            told={"failed": "付款银行拒绝了这笔支付，请换一种方式", "closed": "订单已关闭"}.get(row.state, ""),
        )


async def open_channel(
    store: Store,
    clock: Clock,
    notify: Notify | None = None,
    *,
    code: str = CODE,
    mischief: Mischief | None = None,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> SandboxChannel:
    """The channel with the key of its first start. `notify`: who hears of what happens; nobody, where it is None."""

    def work(book: Book) -> ChannelRow:
        return book.add(CHANNELS, ChannelRow(code, secrets.token_bytes(32)))

    key = (await store.write(work)).key
    return SandboxChannel(store, clock, key, notify, mischief or NoMischief(), pause, code)


def _strike(fate: str) -> None:
    """Raise what happens to the calling."""
    if fate:
        raise _STRUCK[fate]()


def _external(number: str) -> str:
    return f"SB{number}"


def _told_refund(row: RefundRow) -> Refunded:
    told = {"pending": "退款处理中", "failed": "支付渠道退款失败，请人工处理"}.get(row.state, "")
    external = _external(row.refund_no) if row.state == "done" else ""
    return Refunded(row.refund_no, RefundState(row.state), row.amount, external, row.refunded_at, told)
