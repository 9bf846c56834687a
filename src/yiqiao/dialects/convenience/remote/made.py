"""What came of an act of booking, as the hospital tells it."""

from yiqiao.dialects.convenience.remote.calls import needed
from yiqiao.dialects.convenience.remote.told import Told
from yiqiao.dialects.convenience.remote.visitors import document_told
from yiqiao.ports.hospital.booking import Concession, Ordered, Slip


def ordered(told: Told, order_id: str) -> Ordered:
    """The answer to an order. Raises Unreadable without the hospital's number of it."""
    reduced = told.part("CONCESSIONS") if told.yes("IS_CONCESSIONS") else Told({})
    return Ordered(
        order_no=needed(told, "HOSP_ORDER_ID"),
        order_id=order_id,
        patient_id=told.text("HOSP_PATIENT_ID"),
        number=told.text("HOSP_SERIAL_NUM"),
        check_no=told.text("HOSP_CLINIC_PWD"),
        medical_no=told.text("HOSP_MEDICAL_NUM"),
        fetch_time=told.maybe("HOSP_GETREG_DATE"),
        address=told.maybe("HOSP_SEE_DOCT_ADDR"),
        remark=told.maybe("HOSP_REMARK"),
        card=document_told(told, "HOSP_CARD"),
        concession=_concession(reduced),
    )


def _concession(told: Told) -> Concession | None:
    """What the hospital takes off. Without the sum that is left nothing can be paid by it."""
    total = told.number("REAL_TOTAL_FEE")
    if total is None:
        return None
    return Concession(
        title=told.text("CONCESSIONS_TYPE"),
        off=told.count("CONCESSIONS_FEE"),
        registration=told.count("REAL_REG_FEE"),
        treatment=told.count("REAL_TREAT_FEE"),
        total=total,
    )


def empty_slip(_: Told) -> Slip:
    """Of an act whose answer has no content: neither number nor patient is told."""
    return Slip("", "", "")
