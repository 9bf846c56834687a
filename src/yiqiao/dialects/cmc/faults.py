"""What can be wrong with a launch parameter before its values are looked at.

Each class is one named refusal; the specification maps its name to a return code. The texts say what to change, and
hold no value that might be personal.
"""

from yiqiao.errors import DomainError


class ParameterMissing(DomainError):
    """The address carries no parameter."""

    def __init__(self) -> None:
        super().__init__("地址里没有唤起参数 jgtParamSign，请检查 HIS 拼接的链接")


class NotBase64(DomainError):
    """The parameter is no Base64 text, or was cut off."""


class NotUtf8(DomainError):
    """The parameter's bytes are no UTF-8."""


class WrongPlaces(DomainError):
    """The plain text has another number of places than the standard."""


class UnknownPatientKind(DomainError):
    """`hzlx` is neither 1 (insured) nor 0 (self-pay)."""

    def __init__(self, said: str) -> None:
        shown = f"第 2 位 hzlx 为 {said[:4]!r}" if said else "第 2 位 hzlx 为空"
        super().__init__(f"患者类型不合法：{shown}，应为 1（医保患者）或 0（自费患者）；请检查拼接次序")


class MissingAppKey(DomainError):
    """Nobody says who launches."""

    def __init__(self) -> None:
        super().__init__("第 24 位 appKey 为空，请填写平台分配的 appKey，并检查拼接次序")


class UnsupportedVersion(DomainError):
    """`version` is none that the profile speaks."""


class WrongMethod(DomainError):
    """`method` is not the fixed word."""


class SignatureMismatch(DomainError):
    """The signature is missing, or not the one that a holder of the secret would have made."""


class PatientMismatch(DomainError):
    """The visit number of a self-pay patient tells of another patient than the launch does, or cannot be read."""


class UnsafeValue(DomainError):
    """A value to be launched holds a character that parts the values."""

    def __init__(self, name: str, title: str, character: str) -> None:
        super().__init__(f"{name}（{title}）里含有 {character}，它用来分隔各个值，标准没有转义的办法；请去掉后再唤起")
        self.field = name
