"""Analyses over the archive: files with a question in SQL, asked of its Parquet by an embedded DuckDB.

    -- title: 各科室每月复诊量
    -- english: Visits by month and department
    -- about: …                       what is counted, and how; `says` is the same in English
    -- chart: bar                     bar or line
    -- by: department                 a column whose values become the chart's series; may be left out
    SELECT month, department, count(*) AS visits FROM …

A question sees a table for each kind of record with the archive's columns, and `month` and `app` (the institution). Its
first column is what the chart is drawn along, and its last one not named otherwise is what is drawn. A file that is
added is an analysis more.
"""

import re
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from yiqiao.errors import DomainError
from yiqiao.region.supervision.archive import archived
from yiqiao.region.supervision.quality.columns import Shapes, selection, structure

PATIENCE_S = 60.0
MOST = 100_000
"""Rows of an answer."""
SERIES = 8
"""Series of a chart; the smaller ones are added up."""
OTHERS = "其他"
_FOLDER = "analyses"
_HEAD = re.compile(r"^-- (title|english|about|says|chart|by): (.+)$", re.M)
Cell = str | int | float | None


class AnalysisUnusable(DomainError):
    """A question cannot be asked; the message says why."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"分析 {name} 不能运行：{why}")


class Analysis(BaseModel):
    """A question; see the module's text."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: Annotated[str, Field(min_length=1)]
    english: str = ""
    about: str = ""
    says: str = ""
    chart: Literal["bar", "line"] = "bar"
    by: str | None = None
    sql: str


class Answer(NamedTuple):
    """What came of a question. Dates are texts."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@cache
def analyses() -> Mapping[str, Analysis]:
    """The analyses that come with the hub, by name."""
    found = sorted((files(__package__) / _FOLDER).iterdir(), key=lambda one: one.name)
    return {one.name: one for one in (read(Path(file.name).stem, file.read_text("utf-8")) for file in found)}


def read(name: str, text: str) -> Analysis:
    """A file's text as a question. One without a head is called by its name. Raises AnalysisUnusable."""
    head = {"title": name, **dict(_HEAD.findall(text))}
    try:
        return Analysis.model_validate({**head, "name": name, "sql": text})
    except ValidationError as error:
        raise AnalysisUnusable(name, "；".join(f"{one['loc'][0]}: {one['msg']}" for one in error.errors())) from None


def ask(folder: Path, shapes: Shapes, analysis: Analysis) -> Answer:
    """Ask a question of an archive. It can read the archive and nothing else, and change nothing.

    Raises AnalysisUnusable.
    """
    import duckdb  # some 60 MB: only who asks pays for it

    if not folder.is_dir():
        raise AnalysisUnusable(analysis.name, f"没有归档目录 {folder}")
    with duckdb.connect(":memory:") as database:
        try:
            asked = database.extract_statements(analysis.sql)
            if [one.type for one in asked] != [duckdb.StatementType.SELECT]:
                raise AnalysisUnusable(analysis.name, "须是一条 SELECT 语句")
            for statement in _set_up(folder, archived(shapes)):
                database.execute(statement)
            patience = threading.Timer(PATIENCE_S, database.interrupt)
            patience.start()
            try:
                done = database.execute(asked[0])
                columns = tuple(column[0] for column in done.description or ())
                return Answer(columns, tuple(tuple(map(_cell, row)) for row in done.fetchmany(MOST)))
            finally:
                patience.cancel()
        except duckdb.InterruptException:
            raise AnalysisUnusable(analysis.name, f"运行超过 {PATIENCE_S:g} 秒") from None
        except duckdb.Error as error:
            raise AnalysisUnusable(analysis.name, " ".join(str(error).split())[:400]) from None


def chart(analysis: Analysis, answer: Answer) -> Answer:
    """What is drawn: along the first column, a column for each series."""
    if analysis.by is None or analysis.by not in answer.columns:
        return answer
    by = answer.columns.index(analysis.by)
    label, value = (place for place in range(len(answer.columns)) if place != by)
    sums: dict[str, float] = {}
    for row in answer.rows:
        sums[str(row[by])] = sums.get(str(row[by]), 0) + _number(row[value])
    shown = sorted(sums, key=lambda name: (-sums[name], name))
    named = shown if len(shown) <= SERIES else [*shown[: SERIES - 1], OTHERS]
    drawn: dict[Cell, dict[str, float]] = {}
    for row in answer.rows:
        line = drawn.setdefault(row[label], {})
        name = str(row[by]) if str(row[by]) in named else OTHERS
        line[name] = line.get(name, 0) + _number(row[value])
    rows = tuple((at, *(line.get(name, 0) for name in named)) for at, line in drawn.items())
    return Answer((answer.columns[label], *named), rows)


def _set_up(folder: Path, shapes: Shapes) -> Sequence[str]:
    """Tables of the archive, and the doors shut behind them."""
    place = str(folder.resolve()).replace("'", "''")
    tables = []
    for kind, columns in shapes.items():
        if any(folder.glob(f"kind={kind}/month=*/app=*/*.parquet")):
            found = (
                f"SELECT * EXCLUDE (kind) FROM read_parquet('{place}/kind={kind}/*/*/*.parquet', union_by_name = true, "
                "hive_partitioning = true, hive_types = {'kind': VARCHAR, 'month': VARCHAR, 'app': VARCHAR})"
            )
            tables.append(f'CREATE VIEW "{kind}" AS {found}')
        else:
            nothing = f"SELECT unnest(from_json('[]'::JSON, '{structure(columns)}'), recursive := false) AS one"
            found = f"SELECT {selection(columns)}, '' AS month, '' AS app FROM (SELECT one.* FROM ({nothing}))"
            tables.append(f'CREATE TABLE "{kind}" AS SELECT * EXCLUDE (_own) FROM ({found})')
    return (
        *tables,
        f"SET allowed_directories = ['{place}']",
        "SET enable_external_access = false",
        "SET memory_limit = '1GB'",
        "SET threads = 2",
        "SET lock_configuration = true",
    )


def _number(value: Cell) -> float:
    return value if isinstance(value, int | float) else 0


def _cell(value: object) -> Cell:
    if value is None or isinstance(value, bool):
        return None if value is None else int(value)
    if isinstance(value, int | float | str):
        return value
    return float(value) if hasattr(value, "as_tuple") else str(value)  # type: ignore[arg-type]
