"""Reading the public parameters (公共参数) of a message, request or answer, JSON or form.

The tables call every public parameter a String, and so it is read: a number where text is due is refused with the
parameter's name. Only biz_content may come as an object, as the document's own sample has it; its exact text is kept,
since that is what was signed.
"""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from yiqiao.dialects.ehealth_card.faults import EmptyMessage
from yiqiao.dialects.ehealth_card.scheme import CIPHERS
from yiqiao.exchange.strict_json import BOM, UnreadableMessage, loads, member_text

CONTENT = "biz_content"
_FORM = "application/x-www-form-urlencoded"
_KINDS: Mapping[type, str] = {bool: "布尔值", list: "数组", dict: "对象"}


def read_parameters(body: bytes, content_type: str = "application/json") -> tuple[dict[str, str], bool]:
    """All parameters of a request or an answer as text, and whether biz_content came as an object.

    A form is read as one only where the body does not begin like JSON: many tools declare a form by default.
    Raises EmptyMessage and UnreadableMessage.
    """
    start = body.lstrip(BOM + b" \t\r\n")[:1] if body[:1] != b"{" else b"{"
    if not start:
        raise EmptyMessage
    if start != b"{" and content_type.lower().startswith(_FORM):
        return _form(body), False
    parsed = loads(body)
    if not isinstance(parsed, dict):
        raise UnreadableMessage("最外层应是 JSON 对象")
    for value in parsed.values():
        if value.__class__ is not str:
            return _texts(parsed, body)
    return parsed, False


def _texts(parsed: dict[str, object], body: bytes) -> tuple[dict[str, str], bool]:
    """Parameters of which at least one is not a text: an object in biz_content, an absent value, or a fault."""
    params: dict[str, str] = {}
    plain_object = False
    for name, value in parsed.items():
        if isinstance(value, str):
            params[name] = value
        elif name == CONTENT and isinstance(value, dict):
            params[name] = member_text(body, name) or "{}"
            plain_object = True
        elif value is not None:
            kind = _KINDS.get(type(value), "数字")
            raise UnreadableMessage(f"公共参数 {name[:40]} 应为字符串，收到的是{kind}")
    return params, plain_object


def _form(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            body.decode("utf-8-sig"), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=100
        )
    except UnicodeDecodeError:
        raise UnreadableMessage("表单不是 UTF-8 编码") from None
    except ValueError:
        raise UnreadableMessage("应为 JSON 对象，或 名称=值&名称=值 形式的表单（最多 100 项）") from None
    params: dict[str, str] = {}
    for name, value in pairs:
        if name in params:
            raise UnreadableMessage(f"表单里重复出现参数 {name[:40]}")
        params[name] = value
    cipher = CIPHERS.get(params.get("enc_type", ""))
    if cipher is not None and cipher.written == "base64":
        # A sender that forgot to escape: the + of its Base64 text became a blank on the way.
        params[CONTENT] = params.get(CONTENT, "").replace(" ", "+")
    return params
