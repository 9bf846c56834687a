"""Devices that read what a patient presents: an identity card, a social-security card, a code on a phone, a face."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from yiqiao.errors import DomainError


class ReaderAbsent(DomainError):
    """There is no such device at this place, or it does not answer."""

    def __init__(self, message: str = "没有找到读卡设备，请检查连接后重试") -> None:
        super().__init__(message)


class NothingPresented(DomainError):
    """Nobody put a card on the device, or showed a code, within its time."""

    def __init__(self, message: str = "未检测到卡片或二维码，请患者出示后重试") -> None:
        super().__init__(message)


class Unreadable(DomainError):
    """Something was presented and could not be read."""

    def __init__(self, message: str = "卡片或二维码无法识别，请更换后重试") -> None:
        super().__init__(message)


class Media(StrEnum):
    """What is read."""

    IDENTITY_CARD = "identity_card"
    SOCIAL_SECURITY_CARD = "social_security_card"
    CODE = "code"
    FACE = "face"


@dataclass(frozen=True)
class Presented:
    """What a device has read; what does not belong to its medium is empty. `code` is a code's text as scanned."""

    media: Media
    code: str = field(default="", repr=False)
    certificate_no: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    sex: str = ""
    nation: str = ""
    birthday: str = ""
    card_no: str = field(default="", repr=False)
    card_code: str = field(default="", repr=False)
    issuer: str = ""


class CardReader(Protocol):
    """The devices of one desk, by its number (dev_no, or the terminal's)."""

    async def read(self, desk: str, media: Media) -> Presented:
        """Read what is presented. Raises ReaderAbsent, NothingPresented, Unreadable."""
        ...


class NoReader:
    """A hub to which no device is connected: codes that a desk's own scanner has read are all that it can take."""

    async def read(self, desk: str, media: Media) -> Presented:
        raise ReaderAbsent
