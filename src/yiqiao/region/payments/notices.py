"""The partner is told that a payment has succeeded, at the address that it gave (extra.notifyUrl): again and again
until it says that it has heard. Each time stands in the trade's course.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from yiqiao.clock import Clock, compact
from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError
from yiqiao.jobs import Done, Job, Outcome
from yiqiao.jobs.backoff import Backoff
from yiqiao.jobs.job import Together
from yiqiao.money import yuan
from yiqiao.ports.payment_notices import NoticeNotSent, PaymentNotifier
from yiqiao.region.payments import merchants
from yiqiao.region.payments.course import SAGA
from yiqiao.region.payments.merchants import Merchant
from yiqiao.region.payments.states import Trade
from yiqiao.region.payments.writing import unchanged
from yiqiao.storage import Database, payments
from yiqiao.storage.payments import EventRow, TradeRow

NOTICE_BACKOFF = Backoff(waits_s=(5, 30, 120, 600, 3600), attempts=30)

NOTICE = "notice"
"""What the subject of these events begins with."""
HEARD, UNHEARD, DROPPED = "heard", "unheard", "dropped"


@dataclass(frozen=True)
class NoticeSender:
    """The handler of these jobs."""

    database: Database
    keyring: Keyring
    clock: Clock
    notifier: PaymentNotifier

    async def __call__(self, job: Job) -> Outcome:
        """Send it. Raises NoticeNotSent, StorageUnreachable, StorageFailed, SealingUnavailable."""
        merchant_id, trace_no = str(job.data["merchant_id"]), str(job.data["number"])

        def look(connection: Connection) -> tuple[TradeRow | None, Merchant]:
            return payments.trade(connection, merchant_id, trace_no), merchants.find(
                connection, self.keyring, merchant_id
            )

        row, merchant = await self.database.read(look)
        if row is None or row.notify_url is None:
            return Done()
        if row.state != Trade.SUCCEEDED:  # a reconciliation found otherwise; once it has succeeded, this job is woken
            return Done(unchanged(row, self.clock.now_ms()))
        if not merchant.may_notify(row.notify_url):
            return Done(self._event(row, job, DROPPED, "回调地址已不在登记的列表内，不再通知"))
        try:
            await self.notifier.send(row.notify_url, merchant.secret, told(row))
        except NoticeNotSent as failure:
            await self.database.write(self._event(row, job, UNHEARD, failure.message))
            raise
        return Done(self._event(row, job, HEARD, "对方已收到通知"))

    def _event(self, row: TradeRow, job: Job, after: str, how: str) -> Together:
        head = (row.merchant_id, f"{NOTICE}/{row.trace_no}", 0, row.trace_no, self.clock.now_ms())
        return Together(_tell, EventRow(*head, "", after, SAGA, job.attempts, how))


def _tell(connection: Connection, events: Sequence[EventRow]) -> Sequence[DomainError | None]:
    """Write events down, each as the next of its subject."""
    versions = payments.newest_versions(connection, [(one.merchant_id, one.subject) for one in events])
    numbered = []
    for one in events:
        key = (one.merchant_id, one.subject)
        versions[key] = versions.get(key, 0) + 1
        numbered.append(one._replace(version=versions[key]))
    payments.tell(connection, numbered)
    return [None] * len(events)


def told(row: TradeRow) -> dict[str, object]:
    """What a notice says, by the names of hop.trade.query; the amount in 元."""
    return {
        "payAppId": row.merchant_id,
        "outChargeNo": row.out_charge_no,
        "traceNo": row.trace_no,
        "chargeNo": row.trace_no,
        "amount": yuan(row.amount),
        "result": "succ",
        "channel": row.channel,
        "externalNo": row.external_no or "",
        "traceTime": compact(row.paid_at or row.changed_at),
        "callsn": row.callsn or "",
    }
