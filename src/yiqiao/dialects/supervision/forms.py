"""The form of a large attachment (2.1.2) as a message: its fields on one level, and the file named by its SM3."""

from collections.abc import Mapping
from typing import Any

import orjson

from yiqiao.dialects.supervision.envelope import Claim, open_form
from yiqiao.dialects.supervision.scheme import Scheme
from yiqiao.exchange.dialect import Opened

FILE, DATA = "fileUpload", "data"
NAMED_BY = "sm3:"
_FIXED = '""'
"""What `data` is in the table's own print; an empty text would count as a field that is missing."""


def form_values(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as they are held against the operation. `data` is there to be signed, and says nothing."""
    return {**fields, DATA: _FIXED}


def opened(claim: Claim, body: bytes, secrets: tuple[str, ...], scheme: Scheme) -> Opened:
    """The form of a sender whose signature holds; without a body, what is known before it came.

    Raises SignatureMismatch.
    """
    secret = open_form(claim, secrets, scheme)
    fields = orjson.loads(body) if body else {}
    return Opened(form_values(fields), secret, {"uptime": fields.get("uptime", ""), "randomstr": claim.randomstr})
