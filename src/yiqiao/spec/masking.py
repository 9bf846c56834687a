"""How much of a personal value may be shown, and that nothing of a secret one is.

    number   350***********0710     certificates, card numbers
    name     王*, 欧**               persons
    phone    138****8888
    date     1990****
    text     江苏省******            addresses, employers, photos
    secret   ***                     keys; not even the length shows

Short values show less: what is left must not allow the rest to be guessed.
"""

import re
from collections.abc import Callable, Mapping

HIDDEN = "***"
_STRAY = re.compile(r"(?<![0-9])(?:[0-9]{17}[0-9Xx]|[0-9]{15}|1[0-9]{10})(?![0-9])")


def mask(value: str, kind: str) -> str:
    """A value as it may be shown; `kind` is one of KINDS."""
    return KINDS[kind](value)


def mask_stray(text: str) -> str:
    """Free text with everything masked that looks like an identity card or mobile number in the wrong place."""
    return _STRAY.sub(lambda found: _phone(found[0]) if len(found[0]) == 11 else _number(found[0]), text)


def _number(value: str) -> str:
    if len(value) >= 15:
        return _kept(value, 3, 4)
    return _kept(value, 1, 2) if len(value) >= 8 else "*" * len(value)


def _name(value: str) -> str:
    return _kept(value, 1, 0) if len(value) > 1 else "*" * len(value)


def _phone(value: str) -> str:
    return _kept(value, 3, 4) if len(value) >= 11 else _number(value)


def _date(value: str) -> str:
    return _kept(value, 4, 0) if len(value) >= 8 else "*" * len(value)


def _text(value: str) -> str:
    return value[:3] + "*" * 6 if len(value) > 9 else "*" * len(value)


def _kept(value: str, head: int, tail: int) -> str:
    return value[:head] + "*" * (len(value) - head - tail) + value[len(value) - tail :]


KINDS: Mapping[str, Callable[[str], str]] = {
    "number": _number,
    "name": _name,
    "phone": _phone,
    "date": _date,
    "text": _text,
    "secret": lambda _: HIDDEN,
}
