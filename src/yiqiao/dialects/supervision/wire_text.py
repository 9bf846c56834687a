"""An upload as one text, for files and terminals: the headers a line each, a blank line, the body.

So is an HTTP request written down by every tool, and so `yiqiao call supervision --dry-run` prints it.
"""

from collections.abc import Mapping

from yiqiao.dialects.supervision.envelope import NAMES
from yiqiao.exchange.message import Headers
from yiqiao.exchange.strict_json import UnreadableMessage


def written(path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """The text of an upload."""
    lines = [f"POST {path}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def read(text: bytes) -> tuple[Headers, bytes]:
    """Headers and body of such a text; other headers than the standard's are passed over. Raises UnreadableMessage."""
    head, blank, body = text.replace(b"\r\n", b"\n").partition(b"\n\n")
    if not blank:
        raise UnreadableMessage("应为 HTTP 请求的原文：先是各个头，空一行，再是请求体")
    found: list[tuple[bytes, bytes]] = []
    for line in head.split(b"\n"):
        name, colon, value = line.partition(b":")
        if colon and name.strip().lower().decode("latin-1") in NAMES:
            found.append((name.strip().lower(), value.strip()))
    return tuple(found), body.strip(b"\r\n")
