"""What can be wrong with an upload before its rows are looked at.

Each class is one named refusal; the specification maps its name to a return code (2.8 is not in the preview, so all but
two of them are ours). The texts say what to change; none of them holds a value that might be secret or personal.
"""

from yiqiao.errors import DomainError


class EmptyMessage(DomainError):
    """Nothing was sent."""

    def __init__(self) -> None:
        super().__init__("请求体为空，请以 POST 方式把 uptime 与 data 放在请求体中")


class DataEmpty(DomainError):
    """`data` is missing or empty, or holds no row."""

    def __init__(self) -> None:
        super().__init__("请求业务参数 data 为空，请至少上传一行")


class DataNotText(DomainError):
    """`data` came as JSON itself; what is signed is a text."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"请求业务参数 data 应为文本，收到的是{kind}；请把 JSON 数组先写成文本，再作为 data 的值")


class DataNotArray(DomainError):
    """`data` holds JSON that is no array."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"请求业务参数 data 的内容应为 JSON 数组，收到的是{kind}；只有一行时也要放在数组中")


class TooManyRows(DomainError):
    """More rows than one request may carry."""

    def __init__(self, rows: int, limit: int) -> None:
        super().__init__(f"一次上传了 {rows} 行，上限 {limit} 行，未予处理，请分批上传")


class MissingAppId(DomainError):
    """No appid: nobody can be asked for a key."""

    def __init__(self) -> None:
        super().__init__("HTTP 头 appid 为空，请填写平台分配的互联网医院 id")


class MissingService(DomainError):
    """No service."""

    def __init__(self) -> None:
        super().__init__("HTTP 头 service 为空，请填写接口号")


class ServiceMismatch(DomainError):
    """`service` names another operation than the address does."""

    def __init__(self, said: str, due: str) -> None:
        super().__init__(f"接口号 {said[:32]!r} 与请求地址不符，这个地址的接口号是 {due}；请核对 service 与地址")


class ParametersInvalid(DomainError):
    """A public parameter is missing, too long, or no real time."""


class SignatureMismatch(DomainError):
    """The signature is missing, or is not the one that a holder of the key would have sent."""


class SigningFailed(DomainError):
    """What is to be sent cannot be signed or written."""


class EmptyAnswer(DomainError):
    """The platform answered with nothing."""

    def __init__(self) -> None:
        super().__init__("平台返回的报文为空，请换新的 randomstr 重发；持续出现请联系平台")
