"""What the pages have at hand in one process, beside the hub itself."""

from dataclasses import dataclass

from starlette.requests import Request

from yiqiao.app.patient_sources import patient_sources
from yiqiao.app.runtime import Runtime
from yiqiao.journal.reader import Reader
from yiqiao.partners.operators import Operators
from yiqiao.partners.passwords import Passwords
from yiqiao.partners.sessions import Sessions
from yiqiao.ports.patients import PatientSource
from yiqiao.region.cards.monitoring import Monitoring
from yiqiao.region.launches.sessions import Workstation
from yiqiao.web.today import Figures


@dataclass(frozen=True)
class Desk:
    """Who may sign in, who is signed in, the journal to read in, the day's figures, the uses of cards; the doctor's
    workstation, and who knows something of patients.
    """

    operators: Operators
    sessions: Sessions
    journal: Reader
    figures: Figures
    monitoring: Monitoring
    workstation: Workstation
    patient_sources: tuple[PatientSource, ...]

    @classmethod
    def of(cls, runtime: Runtime) -> "Desk":
        """The desk of an open hub."""
        hashing = Passwords()
        journal = Reader(runtime.database, runtime.keyring)
        return cls(
            Operators(runtime.database, runtime.wall, hashing),
            Sessions(runtime.database, runtime.wall, hashing),
            journal,
            Figures(journal, runtime.wall),
            Monitoring(runtime.database, runtime.keyring, runtime.clock),
            Workstation(runtime.database, runtime.keyring, runtime.clock),
            patient_sources(runtime.cards, runtime.database, runtime.clock),
        )


def desk_of(request: Request) -> Desk:
    """The desk that a request comes to."""
    desk: Desk = request.app.state.desk
    return desk
