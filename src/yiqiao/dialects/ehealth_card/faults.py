"""What can be wrong with a message of the electronic health card platform before its content is looked at.

Each class is one named refusal; the specification maps its name to a return code of appendix 1 (1001 to 1007, 8003,
9002 to 9004, 9006 to 9008). The texts say what to change; none of them holds a value that might be secret or personal.
"""

from yiqiao.errors import DomainError


class EmptyMessage(DomainError):
    """Nothing was sent."""

    def __init__(self) -> None:
        super().__init__("请求体为空，请以 POST 方式把报文放在请求体中")


class MissingAppId(DomainError):
    """No app_id: nobody can be asked for a key."""

    def __init__(self) -> None:
        super().__init__("应用编号 app_id 为空，请填写平台分配的应用编号")


class MissingTerminal(DomainError):
    """No term_id."""

    def __init__(self) -> None:
        super().__init__("终端编号 term_id 为空，请填写已登记的终端编号")


class MissingMethod(DomainError):
    """No method."""

    def __init__(self) -> None:
        super().__init__("接口名称 method 为空，请填写要调用的接口名称")


class UnsupportedVersion(DomainError):
    """`version` is empty, or none that the partner's profile speaks."""


class UnknownCipher(DomainError):
    """`enc_type` is none of the standard's ciphers."""


class CipherNotAllowed(DomainError):
    """`enc_type` is a cipher of the standard that the partner's profile does not admit."""


class UnknownSignatureType(DomainError):
    """`sign_type` is none of the standard's digests."""


class SignatureTypeNotAllowed(DomainError):
    """`sign_type` is a digest of the standard that the partner's profile does not admit."""


class SignatureMismatch(DomainError):
    """The digest is missing, or is not the one that a holder of the key would have sent."""


class DecryptionFailed(DomainError):
    """The signature holds, but biz_content cannot be deciphered."""


class EncryptionFailed(DomainError):
    """Content that is to be sent cannot be written as JSON or enciphered."""


class SigningFailed(DomainError):
    """The key that is kept for the partner does not suit the algorithm."""


class EmptyAnswer(DomainError):
    """The platform answered with nothing."""

    def __init__(self) -> None:
        super().__init__("平台返回的报文为空，请用原流水号重试；持续出现请联系平台")
