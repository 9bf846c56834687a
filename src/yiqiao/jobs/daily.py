"""Work that is due once a day (Beijing time): one row a job and day, whoever puts it in first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection

from yiqiao.clock import BEIJING, beijing
from yiqiao.jobs.queue import enqueue


@dataclass(frozen=True)
class Daily:
    """A kind of job that is due every day at `at` (Beijing). `catch_up`: how many missed days are made good."""

    kind: str
    at: time
    catch_up: int = 0


def enqueue_day(connection: Connection, now_ms: int, kind: str, day: date, at: time) -> bool:
    """Put in the job of a day, under the key yyyyMMdd; its data names the day. Answers whether it was new."""
    due = datetime.combine(day, at, BEIJING)
    return enqueue(connection, now_ms, kind, f"{day:%Y%m%d}", {"day": day.isoformat()}, round(due.timestamp() * 1000))


def enqueue_days(connection: Connection, now_ms: int, plan: Iterable[Daily]) -> int:
    """Put in today's jobs, and those of the days to be caught up; answers how many were new."""
    today = beijing(now_ms).date()
    return sum(
        enqueue_day(connection, now_ms, daily.kind, today - timedelta(days=back), daily.at)
        for daily in plan
        for back in range(daily.catch_up, -1, -1)
    )
