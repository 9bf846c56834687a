"""The statements on hospitals elsewhere. All functions run in the caller's transaction."""

from typing import NamedTuple

from sqlalchemy import Connection, delete, select, update

from yiqiao.storage.bulk import upsert_many
from yiqiao.storage.tables.remote_hospitals import remote_hospital


class RemoteRow(NamedTuple):
    """A hospital elsewhere as stored, its columns in order."""

    hospital_id: str
    name: str
    url: str
    profile: str
    style: str
    namespace: str
    user_id: str
    key_id: str
    sealed: bytes
    active: int
    changed_at: int

    def __repr__(self) -> str:
        return f"RemoteRow({self.hospital_id}, {self.url})"


def put(connection: Connection, row: RemoteRow) -> None:
    """File a hospital, or put it in the place of the one under its id."""
    sets = {name: f"excluded.{name}" for name in RemoteRow._fields if name != "hospital_id"}
    upsert_many(connection, remote_hospital, ("hospital_id",), RemoteRow._fields, [row], sets=sets, unless_same=())


def all_of(connection: Connection) -> list[RemoteRow]:
    """Every one that is filed, by its id."""
    query = select(*remote_hospital.c).order_by(remote_hospital.c.hospital_id)
    return [RemoteRow._make(row) for row in connection.execute(query)]


def set_active(connection: Connection, hospital_id: str, active: bool, now_ms: int) -> bool:
    """Take one out of service, or into it; answers whether there is one."""
    changed = update(remote_hospital).where(remote_hospital.c.hospital_id == hospital_id)
    return connection.execute(changed.values(active=int(active), changed_at=now_ms)).rowcount == 1


def remove(connection: Connection, hospital_id: str) -> bool:
    """Forget one; answers whether there was one."""
    found = delete(remote_hospital).where(remote_hospital.c.hospital_id == hospital_id)
    return connection.execute(found).rowcount == 1
