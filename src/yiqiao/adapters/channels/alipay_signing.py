"""The signatures of Alipay's OpenAPI (RSA2), without I/O.

A call is signed over its parameters from a to z; an answer over the very text of its `…_response` node; a notice over
its parameters but `sign` and `sign_type`.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from yiqiao.crypto import RsaPrivateKey, RsaPublicKey

ERROR_NODE = "error_response"
_JSON = json.JSONDecoder()


class NotSigned(Exception):
    """What came is not signed by Alipay, or cannot be read."""


@dataclass(frozen=True)
class AlipayKeys:
    """An application's keys: its own private one, and Alipay's public one."""

    app_id: str
    private_key: RsaPrivateKey = field(repr=False)
    alipay: RsaPublicKey = field(repr=False)


def text_of(parameters: Mapping[str, str], without: tuple[str, ...] = ("sign",)) -> bytes:
    """What is signed: `name=value` from a to z, joined by &; empty values are left out."""
    named = sorted((name, value) for name, value in parameters.items() if value and name not in without)
    return "&".join(f"{name}={value}" for name, value in named).encode()


def signed(keys: AlipayKeys, parameters: Mapping[str, str]) -> dict[str, str]:
    """The parameters with their signature."""
    signature = keys.private_key.sign(text_of(parameters))
    return {**parameters, "sign": base64.b64encode(signature).decode()}


def answered(keys: AlipayKeys, method: str, body: bytes) -> Mapping[str, Any]:
    """The node of an answer to `method`, out of the text that was signed. Raises NotSigned."""
    try:
        text = body.decode()
        whole = json.loads(text)
        name = f"{method.replace('.', '_')}_response"
        start = text.index(f'"{name if name in whole else ERROR_NODE}"')
        start = text.index("{", start)
        node, end = _JSON.raw_decode(text, start)
        signature = whole["sign"]
    except (UnicodeDecodeError, ValueError, KeyError, TypeError):
        raise NotSigned("no node, or no signature") from None
    if not isinstance(node, dict) or not verify(keys, text[start:end].encode(), signature):
        raise NotSigned("wrong signature")
    return node


def noticed(keys: AlipayKeys, body: bytes) -> Mapping[str, str]:
    """The parameters of a notice. Raises NotSigned."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True, errors="strict")
    except (UnicodeDecodeError, ValueError):
        raise NotSigned("no form") from None
    said = dict(pairs)
    if len(said) != len(pairs):
        raise NotSigned("a parameter twice")
    if said.get("sign_type") != "RSA2" or not verify(keys, text_of(said, ("sign", "sign_type")), said.get("sign")):
        raise NotSigned("wrong signature")
    return said


def verify(keys: AlipayKeys, text: bytes, signature: object) -> bool:
    """Whether a signature in Base64 is Alipay's over `text`."""
    try:
        raw = base64.b64decode(str(signature or ""), validate=True)
    except (binascii.Error, ValueError):
        return False
    return keys.alipay.verify(text, raw)
