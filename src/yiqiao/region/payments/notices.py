"""The partner is told that a payment has succeeded, at the address that it gave (extra.notifyUrl): again and again
until it says that it has heard.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from yiqiao.clock import compact
from yiqiao.crypto.keyring import Keyring
from yiqiao.jobs import Done, Job, Outcome
from yiqiao.jobs.backoff import Backoff
from yiqiao.ports.payment_notices import PaymentNotifier
from yiqiao.region.payments import merchants
from yiqiao.region.payments.merchants import Merchant
from yiqiao.storage import Database, payments
from yiqiao.storage.payments import TradeRow

NOTICE_BACKOFF = Backoff(waits_s=(5, 30, 120, 600, 3600), attempts=30)


@dataclass(frozen=True)
class NoticeSender:
    """The handler of these jobs."""

    database: Database
    keyring: Keyring
    notifier: PaymentNotifier

    async def __call__(self, job: Job) -> Outcome:
        """Send it. Raises NoticeNotSent, StorageUnreachable, StorageFailed, SealingUnavailable."""
        merchant_id, trace_no = str(job.data["merchant_id"]), str(job.data["number"])

        def look(connection: Connection) -> tuple[TradeRow | None, Merchant]:
            return payments.trade(connection, merchant_id, trace_no), merchants.find(
                connection, self.keyring, merchant_id
            )

        row, merchant = await self.database.read(look)
        if row is None or row.notify_url is None or not merchant.may_notify(row.notify_url):
            return Done()
        await self.notifier.send(row.notify_url, merchant.secret, told(row))
        return Done()


def told(row: TradeRow) -> dict[str, object]:
    """What a notice says, by the names of hop.trade.query; the amount in 元."""
    return {
        "payAppId": row.merchant_id,
        "outChargeNo": row.out_charge_no,
        "traceNo": row.trace_no,
        "chargeNo": row.trace_no,
        "amount": f"{row.amount // 100}.{row.amount % 100:02}",
        "result": "succ",
        "channel": row.channel,
        "externalNo": row.external_no or "",
        "traceTime": compact(row.paid_at or row.changed_at),
        "callsn": row.callsn or "",
    }
