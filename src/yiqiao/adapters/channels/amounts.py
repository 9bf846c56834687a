"""Amounts as payment platforms write them."""

from decimal import Decimal


def fen(told: object) -> int:
    """元 with at most two decimals as 分; the sign stays. Raises ValueError."""
    try:
        amount = Decimal(str(told)) * 100
    except ArithmeticError:
        raise ValueError("no amount") from None
    if not amount.is_finite() or amount != amount.to_integral_value():
        raise ValueError("no amount")
    return int(amount)
