"""The small hospital behind real HTTP, as a citizens' platform meets it: its address, its key, messages and answers."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.support.hospital import FILED_AT, HOSPITAL, fill
from tests.support.served import served
from yiqiao.app.settings import Settings
from yiqiao.app.store import open_store
from yiqiao.clock import beijing
from yiqiao.dialects.convenience import envelope
from yiqiao.dialects.convenience.client import Client, Refused, Style
from yiqiao.dialects.convenience.dialect import scheme_of
from yiqiao.storage import billing
from yiqiao.storage.billing import BillRow

SCHEME = scheme_of("standard")
NET_TEST: Mapping[str, object] = {"HOSPITAL_ID": HOSPITAL, "IP": "192.0.2.1"}
PERSON: Mapping[str, object] = {
    "HOSPITAL_ID": HOSPITAL,
    "ID_TYPE": 1,
    "ID_NO": "359851198503120134",
    "NAME": "柳成荫",
    "SEX": 1,
    "BIRTHDAY": "1985-03-12",
    "MOBILE": "15498510001",
}
BILL = BillRow(
    hospital_id=HOSPITAL,
    presc_no="CF1",
    patient_id="",
    serial_no="LS1",
    visit_no="MZ1",
    visit_day="2026-11-18",
    amount=12_345,
    state="due",
    trade_no=None,
    window_only=0,
    drug_window=None,
    ordered_by=None,
    ordered_at=None,
    changed_at=FILED_AT,
)


@dataclass(frozen=True)
class Running:
    """A sandbox with the small hospital in it, behind real HTTP."""

    url: str
    key: str
    settings: Settings
    bill: BillRow = BILL

    @property
    def wsdl(self) -> str:
        """Where the service describes itself."""
        return f"{self.url}/convenience?wsdl"

    def client(self, style: Style = "soap") -> Client:
        """A client of the demo platform."""
        return Client(f"{self.url}/convenience", user_id="demo", secret=self.key, style=style)

    def document(self, name: str, values: Mapping[str, object]) -> str:
        """A good message."""
        with self.client() as client:
            return client.speaker.document(name, values)

    def code(self, document: str) -> str:
        """The return code of an answer, which must bear the hospital's signature."""
        answer = envelope.open_response(document, [self.key], SCHEME)
        assert answer.signed
        return answer.code


async def _prepared(settings: Settings) -> str:
    async with open_store(settings) as store:
        today = beijing(store.clock.now_ms()).date()
        await store.database.write(lambda connection: fill(connection, today, keyring=store.keyring))
        partner = store.directory.find("convenience", "demo")
        assert partner is not None
        return partner.secrets[0]


@contextmanager
def served_hospital(folder: Path) -> Iterator[Running]:
    """Serve it while the block lasts; a patient has a bill of 123.45 元 to pay."""
    with served(folder) as hub:
        key = asyncio.run(_prepared(hub.settings))
        ready = Running(hub.url, key, hub.settings)
        with ready.client() as client:
            _until_there(client)
            patient_id = str(client.call("CreatePat", PERSON)["HOSP_PATIENT_ID"])
        bill = BILL._replace(patient_id=patient_id)
        asyncio.run(_file(hub.settings, bill))
        yield replace(ready, bill=bill)


async def _file(settings: Settings, bill: BillRow) -> None:
    async with open_store(settings) as store:
        await store.database.write(lambda connection: billing.add(connection, [bill]))


def _until_there(client: Client) -> None:
    """The hub sees within a second what another process has filed."""
    for _ in range(100):
        try:
            client.call("NetTest", NET_TEST)
        except Refused:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the hospital that was filed is not there")
