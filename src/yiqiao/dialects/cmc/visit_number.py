"""门诊顺序号 of a self-pay patient: name, sex, age, identity number and birth date, parted by @ (chapter 4.3.4.2).

The standard's own example leaves out the place of the identity number; such a number of four parts is read as well.
"""

import re
from typing import NamedTuple

from yiqiao.spec import Fault, Invalid, Spec
from yiqiao.spec.formats import known_format

_FULL, _WITHOUT_ID = 5, 4
_DATE = known_format("yyyy-MM-dd")


class Told(NamedTuple):
    """What the number tells beyond the launch's own fields."""

    id_no: str | None
    birthday: str | None


def read(visit: str, spec: Spec) -> Told:
    """The parts of a number in plain. Raises Invalid with everything that is wrong with them."""
    parts = visit.split("@")
    if len(parts) == _WITHOUT_ID:
        parts.insert(3, "")
    faults = []
    if len(parts) != _FULL:
        faults.append(f"应为 姓名@性别@年龄@身份证号@出生日期 五段，实际 {len(parts)} 段")
    else:
        _, sex, age, _, birthday = parts
        if sex not in spec.codes["xb"].rows:
            faults.append("第二段性别应为 1 或 2")
        if not re.fullmatch("[0-9]{1,4}", age):
            faults.append("第三段年龄应为数字")
        if birthday and not (_DATE and re.fullmatch(_DATE.pattern, birthday)):
            faults.append("第五段出生日期应为 yyyy-MM-dd 格式的真实日期")
    if faults:
        raise Invalid((Fault("mzsxh", "format", f"（门诊顺序号）{'；'.join(faults)}"),))
    return Told(parts[3] or None, parts[4] or None)
