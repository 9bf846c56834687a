"""A hospital elsewhere as a whole."""

from yiqiao.clock import Clock, SystemClock
from yiqiao.dialects.convenience.line import Line
from yiqiao.dialects.convenience.remote.booking import RemoteBooking
from yiqiao.dialects.convenience.remote.calls import Calls
from yiqiao.dialects.convenience.remote.catalogue import RemoteCatalogue
from yiqiao.dialects.convenience.remote.checkups import RemoteCheckups
from yiqiao.dialects.convenience.remote.inpatient import RemoteInpatient
from yiqiao.dialects.convenience.remote.outpatient import RemoteOutpatient
from yiqiao.dialects.convenience.remote.people import RemotePatients
from yiqiao.dialects.convenience.remote.prescriptions import RemotePrescriptions
from yiqiao.dialects.convenience.remote.queue import RemoteQueue
from yiqiao.dialects.convenience.remote.records import RemoteRecords
from yiqiao.dialects.convenience.remote.reports import RemoteReports

APP = 3
"""CHANNEL_ID of what is asked without an origin of its own: 手机 APP."""
UNKNOWN_ADDRESS = "0.0.0.0"  # noqa: S104 - what is told of ourselves where nobody has said which address is ours


class RemoteHospital:
    """`HospitalSystem` over a line to a hospital's service, in whatever profile the line's client speaks.

    `address` is what NetTest says of the caller's own. Every part raises HospitalUnreachable where the hospital did
    not answer a question or was not reached, OutcomeUnknown where it did not answer an act, HospitalMisconfigured
    where it does not take our calls at all, and Invalid for values that its standard has no room for.
    """

    def __init__(
        self,
        hospital_id: str,
        line: Line,
        *,
        channel: int = APP,
        address: str = UNKNOWN_ADDRESS,
        clock: Clock | None = None,
    ) -> None:
        self.hospital_id = hospital_id
        self._address = address
        self._clock = clock or SystemClock()
        self._calls = calls = Calls(line, hospital_id, channel, self._clock)
        self.catalogue = RemoteCatalogue(calls)
        self.patients = RemotePatients(calls)
        self.booking = RemoteBooking(calls)
        self.records = RemoteRecords(calls)
        self.outpatient = RemoteOutpatient(calls)
        self.inpatient = RemoteInpatient(calls)
        self.queue = RemoteQueue(calls)
        self.reports = RemoteReports(calls)
        self.checkups = RemoteCheckups(calls)
        self.prescriptions = RemotePrescriptions(calls)

    async def now_ms(self) -> int:
        """The hospital's own time, to the second; ours where it answers, but tells none that can be read."""
        told = await self._calls.ask("NetTest", {"IP": self._address}, lambda told: told.moment("SYSDATE"))
        return told if told is not None else self._clock.now_ms()
