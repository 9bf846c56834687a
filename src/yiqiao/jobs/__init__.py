"""Due work as rows: written with the business row that needs it, leased by whoever has a free hand, tried until done.

For steps that must follow (sagas, notices, uploads) and for work that is due every day. A job is known by its kind and
key; its data is plain JSON in which no personal data belongs.
"""

from yiqiao.jobs.backoff import Backoff
from yiqiao.jobs.daily import Daily
from yiqiao.jobs.job import Again, Done, Failed, Job, JobState, LeaseLost, Outcome
from yiqiao.jobs.queue import enqueue
from yiqiao.jobs.runner import Pace, Runner

__all__ = [
    "Again",
    "Backoff",
    "Daily",
    "Done",
    "Failed",
    "Job",
    "JobState",
    "LeaseLost",
    "Outcome",
    "Pace",
    "Runner",
    "enqueue",
]
