"""The elliptic curve of SM2 (sm2p256v1, GB/T 32918.5), as far as Python itself has to know it.

Signing and verifying are the libraries' work; here are the curve's numbers, the test that a point lies on it, and the
public key that belongs to a private one, which neither library tells.
"""

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)

Point = tuple[int, int]


def lies_on_curve(point: Point) -> bool:
    """Whether both coordinates are field elements and fulfil the curve's equation."""
    x, y = point
    return 0 <= x < P and 0 <= y < P and (y * y - (x * x + A) * x - B) % P == 0


def multiple_of_base(factor: int) -> Point:
    """factor · G for 1 <= factor < N. Its time depends on the factor: for one use a key, never for a nonce."""
    result: Point | None = None
    for bit in f"{factor:b}":
        if result is not None:
            result = _double(result)
        if bit == "1":
            result = G if result is None else _add(result, G)
    if result is None:
        raise ValueError("zero times the base point is no point")
    return result


def _double(point: Point) -> Point:
    x, y = point
    return _third(point, point, (3 * x * x + A) * pow(2 * y, -1, P))


def _add(one: Point, other: Point) -> Point:
    # Never equal nor opposite: G is added to an even multiple of itself below N-1, which is neither 1 nor N-1.
    return _third(one, other, (other[1] - one[1]) * pow(other[0] - one[0], -1, P))


def _third(one: Point, other: Point, slope: int) -> Point:
    x = (slope * slope - one[0] - other[0]) % P
    return x, (slope * (one[0] - x) - one[1]) % P
