"""Why a whole request is refused by the supervisor."""

from collections.abc import Sequence

from yiqiao.errors import DomainError
from yiqiao.region.supervision.kinds import title
from yiqiao.storage.supervision_records import Fact

NAMED = 3


class NotOpened(DomainError):
    """The institution has not been opened on the console, or is closed."""

    def __init__(self, app_id: str) -> None:
        super().__init__(f"互联网医院 {app_id[:32]} 尚未开通医疗机构或已停用，请联系监管平台开通后再上传")


class RepeatedRandom(DomainError):
    """A batch of this institution has come under this randomstr."""

    def __init__(self) -> None:
        super().__init__("随机字符串已用过，视为重复提交，未再处理；重发请换新的 randomstr，相同内容不会重复入库")


class AntecedentMissing(DomainError):
    """A row's antecedent is not on file, and this institution's batches are taken whole or not at all."""

    def __init__(self, position: int, missing: Sequence[Fact]) -> None:
        super().__init__(f"第 {position + 1} 条{told(missing)}，整批未入库")


class InstitutionUnfit(DomainError):
    """What is said of an institution or a binding cannot be; the message says what to change."""


class UnknownInstitution(DomainError):
    """No institution is filed under this appid."""

    def __init__(self, app_id: str) -> None:
        super().__init__(f"没有登记互联网医院 {app_id[:32]}，请先开通")


def told(missing: Sequence[Fact]) -> str:
    """What is missing, in words: 依赖的科室 0101、医务人员 D07 尚未上传."""
    names = "、".join(f"{title(fact.kind)} {fact.key[:64]}" for fact in missing[:NAMED])
    more = f"等 {len(missing)} 项" if len(missing) > NAMED else ""
    return f"依赖的{names}{more} 尚未上传或绑定"
