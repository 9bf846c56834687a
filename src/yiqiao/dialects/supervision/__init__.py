"""互联网医疗服务监管平台接口规范 V1.1.8: internet hospitals on one side, the supervision platform on the other.

    from yiqiao.dialects.supervision import Client

Chapters: 1.3 接口规则, 1.4 参数定义, 2 接口定义 (A0000 to A2010; what the preview lacks is reconstructed as a profile).
The standard itself is data: spec.yaml, parts/, return_codes.yaml, profiles/ beside this file.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from yiqiao.dialects.supervision.client import (
        AsyncClient,
        Client,
        ConnectionFailed,
        Receipt,
        Refused,
        Unanswered,
        Unbelievable,
    )

__all__ = ["AsyncClient", "Client", "ConnectionFailed", "Receipt", "Refused", "Unanswered", "Unbelievable"]


def __getattr__(name: str) -> object:
    # The clients bring an HTTP library with them; who only wants the specification or the envelope must not pay for it.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from yiqiao.dialects.supervision import client

    return getattr(client, name)
