"""Money as the unified library writes it: 元 with at most two decimals as text on the wire, whole 分 inside."""

from yiqiao.exchange.request import Request


def fen(text: str) -> int:
    """分 of a text that passed its format; a sign is kept."""
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
    yuan, _, part = digits.partition(".")
    return sign * (int(yuan) * 100 + int(part.ljust(2, "0")[:2] or "0"))


def fen_of(request: Request, name: str) -> int:
    """分 of a field; nothing is zero."""
    text = request.maybe(name)
    return 0 if text is None else fen(text)
