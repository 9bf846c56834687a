"""The tree of departments: which are shown, and which lie below another."""

from collections.abc import Sequence

from yiqiao.hospital.catalogue.rows import department_info
from yiqiao.ports.hospital.catalogue import DepartmentInfo, Level
from yiqiao.ports.hospital.refusals import NoSuchRecord, UnknownDepartment
from yiqiao.storage.hospital import Department


def shown(departments: Sequence[Department], scope: Level | str) -> list[DepartmentInfo]:
    """Those with schedules and those above them, as far as they are asked for. Raises UnknownDepartment, NoSuchRecord.

    Administrative departments have no schedules. One whose parent is not on file is of the first level.
    """
    parents = _parents(departments)
    open_to_patients = {dept_id for one in departments if one.scheduled for dept_id in _up(one.row.dept_id, parents)}
    if scope is Level.ALL:
        wanted = open_to_patients
    elif scope is Level.FIRST:
        wanted = {dept_id for dept_id in open_to_patients if parents[dept_id] is None}
    elif scope in parents:
        wanted = {dept_id for dept_id in open_to_patients if scope in _up(dept_id, parents)}
    else:
        raise UnknownDepartment
    if not wanted:
        raise NoSuchRecord
    rows = (one.row for one in departments if one.row.dept_id in wanted)
    return [department_info(row, parents[row.dept_id]) for row in rows]


def _parents(departments: Sequence[Department]) -> dict[str, str | None]:
    known = {one.row.dept_id for one in departments}
    return {
        one.row.dept_id: one.row.parent_id if one.row.parent_id in known - {one.row.dept_id} else None
        for one in departments
    }


def _up(dept_id: str, parents: dict[str, str | None]) -> list[str]:
    """A department and those above it, the nearest first; a circle in the data ends where it closes."""
    way: list[str] = []
    at: str | None = dept_id
    while at is not None and at not in way:
        way.append(at)
        at = parents[at]
    return way
