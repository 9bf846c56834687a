"""Why an attachment is refused."""

from yiqiao.errors import DomainError


class AttachmentIdUnfit(DomainError):
    """An attachment's id that cannot be one: too long, several in one, or made to name a file on this machine."""

    def __init__(self) -> None:
        super().__init__(
            "附件 id（attaId）不合规：应为 1 至 128 个字符，不得含逗号、反斜杠、控制字符，"
            "也不得以 / 开头或含 . 与 .. 路径段；多个附件请逐个上传"
        )


class AttachmentTypeUnfit(DomainError):
    """A file type that is no extension."""

    def __init__(self) -> None:
        super().__init__("文件类型（fileType）应为 1 至 8 位字母或数字的扩展名，如 pdf、jpg，不带点")


class AttachmentNotWhatItSays(DomainError):
    """The content is not of the type that is stated."""


class AttachmentBomb(DomainError):
    """An archive that unpacks to far more than it is."""


class AttachmentHexUnfit(DomainError):
    """The content is not hexadecimal text."""


class AttachmentTooLarge(DomainError):
    """More than this platform takes in one attachment."""

    def __init__(self, most: int) -> None:
        super().__init__(f"附件超过平台上限 {most} 字节，未保存，请压缩或拆分后重传")


class AttachmentDigestDiffers(DomainError):
    """What arrived is not what was announced."""

    def __init__(self) -> None:
        super().__init__("附件内容的 SM3 与声明的不一致，未保存，请从头重传")


class AttachmentOffsetDiffers(DomainError):
    """The upload goes on somewhere else than the caller thinks."""

    def __init__(self, kept: int) -> None:
        super().__init__(f"续传位置不符：平台已收到 {kept} 字节，请从该位置续传")
        self.kept = kept


class AttachmentTakenOver(DomainError):
    """Another connection goes on with this upload."""

    def __init__(self) -> None:
        super().__init__("该附件正由另一连接续传，本连接的内容未保存")


class AttachmentUnknown(DomainError):
    """There is no such attachment."""

    def __init__(self) -> None:
        super().__init__("没有找到这个附件，它可能尚未上传")
