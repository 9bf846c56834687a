"""What a payment hub does once a day by itself: it closes the day before, and compares it with the other sides."""

from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta

from yiqiao.errors import DomainError
from yiqiao.jobs import Daily, Done, Job, Outcome
from yiqiao.jobs.job import Handler
from yiqiao.region.payments.closing import BY_ITSELF, Closing
from yiqiao.region.payments.findings import side_title
from yiqiao.region.payments.reconciliation import Reconciliation
from yiqiao.storage import payments

CLOSE = Daily("pay.closing", time(0, 12), catch_up=3)
RECONCILE = Daily("pay.reconcile", time(10, 40), catch_up=3)
"""Channels have the statement of a day ready on the next one, by ten in the morning."""
PLAN: Sequence[Daily] = (CLOSE, RECONCILE)
TRIES = 10
"""How often a statement that cannot be had is asked for, before the report is made without it."""


class StatementsAway(DomainError):
    """Statements cannot be had yet; the comparison is made again later."""

    def __init__(self, sides: Sequence[str]) -> None:
        super().__init__(f"对账单暂时取不到：{'、'.join(side_title(one) for one in sides)}，稍后自动重试")


def handlers(closing: Closing, reconciliation: Reconciliation) -> Mapping[str, Handler]:
    """Who does this work."""

    async def close(_: Job) -> Outcome:
        await closing.close_due()
        return Done()

    return {CLOSE.kind: close, RECONCILE.kind: reconciling(reconciliation)}


def reconciling(reconciliation: Reconciliation) -> Handler:
    """The daily job that compares the day before for every merchant: a preview, kept, once a merchant and day."""

    async def reconcile(job: Job) -> Outcome:
        day = f"{date.fromisoformat(str(job.data['day'])) - timedelta(days=1)}"
        away: set[str] = set()
        for merchant in await reconciliation.database.read(payments.merchants):
            if await reconciliation.has(merchant.merchant_id, day, BY_ITSELF):
                continue
            report = await reconciliation.compare(merchant.merchant_id, day, BY_ITSELF)
            if report.away and job.attempts < TRIES:
                away |= set(report.away)
            elif report.away or any(report.counts.values()):  # a day without any movement is not worth a report
                await reconciliation.keep(report)
        if away:
            raise StatementsAway(sorted(away))
        return Done()

    return reconcile
