"""Money as it is written for people and on wires: 元 with two decimals, where the hub has whole 分."""


def yuan(fen: int) -> str:
    """分 as 元, to the 分; a charge that was reversed is less than nothing."""
    sign, size = "-" if fen < 0 else "", abs(fen)
    return f"{sign}{size // 100}.{size % 100:02}"
