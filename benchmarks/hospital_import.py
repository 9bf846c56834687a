"""How quickly a hospital's data comes in from CSV files: schedules with their units, patients, bills and reports."""

import asyncio
import csv
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from benchmarks.figures import Figure
from tests.support import postgres
from yiqiao.app.hospital_import import bring_in, files
from yiqiao.app.settings import Settings
from yiqiao.app.store import open_store

HOSPITAL = "9851009"
DEPARTMENTS, DOCTORS, SCHEDULES, PATIENTS = 40, 300, 20_000, 10_000
BILLS, REPORTS, DETAILS = 5_000, 5_000, 4
TARGET = 5_000
FIRST_DAY = date(2026, 12, 1)


def measure() -> Iterator[Figure]:
    """Rows a second on both engines: new, and once more when all are on file."""
    with tempfile.TemporaryDirectory(prefix="yiqiao-bench-") as folder:
        yield from _on("SQLite", Path(folder), "")
    cluster = postgres.start(fast=False)
    try:
        cluster.settle()
        with tempfile.TemporaryDirectory(prefix="yiqiao-bench-") as folder:
            yield from _on("PostgreSQL", Path(folder), cluster.create_database())
    finally:
        cluster.stop()


def _on(engine: str, folder: Path, url: str) -> Iterator[Figure]:
    sheets = folder / "sheets"
    sheets.mkdir()
    _write(sheets)
    settings = Settings(data=str(folder / "data"), database_url=url)
    for what in ("new", "on file already"):
        rate = asyncio.run(_rate(settings, sheets))
        yield Figure(f"import, {what}, {engine}", rate, "rows/s", TARGET, "target", 1.0)


async def _rate(settings: Settings, sheets: Path) -> float:
    """Rows a second over all sheets. RuntimeError where a row is set aside: what is refused is quick."""
    rows = 0
    async with open_store(settings) as store:
        begun = time.perf_counter()
        for sheet, path in files(sheets):
            for result in await bring_in(store, HOSPITAL, sheet, path):
                if result.faults:
                    raise RuntimeError(str(result.faults[0]))
                rows += result.rows
        return rows / (time.perf_counter() - begun)


def _write(folder: Path) -> None:
    sheets: dict[str, tuple[Sequence[str], Iterator[Sequence[object]]]] = {
        "departments": (("dept_id", "name"), ((f"D{n}", f"专科{n}") for n in range(DEPARTMENTS))),
        "doctors": (("doctor_id", "name", "sex"), ((f"Y{n}", f"医生{n}", 1 + n % 2) for n in range(DOCTORS))),
        "schedules": (
            ("schedule_id", "dept_id", "doctor_id", "day", "session", "level", "fee_treatment"),
            (
                (f"P{n}", f"D{n % DEPARTMENTS}", f"Y{n % DOCTORS}", day, 1 + n % 2, 1, "15.00")
                for n in range(SCHEDULES)
                for day in [FIRST_DAY + timedelta(n // 600)]
            ),
        ),
        "pools": (("schedule_id", "pool", "total"), ((f"P{n}", 1, 30) for n in range(SCHEDULES))),
        "patients": (
            ("patient_id", "name", "sex", "birthday", "mobile", "certificate_type", "certificate_no"),
            (
                (f"B{n}", f"患者{n}", 1 + n % 2, "1985-03-12", f"154{n:08}", 1, f"35985119850312{n:04}")
                for n in range(PATIENTS)
            ),
        ),
        "bills": (
            ("presc_no", "patient_id", "serial_no", "visit_no", "visit_day", "amount"),
            ((f"C{n}", f"B{n}", f"L{n}", f"M{n}", FIRST_DAY, f"{13 * DETAILS}.00") for n in range(BILLS)),
        ),
        "bill_lines": (
            ("presc_no", "line_no", "item_no", "item_name", "item_class", "price", "quantity"),
            ((f"C{n}", 1 + m, f"X{m}", "针刺", "治疗费", "6.5000", 2) for m in range(DETAILS) for n in range(BILLS)),
        ),
        "lab_reports": (
            ("test_no", "patient_id", "name", "requested_at"),
            ((f"J{n}", f"B{n}", "血常规", f"{FIRST_DAY} 08:30") for n in range(REPORTS)),
        ),
        "lab_items": (
            ("test_no", "line_no", "name", "result"),
            ((f"J{n}", 1 + m, f"项目{m}", n % 100) for m in range(DETAILS) for n in range(REPORTS)),
        ),
    }  # fmt: skip
    for name, (columns, rows) in sheets.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([columns, *rows])
