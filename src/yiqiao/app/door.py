"""The door by which `yiqiao sandbox` reaches a running sandbox: HTTP on loopback, for whoever can read a file.

The sandbox leaves its address and a token in its data folder, readable by its user alone.
"""

import json
import os
import secrets
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from yiqiao.app.settings import Settings

PATH = "/sandbox/control"
FILE = "sandbox-control.json"


@dataclass(frozen=True)
class Door:
    """Where a sandbox listens, and what it wants to be shown."""

    url: str
    token: str = field(repr=False)


def open_door(settings: Settings) -> Door:
    """Leave the address and a token in the data folder; a token that is there stays. Raises OSError."""
    path = settings.folder / FILE
    found = door_of(settings)
    if found is None:
        _left(path, Door(settings.address, secrets.token_urlsafe(32)), replacing=False)
    elif found.url != settings.address:
        _left(path, Door(settings.address, found.token), replacing=True)
    door = door_of(settings)
    if door is None:
        raise OSError(f"{path}: cannot be read back")
    return door


def door_of(settings: Settings) -> Door | None:
    """What a sandbox has left in the data folder; None where none ever did."""
    try:
        said = json.loads((settings.folder / FILE).read_text(encoding="utf-8"))
        return Door(str(said["url"]), str(said["token"]))
    except (FileNotFoundError, ValueError, KeyError):
        return None


def _left(path: Path, door: Door, *, replacing: bool) -> None:
    """Write the file whole or not at all; without `replacing`, who comes second finds the first one's."""
    handle, name = tempfile.mkstemp(dir=path.parent)  # readable by its owner alone
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(asdict(door), file)
    if replacing:
        Path(name).replace(path)
        return
    try:
        with suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink()
