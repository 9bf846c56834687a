"""What every part of the hospital stands on."""

from dataclasses import dataclass

from yiqiao.clock import Clock
from yiqiao.crypto.keyring import Keyring
from yiqiao.storage import Database


@dataclass(frozen=True)
class House:
    """One a process, for all hospitals that are kept here."""

    database: Database
    keyring: Keyring
    clock: Clock
