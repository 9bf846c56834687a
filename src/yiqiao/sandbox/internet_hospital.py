"""What a sandbox has for uploading to the supervisor: a demo internet hospital, opened, with its own key."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import Connection

from yiqiao.clock import Clock
from yiqiao.crypto.keyring import Keyring
from yiqiao.partners import Directory, store
from yiqiao.partners.particulars import PartnerExists
from yiqiao.region.supervision.institutions import Institutions
from yiqiao.region.supervision.refusals import UnknownInstitution
from yiqiao.storage import supervision
from yiqiao.storage.supervision import InstitutionRow

DIALECT = "supervision"
APP_ID = "IH9800"
HOSPITAL = "H9800"
NAME = "演示互联网医院"
PROFILE = "reconstructed"
OPERATOR = "sandbox"


@dataclass(frozen=True)
class InternetHospital:
    """The demo internet hospital."""

    app_id: str
    key: str = field(repr=False)


async def furnish(keyring: Keyring, clock: Clock, directory: Directory, institutions: Institutions) -> InternetHospital:
    """File and open the demo internet hospital, as far as it is not there yet."""
    if directory.find(DIALECT, APP_ID) is None:
        new = store.NewPartner(DIALECT, APP_ID, NAME, profile=PROFILE, settings={"demo": True})
        await directory.change(partial(_add, keyring=keyring, now_ms=clock.now_ms(), new=new))
    try:
        await institutions.show(APP_ID)
    except UnknownInstitution:
        await institutions.open(OPERATOR, APP_ID, HOSPITAL, NAME)
    partner = directory.find(DIALECT, APP_ID)
    if partner is None or not partner.secrets:
        raise RuntimeError("the demo internet hospital has no key in force")
    return InternetHospital(APP_ID, partner.secrets[0])


def opening(clock: Clock) -> Callable[[Connection], None]:
    """Opens it where all data has just been taken out: what a reset sandbox holds, as a fresh one does."""

    def work(connection: Connection) -> None:
        now = clock.now_ms()
        supervision.add_institution(connection, InstitutionRow(APP_ID, HOSPITAL, NAME, 1, now, now))

    return work


def _add(connection: Connection, keyring: Keyring, now_ms: int, new: store.NewPartner) -> None:
    try:
        store.add(connection, keyring, now_ms, new)
    except PartnerExists:  # another worker was quicker
        return
