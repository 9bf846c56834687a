"""What the supervisor's operators do before a hospital uploads: open it, bind its departments and its partners (1.3.5,
1.3.6). Each act is audited, and what waited for a binding is judged again.
"""

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection

from yiqiao.clock import Clock
from yiqiao.partners.audit import audit
from yiqiao.region.supervision import waiting
from yiqiao.region.supervision.kinds import Bound
from yiqiao.region.supervision.refusals import InstitutionUnfit, UnknownInstitution
from yiqiao.storage import Database, supervision
from yiqiao.storage import supervision_records as stored
from yiqiao.storage.supervision import BindingRow, InstitutionRow

T = TypeVar("T")
LONGEST_CODE, LONGEST_NAME = 32, 32


class Institution(NamedTuple):
    """An institution with what is bound for it."""

    row: InstitutionRow
    subjects: tuple[BindingRow, ...]
    partners: tuple[BindingRow, ...]


@dataclass(frozen=True)
class Institutions:
    """The acts of the console. `woken` is called when something has to be judged again; `wall` dates the audit. In a
    rehearsal every act is tried and taken back.
    """

    database: Database
    clock: Clock
    wall: Clock
    woken: Callable[[], None] = lambda: None
    rehearsal: bool = False

    async def all(self) -> list[InstitutionRow]:
        """All institutions, by appid."""
        return await self.database.read(supervision.institutions)

    async def show(self, app_id: str) -> Institution:
        """One institution. Raises UnknownInstitution."""

        def read(connection: Connection) -> Institution:
            row = supervision.find_institution(connection, app_id)
            if row is None:
                raise UnknownInstitution(app_id)
            bound = supervision.bindings(connection, app_id)
            subjects = tuple(one for one in bound if one.kind == Bound.SUBJECT)
            return Institution(row, subjects, tuple(one for one in bound if one.kind == Bound.PARTNER))

        return await self.database.read(read)

    async def open(self, operator: str, app_id: str, hosp_id: str, name: str) -> bool:
        """开通医疗机构: what it uploads is taken in from now on. Answers whether it was new; one that was closed is
        open again, under this code and name. Raises InstitutionUnfit.
        """
        _check(appid=app_id, 机构编码=hosp_id)
        _check_name(name)
        now = self.clock.now_ms()

        def write(connection: Connection) -> bool:
            supervision.alone(connection, app_id)
            row = InstitutionRow(app_id, hosp_id, name.strip(), 1, now, now)
            new = supervision.add_institution(connection, row)
            if not new:
                supervision.change_institution(connection, app_id, now, hosp_id=hosp_id, name=name.strip(), open=1)
            self._audit(connection, operator, "supervision.open", app_id, {"hosp_id": hosp_id})
            self._announce(connection, app_id, Bound.PARTNER, hosp_id)
            return new

        new = await self._write(write)
        self.woken()
        return new

    async def close(self, operator: str, app_id: str) -> None:
        """停用: nothing more is taken in; what is on file stays. Raises UnknownInstitution."""
        now = self.clock.now_ms()

        def write(connection: Connection) -> None:
            supervision.alone(connection, app_id)
            if not supervision.change_institution(connection, app_id, now, open=0):
                raise UnknownInstitution(app_id)
            self._audit(connection, operator, "supervision.close", app_id, {})

        await self._write(write)

    async def bind_subject(self, operator: str, app_id: str, dept_code: str, subject: str, name: str) -> None:
        """绑定科目: a department works in a subject that is licensed. Raises UnknownInstitution, InstitutionUnfit."""
        _check(科室编码=dept_code, 科目代码=subject)
        await self._bind(operator, app_id, Bound.SUBJECT, dept_code, subject, name)

    async def bind_partner(self, operator: str, app_id: str, hosp_id: str, name: str) -> None:
        """绑定合作医院: a hospital with which it consults. Raises UnknownInstitution, InstitutionUnfit."""
        _check(合作医院编码=hosp_id)
        await self._bind(operator, app_id, Bound.PARTNER, hosp_id, "", name)

    async def unbind(self, operator: str, app_id: str, kind: Bound, code: str) -> bool:
        """Take a binding back: what comes from now on waits for it, what was valid stays. Answers whether there was
        one.
        """

        def write(connection: Connection) -> bool:
            supervision.alone(connection, app_id)
            gone = supervision.unbind(connection, app_id, kind, code)
            if gone:
                self._audit(connection, operator, f"supervision.unbind_{kind}", app_id, {"code": code})
            return gone

        return await self._write(write)

    async def judge_again(self, operator: str, app_id: str) -> int:
        """A person's button: look anew at everything that is waited for. Answers how many facts have come meanwhile;
        it is none unless something went wrong. Raises UnknownInstitution.
        """

        def write(connection: Connection) -> int:
            supervision.alone(connection, app_id)
            if supervision.find_institution(connection, app_id) is None:
                raise UnknownInstitution(app_id)
            come = stored.announce_all(connection, app_id)
            waiting.put(connection, self.clock.now_ms(), app_id, f"asked {secrets.token_hex(8)}")
            self._audit(connection, operator, "supervision.judge_again", app_id, {"come": come})
            return come

        come = await self._write(write)
        self.woken()
        return come

    async def _bind(self, operator: str, app_id: str, kind: Bound, code: str, subject: str, name: str) -> None:
        _check_name(name)
        now = self.clock.now_ms()

        def write(connection: Connection) -> None:
            supervision.alone(connection, app_id)
            if supervision.find_institution(connection, app_id) is None:
                raise UnknownInstitution(app_id)
            supervision.bind(connection, BindingRow(app_id, kind.value, code, subject, name.strip(), now))
            self._audit(connection, operator, f"supervision.bind_{kind}", app_id, {"code": code, "subject": subject})
            self._announce(connection, app_id, kind, code)

        await self._write(write)
        self.woken()

    async def _write(self, work: Callable[[Connection], T]) -> T:
        if not self.rehearsal:
            return await self.database.write(work)
        done: list[T] = []

        def tried(connection: Connection) -> None:
            done.append(work(connection))
            raise _Rehearsed

        with suppress(_Rehearsed):
            await self.database.write(tried)
        return done[0]

    def _announce(self, connection: Connection, app_id: str, kind: Bound, code: str) -> None:
        if stored.announce(connection, app_id, kind, [code]):
            waiting.put(connection, self.clock.now_ms(), app_id, f"bound {secrets.token_hex(8)}")

    def _audit(self, connection: Connection, operator: str, act: str, app_id: str, detail: dict[str, object]) -> None:
        audit(connection, self.wall.now_ms(), operator, act, app_id, detail)


class _Rehearsed(Exception):
    """The act is taken back."""


def _check(**codes: str) -> None:
    for what, code in codes.items():
        if not code or len(code) > LONGEST_CODE or not code.isprintable() or code != code.strip():
            raise InstitutionUnfit(f"{what}应为 1 至 {LONGEST_CODE} 个可见字符，首尾不留空格")


def _check_name(name: str) -> None:
    if not name.strip() or len(name.strip()) > LONGEST_NAME or not name.isprintable():
        raise InstitutionUnfit(f"名称应为 1 至 {LONGEST_NAME} 个可见字符")
