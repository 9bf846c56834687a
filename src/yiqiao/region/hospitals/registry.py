"""Which hospitals elsewhere the region calls: where, as whom, in which profile, and with which key, kept sealed."""

import re
from dataclasses import dataclass, field

from sqlalchemy import Connection

from yiqiao.clock import Clock
from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError
from yiqiao.storage import Database
from yiqiao.storage import remote_hospitals as stored
from yiqiao.storage.hospital import hospital_ids
from yiqiao.storage.remote_hospitals import RemoteRow

STYLES = ("soap", "plain")
NAMESPACE = "http://tempuri.org/"
_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
_URL = re.compile(r"https?://[^\s/]+\S*")


class HospitalUnfit(DomainError):
    """What is said of a hospital cannot be; the message says what to change."""


class NotRegistered(DomainError):
    """No hospital elsewhere is registered under the id."""

    def __init__(self, hospital_id: str) -> None:
        super().__init__(f"没有登记医院 {hospital_id[:32]!r}，请先登记（yiqiao hospital connect）")


@dataclass(frozen=True)
class RemoteAddress:
    """A hospital's service and how it is called. `style`: soap or plain."""

    hospital_id: str
    name: str
    url: str
    user_id: str
    secret: str = field(repr=False)
    profile: str = "standard"
    style: str = "soap"
    namespace: str = NAMESPACE
    active: bool = True


@dataclass(frozen=True)
class Registry:
    """The register of hospitals elsewhere."""

    database: Database
    keyring: Keyring
    clock: Clock

    async def connect(self, address: RemoteAddress) -> None:
        """Register a hospital, or change what is registered under its id. Raises HospitalUnfit."""
        _check(address)
        key_id, sealed = self.keyring.seal(address.secret.encode(), _context(address.hospital_id))
        row = RemoteRow(
            hospital_id=address.hospital_id,
            name=address.name,
            url=address.url,
            profile=address.profile,
            style=address.style,
            namespace=address.namespace,
            user_id=address.user_id,
            key_id=key_id,
            sealed=sealed,
            active=int(address.active),
            changed_at=self.clock.now_ms(),
        )

        def write(connection: Connection) -> None:
            if address.hospital_id in hospital_ids(connection):
                raise HospitalUnfit(f"医院 {address.hospital_id} 的数据就在本平台，不需要登记地址")
            stored.put(connection, row)

        await self.database.write(write)

    async def suspend(self, hospital_id: str, *, active: bool = False) -> None:
        """Take a hospital out of service, or with `active` into it again. Raises NotRegistered."""
        now = self.clock.now_ms()
        if not await self.database.write(lambda c: stored.set_active(c, hospital_id, active, now)):
            raise NotRegistered(hospital_id)

    async def remove(self, hospital_id: str) -> None:
        """Forget a hospital. Raises NotRegistered."""
        if not await self.database.write(lambda c: stored.remove(c, hospital_id)):
            raise NotRegistered(hospital_id)

    async def rows(self) -> list[RemoteRow]:
        """All that are registered."""
        return await self.database.read(stored.all_of)

    async def find(self, hospital_id: str) -> RemoteAddress:
        """One of them, with its key; also by its name, where only one bears it.

        Raises NotRegistered, SealingUnavailable.
        """
        rows = await self.rows()
        found = [row for row in rows if row.hospital_id == hospital_id] or [
            row for row in rows if row.name == hospital_id
        ]
        if len(found) != 1:
            raise NotRegistered(hospital_id)
        return opened(self.keyring, found[0])


def opened(keyring: Keyring, row: RemoteRow) -> RemoteAddress:
    """A row with its key. Raises SealingUnavailable."""
    return RemoteAddress(
        hospital_id=row.hospital_id,
        name=row.name,
        url=row.url,
        user_id=row.user_id,
        secret=keyring.unseal(row.key_id, bytes(row.sealed), _context(row.hospital_id)).decode(),
        profile=row.profile,
        style=row.style,
        namespace=row.namespace,
        active=bool(row.active),
    )


def _check(address: RemoteAddress) -> None:
    if not _ID.fullmatch(address.hospital_id):
        raise HospitalUnfit("医院 ID 应为 1 至 32 位字母、数字、- 或 _")
    if not _URL.fullmatch(address.url):
        raise HospitalUnfit("地址应以 http:// 或 https:// 开头")
    if not address.name.strip():
        raise HospitalUnfit("请填写医院名称")
    if not address.user_id.strip() or not address.secret:
        raise HospitalUnfit("请填写医院分配的用户名（USER_ID）与密钥（KEY）")
    if address.style not in STYLES:
        raise HospitalUnfit(f"报文封装应为 {'、'.join(STYLES)}")


def _context(hospital_id: str) -> bytes:
    return f"remote hospital|{hospital_id}".encode()
