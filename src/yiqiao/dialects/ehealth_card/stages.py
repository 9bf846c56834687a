"""Stages of care (诊疗环节) as this standard has them, from tables that go deeper."""

from yiqiao.spec import Spec

OTHER = "000000"


def accepted(spec: Spec, code: str) -> str:
    """The code of this standard for one of a deeper table: the longest beginning that it has, else 其他.

    0101055 (门诊充值) is told as 010105 (收费), 0302021 (图文咨询) as 其他.
    """
    known = spec.codes["treatment_code"].rows
    return next((code[:end] for end in range(len(code), 0, -1) if code[:end] in known), OTHER)
