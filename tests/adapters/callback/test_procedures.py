"""The line as stored procedures, on PostgreSQL; and its file, whose faults are told when the hub starts."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import yaml

from yiqiao.adapters.callback.line import Answer
from yiqiao.adapters.callback.procedures import ProcedureLine, ProceduresError, flat, names_of, open_procedures
from yiqiao.adapters.callback.samples import SAMPLES
from yiqiao.adapters.lines import NoAnswer, NotConnected

SCHEMA = """
CREATE TABLE act (kind text, serial text, attempt integer, schedule text, PRIMARY KEY (kind, serial, attempt));
CREATE FUNCTION lock(serial text, attempt integer, schedule text, OUT code text, OUT message text, OUT data jsonb)
LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO act VALUES ('lock', serial, attempt, schedule);
    code := 'OK';
    data := jsonb_build_object('hospital_lock_id', 'S' || serial, 'number', '7');
END $$;
"""
ACTS = {
    "lock": "SELECT * FROM lock(:serial, :attempt, :unit_schedule_id)",
    "cancel": "SELECT 'UnknownOrder' AS code, '没有这个订单' AS message, NULL AS data",
    "pay": "SELECT 'OK' AS code",
    "refund": "SELECT code, message, data FROM nowhere",
    "fetch": "SELECT 'OK' AS code, NULL AS message, :content AS data",
    "outcome": "SELECT 'OK' AS code, NULL AS message, '{\"number\": \"7\"}' AS data FROM act "
    "WHERE kind = :kind AND serial = :serial AND attempt = :attempt",
}


@pytest.fixture
async def line(postgres_url: str, tmp_path: Path) -> AsyncIterator[ProcedureLine]:
    plain = postgres_url.replace("+asyncpg", "")
    his = await asyncpg.connect(plain)
    await his.execute(SCHEMA)
    await his.close()
    (tmp_path / "url").write_text(plain, encoding="utf-8")
    opened = open_procedures(file(tmp_path, {"database": "file:url", "timeout_seconds": 5, "acts": ACTS}))
    yield opened
    await opened.close()


def file(folder: Path, content: object) -> Path:
    path = folder / "acts.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
    return path


async def test_a_statement_is_asked_committed_and_answers(line: ProcedureLine) -> None:
    asked = {"serial": "L1", "attempt": 1, **SAMPLES["lock"]}
    assert await line.ask("lock", asked) == Answer("OK", "", {"hospital_lock_id": "SL1", "number": "7"})
    outcome = {"kind": "lock", "serial": "L1", "attempt": 1}
    assert await line.ask("outcome", outcome) == Answer("OK", "", {"number": "7"})
    assert await line.ask("cancel", {}) == Answer("UnknownOrder", "没有这个订单")
    assert await line.ask("fetch", {"serial": "L1"}) == Answer("OK", "", {"serial": "L1"})
    assert await line.ask("give_back", {}) == Answer("NotOffered")
    with pytest.raises(NoAnswer, match="no row"):
        await line.ask("outcome", {**outcome, "attempt": 2})
    for unreadable in ("pay", "refund"):
        with pytest.raises(NoAnswer):
            await line.ask(unreadable, {})
    with pytest.raises(NoAnswer, match="UniqueViolationError"):
        await line.ask("lock", asked)


async def test_a_database_that_is_not_there_was_not_connected(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://nobody@127.0.0.1:9/none", encoding="utf-8")
    opened = open_procedures(file(tmp_path, {"database": "file:url", "acts": {"outcome": ACTS["outcome"]}}))
    with pytest.raises(NotConnected):
        await opened.ask("outcome", {})
    await opened.close()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[]", "a mapping"),
        ("a: [", "no YAML"),
        ({"acts": {"outcome": "SELECT 1"}}, "database:"),
        ({"database": "env:X", "acts": {}}, "never assumed|no answer is ever"),
        ({"database": "env:X", "acts": {"outcome": "SELECT 1"}, "timeout_seconds": 60}, "up to 15"),
        ({"database": "env:X", "acts": {"outcome": "SELECT 1"}, "colour": 1}, "colour: unknown"),
        ({"database": "env:X", "acts": {"outcome": "SELECT 1", "dance": "SELECT 1"}}, "acts.dance: there is no"),
        ({"database": "env:X", "acts": {"outcome": 1}}, "an SQL statement"),
        ({"database": "env:X", "acts": {"outcome": "SELECT :schedule"}}, "no value is named schedule"),
    ],
)
def test_a_fault_of_the_file_is_told_with_its_key(content: object, told: str, tmp_path: Path) -> None:
    with pytest.raises(ProceduresError, match=told):
        open_procedures(file(tmp_path, content))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProceduresError, match="No such file"):
        open_procedures(tmp_path / "none.yaml")


def test_values_of_an_object_stand_behind_its_name() -> None:
    assert flat({"a": 1, "b": {"c": {"d": None}, "e": "x"}}) == {"a": 1, "b_c_d": None, "b_e": "x"}
    assert {"visitor_certificate_number", "unit_pool", "fee", "content", "serial"} <= names_of("order")
