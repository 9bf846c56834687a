"""The rows of the sandbox's devices and of its insurance centre, and the shelves that they stand on."""

from typing import NamedTuple

from yiqiao.storage.shelves import Shelf
from yiqiao.storage.tables.sandbox_reading import sandbox_centre, sandbox_insured, sandbox_reader, sandbox_voucher


class LyingRow(NamedTuple):
    """What lies on a device, or is shown to it; `certificate_no` and `code` empty where they do not belong."""

    desk: str
    media: str
    state: str
    certificate_no: str
    code: str
    at: int


class CentreRow(NamedTuple):
    """How the centre behaves; `id` is always 1, `reachable` 0 or 1."""

    id: int
    reachable: int
    delay_ms: int


class InsuredRow(NamedTuple):
    """What changes of an insured person; `balance` 分."""

    psn_no: str
    balance: int
    status: str
    changed_at: int


class VoucherRow(NamedTuple):
    """A voucher code that was issued; it works once."""

    code: str
    psn_no: str
    ec_token: str
    expires_at: int
    used_at: int | None


LYING = Shelf(sandbox_reader, LyingRow._make)
CENTRE = Shelf(sandbox_centre, CentreRow._make)
INSURED = Shelf(sandbox_insured, InsuredRow._make)
VOUCHERS = Shelf(sandbox_voucher, VoucherRow._make)
