"""Acts in the words of the JSON calls (docs/existing-his.md): what is asked, and what of an answer is read."""

from collections.abc import Callable, Mapping

from yiqiao.adapters.callback.line import Content
from yiqiao.adapters.lines import NoAnswer
from yiqiao.ports.hospital.booking import (
    Concession,
    Document,
    Existing,
    Lock,
    LockWish,
    NewVisitor,
    NumberWish,
    Ordered,
    OrderWish,
    Origin,
    Payment,
    Slip,
    Unit,
    Visitor,
)
from yiqiao.ports.hospital.inpatient import Deposit, DepositWish
from yiqiao.ports.hospital.outpatient import Payment as BillPayment
from yiqiao.ports.hospital.outpatient import PaymentState, PaymentWish, RefundWish
from yiqiao.ports.hospital.patients import Filed, NewPatient

Reader = Callable[[Content], object]


def lock_content(wish: LockWish) -> Content:
    """A unit to be kept."""
    return {"unit": _unit(wish.unit), "lasts_s": wish.lasts_s}


def order_content(wish: OrderWish) -> Content:
    """An order to be made."""
    return {
        "unit": _unit(wish.unit),
        "timing": wish.timing.name.lower(),
        "visitor": _visitor(wish.visitor),
        "origin": _origin(wish.origin),
        "fee": wish.fee,
        "paid": wish.paid,
        "pay_channel": wish.pay_channel,
        "from_account": wish.from_account,
        "patient_id": wish.patient_id,
        "hospital_lock_id": wish.hospital_lock_id,
        "insurance": wish.insurance,
        "insurance_code": wish.insurance_code,
        "details": dict(wish.details),
    }


def number_content(wish: NumberWish) -> Content:
    """A number for a patient of an appointment platform."""
    return {
        "dept_id": wish.dept_id,
        "doctor_id": wish.doctor_id,
        "day": wish.day,
        "session": wish.session.name.lower(),
        "begins": wish.begins,
        "referral": wish.referral,
        "visitor": _visitor(wish.visitor),
        "origin": _origin(wish.origin),
        "fee": wish.fee,
        "paid": wish.paid,
        "pay_channel": wish.pay_channel,
        "insurance": wish.insurance,
        "details": dict(wish.details),
    }


def update_content(new: NewVisitor) -> Content:
    """What of an order's patient is to be changed."""
    return {
        "name": new.name,
        "sex": new.sex.name.lower(),
        "mobile": new.mobile,
        "id_number": new.id_number,
        "insurance": new.insurance,
        "paid": new.paid,
        "pay_channel": new.pay_channel,
    }


def payment_content(order_no: str, payment: Payment) -> Content:
    """Money that has come for an order."""
    return {"order_no": order_no, "amount": payment.amount, "pay_channel": payment.channel, "at": payment.at}


def patient_content(wish: NewPatient) -> Content:
    """Somebody to be filed."""
    return {"visitor": _visitor(wish.visitor), "password": wish.password}


def bills_content(wish: PaymentWish) -> Content:
    """Bills that were paid on the platform."""
    return {
        "patient_id": wish.patient_id,
        "serial_no": wish.serial_no,
        "presc_nos": list(wish.presc_nos),
        "pay_mode": wish.pay_mode,
        "amount": wish.amount,
        "total": wish.total,
        "insured": wish.insured,
        "code": wish.code,
    }


def refund_content(wish: RefundWish) -> Content:
    """A payment of bills to be given back."""
    return {
        "patient_id": wish.patient_id,
        "presc_nos": list(wish.presc_nos),
        "serial_no": wish.serial_no,
        "receipt_no": wish.receipt_no,
    }


def deposit_content(wish: DepositWish) -> Content:
    """Money put down for a stay."""
    return {
        "inpatient_no": wish.inpatient_no,
        "amount": wish.amount,
        "pay_mode": wish.pay_mode,
        "operator": wish.operator,
        "certificate_no": wish.certificate_no,
        "name": wish.name,
    }


def _unit(unit: Unit) -> Content:
    return {
        **unit._asdict(),
        "pool": unit.pool.name.lower(),
        "session": unit.session.name.lower() if unit.session else None,
    }


def _origin(origin: Origin) -> Content:
    return {"channel": origin.channel, "via": origin.via, "vendor": origin.vendor, "operator": origin.operator}


def _visitor(visitor: Visitor) -> Content:
    return {
        "name": visitor.name,
        "sex": visitor.sex.name.lower(),
        "birthday": visitor.birthday,
        "mobile": visitor.mobile,
        "certificate": _document(visitor.certificate),
        "guardian": _document(visitor.guardian),
        "guardian_name": visitor.guardian_name,
        "card": _document(visitor.card),
        "card_password": visitor.card_password,
        "address": visitor.address,
        "disease": visitor.disease,
    }


