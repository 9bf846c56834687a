"""The payment hub, wired: by which channels money comes, which HIS is told of it, and what is done by itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from yiqiao.adapters.payment_notices import HttpNotifier
from yiqiao.app.store import Store
from yiqiao.jobs.backoff import Backoffs
from yiqiao.jobs.job import Handler
from yiqiao.ports.his_billing import HisBilling, NoHis
from yiqiao.ports.payment_channel import BadNotice
from yiqiao.region.payments.attempt_saga import AttemptSaga
from yiqiao.region.payments.course import ATTEMPT_JOB, NOTICE_JOB, REFUND_JOB, TRADE_JOB
from yiqiao.region.payments.merchants import Merchant
from yiqiao.region.payments.notices import NOTICE_BACKOFF, NoticeSender
from yiqiao.region.payments.orders import Orders
from yiqiao.region.payments.refund_saga import RefundSaga
from yiqiao.region.payments.refunds import Refunds
from yiqiao.region.payments.trade_saga import BACKOFF, TradeSaga
from yiqiao.region.payments.ways import Channels
from yiqiao.sandbox import merchants as demo
from yiqiao.storage import Busy, StorageFailed, StorageUnreachable

NOTICES = "/pay/notice"
"""Under which address channels reach us: the channel's code in small letters follows."""
BACKOFFS: Backoffs = {
    TRADE_JOB: BACKOFF,
    ATTEMPT_JOB: BACKOFF,
    REFUND_JOB: BACKOFF,
    NOTICE_JOB: NOTICE_BACKOFF,
}
LARGEST_NOTICE = 65_536
"""Bytes; what channels send has some hundred."""
NOT_FOUND = (404, "text/plain", b"no such channel")
Answer = tuple[int, str, bytes]
"""HTTP status, content type, body."""
Counted = Callable[[str, str], None]
"""Counts a channel's notice by what became of it."""


def channels_of(store: Store) -> Channels:
    """The channels that this hub has, by their codes."""
    return {}


def his_of(store: Store) -> HisBilling:
    """The HIS that is told of money."""
    return NoHis()


def orders_of(store: Store, channels: Channels, woken: Callable[[], None] = lambda: None) -> Orders:
    """What the HIS, the desk and the payer do with trades."""
    return Orders(store.database, store.keyring, store.clock, channels, woken)


def refunds_of(store: Store, channels: Channels, woken: Callable[[], None] = lambda: None) -> Refunds:
    """What the HIS asks for and people decide of refunds."""
    return Refunds(store.database, store.keyring, store.clock, channels, woken)


def handlers(store: Store, channels: Channels, his: HisBilling) -> Mapping[str, Handler]:
    """Who carries trades, attempts and refunds on, and tells partners."""
    known = store.database, store.keyring, store.clock
    return {
        TRADE_JOB: TradeSaga(*known, channels, his, f"{store.settings.address}{NOTICES}"),
        ATTEMPT_JOB: AttemptSaga(*known, channels),
        REFUND_JOB: RefundSaga(*known, channels, his),
        NOTICE_JOB: NoticeSender(store.database, store.keyring, HttpNotifier(store.wall)),
    }


async def furnish(store: Store, channels: Channels) -> tuple[Merchant, ...]:
    """The sandbox's merchants, filed where they are not yet."""
    notify_url = f"{store.settings.address}/sandbox/"
    await store.database.write(demo.furnishing(store.keyring, store.clock.now_ms(), tuple(channels), notify_url))
    return await store.database.read(lambda connection: demo.furnished(connection, store.keyring))


@dataclass(frozen=True)
class ChannelNotices:
    """What channels tell us: reason to ask them, once their signature holds. Counted by `counted`."""

    orders: Orders
    channels: Channels
    counted: Counted = lambda _, __: None

    async def take(self, code: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Take a notice for the channel of this code (in any letters); header names in lower case.

        A channel is told that its notice was taken also where its number is none of ours: sending it again would not
        help. It is told otherwise where the signature does not hold, or nothing could be written down.
        """
        channel = self.channels.get(code.upper())
        if channel is None:
            return NOT_FOUND
        try:
            notice = channel.read_notice(headers, body)
            known = await self.orders.noticed(notice.kind, notice.number)
        except BadNotice:
            self.counted(channel.code, "bad")
            return channel.notice_answer(False)
        except (Busy, StorageFailed, StorageUnreachable):
            self.counted(channel.code, "failed")
            return channel.notice_answer(False)
        self.counted(channel.code, "taken" if known else "unknown")
        return channel.notice_answer(True)
