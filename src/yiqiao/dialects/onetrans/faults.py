"""What can be wrong with a message of the unified library before its business parameters are looked at.

Each class is one named refusal; the specification maps its name to a return code (600002 to 600015). The texts say what
to change; none of them holds a value that might be secret or personal.
"""

from yiqiao.errors import DomainError


class EmptyMessage(DomainError):
    """Nothing was sent."""

    def __init__(self) -> None:
        super().__init__("请求体为空，请以 POST 方式把报文放在请求体中")


class MissingAppId(DomainError):
    """No app_id: nobody can be asked for a key."""

    def __init__(self) -> None:
        super().__init__("加解密应用ID app_id 为空，请填写平台分配的应用编号")


class MissingTransType(DomainError):
    """No trans_type."""

    def __init__(self) -> None:
        super().__init__("交易类型编码 trans_type 为空，请填写要调用的交易")


class ParametersInvalid(DomainError):
    """A public parameter is missing, too long, or none of its code table."""


class KeyTravelled(DomainError):
    """The message carries app_key, and the partner's profile does not let it."""

    def __init__(self) -> None:
        super().__init__("报文不得携带密钥：请去掉 app_key，它只在本机用来签名与加密；已经发出的密钥请联系平台更换")


class UnknownCipher(DomainError):
    """`enc_type` is no cipher of this interface."""


class UnknownSignatureType(DomainError):
    """`signtype` is none of the standard's."""


class SignatureTypeNotAllowed(DomainError):
    """`signtype` is one of the standard's, and the partner's profile does not admit it."""


class SignatureMismatch(DomainError):
    """The signature is missing, or is not the one that a holder of the key would have sent."""


class PublicKeyMissing(DomainError):
    """The message is signed with SM2, and the other side's public key is not on file."""


class DecryptionFailed(DomainError):
    """The signature holds, but data cannot be deciphered."""


class EncryptionFailed(DomainError):
    """Content that is to be sent cannot be written as JSON in GBK."""


class SigningFailed(DomainError):
    """The key that is to sign does not suit the algorithm."""


class MessageIdReused(DomainError):
    """The msgid belongs to a message of other content."""

    def __init__(self, msgid: str) -> None:
        super().__init__(f"发送方报文ID {msgid[:30]} 已用于内容不同的报文，请换用新的 msgid（业务流水号不变）")


class EmptyAnswer(DomainError):
    """The platform answered with nothing."""

    def __init__(self) -> None:
        super().__init__("平台返回的报文为空，请用原流水号重试或查询")
