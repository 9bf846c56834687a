"""The signatures of WeChat Pay API v3, without I/O.

A call is signed with the merchant's key over method, address, time, nonce and body; answers and notices with WeChat's,
over time, nonce and body. What a notice tells is sealed under the APIv3 key beside.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from yiqiao.crypto import DecryptionFailed, RsaPrivateKey, RsaPublicKey, aes_gcm_decrypt

SCHEME = "WECHATPAY2-SHA256-RSA2048"
SEALED_BY = "AEAD_AES_256_GCM"
WINDOW_S = 300
"""How far the time in an answer or notice may be from ours."""


@dataclass(frozen=True)
class WechatKeys:
    """A merchant's keys. `platform`: WeChat's public keys by their serial or id, the current one and the one before.

    `api_v3_key` has 32 characters.
    """

    mchid: str
    serial_no: str
    private_key: RsaPrivateKey = field(repr=False)
    api_v3_key: str = field(repr=False)
    platform: Mapping[str, RsaPublicKey] = field(repr=False)


class NotSigned(Exception):
    """What came is not signed by WeChat, or not now."""


def authorization(keys: WechatKeys, method: str, address: str, timestamp: int, nonce: str, body: bytes) -> str:
    """What stands in Authorization. `address` is path and query, `timestamp` epoch seconds."""
    text = b"\n".join((method.encode(), address.encode(), str(timestamp).encode(), nonce.encode(), body, b""))
    signature = base64.b64encode(keys.private_key.sign(text)).decode()
    return (
        f'{SCHEME} mchid="{keys.mchid}",nonce_str="{nonce}",signature="{signature}",'
        f'timestamp="{timestamp}",serial_no="{keys.serial_no}"'
    )


def told(timestamp: str, nonce: str, body: bytes) -> bytes:
    """The text over which WeChat signs what it tells."""
    return b"\n".join((timestamp.encode(), nonce.encode(), body, b""))


def verify(keys: WechatKeys, headers: Mapping[str, str], body: bytes, now_s: int) -> None:
    """Raises NotSigned. Header names in lower case."""
    timestamp, nonce = headers.get("wechatpay-timestamp", ""), headers.get("wechatpay-nonce", "")
    key = keys.platform.get(headers.get("wechatpay-serial", ""))
    if key is None:
        raise NotSigned("unknown serial")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12):
        raise NotSigned("no timestamp")
    if abs(now_s - int(timestamp)) > WINDOW_S:
        raise NotSigned("not of now")
    try:
        signature = base64.b64decode(headers.get("wechatpay-signature", ""), validate=True)
    except (binascii.Error, ValueError):
        raise NotSigned("no Base64") from None
    if not key.verify(told(timestamp, nonce, body), signature):
        raise NotSigned("wrong signature")


def opened(keys: WechatKeys, resource: Mapping[str, object]) -> Mapping[str, object]:
    """What a notice's `resource` holds. Raises ValueError where it cannot be opened or is no object."""
    if resource.get("algorithm") != SEALED_BY:
        raise ValueError("another algorithm")
    nonce, associated = str(resource.get("nonce", "")), str(resource.get("associated_data") or "")
    try:
        sealed = base64.b64decode(str(resource.get("ciphertext", "")), validate=True)
        plain = aes_gcm_decrypt(keys.api_v3_key.encode(), nonce.encode(), sealed, associated.encode())
    except DecryptionFailed:
        raise ValueError("not sealed under this key") from None
    content = orjson.loads(plain)
    if not isinstance(content, dict):
        raise ValueError("no object")
    return content


def invocation(keys: WechatKeys, appid: str, prepay_id: str, timestamp: int, nonce: str) -> Mapping[str, str]:
    """What a page inside WeChat hands to WeixinJSBridge to have an order paid (JSAPI)."""
    package = f"prepay_id={prepay_id}"
    text = "\n".join((appid, str(timestamp), nonce, package, ""))
    return {
        "appId": appid,
        "timeStamp": str(timestamp),
        "nonceStr": nonce,
        "package": package,
        "signType": "RSA",
        "paySign": base64.b64encode(keys.private_key.sign(text.encode())).decode(),
    }
