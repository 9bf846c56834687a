"""Looking for a code: one search over all dictionaries of a standard and its return codes."""

import unicodedata
from dataclasses import dataclass

from yiqiao.spec.model import CodeRow, CodeTable
from yiqiao.spec.return_codes import ReturnCode
from yiqiao.spec.specification import Spec


@dataclass(frozen=True)
class TableMatch:
    """A dictionary with those of its rows that were found, in their order."""

    name: str
    title: str
    rows: tuple[CodeRow, ...]


@dataclass(frozen=True)
class Found:
    """What a search found."""

    tables: tuple[TableMatch, ...]
    returns: tuple[ReturnCode, ...]


def find_codes(spec: Spec, text: str) -> Found:
    """Rows whose code begins with `text`, or whose title or note holds it; all rows of a table that is called so.

    Width and case of letters make no difference, and several words must all be met. Nothing is found for no text.
    """
    words = _plain(text).split()
    if not words:
        return Found((), ())
    matches = (_of_table(table, words) for table in spec.codes.values())
    returns = (code for code in spec.return_codes.values() if _met(words, code.code, code.title, code.cause))
    return Found(tuple(match for match in matches if match.rows), tuple(returns))


def _of_table(table: CodeTable, words: list[str]) -> TableMatch:
    if all(word in _plain(f"{table.name} {table.title}") for word in words):
        return TableMatch(table.name, table.title, tuple(table.rows.values()))
    rows = (row for row in table.rows.values() if _met(words, row.code, row.title, row.note or ""))
    return TableMatch(table.name, table.title, tuple(rows))


def _met(words: list[str], code: str, *texts: str) -> bool:
    code, texts = _plain(code), tuple(map(_plain, texts))
    return all(code.startswith(word) or any(word in text for text in texts) for word in words)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
