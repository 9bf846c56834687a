"""A stand-in for the insurer: knows everybody, pays three fifths, and misbehaves for certain people.

What it does for whom is told by the last character of the certificate's number:

    0    not insured: the contributions have stopped
    1    does not answer
    9    insured; an order or payment must bring the code that was sent to the phone (any code will do)
    else insured, no code
"""

import hashlib
import itertools

from yiqiao.ports.insured import Insured, InsuredIdentity, InsurerUnreachable, NotInsured, Presettlement

PAYS_PERCENT = 60
STOPPED, SILENT, CAREFUL = "0", "1", "9"


def share(total: int) -> int:
    """What it pays of a sum, 分."""
    return total * PAYS_PERCENT // 100


def pays_for(certificate_no: str) -> bool:
    """Whether it pays at all."""
    return certificate_no[-1:] not in (STOPPED, SILENT)


class SandboxInsurer:
    """`Insurer` of a sandbox."""

    def __init__(self) -> None:
        self._settlements = itertools.count(1)

    async def identify(self, who: Insured) -> InsuredIdentity:
        code_due = self._checked(who)
        number = hashlib.sha256(who.certificate_no.encode()).hexdigest()
        return InsuredIdentity(
            settlement_no=f"98{next(self._settlements):010}",
            insurance_no=f"98{int(number[:8], 16) % 100_000:05}",
            code_due=code_due,
            fee_nature=("01", "城镇职工"),
            visit_kind=("1", "普通门诊"),
            visit_reason=("01", "疾病"),
            nature=("1", "职工医保"),
            kind=("1", "在职"),
        )

    async def presettle(self, who: Insured, total: int) -> Presettlement:
        code_due = self._checked(who)
        return Presettlement(total, share(total), code_due)

    def _checked(self, who: Insured) -> bool:
        """Whether the code must come. Raises what this person is a case of."""
        last = who.certificate_no[-1:]
        if last == STOPPED:
            raise NotInsured("参保状态异常：已停止缴费，请按自费办理，或到医保窗口核实")
        if last == SILENT:
            raise InsurerUnreachable
        return last == CAREFUL
