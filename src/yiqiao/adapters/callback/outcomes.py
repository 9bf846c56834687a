"""The due work of finding out what came of acts whose answer was lost."""

from collections.abc import Mapping
from dataclasses import dataclass

from yiqiao.adapters.callback.acts import JOB, Acts
from yiqiao.jobs import Backoff, Done, Failed, Job, Outcome
from yiqiao.storage.callback_acts import ActKey

__all__ = ["BACKOFF", "JOB", "Outcomes"]

BACKOFF = Backoff(waits_s=(5, 15, 60, 300, 900, 3600), attempts=200)
"""Some eight days: a hospital is closed for seven at most; then a person is called."""


@dataclass(frozen=True)
class Outcomes:
    """The handler of these jobs. Where the HIS cannot tell yet, OutcomeUnknown is raised, and it is asked again."""

    hospitals: Mapping[str, Acts]

    async def __call__(self, job: Job) -> Outcome:
        """Ask a HIS for an outcome that nobody was told."""
        key = ActKey(*(str(job.data[name]) for name in ActKey._fields))
        acts = self.hospitals.get(key.hospital_id)
        if acts is None:
            return Failed("医院不再由本系统对接，办理结果请向医院核对")
        await acts.find_out(key, int(str(job.data["attempt"])))
        return Done()
