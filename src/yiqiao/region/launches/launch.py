"""What a launch is, in the region's words: a doctor at a hospital opens the workstation on one patient."""

from typing import NamedTuple

from yiqiao.errors import DomainError


class LaunchUsed(DomainError):
    """The same launch was opened before: a copied link, or a second click on an old one."""


class WorkstationEnded(DomainError):
    """There is no such session of the workstation, or not any more."""

    def __init__(self) -> None:
        super().__init__("工作台会话已结束，请回到 HIS 重新点击进入")


class NoteUnfit(DomainError):
    """A note that cannot be kept."""


class Coded(NamedTuple):
    """A code with what it means."""

    code: str
    title: str


class Patient(NamedTuple):
    """The patient as the launch names them. `birthday` is yyyy-MM-dd, `age` in years."""

    name: str
    sex: Coded | None
    age: int
    insured: bool
    id_no: str | None = None
    birthday: str | None = None
    insurance: Coded | None = None
    insured_no: str | None = None
    card_no: str | None = None

    def __repr__(self) -> str:
        return "Patient(…)"


class Doctor(NamedTuple):
    """Who launches."""

    code: str
    name: str


class Visit(NamedTuple):
    """Where, and for what. `disease` and the capitation codes are those of medical insurance."""

    hospital_code: str
    hospital_name: str
    department: str | None = None
    registered_at: str | None = None
    registration_no: str | None = None
    disease: Coded | None = None
    referral_disease: Coded | None = None
    capitation: Coded | None = None
    capitation_group: Coded | None = None
    community: str | None = None


class Launch(NamedTuple):
    """A verified launch. `mark` is what makes it the same as another one (its signature); `idle_s` how long the
    session may rest; `scheme` that of the link which starts the installed client, empty for the page.
    """

    app_id: str
    mark: str
    patient: Patient
    doctor: Doctor
    visit: Visit
    target: str
    idle_s: int
    scheme: str = ""


class Opened(NamedTuple):
    """A session that a launch opened; the token is kept by us as a digest only."""

    patient_key: str
    token: str

    def __repr__(self) -> str:
        return "Opened(…)"


class Session(NamedTuple):
    """The workstation of one doctor on one patient."""

    digest: bytes
    csrf: str
    patient_key: str
    launch: Launch
    at: int

    def __repr__(self) -> str:
        return f"Session(at={self.at})"


class PastLaunch(NamedTuple):
    """A launch on the same patient; `this` is the one whose session asks."""

    this: bool
    at: int
    doctor: Doctor
    visit: Visit


class Note(NamedTuple):
    """A follow-up note: what a doctor wrote down of a patient. Never changed, never overwritten."""

    at: int
    doctor: Doctor
    hospital_name: str
    text: str

    def __repr__(self) -> str:
        return f"Note(at={self.at})"