def _document(document: Document | None) -> Content | None:
    return None if document is None else {"kind": document.kind, "number": document.number}


def _lock(data: Content) -> Lock:
    return Lock(_text(data, "hospital_lock_id"), _text(data, "number"))


def _ordered(data: Content) -> Ordered:
    card, concession = data.get("card"), data.get("concession")
    return Ordered(
        order_no=_text(data, "order_no"),
        order_id=_maybe(data, "order_id") or "",
        patient_id=_text(data, "patient_id"),
        number=_text(data, "number"),
        check_no=_maybe(data, "check_no") or "",
        medical_no=_maybe(data, "medical_no") or "",
        fetch_time=_maybe(data, "fetch_time"),
        address=_maybe(data, "address"),
        remark=_maybe(data, "remark"),
        card=Document(_whole(card, "kind"), _text(card, "number")) if isinstance(card, Mapping) else None,
        concession=_concession(concession) if isinstance(concession, Mapping) else None,
    )


def _concession(data: Content) -> Concession:
    amounts = (_whole(data, name) for name in ("off", "registration", "treatment", "total"))
    return Concession(_text(data, "title"), *amounts)


def _number(data: Content) -> Ordered | Existing:
    earlier = _maybe(data, "existing_serial")
    return Existing(earlier) if earlier else _ordered(data)


def _slip(data: Content) -> Slip:
    return Slip(_text(data, "order_no"), _text(data, "number"), _text(data, "patient_id"))


def _filed(data: Content) -> Filed:
    card, certificate = (_document_in(data, name) for name in ("card", "certificate"))
    return Filed(_text(data, "patient_id"), card, certificate, _text(data, "name"))


def _paid(data: Content) -> BillPayment:
    state = _text(data, "state")
    if state not in set(PaymentState):
        raise NoAnswer("state is neither paid nor refunded")
    return BillPayment(
        trade_no=_text(data, "trade_no"),
        receipt_no=_text(data, "receipt_no"),
        patient_id=_text(data, "patient_id"),
        patient_name=_text(data, "patient_name"),
        serial_no=_text(data, "serial_no"),
        presc_nos=_texts(data, "presc_nos"),
        windows=_texts(data, "windows"),
        amount=_whole(data, "amount"),
        state=PaymentState(state),
        paid_at=_whole(data, "paid_at"),
    )


def _deposit(data: Content) -> Deposit:
    return Deposit(
        trade_no=_text(data, "trade_no"),
        receipt_no=_text(data, "receipt_no"),
        inpatient_no=_text(data, "inpatient_no"),
        patient_id=_text(data, "patient_id"),
        amount=_whole(data, "amount"),
        at=_whole(data, "at"),
        total=_whole(data, "total"),
        balance=_whole(data, "balance"),
        name=_text(data, "name"),
        certificate_no=_text(data, "certificate_no"),
    )


def _document_in(data: Content, name: str) -> Document:
    told = data.get(name)
    if not isinstance(told, Mapping):
        raise NoAnswer(f"data has no {name}")
    return Document(_whole(told, "kind"), _text(told, "number"))


def _texts(data: Content, name: str) -> tuple[str, ...]:
    told = data.get(name)
    if not isinstance(told, list) or not all(isinstance(one, str) for one in told):
        raise NoAnswer(f"data has no list of texts {name}")
    return tuple(told)


def _nothing(_: Content) -> None:
    return None


def _text(data: Content, name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not value:
        raise NoAnswer(f"data has no text {name}")  # done, but nobody can tell what: asked for again, then by a person
    return value


def _maybe(data: Content, name: str) -> str | None:
    return _text(data, name) if data.get(name) not in (None, "") else None


def _whole(data: Content, name: str) -> int:
    value = data.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise NoAnswer(f"data has no whole number {name}")
    return value


READERS: Mapping[str, Reader] = {
    "lock": _lock,
    "unlock": _nothing,
    "order": _ordered,
    "number": _number,
    "transfer": _slip,
    "cancel": _slip,
    "update": _slip,
    "pay": _slip,
    "refund": _slip,
    "fetch": _slip,
    "give_back": _slip,
    "create_patient": _filed,
    "pay_bills": _paid,
    "refund_bills": _paid,
    "put_down": _deposit,
}
"""What the data of an OK is read as, by kind of act. They raise NoAnswer."""
AGAIN = frozenset({"unlock", "cancel", "update", "fetch", "create_patient", "refund_bills"})
"""Acts that can be asked for again under the same serial once their outcome was told: the HIS judges anew."""
