"""Ids of attachments: the sender's own, several in one field of a record, and never a path on this machine."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from yiqiao.region.supervision.attachments.refusals import AttachmentIdUnfit, AttachmentTypeUnfit

LONGEST_ID = 128
_ID = re.compile(r"[^\x00-\x1f\x7f\\,]+")
_TYPE = re.compile(r"\.?([A-Za-z0-9]{1,8})")
_FIELD = "attaId"

SERVICES: Mapping[str, str] = {
    "A1000": "01",
    "A1002": "02",
    "A2000": "11",
    "A2001": "11",
    "A2020": "12",
    "A2010": "13",
    "A2030": "14",
    "A2031": "14",
    "A2040": "15",
}
"""Under which attaService the attachments of an operation's records ought to arrive."""


class Named(NamedTuple):
    """An attachment that a record names, and the service under which it ought to arrive."""

    atta_id: str
    service: str


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


def named_by(operation: str, record: object) -> tuple[Named, ...]:
    """The attachments that a record names, in whatever depth. Raises AttachmentIdUnfit."""
    service = SERVICES.get(operation)
    if service is None:
        return ()
    ids = dict.fromkeys(one for field in _fields(record) for one in ids_in(field))
    return tuple(Named(one, service) for one in ids)


def _fields(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name == _FIELD and isinstance(inner, str):
                yield inner
            else:
                yield from _fields(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _fields(inner)
