"""The insurer that a hospital asks, by way of the insurance centre: who somebody is, and what would be paid of a bill.

Nothing is settled: for a pre-settlement a visit is registered, billed as one line, reckoned and withdrawn. The funds'
payments are the insurer's part; the personal account, which only a settlement may touch, is left out.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import structlog

from yiqiao.clock import Clock
from yiqiao.errors import DomainError
from yiqiao.ports.insurance_centre import CentreUnreachable, InsuranceCentre, InsuredPerson, UnknownInsured
from yiqiao.ports.insurance_settlement import CentreRefused, CentreSilent, FeeLine, InsuranceSettlement, Visitor
from yiqiao.ports.insured import Insured, InsuredIdentity, InsurerUnreachable, NotInsured, Presettlement

NORMAL = "1"
_DOCUMENTS = {1: "01"}
"""psn_cert_type of an ID_TYPE; under other documents the centre has nobody."""
_FEE_NATURES = {"310": ("01", "城镇职工"), "390": ("02", "城乡居民")}
_NATURES = {"310": ("1", "职工医保"), "390": ("2", "居民医保")}
_KINDS: Mapping[str, tuple[str, str]] = {"11": ("1", "在职"), "21": ("2", "退休")}
_RESIDENT = ("3", "居民")
_OTHER_NATURE = ("9", "其他")
_RELIEFS: Mapping[str, tuple[str, str]] = {"03": ("03", "残疾"), "06": ("06", "医疗救助人员")}
_INSURANCE_DIGITS = 7
_DEPARTMENT = "门诊"
_ALL = FeeLine("1", "1", "", "门诊费用", "01", Decimal(0), Decimal(1), 0)

log = structlog.get_logger("yiqiao.adapters")


@dataclass(frozen=True)
class CentreInsurer:
    """`Insurer` by way of the centre, asked in the name of one institution (`institution` its code and its name).

    `code_due` tells for whom an order or payment must bring the code that was sent to the phone.
    """

    centre: InsuranceCentre
    settlement: InsuranceSettlement
    clock: Clock
    institution: tuple[str, str]
    area: str
    code_due: Callable[[str], bool] = lambda _: False

    async def identify(self, who: Insured) -> InsuredIdentity:
        """Who somebody is. Raises NotInsured, InsurerUnreachable."""
        person = await self._person(who)
        present = person.insurances[0]
        reliefs = (_RELIEFS.get(one.kind) for one in person.identities)
        return InsuredIdentity(
            settlement_no=f"98{secrets.randbelow(10**10):010}",
            insurance_no=person.psn_no[-_INSURANCE_DIGITS:],
            code_due=self.code_due(person.certificate_no),
            fee_nature=_FEE_NATURES.get(present.kind, ("99", "其他")),
            visit_kind=("1", "普通门诊"),
            visit_reason=("01", "疾病"),
            nature=_NATURES.get(present.kind, _OTHER_NATURE),
            kind=_KINDS.get(present.person_kind, _RESIDENT),
            relief=next((relief for relief in reliefs if relief), None),
        )

    async def presettle(self, who: Insured, total: int) -> Presettlement:
        """What the funds would pay of `total` (分). Raises NotInsured, InsurerUnreachable."""
        person = await self._person(who)
        code_due = self.code_due(person.certificate_no)
        if total == 0:
            return Presettlement(0, 0, code_due)
        visitor = self._visitor(person)
        try:
            visit_id = await self.settlement.register(self._number(), visitor, _DEPARTMENT, "", self.clock.now_ms())
            try:
                line = _ALL._replace(price=Decimal(total) / 100, amount=total)
                await self.settlement.upload(self._number(), visitor, visit_id, [line])
                reckoned = await self.settlement.presettle(self._number(), visitor, visit_id, use_account=False)
            finally:
                await self._withdraw(visitor, visit_id)
        except (CentreUnreachable, CentreSilent):
            raise InsurerUnreachable from None
        except CentreRefused as refusal:
            raise NotInsured(refusal.message) from None
        return Presettlement(total, reckoned.funds, code_due)

    async def _withdraw(self, visitor: Visitor, visit_id: str) -> None:
        """A visit that stays registered costs nobody anything, so the answer does not depend on it."""
        try:
            await self.settlement.withdraw(self._number(), visitor, visit_id)
        except DomainError as failure:
            log.warning("a visit registered for a pre-settlement was not withdrawn", reason=failure.name)

    async def _person(self, who: Insured) -> InsuredPerson:
        try:
            person = await self.centre.by_certificate(_DOCUMENTS.get(who.certificate_type, ""), who.certificate_no)
        except CentreUnreachable:
            raise InsurerUnreachable from None
        except UnknownInsured as unknown:
            raise NotInsured(unknown.message) from None
        if person.name != who.name:
            raise NotInsured("姓名与参保登记不一致，请核对，或按自费办理")
        if not person.insurances or person.insurances[0].status != NORMAL:
            raise NotInsured("参保状态异常：已停止缴费，请按自费办理，或到医保窗口核实")
        return person

    def _visitor(self, person: InsuredPerson) -> Visitor:
        code, name = self.institution
        return Visitor(
            psn_no=person.psn_no,
            certificate_type=person.certificate_type,
            certificate_no=person.certificate_no,
            name=person.name,
            kind=person.insurances[0].kind,
            insured_area=person.insurances[0].area,
            visit_area=self.area,
            institution=code,
            institution_name=name,
        )

    def _number(self) -> str:
        """A message's number, which no other process has: 30 characters."""
        return f"{self.institution[0]}{self.clock.now_ms():013}{secrets.randbelow(10**5):05}"
