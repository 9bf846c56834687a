"""An outpatient's charges at a hospital elsewhere (3.1.4)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from yiqiao.clock import beijing
from yiqiao.dialects.convenience.remote.calls import Calls, Unreadable
from yiqiao.dialects.convenience.remote.channels import channel_of
from yiqiao.dialects.convenience.remote.meaning import NO_REASON
from yiqiao.dialects.convenience.remote.told import Told
from yiqiao.dialects.convenience.wording import COLLECTED, PAYMENT_STATUS, WINDOWS
from yiqiao.money import yuan
from yiqiao.ports.hospital.outpatient import (
    Bill,
    BillLine,
    Payment,
    PaymentQuestion,
    PaymentState,
    PaymentWish,
    RefundWish,
)
from yiqiao.ports.hospital.refusals import NoSuchRecord, TransactionFailed
from yiqiao.ports.hospital.system import done
from yiqiao.ports.insured import Presettlement
from yiqiao.storage import Write

Values = Mapping[str, object]
STATES: Mapping[str, PaymentState] = {code: state for state, code in PAYMENT_STATUS.items()}
NOT_PAID = "2"
"""PAYMENT_STATUS of a payment that did not come about."""
INSURED, OWN = "1", "0"
"""JSLX."""
SUCCESS = "0"
"""PAY_RES_CODE."""
LONGEST_LIST = 32
"""Characters for prescription numbers in CancelPayMent; more of them are left out."""


@dataclass(frozen=True)
class RemoteOutpatient:
    """`Outpatient` by asking the hospital."""

    calls: Calls

    async def due(self, patient_id: str) -> tuple[Bill, ...]:
        """What a patient has still to pay."""

        def read(told: Told) -> tuple[Bill, ...]:
            rows = succeeded(told).part("Result_Data").part("Record_List").rows("Record_Info")
            return tuple(_bills(rows, patient_id))

        bills = await self.calls.ask("queryAppPayInfo", {"PATIENT_ID": patient_id}, read)
        if not bills:
            raise NoSuchRecord("没有待缴费用")
        return bills

    async def presettle(self, patient_id: str) -> Presettlement:
        """What the insurer would pay of all of it."""

        def read(told: Told) -> Presettlement:
            total, insured, own = (told.maybe_yuan(name) for name in ("AMOUNT", "COMPEN_AMOUNT", "SELF_AMOUNT"))
            if total is None:
                raise Unreadable("AMOUNT")
            if insured is None:
                insured = 0 if own is None else total - own
            return Presettlement(total, insured, code_due=told.yes("DAE168"))

        return await self.calls.ask("PresettleClinic", {"PATIENT_ID": patient_id}, read)

    async def pay(self, wish: PaymentWish) -> Write[Payment]:
        """Take note of a payment. What it was for is told back as it was stated."""
        by_bills_alone = self.calls.offers("PayOrder") and not self.calls.offers("opPay")
        function, asked = ("PayOrder", self._order(wish)) if by_bills_alone else ("opPay", _payment(wish))

        def read(told: Told) -> Payment:
            data = told if by_bills_alone else succeeded(told).part("Result_Data")
            return Payment(
                trade_no=wish.serial.number,
                receipt_no=data.text("RECEIPT_ID" if by_bills_alone else "RECEIPT_NO"),
                patient_id=wish.patient_id or "",
                patient_name="",
                serial_no=wish.serial_no,
                presc_nos=wish.presc_nos,
                windows=_several(data.text("DRUG_WINDOWS"), WINDOWS),
                amount=wish.amount,
                state=PaymentState.PAID,
                paid_at=wish.serial.at,
            )

        return done(await self.calls.act(function, asked, read))

    async def payments(self, asked: PaymentQuestion) -> tuple[Payment, ...]:
        """Payments, the newest first. Those that did not come about are none."""
        question = {
            "RECEIPT_NO": asked.receipt_no,
            "OUT_TRADE_NO": asked.trade_no,
            "PRESC_ATTR": asked.presc_no,
            "CARD_NO": asked.card_no,
            "BeginDate": asked.first_day,
            "EndDate": asked.last_day,
        }
        found = await self.calls.ask(
            "PayMentRecords", question, lambda told: tuple(_paid(row) for row in listed(told) if _came_about(row))
        )
        if not found:
            raise NoSuchRecord
        return tuple(sorted(found, key=lambda one: one.paid_at, reverse=True))

    async def refund(self, wish: RefundWish) -> Write[Payment]:
        """Give a payment back. Neither its amount nor its receipt is told."""
        numbers = ",".join(wish.presc_nos)
        asked = {
            "PATIENT_ID": wish.patient_id,
            "PRESC_NO": numbers if 0 < len(numbers) <= LONGEST_LIST else None,
            "SERIAL_NO": wish.serial_no,
            "TRADE_NO": wish.serial.number,
            "RECEIPT_NO": wish.receipt_no,
        }

        def read(told: Told) -> Payment:
            return Payment(
                trade_no=wish.serial.number,
                receipt_no=wish.receipt_no or "",
                patient_id=told.text("PATIENT_ID") or wish.patient_id or "",
                patient_name="",
                serial_no=told.text("SERIAL_NO") or wish.serial_no or "",
                presc_nos=_several(told.text("PRESC_NO"), ",，") or wish.presc_nos,
                windows=(),
                amount=0,
                state=PaymentState.REFUNDED,
                paid_at=0,
            )

        return done(await self.calls.act("CancelPayMent", asked, read))

    def _order(self, wish: PaymentWish) -> Values:
        """PayOrder, which names the bills alone."""
        at = beijing(wish.serial.at)
        mode = int(wish.pay_mode) if wish.pay_mode.isascii() and wish.pay_mode.isdecimal() else COLLECTED
        return {
            "ORDER_ID": wish.serial.number,
            "HOSP_SEQUENCE": ",".join(wish.presc_nos),
            "SERIAL_NUM": wish.serial_no,
            "PAY_DATE": f"{at:%Y-%m-%d}",
            "PAY_TIME": f"{at:%H:%M:%S}",
            "PAY_CHANNEL_ID": channel_of(self.calls.spec, mode),
            "PAY_TOTAL_FEE": wish.total,
            "PAY_BEHOOVE_FEE": wish.total,
            "PAY_ACTUAL_FEE": wish.amount,
            "PAY_MI_FEE": wish.total - wish.amount,
            "PAY_RES_CODE": SUCCESS,
        }


def succeeded(told: Told) -> Told:
    """An answer that says within whether it is one. Raises TransactionFailed, with the hospital's words."""
    if told.text("Result_Code").strip("0"):
        raise TransactionFailed(told.text("Error_Msg") or NO_REASON)
    return told


