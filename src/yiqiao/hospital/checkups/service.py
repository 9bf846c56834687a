"""Physical examinations of one of our own hospitals: filed and found."""

from dataclasses import dataclass

from yiqiao.clock import parse_compact
from yiqiao.crypto.keyring import Keyring
from yiqiao.hospital.house import House
from yiqiao.hospital.sealing import Whose, number_index, open_record, rebuilt, seal_record
from yiqiao.ports.hospital.checkups import Checkup, CheckupDepartment, CheckupItem, Conclusion
from yiqiao.ports.hospital.refusals import NoSuchRecord
from yiqiao.ports.hospital.values import Sex
from yiqiao.storage import clinical
from yiqiao.storage.clinical import Kind, RecordRow


def checkup_row(keyring: Keyring, hospital_id: str, checkup: Checkup, now_ms: int) -> RecordRow:
    """The row that keeps a physical examination."""
    at = parse_compact(checkup.day.replace("-", "") + "000000")
    whose = Whose(id_no=checkup.id_no)
    return seal_record(keyring, hospital_id, Kind.CHECKUP, checkup.report_id, whose, at, checkup, now_ms)


@dataclass(frozen=True)
class LocalCheckups:
    """`Checkups` over our own tables."""

    house: House
    hospital_id: str

    async def find(self, report_id: str, id_no: str | None = None) -> Checkup:
        """One of them; somebody else's is as if there were none."""
        index = number_index(self.house.keyring, Kind.CHECKUP, report_id)
        row = await self.house.database.read(lambda c: clinical.record(c, self.hospital_id, Kind.CHECKUP, index))
        found = None if row is None else _checkup(self.house.keyring, row)
        if found is None or (id_no is not None and id_no.upper() != found.id_no.upper()):
            raise NoSuchRecord("没有这份体检报告，请核对体检单号与身份证号")
        return found


def _checkup(keyring: Keyring, row: RecordRow) -> Checkup:
    values = rebuilt(
        open_record(keyring, row), items=CheckupItem, departments=CheckupDepartment, conclusions=Conclusion
    )
    return Checkup(**{**values, "sex": None if values["sex"] is None else Sex(values["sex"])})
