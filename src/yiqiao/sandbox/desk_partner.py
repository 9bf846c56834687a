"""What a sandbox has for calling the unified library's platform: a demo HIS at a cashier's desk, with its own key."""

from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import Connection

from yiqiao.clock import Clock
from yiqiao.crypto.keyring import Keyring
from yiqiao.partners import Directory, store
from yiqiao.partners.particulars import PartnerExists

DIALECT = "onetrans"
APP_ID = "demo-onetrans"
NAME = "演示 HIS（收费处）"


@dataclass(frozen=True)
class DeskPartner:
    """The demo HIS."""

    app_id: str
    app_key: str = field(repr=False)


async def furnish(keyring: Keyring, clock: Clock, directory: Directory) -> DeskPartner:
    """File the demo HIS, if it is not filed yet."""
    if directory.find(DIALECT, APP_ID) is None:
        new = store.NewPartner(DIALECT, APP_ID, NAME, settings={"demo": True})
        await directory.change(partial(_add, keyring=keyring, now_ms=clock.now_ms(), new=new))
    partner = directory.find(DIALECT, APP_ID)
    if partner is None or not partner.secrets:
        raise RuntimeError("the demo HIS has no key in force")
    return DeskPartner(APP_ID, partner.secrets[0])


def _add(connection: Connection, keyring: Keyring, now_ms: int, new: store.NewPartner) -> None:
    try:
        store.add(connection, keyring, now_ms, new)
    except PartnerExists:  # another worker was quicker
        return