def listed(told: Told) -> tuple[Told, ...]:
    """The records of an answer: all of a list, or the one in the answer itself."""
    return told.rows("DEPT_LIST") or ((told,) if told.text("RECEIPT_NO") or told.text("OUT_TRADE_NO") else ())


def _payment(wish: PaymentWish) -> Values:
    return {
        "SERIAL_NO": wish.serial_no,
        "PATIENT_ID": wish.patient_id,
        "PAY_MODE": wish.pay_mode,
        "AMT": yuan(wish.amount),
        "FLOW_NO": wish.serial.number,
        "PRESC_NO": ",".join(wish.presc_nos),
        "DAE147": wish.code,
        "JSLX": INSURED if wish.insured else OWN,
        "ACCOUNT_SUM": yuan(wish.total),
    }


def _bills(rows: Iterable[Told], patient_id: str) -> Iterable[Bill]:
    """Lines of the same prescription are one bill."""
    by_number: dict[str, list[Told]] = {}
    for row in rows:
        by_number.setdefault(row.text("PRESC_NO"), []).append(row)
    for presc_no, lines in by_number.items():
        head = lines[0]
        told = tuple(_line(line) for line in lines)
        yield Bill(
            presc_no=presc_no,
            patient_id=head.text("PATIENT_ID") or patient_id,
            serial_no=head.text("SERIAL_NO"),
            visit_no=head.text("VISIT_NO"),
            visit_day=head.day("VISIT_DATE"),
            amount=sum(line.amount for line in told),
            window_only=any(line.yes("ACCOUNTS__MODE") for line in lines),
            ordered_by=head.maybe("ORDERED_BY"),
            ordered_at=head.moment("ORDERED_TIME"),
            lines=told,
        )


def _line(told: Told) -> BillLine:
    """A line. An amount that cannot be read is no amount: better no answer than a bill that is too small."""
    amount = told.maybe_yuan("PAY_COSTS")
    if amount is None:
        raise Unreadable("PAY_COSTS")
    quantity = told.decimal("AMOUNT")
    return BillLine(
        item_no=told.text("ITEM_NO"),
        name=told.text("ITEM_NAME"),
        item_class=told.text("ITEM_CLASS"),
        spec=told.maybe("IITEM_SPEC"),
        unit=told.maybe("UNITS"),
        price=told.decimal("PRICE") or Decimal(0),
        quantity=Decimal(1) if quantity is None else quantity,
        amount=amount,
        performed_by=told.maybe("PERFORMED_BY"),
    )


def _came_about(told: Told) -> bool:
    return told.text("STATUS") != NOT_PAID


def _paid(told: Told) -> Payment:
    return Payment(
        trade_no=told.text("OUT_TRADE_NO"),
        receipt_no=told.text("RECEIPT_NO"),
        patient_id=told.text("PATIENT_ID"),
        patient_name=told.text("PATIENT_NAME"),
        serial_no=told.text("SERIAL_NO"),
        presc_nos=_several(told.text("PRESC_ATTR"), ",，"),
        windows=_several(told.text("DRUG_WINDOWS"), WINDOWS),
        amount=told.yuan("AMOUNT"),
        state=told.code("STATUS", STATES, PaymentState.PAID),
        paid_at=told.moment("HIS_PAY_TIME") or 0,
    )


def _several(text: str, separators: str) -> tuple[str, ...]:
    for separator in separators:
        text = text.replace(separator, "\n")
    return tuple(part.strip() for part in text.split("\n") if part.strip())
