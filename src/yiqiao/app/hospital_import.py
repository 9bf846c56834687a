"""A folder of sheets, read, checked row by row and filed in portions; what does not fit is set aside with its reason.

A row that is filed already and has not changed is left alone, so an import that was broken off is simply run again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from sqlalchemy import Connection

from yiqiao.app.store import Store
from yiqiao.hospital.imports.columns import Unfit
from yiqiao.hospital.imports.entries import Entries, Entry
from yiqiao.hospital.imports.files import Fault, ImportUnfit, Result
from yiqiao.hospital.imports.sheet import Filing, Sheet
from yiqiao.hospital.imports.sheets import SHEETS
from yiqiao.storage import hospital as stored
from yiqiao.storage.bulk import on_file, plan_afresh, upsert_many
from yiqiao.storage.hospital import PhotoRow
from yiqiao.storage.tables.hospital import doctor_photo

PORTION = 2_000
"""Rows, details included, that are filed in one transaction; a document is never split."""
LARGEST_PHOTO = 1_048_576


def files(folder: Path) -> list[tuple[Sheet, Path]]:
    """The sheets that are there, in the order of filing, with their paths. Raises ImportUnfit: also where one that has
    details is there without them, or they without it.
    """
    paths = {one.name: folder / f"{one.name}.csv" for sheet in SHEETS for one in sheet.layouts}
    there = {name for name, path in paths.items() if path.is_file()}
    if not there and not (folder / "photos").is_dir():
        named = "、".join(path.name for path in paths.values())
        raise ImportUnfit(f"{folder} 中没有可导入的文件；文件名应为 {named}")
    for sheet in SHEETS:
        together = [one.name for one in sheet.layouts]
        lacking = [f"{name}.csv" for name in together if name not in there]
        if 0 < len(lacking) < len(together):
            said = "、".join(f"{name}.csv" for name in together)
            raise ImportUnfit(f"缺少 {'、'.join(lacking)}：{said} 须一起导入，没有内容的也要有表头")
    return [(sheet, paths[sheet.name]) for sheet in SHEETS if sheet.name in there]


async def bring_in(
    store: Store,
    hospital_id: str,
    sheet: Sheet,
    path: Path,
    *,
    dry_run: bool = False,
    advanced: Callable[[int], None] = lambda _: None,
) -> list[Result]:
    """File one sheet with its details, which stand beside it; answers for each file what became of it.

    Raises ImportUnfit, StorageUnreachable, StorageFailed, SealingUnavailable; whole portions are filed then.
    """
    filing = Filing(store.keyring, hospital_id, store.clock.now_ms())
    entries = Entries(sheet, path, filing)
    for portion in _portions(entries.all(), whole=sheet.at_once):
        good = [entry for entry in portion if not entry.faults]

        def work(connection: Connection, good: list[Entry] = good) -> list[Unfit | None]:
            return _put(connection, sheet, filing, good, dry_run=dry_run)

        unfit = await (store.database.read(work) if dry_run else store.database.write(work))
        for entry, found in zip(good, unfit, strict=True):
            if found is not None:
                entry.faults.append(entries.fault(entry, found))
        for entry in portion:
            if entry.faults:
                entries.reject(entry)
        advanced(sum(entry.size for entry in portion))
    return entries.finish(dry_run=dry_run)


async def bring_in_photos(store: Store, hospital_id: str, paths: Sequence[Path], *, dry_run: bool = False) -> Result:
    """File the photos, named by their doctors. Raises StorageUnreachable, StorageFailed."""
    known = await store.database.read(lambda c: stored.doctors(c, hospital_id, [path.stem for path in paths]))
    faults, filed = [], 0
    for path in paths:
        jpeg = path.read_bytes()
        if path.stem not in known:
            faults.append(Fault(f"photos/{path.name}", 0, "", "没有这位医生，请先导入医生或更正文件名"))
        elif not jpeg.startswith(b"\xff\xd8") or len(jpeg) > LARGEST_PHOTO:
            faults.append(Fault(f"photos/{path.name}", 0, "", "应为不超过 1 MB 的 JPEG 图片"))
        else:
            filed += 1
            row = PhotoRow(hospital_id, path.stem, jpeg, store.clock.now_ms())
            if not dry_run:
                await store.database.write(lambda connection, row=row: _file_photo(connection, row))  # type: ignore[misc]
    return Result("photos", len(paths), filed, tuple(faults))


def _file_photo(connection: Connection, row: PhotoRow) -> None:
    sets = {"jpeg": "excluded.jpeg", "changed_at": "excluded.changed_at"}
    keys = ("hospital_id", "doctor_id")
    upsert_many(connection, doctor_photo, keys, PhotoRow._fields, [row], sets=sets, unless_same=("jpeg",))


def _portions(entries: Iterable[Entry], *, whole: bool) -> Iterator[list[Entry]]:
    portion: list[Entry] = []
    rows = 0
    for entry in entries:
        portion.append(entry)
        rows += entry.size
        if rows >= PORTION and not whole:
            yield portion
            portion, rows = [], 0
    if portion:
        yield portion


def _put(
    connection: Connection, sheet: Sheet, filing: Filing, entries: Sequence[Entry], *, dry_run: bool
) -> list[Unfit | None]:
    """File entries; answers for each what kept it from being filed."""
    if not dry_run:
        plan_afresh(connection)
    lost = _lost(connection, sheet, filing.hospital_id, entries)
    there = [n for n in range(len(entries)) if n not in lost]
    refused = sheet.shelf.put(connection, filing, [entries[n].made for n in there], dry_run=dry_run)
    unfit = {**lost, **{there[n]: found for n, found in refused.items()}}
    return [unfit.get(n) for n in range(len(entries))]


def _lost(connection: Connection, sheet: Sheet, hospital_id: str, entries: Sequence[Entry]) -> Mapping[int, Unfit]:
    """Those, by index, that name something that is not on file."""
    lost: dict[int, Unfit] = {}
    for reference in sheet.refers:
        named = sorted({str(entry.values[reference.column]) for entry in entries})
        known = on_file(connection, reference.table, reference.key, hospital_id, named)
        for n, entry in enumerate(entries):
            if entry.values[reference.column] not in known:
                lost.setdefault(n, Unfit(f"没有登记这个{reference.meaning}，请先导入或更正", reference.column))
    return lost
