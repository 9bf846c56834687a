"""The workbench on which a day is judged: an embedded DuckDB in memory, without access to files or the network.

It is made for one day of one institution and thrown away with it, so what it holds is never written down.
"""

import threading
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from yiqiao.region.supervision.quality.columns import Shapes, selection, structure
from yiqiao.region.supervision.quality.rules import Rule, RuleUnusable

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PORTION = 4000
"""Rows that are read from one text."""
MOST = 10_000
"""Findings of one rule on one day that are kept."""
PATIENCE_S = 60.0
"""How long a rule may take; one that takes longer would hold up the review of all others."""
_CLOSED = (
    "SET enable_external_access = false",
    "SET memory_limit = '1GB'",
    "SET threads = 1",
    "SET TimeZone = 'Asia/Shanghai'",
    "SET lock_configuration = true",
)


class Row(NamedTuple):
    """A record: its key, whether it belongs to the day, when it came and was sent (epoch ms), its JSON text."""

    key: str
    own: bool
    received_at: int
    sent_at: int
    content: bytes

    def text(self) -> bytes:
        """As the workbench reads it."""
        import orjson

        head = orjson.dumps({"_key": self.key, "_own": self.own, "_received": self.received_at, "_sent": self.sent_at})
        return head[:-1] + b',"_row":' + self.content + b"}"


class Found(NamedTuple):
    """What a rule says of a record."""

    rule: Rule
    key: str
    told: str


class Workbench:
    """Tables of one day. Used by one thread; close it."""

    def __init__(self, shapes: Shapes, day: str, now: datetime) -> None:
        import duckdb  # some 60 MB: only who reviews pays for it

        self.shapes = shapes
        self._database: DuckDBPyConnection = duckdb.connect(":memory:")
        for statement in _CLOSED:
            self._database.execute(statement)
        self._day = date.fromisoformat(day) if day else None
        self._database.execute("CREATE TABLE review AS SELECT ?::DATE AS day, ?::TIMESTAMP AS now", [self._day, now])
        for kind in shapes:
            self._load(kind, (), new=True)

    def __enter__(self) -> "Workbench":
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def load(self, kind: str, rows: Sequence[Row]) -> None:
        """Take in records of a kind."""
        for start in range(0, len(rows), PORTION):
            self._load(kind, rows[start : start + PORTION], new=False)

    def _load(self, kind: str, rows: Iterable[Row], *, new: bool) -> None:
        columns = self.shapes[kind]
        read = f"SELECT unnest(from_json(CAST(? AS JSON), '{structure(columns)}'), recursive := false) AS one"
        found = f"SELECT {selection(columns)} FROM (SELECT one.* FROM ({read}))"
        text = b"[" + b",".join(row.text() for row in rows) + b"]"
        statement = f'CREATE TABLE "{kind}" AS {found}' if new else f'INSERT INTO "{kind}" {found}'
        self._database.execute(statement, [text.decode()])

    def run(self, rule: Rule) -> list[Found]:
        """What a rule finds among the records of the day. Raises RuleUnusable."""
        if rule.since is not None and self._day is not None and self._day < rule.since:
            return []
        if rule.record not in self.shapes:
            raise RuleUnusable(rule.id, f"没有名为 {rule.record} 的记录种类，可用：{'、'.join(sorted(self.shapes))}")
        personal = {one.name for columns in self.shapes.values() for one in columns if one.personal}
        if told := sorted(rule.named & personal):
            raise RuleUnusable(rule.id, f"提示语不得写出个人信息：{'、'.join(told)}")
        if taken := sorted({*self.shapes, "review"} & set(rule.words)):
            raise RuleUnusable(rule.id, f"words 不得与已有的表同名：{'、'.join(taken)}")
        for name, words in rule.words.items():
            self._database.execute(f'CREATE OR REPLACE TEMP TABLE "{name}" (word VARCHAR)')
            self._database.executemany(f'INSERT INTO "{name}" VALUES (?)', [[word] for word in words])
        columns, rows = self._asked(rule)
        if lacking := sorted(({"_key"} | rule.named) - set(columns)):
            raise RuleUnusable(rule.id, f"finds 的结果缺少列：{'、'.join(lacking)}")
        found: dict[str, Found] = {}
        for row in rows:
            values = dict(zip(columns, row, strict=True))
            said = rule.told({name: _said(values[name]) for name in rule.named})
            found.setdefault(values["_key"], Found(rule, values["_key"], said))
        return list(found.values())

    def _asked(self, rule: Rule) -> tuple[list[str], list[tuple[Any, ...]]]:
        import duckdb

        own = f'SELECT _key FROM "{rule.record}" WHERE _own'
        statement = (
            f"SELECT * FROM ({rule.finds.rstrip().rstrip(';')}) WHERE _key IN ({own}) ORDER BY _key LIMIT {MOST}"
        )
        patience = threading.Timer(PATIENCE_S, self._database.interrupt)
        patience.start()
        try:
            done = self._database.execute(statement)
            return [column[0] for column in done.description or ()], done.fetchall()
        except duckdb.InterruptException:
            raise RuleUnusable(rule.id, f"运行超过 {PATIENCE_S:g} 秒") from None
        except duckdb.Error as error:
            raise RuleUnusable(rule.id, " ".join(str(error).split())[:400]) from None
        finally:
            patience.cancel()


def unusable(shapes: Shapes, rules: Iterable[Rule]) -> list[RuleUnusable]:
    """Those that cannot be run, each with its reason."""
    found: list[RuleUnusable] = []
    with Workbench(shapes, "9999-12-31", datetime(9999, 12, 31)) as bench:  # noqa: DTZ001 (Beijing)
        for rule in rules:
            try:
                bench.run(rule)
            except RuleUnusable as wrong:
                found.append(wrong)
    return found


def _said(value: object) -> str:
    if value is None:
        return "（空）"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return f"{value:f}".rstrip("0").rstrip(".") if hasattr(value, "as_tuple") else str(value)
