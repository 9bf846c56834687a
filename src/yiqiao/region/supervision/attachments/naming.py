"""Ids of attachments: the sender's own, several in one field of a record, and never a path on this machine."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from yiqiao.region.supervision.attachments.refusals import AttachmentIdUnfit, AttachmentTypeUnfit
from yiqiao.region.supervision.kinds import Kind

LONGEST_ID = 128
_ID = re.compile(r"[^\x00-\x1f\x7f\\,]+")
_TYPE = re.compile(r"\.?([A-Za-z0-9]{1,8})")

SERVICES: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.HOSPITAL: "01",
        Kind.STAFF: "02",
        Kind.ORDER: "11",
        Kind.VISIT: "11",
        Kind.RECIPE: "12",
        Kind.CONSULTATION: "13",
        Kind.PURCHASE: "14",
        Kind.DRUGS: "14",
        Kind.EMR: "15",
    }
)
"""Of which business (attaService) the attachments of a kind of record ought to be."""


def fit_id(atta_id: str) -> str:
    """The id, if it can be one. Raises AttachmentIdUnfit.

    A slash within is allowed (some senders use keys of an object store); a path that climbs is not. No path is ever
    made of an id: it is refused because it tells of a mistake or of worse.
    """
    plain = atta_id.strip()
    if not 0 < len(plain) <= LONGEST_ID or not _ID.fullmatch(plain) or plain.startswith("/"):
        raise AttachmentIdUnfit
    if any(part in (".", "..") for part in plain.split("/")):
        raise AttachmentIdUnfit
    return plain


def fit_type(file_type: str) -> str:
    """The type in small letters and without a dot. Raises AttachmentTypeUnfit."""
    found = _TYPE.fullmatch(file_type.strip())
    if found is None:
        raise AttachmentTypeUnfit
    return found[1].lower()


def ids_in(field: str) -> tuple[str, ...]:
    """The ids in a field, in order, each once: several are separated by commas. Raises AttachmentIdUnfit."""
    return tuple(dict.fromkeys(fit_id(part) for part in field.split(",") if part.strip()))
