"""What a sandbox has for calling its hospitals: a demo citizens' platform, with a key of its own."""

from functools import partial

from sqlalchemy import Connection

from yiqiao.clock import Clock
from yiqiao.crypto.keyring import Keyring
from yiqiao.partners import Directory, store
from yiqiao.partners.particulars import PartnerExists

DIALECT = "convenience"
USER_ID = "demo"
NAME = "演示便民平台"


async def furnish(keyring: Keyring, clock: Clock, directory: Directory) -> None:
    """File the demo platform, if it is not filed yet."""
    if directory.find(DIALECT, USER_ID) is None:
        new = store.NewPartner(DIALECT, USER_ID, NAME, settings={"demo": True})
        await directory.change(partial(_add, keyring=keyring, now_ms=clock.now_ms(), new=new))


def _add(connection: Connection, keyring: Keyring, now_ms: int, new: store.NewPartner) -> None:
    try:
        store.add(connection, keyring, now_ms, new)
    except PartnerExists:  # another worker was quicker
        return
