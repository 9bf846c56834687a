"""How a conversation with a HIS can fail, and secrets that a file names but does not hold."""

import os
from collections.abc import Mapping
from pathlib import Path


class NotConnected(Exception):
    """The HIS was not reached: it cannot have done anything."""


class NoAnswer(Exception):
    """The HIS may have heard, but what it did is not known."""


class MissingSecret(ValueError):
    """A secret is not where it is said to be; says where that is, never what was there."""


def secret(reference: str, folder: Path, environment: Mapping[str, str] | None = None) -> str:
    """What stands in the environment (`env:NAME`) or a file (`file:PATH`, beside `folder`). Raises MissingSecret."""
    kind, _, place = reference.partition(":")
    if kind == "env":
        value = (os.environ if environment is None else environment).get(place, "")
        if not value:
            raise MissingSecret(f"environment variable {place} is not set")
        return value
    if kind != "file":
        raise MissingSecret("a secret is named as env:NAME or file:PATH, never written down")
    path = folder / place
    try:
        value = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise MissingSecret(f"{path} cannot be read") from None
    if not value:
        raise MissingSecret(f"{path} is empty")
    return value
