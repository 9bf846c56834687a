"""Writing Parquet by the embedded DuckDB."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from yiqiao.region.supervision.quality.columns import Column, selection, structure
from yiqiao.region.supervision.quality.workbench import PORTION, Row


def write_parquet(path: Path, columns: tuple[Column, ...], rows: Sequence[Row]) -> None:
    """Write rows into a new file, compressed, in the order of their keys."""
    read = f"SELECT unnest(from_json(CAST(? AS JSON), '{structure(columns)}'), recursive := false) AS one"
    found = f"SELECT {selection(columns)} FROM (SELECT one.* FROM ({read}))"
    with duckdb.connect(":memory:") as database:
        database.execute("SET threads = 1")
        for start in range(0, len(rows), PORTION):
            text = b"[" + b",".join(row.text() for row in rows[start : start + PORTION]) + b"]"
            into = "INSERT INTO record" if start else "CREATE TABLE record AS"
            database.execute(f"{into} {found}", [text.decode()])
        place = str(path).replace("'", "''")
        kept = "SELECT * EXCLUDE (_own) FROM record ORDER BY _key"
        database.execute(f"COPY ({kept}) TO '{place}' (FORMAT parquet, COMPRESSION zstd)")
