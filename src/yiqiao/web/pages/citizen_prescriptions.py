"""处方: what was prescribed to somebody at a hospital in the last year."""

from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.clock import beijing
from yiqiao.ports.hospital.prescriptions import Drug, PastOf, Prescription
from yiqiao.ports.hospital.refusals import NoSuchRecord
from yiqiao.ports.hospital.values import Paging
from yiqiao.web.citizen import CitizenSession
from yiqiao.web.citizens_only import for_citizens
from yiqiao.web.render import page
from yiqiao.web.whose import Chosen, Whose, for_record

ROOM = "prescriptions"
PRESCRIPTIONS = f"/citizen/{ROOM}"
SHOWN = Paging(1, 50)


@dataclass(frozen=True)
class DrugLine:
    """A drug; `dose`, `route`, `frequency` and `days` as far as the hospital tells them."""

    name: str
    spec: str
    quantity: str
    dose: str
    route: str
    frequency: str
    days: str
    remark: str


@dataclass(frozen=True)
class RecipeCard:
    """A prescription."""

    day: str
    doctor: str
    department: str
    diagnosis: str
    drugs: tuple[DrugLine, ...]


@dataclass(frozen=True)
class PrescriptionsPage:
    """All of the last year, the newest first."""

    whose: Whose
    recipes: tuple[RecipeCard, ...]


async def show(request: Request, session: CitizenSession, chosen: Chosen) -> Response:
    """All of the last year."""
    today, patient = beijing(runtime_of(request).clock.now_ms()).date(), chosen.record.patient
    # A guardian's certificate alone would tell the guardian's own.
    card_no = chosen.record.patient_id if patient.guarded else None
    days = ((today - timedelta(days=365)).isoformat(), today.isoformat())
    try:
        found = (await chosen.system.prescriptions.past(PastOf(patient.certificate.number, card_no, *days), SHOWN)).rows
    except NoSuchRecord:
        found = ()
    return page(request, "prescriptions.html", PrescriptionsPage(chosen.whose, tuple(map(_card, found))))


def _card(one: Prescription) -> RecipeCard:
    day = beijing(one.prescribed_at).date().isoformat()
    return RecipeCard(day, one.doctor_name, one.dept_name, one.diagnosis, tuple(map(_drug, one.drugs)))


def _drug(one: Drug) -> DrugLine:
    return DrugLine(
        name=one.name,
        spec=one.specification,
        quantity=f"{one.quantity} {one.quantity_unit}".strip(),
        dose=f"{one.single_dose} {one.dose_unit}".strip() if one.single_dose else "",
        route=one.route,
        frequency=one.frequency,
        days=one.days,
        remark=one.remark,
    )


routes = [Route(PRESCRIPTIONS, for_citizens(for_record(ROOM, show, proven=True), other=lambda _: PRESCRIPTIONS))]
