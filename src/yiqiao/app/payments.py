"""The payment hub, wired: by which channels money comes, which HIS is told of it, and what is done by itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from yiqiao.adapters.channels import credit, desk, one_bar
from yiqiao.adapters.channels.credit import CreditChannel
from yiqiao.adapters.channels.desk import DeskChannel
from yiqiao.adapters.channels.one_bar import OneBarChannel
from yiqiao.adapters.payment_notices import HttpNotifier
from yiqiao.app import payment_days
from yiqiao.app.his_by_hospital import HisByHospital
from yiqiao.app.payment_peers import Peers, peers
from yiqiao.app.store import Store
from yiqiao.jobs.backoff import Backoffs
from yiqiao.jobs.job import Handler
from yiqiao.ports.his_billing import HisBilling, NoHis
from yiqiao.ports.payment_channel import BadNotice, PaymentChannel
from yiqiao.region.payments.attempt_saga import AttemptSaga
from yiqiao.region.payments.closing import Closing
from yiqiao.region.payments.course import ATTEMPT_JOB, NOTICE_JOB, REFUND_JOB, TRADE_JOB
from yiqiao.region.payments.merchants import Merchant
from yiqiao.region.payments.notices import NOTICE_BACKOFF, NoticeSender
from yiqiao.region.payments.orders import Orders
from yiqiao.region.payments.reconciliation import Reconciliation
from yiqiao.region.payments.refund_saga import RefundSaga
from yiqiao.region.payments.refunds import Refunds
from yiqiao.region.payments.statements import Statements
from yiqiao.region.payments.trade_saga import BACKOFF, TradeSaga
from yiqiao.region.payments.ways import Channels
from yiqiao.sandbox import merchants as demo
from yiqiao.sandbox.channels.credit import DEMO, SandboxCreditCentre
from yiqiao.sandbox.channels.postman import Postman
from yiqiao.sandbox.channels.sandbox import open_channel
from yiqiao.sandbox.channels.voucher_pay import SandboxVoucherPay
from yiqiao.sandbox.his_billing import HIS, SandboxHis
from yiqiao.sandbox.mischief import OnOrder
from yiqiao.storage import Busy, StorageFailed, StorageUnreachable
from yiqiao.storage.shelves import DatabaseStore

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
HEARD = 200
NOT_FOUND = (404, "text/plain", b"no such channel")
Answer = tuple[int, str, bytes]
"""HTTP status, content type, body."""
Counted = Callable[[str, str], None]
"""Counts a channel's notice by what became of it."""


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


@dataclass(frozen=True)
class PaymentHub:
    """The hub's services. `postman` is None outside the sandbox."""

    channels: Channels
    his: HisBilling
    orders: Orders
    refunds: Refunds
    closing: Closing
    statements: Statements
    reconciliation: Reconciliation
    notices: ChannelNotices
    postman: Postman | None
    peers: Peers

    async def close(self) -> None:
        """End what goes on in the background, and let go of connections."""
        if self.postman is not None:
            await self.postman.stop()
        await self.peers.close()


async def open_hub(
    store: Store, woken: Callable[[], None] = lambda: None, counted: Counted = lambda _, __: None
) -> PaymentHub:
    """The hub over a store. `woken` is called when there is something for the sagas to do now. Raises
    NotReadyToServe where the settings' tables cannot be used.
    """

    async def heard(code: str, headers: Mapping[str, str], body: bytes) -> bool:
        status, _, _ = await notices.take(code, headers, body)
        return status == HEARD

    shelves, sandbox = DatabaseStore(store.database), store.settings.sandbox
    channels: dict[str, PaymentChannel] = {code: DeskChannel(code, shelves, store.clock) for code in desk.CODES}
    postman, told = None, peers(store)
    channels |= told.channels
    if sandbox:
        playing = await open_channel(shelves, store.clock, heard)
        insured = await open_channel(shelves, store.clock, code=one_bar.CODE)
        channels = {
            playing.code: playing,
            one_bar.CODE: OneBarChannel(SandboxVoucherPay(insured, _every_voucher)),
            credit.CODE: CreditChannel(await _agreements(store, shelves)),
            **channels,
        }
        postman = Postman(playing)
    otherwise = SandboxHis(shelves, store.clock, OnOrder(shelves, HIS)) if sandbox else NoHis()
    his = HisByHospital(store.database, told.his, otherwise) if told.his else otherwise
    known = store.database, store.keyring, store.clock, channels, woken
    orders = Orders(*known)
    notices = ChannelNotices(orders, channels, counted)
    return PaymentHub(
        channels=channels,
        his=his,
        orders=orders,
        refunds=Refunds(*known),
        closing=Closing(store.database, store.clock),
        statements=Statements(store.database),
        reconciliation=Reconciliation(store.database, store.keyring, store.clock, channels, his),
        notices=notices,
        postman=postman,
        peers=told,
    )


async def _agreements(store: Store, shelves: DatabaseStore) -> SandboxCreditCentre:
    """A sandbox's credit centre, with its demo agreement."""
    charged = await open_channel(shelves, store.clock, code=credit.CODE)
    centre = SandboxCreditCentre(charged, shelves, store.clock)
    await centre.sign(DEMO)
    return centre


async def _every_voucher(_: str) -> bool:
    """A sandbox's insurance side takes every voucher."""
    return True


def handlers(store: Store, hub: PaymentHub) -> Mapping[str, Handler]:
    """Who carries trades, attempts and refunds on, tells partners, and does what is due every day."""
    channels, his = hub.channels, hub.his
    known = store.database, store.keyring, store.clock
    return {
        TRADE_JOB: TradeSaga(*known, channels, his, f"{store.settings.address}{NOTICES}"),
        ATTEMPT_JOB: AttemptSaga(*known, channels),
        REFUND_JOB: RefundSaga(*known, channels, his),
        NOTICE_JOB: NoticeSender(*known, HttpNotifier(store.wall)),
        **payment_days.handlers(hub.closing, hub.reconciliation),
    }


async def furnish(store: Store, channels: Channels) -> tuple[Merchant, ...]:
    """The sandbox's merchants, filed where they are not yet."""
    await store.database.write(demo.furnishing(store.keyring, store.clock.now_ms(), tuple(channels)))
    return await store.database.read(lambda connection: demo.furnished(connection, store.keyring))
