"""An example of what each act asks of a HIS: of it are made the names for statements, and the documentation."""

from collections.abc import Mapping

from yiqiao.adapters.callback import wording
from yiqiao.adapters.callback.line import OUTCOME, Content
from yiqiao.ports.hospital.booking import (
    Document,
    LockWish,
    NewVisitor,
    NumberWish,
    OrderWish,
    Origin,
    Payment,
    Serial,
    Timing,
    Unit,
    Visitor,
)
from yiqiao.ports.hospital.inpatient import DepositWish
from yiqiao.ports.hospital.outpatient import PaymentWish, RefundWish
from yiqiao.ports.hospital.patients import NewPatient
from yiqiao.ports.hospital.values import Pool, Session, Sex

_SERIAL = Serial("platform", "P2026112800001", b"", 0)
_UNIT = Unit("PB0001", Pool.SHARED, "FS00011", None, "D0101", "YS8101", "2026-11-30", Session.MORNING)
_VISITOR = Visitor(
    name="测试甲",
    sex=Sex.FEMALE,
    birthday="1990-01-01",
    mobile="15400000001",
    certificate=Document(1, "359851199001010027"),
    guardian=Document(1, "359851196001010028"),
    guardian_name="测试乙",
    card=Document(1, "K0001"),
)
_ORIGIN = Origin(1, operator="0007")
_PAYMENT = Payment(2700, 2, 1_795_000_000_000)

SAMPLES: Mapping[str, Content] = {
    "lock": wording.lock_content(LockWish(_SERIAL, _UNIT)),
    "unlock": {"hospital_lock_id": "S0001"},
    "order": wording.order_content(
        OrderWish(_SERIAL, _UNIT, Timing.BOOKED_AHEAD, _VISITOR, _ORIGIN, 2700, hospital_lock_id="S0001")
    ),
    "number": wording.number_content(
        NumberWish(
            serial=_SERIAL,
            dept_id="D0101",
            doctor_id="YS8101",
            day="2026-11-30",
            session=Session.MORNING,
            begins="08:30",
            referral=False,
            visitor=_VISITOR,
            origin=_ORIGIN,
            fee=2700,
            paid=False,
            pay_channel=None,
            insurance=None,
        )
    ),
    "transfer": wording.payment_content("G0001", _PAYMENT),
    "cancel": {"order_no": "G0001"},
    "update": wording.update_content(
        NewVisitor("测试甲", Sex.FEMALE, "15400000002", "359851199001010027", 1, paid=False)
    ),
    "pay": wording.payment_content("G0001", _PAYMENT),
    "refund": {"order_no": "G0001", "amount": 2700},
    "fetch": {"order_no": "G0001"},
    "give_back": {},
    "create_patient": wording.patient_content(NewPatient(_SERIAL, _VISITOR)),
    "pay_bills": wording.bills_content(
        PaymentWish(_SERIAL, "8102", "LS0001", ("CF0001", "CF0002"), "2", 4600, 4600, insured=False)
    ),
    "refund_bills": wording.refund_content(RefundWish(_SERIAL, "8102", ("CF0001", "CF0002"), "LS0001", "SJ0001")),
    "put_down": wording.deposit_content(
        DepositWish(_SERIAL, "ZY0001", 100_000, 2, "0007", "359851199001010027", "测试甲")
    ),
    OUTCOME: {"kind": "lock"},
}
"""Without `serial` and `attempt`, which every call has."""
