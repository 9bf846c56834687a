"""A desk of the hospital and what it asks of the electronic health card platform: the part to copy.

Reading a card (被扫, 主扫), registering, closing, and what to do when an answer is lost. What the archive makes of it
is in archive.py.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from archive import SOCIAL_SECURITY, Archive, Card, Filed, Patient, Person
from yiqiao.dialects.ehealth_card import Client, ConnectionFailed, Refused, Unanswered

BEIJING = timezone(timedelta(hours=8))
SENDINGS = 3
SUCCESS, NO_RECORD, DUPLICATE = "0000", "3001", "3002"
IN_FORCE, CLOSED = "1", "2"  # reg_status
Values = Mapping[str, object]


@dataclass(frozen=True)
class Station:
    """A place in the hospital where cards are read. `creates`: an archive is made where there is none."""

    name: str
    treatment_code: str
    office_code: str
    creates: bool = True


REGISTRATION = Station("挂号窗口", "010101", "5500")
DOCTOR = Station("门诊医生站", "010102", "0300")
CASHIER = Station("收费窗口", "010105", "5600")
KIOSK = Station("自助机", "010101", "5500")
# 药房、检查、输液等系统可以不建档；建档首先要做到门诊医生站。
PHARMACY = Station("西药房", "010103", "5403", creates=False)
STATIONS = (REGISTRATION, DOCTOR, CASHIER, PHARMACY)


@dataclass(frozen=True)
class Operator:
    """Who sits at a desk, and the address of the machine there; for 用卡监测."""

    number: str
    name: str
    ip_addr: str


@dataclass(frozen=True, repr=False)
class Certificate:
    """What a reader reads from an identity or social-security card, with the phone number that is asked for."""

    id_no: str
    name: str
    sex: str
    mobile_phone: str
    id_type: str = "01"
    card: Card | None = None  # 刷的是社保卡等实体卡时，一并绑定


@dataclass(frozen=True)
class Reading:
    """Somebody who was identified, and what the archive knows of them."""

    person: Person
    filed: Filed


class Unsettled(Exception):
    """Nobody answers, and what was asked for may have been done. It has to be looked into later."""


class Desk:
    """One station, its operator, and the terminal that the client was made with."""

    def __init__(self, client: Client, archive: Archive, station: Station, operator: Operator) -> None:
        self._client = client
        self._archive = archive
        self.station = station
        self._operator = operator

    # reading a card

    def scan(self, code: str) -> Reading:
        """被扫: verify the code that a patient shows, and find or make the archive. Raises Refused, Unsettled."""
        values = {"ehealth_code": code.strip(), **self._use()}  # 扫码枪常在末尾带回车
        # 平台没有“查询验证结果”的接口：应答丢失后，换新流水号再验一次，而不是当作已经通过。
        _, answer = self._act("ehc.ehealthcode.verify", "out_verify", values, ask=_nobody_can_say)
        return self._file(Person.told(answer))

    def link(self) -> tuple[str, str]:
        """主扫: (serial, address) of a consent that the patient is asked for; draw the address as a QR code."""
        serial, answer = self._act("ehc.ehealthcard.authurl", "out_authorize", self._use(), ask=_nobody_can_say)
        return serial, str(answer["ehealth_authurl"])

    def consent(self, serial: str) -> tuple[str, Reading | None]:
        """What has become of it: ing, succ, fail or cancel; with succ, who it is. A read: ask as often as you like."""
        answer = self._client.auth_query(out_authorize_no=serial)
        status = str(answer["auth_status"])
        return status, self._file(Person.told(answer)) if status == "succ" else None

    def swipe(self, card: Card) -> tuple[Patient, ...]:
        """A physical card, when no code can be read: who is filed under it; learns of cards closed since."""
        holders = self._archive.holder(card)
        for holder in holders:
            card_id = self._archive.health_card(holder.patient_no)
            if card_id and self._is_closed(card_id):
                self._archive.closed(card_id)
        return holders

    # registering and closing

    def register(self, who: Certificate, *, apply_method: str = "3") -> Reading:
        """开卡: a health card for somebody at the desk, and the archive made or linked by what comes back."""
        certificate = _certificate(who)
        values = {
            **certificate,
            "user_sex": who.sex,
            "mobile_phone": who.mobile_phone,
            "certificate_mode": "02" if who.card and who.card.card_type == SOCIAL_SECURITY else "01",
            "apply_method": apply_method,
            "card_list": [vars(who.card)] if who.card else None,
        }
        method = "ehc.ehealthcard.register"
        _, answer = self._act(method, "out_register", values, ask=lambda: self._on_file(certificate))
        person = Person.told({"user_sex": who.sex, "mobile_phone": who.mobile_phone, **answer})
        return Reading(person, self._archive.identify(person, create=True))

    def obtain(self, who: Certificate) -> Reading:
        """领取电子健康卡 at a terminal: who holds one gets that one, anybody else is registered."""
        held = self._on_file(_certificate(who))
        if held is None:
            return self.register(who, apply_method="2")
        person = Person.told(held)
        return Reading(person, self._archive.identify(person, create=True))

    def close(self, ehealth_card_id: str) -> None:
        """注销: the health card ends; the archive stays."""
        wanted = {"ehealth_card_id": ehealth_card_id}

        def ask() -> Values | None:
            return wanted if self._send("ehc.ehealthcard.regquery", wanted)["reg_status"] == CLOSED else None

        self._act("ehc.ehealthcard.close", "out_close", wanted, ask)
        self._archive.closed(ehealth_card_id)

    def decide(self, reading: Reading, patient_no: str | None) -> Reading:
        """The operator has looked at the choices: this archive, or, with None, a new one."""
        return Reading(reading.person, self._archive.choose(reading.person, patient_no))

    def visit(self, reading: Reading) -> None:
        """The business goes on under the linked card's number; department and stage are recorded."""
        if reading.filed.patient:
            self._archive.visit(reading.filed.patient, self.station.treatment_code, self.station.office_code)

    # calling the platform

    def _act(self, method: str, field: str, values: Values, ask: Callable[[], Values | None]) -> tuple[str, Values]:
        """Do something once; answers the serial and what came of it. Raises Refused, ConnectionFailed, Unsettled.

        3002 says that a serial was used before, not what was done under it: ask, never assume. `ask` answers what the
        lost answer would have told, or None where nothing was done or nobody can say: then it is done anew, once.
        """
        serial, answer = self._once(method, field, values)
        if answer is None:
            answer = ask()
        if answer is None:
            serial, answer = self._once(method, field, values)
        if answer is None:
            raise Unsettled(f"流水号 {serial} 连续重复，请检查流水号的生成")
        return serial, answer

    def _once(self, method: str, field: str, values: Values) -> tuple[str, Values | None]:
        """One act under a serial of its own; None where the platform says that it has the serial already."""
        serial = f"{now()}{secrets.token_hex(9)}"
        self._archive.begin(serial, method)
        try:
            answer = self._send(method, {f"{field}_no": serial, f"{field}_time": now(), **values})
        except (Refused, ConnectionFailed) as error:
            self._archive.end(serial, str(error))
            if isinstance(error, Refused) and error.code == DUPLICATE:
                return serial, None
            raise
        self._archive.end(serial, SUCCESS)
        return serial, answer

    def _send(self, method: str, values: Values) -> Values:
        """Send until there is an answer, the same message with the same serial each time. Raises as `_act` does."""
        sent = False
        for _ in range(SENDINGS):
            try:
                return self._client.call(method, values)
            except Unanswered:  # 超时、断线、应答不可采信：平台可能已经受理，用原流水号再问
                sent = True
            except ConnectionFailed:
                if not sent:
                    raise
        raise Unsettled("平台没有应答，是否办成尚不能确定，请稍后在“待核实”中处理")

    def _on_file(self, certificate: Values) -> Values | None:
        try:
            found = self._send("ehc.ehealthcard.regquery", certificate)
        except Refused as refusal:
            if refusal.code == NO_RECORD:
                return None
            raise
        return found if found["reg_status"] == IN_FORCE else None

    def _is_closed(self, ehealth_card_id: str) -> bool:
        try:
            found = self._client.regquery(ehealth_card_id=ehealth_card_id)
        except (Refused, ConnectionFailed, Unanswered):  # 平台不通，不能耽误刷卡就诊；下次再问
            return False
        return found["reg_status"] == CLOSED

    def _file(self, person: Person) -> Reading:
        return Reading(person, self._archive.identify(person, create=self.station.creates))

    def _use(self) -> dict[str, object]:
        """用卡监测: by whom, where and what for a card is read."""
        return {
            "operator_id": self._operator.number,
            "operator_name": self._operator.name,
            "treatment_code": self.station.treatment_code,
            "office_code": self.station.office_code,
            "ip_addr": self._operator.ip_addr,
        }


def _certificate(who: Certificate) -> Values:
    return {"id_type": who.id_type, "id_no": who.id_no, "user_name": who.name}


def _nobody_can_say() -> None:
    """The platform has no method that tells what a verification or a link came to."""


def now() -> str:
    """The time as the standard writes it: yyyyMMddHHmmss, Beijing time, whatever zone the machine is in."""
    return datetime.now(BEIJING).strftime("%Y%m%d%H%M%S")
