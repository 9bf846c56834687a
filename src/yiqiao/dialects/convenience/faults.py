"""What can be wrong with a message of the convenience platform before its content is looked at.

Each class is one named refusal; the specification maps its name to a unified return code of 4.1 (2, 4 to 9, 11). The
texts say what to change; none of them holds a value that might be secret or personal.
"""

from yiqiao.errors import DomainError


class EmptyMessage(DomainError):
    """Nothing was sent."""

    def __init__(self) -> None:
        super().__init__("请求为空，请传入以 ROOT 为根节点的 XML 报文")


class MissingUser(DomainError):
    """No USER_ID: nobody can be asked for a key."""

    def __init__(self) -> None:
        super().__init__("用户名 USER_ID 为空，请填写平台分配的用户名")


class MissingFunction(DomainError):
    """No FUN_CODE."""

    def __init__(self) -> None:
        super().__init__("功能号 FUN_CODE 为空，请填写要调用的功能号")


class UnknownSignatureType(DomainError):
    """SIGN_TYPE is not MD5."""


class SignatureMismatch(DomainError):
    """The digest is missing, or is not the one that a holder of the key would have sent."""


class KeyMismatch(DomainError):
    """The rule of signing was kept, but with no key, or with one that is written otherwise."""


class KeyUnfit(DomainError):
    """The key that is kept for the partner does not suit the cipher."""


class DecryptionFailed(DomainError):
    """The signature holds, but the content cannot be deciphered."""


class EncryptionFailed(DomainError):
    """Content that is to be sent cannot be written as XML."""


class EmptyContent(DomainError):
    """The operation needs business values, and there are none."""

    def __init__(self) -> None:
        super().__init__("请求数据为空：REQ_ENCRYPTED 里没有业务参数，请填写后重发")


class EmptyAnswer(DomainError):
    """The other side answered with nothing."""

    def __init__(self) -> None:
        super().__init__("对方返回的报文为空，请先查询结果，再决定是否重试")
