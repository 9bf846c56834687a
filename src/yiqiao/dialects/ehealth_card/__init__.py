"""电子健康卡平台对接技术标准: hospitals on one side, the region's electronic health card platform on the other.

    from yiqiao.dialects.ehealth_card import Client

Chapters: 电子健康卡接口定义 (the ehc.* methods), 动态库调用方法 (VirtualCardChk.dll), 附录一 返回码, 附录二 字典.
The standard itself is data: spec.yaml, codes/, profiles/ beside this file.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from yiqiao.dialects.ehealth_card.client import (
        AsyncClient,
        Client,
        ConnectionFailed,
        ReadFailed,
        Refused,
        TransferFailed,
        Unanswered,
        Unbelievable,
    )

__all__ = [
    "AsyncClient",
    "Client",
    "ConnectionFailed",
    "ReadFailed",
    "Refused",
    "TransferFailed",
    "Unanswered",
    "Unbelievable",
]


def __getattr__(name: str) -> object:
    # The clients bring an HTTP library with them; who only wants the specification or the envelope must not pay for it.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from yiqiao.dialects.ehealth_card import client

    return getattr(client, name)
