"""Departments on their shelf: each below one that there is, none below itself."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from yiqiao.hospital.imports.columns import Unfit
from yiqiao.hospital.imports.sheet import Filing
from yiqiao.hospital.imports.shelves import TableShelf
from yiqiao.storage import hospital as stored
from yiqiao.storage.hospital import DepartmentRow
from yiqiao.storage.tables.hospital import department

_ROWS = TableShelf(department, DepartmentRow)


class DepartmentShelf:
    """The departments of a hospital, all of a file at once."""

    def put(
        self, connection: Connection, at: Filing, rows: Sequence[DepartmentRow], *, dry_run: bool
    ) -> Mapping[int, Unfit]:
        """File departments, save those whose parent is wrong."""
        given = {row.dept_id: row.parent_id for row in rows}
        unfit = unfit_parents(stored.parents(connection, at.hospital_id), given)
        _ROWS.put(connection, at, [row for row in rows if row.dept_id not in unfit], dry_run=dry_run)
        return {n: Unfit(unfit[row.dept_id], "parent_id") for n, row in enumerate(rows) if row.dept_id in unfit}


def unfit_parents(on_file: Mapping[str, str | None], given: Mapping[str, str | None]) -> dict[str, str]:
    """Which of the `given` departments cannot be filed, and why; both map a department to the one above it.

    What is not filed is no parent for others, so each refusal may bring further ones.
    """
    unfit: dict[str, str] = {}
    while True:
        left = {dept_id: parent_id for dept_id, parent_id in given.items() if dept_id not in unfit}
        standing = {**on_file, **left}
        found = {dept_id: said for dept_id in left if (said := _wrong(dept_id, standing))}
        if not found:
            return unfit
        unfit |= found


def _wrong(dept_id: str, above: Mapping[str, str | None]) -> str:
    path, parent_id = [dept_id], above[dept_id]
    if parent_id is not None and parent_id not in above:
        return "没有登记这个上级科室，文件中也没有可导入的，请先补上或更正"
    while parent_id is not None and parent_id not in path:
        path.append(parent_id)
        parent_id = above.get(parent_id)
    if parent_id != dept_id:
        return ""
    return f"上级科室成环（{' → '.join([*path, dept_id])}），请更正"
