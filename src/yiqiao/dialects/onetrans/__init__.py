"""统一动态库 OneTrans2.dll 接口规范: a HIS on one side, the platform that reads cards and takes money on the other.

    from yiqiao.dialects.onetrans import Client, Desk

Chapters: 3.1.2 参数说明 (public parameters), 3.1.3 业务参数 (hos.*, hop.*, fsi.*, chs.*, ehc.*), 附录 1 to 18 (codes).
The standard itself is data: spec.yaml, parts/, codes/, return_codes.yaml, profiles/ beside this file.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from yiqiao.dialects.onetrans.client import (
        AsyncClient,
        Client,
        ConcurrentCall,
        ConnectionFailed,
        Desk,
        NotDone,
        ReadFailed,
        Refused,
        Reply,
        Standing,
        Step,
        TransferFailed,
        Unanswered,
        Unbelievable,
    )

__all__ = [
    "AsyncClient",
    "Client",
    "ConcurrentCall",
    "ConnectionFailed",
    "Desk",
    "NotDone",
    "ReadFailed",
    "Refused",
    "Reply",
    "Standing",
    "Step",
    "TransferFailed",
    "Unanswered",
    "Unbelievable",
]


def __getattr__(name: str) -> object:
    # The clients bring an HTTP library with them; who only wants the specification or the envelope must not pay for it.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from yiqiao.dialects.onetrans import client

    return getattr(client, name)
