"""Money as pages say it."""


def money(fen: int) -> str:
    """An amount in 分 as `¥ 1,234.50`."""
    return f"¥ {fen // 100:,}.{fen % 100:02}"
