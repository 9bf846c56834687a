"""Whatever arrives at the supervision platform: an answer in the standard's own words, and no accident."""

from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dialects.supervision.hospital import Uploader, order
from tests.dialects.supervision.uploads import SPEC
from tests.support.hub import open_hub
from yiqiao.dialects.supervision import envelope, verdicts
from yiqiao.dialects.supervision.diagnosis import diagnostics
from yiqiao.dialects.supervision.wire_text import written

INTERNAL = "SYSTEM_ERROR"
SERVICES = ["A1000", "A1001", "A1002", "A2000", "A2001", "A2010", "A2020", "A2030", "A2031", "A2040"]
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
relaxed = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)


@pytest.fixture
async def hospital(tmp_path: Path) -> AsyncIterator[Uploader]:
    async with open_hub(tmp_path) as hub:
        made = Uploader(hub)
        await made.join()
        yield made


async def answered(hospital: Uploader, path: str, headers: dict[str, str], body: bytes) -> tuple[str, str]:
    """Send bytes; the return code, which must be one of the standard's and never the internal error, and data."""
    answer = await hospital.raw(path, headers, body)
    assert answer.status_code == 200
    told = envelope.open_response(answer.content)
    assert told.code in SPEC.return_codes
    assert told.code != INTERNAL, told.message
    return told.code, told.data


@relaxed
@given(service=st.sampled_from(SERVICES), body=st.binary(max_size=300))
async def test_arbitrary_bodies(hospital: Uploader, service: str, body: bytes) -> None:
    said, _ = hospital.sealed(service, b"[]")
    assert (await answered(hospital, hospital.path(service), said, body))[0] != "0"


@relaxed
@given(service=st.sampled_from(SERVICES), data=st.binary(max_size=200).map(lambda raw: raw.decode("utf-8", "replace")))
async def test_arbitrary_data_under_a_signature_that_holds(hospital: Uploader, service: str, data: str) -> None:
    said, body = hospital.sealed(service, data.encode())
    assert (await answered(hospital, hospital.path(service), said, body))[0] != "0"


@relaxed
@given(service=st.sampled_from(SERVICES), rows=st.lists(json_values, min_size=1, max_size=4))
async def test_arbitrary_rows_are_refused_one_by_one(hospital: Uploader, service: str, rows: list[object]) -> None:
    said, body = hospital.sealed(service, orjson.dumps(rows))
    code, data = await answered(hospital, hospital.path(service), said, body)
    told = verdicts.read(data)
    assert code in ("PARAM_ERROR", "DATA_FORMAT_ERROR")
    assert told is not None
    assert set(told.verdicts) == {"refused"}
    assert {fault.row for fault in told.faults} == set(range(1, len(rows) + 1))


@relaxed
@given(changes=st.dictionaries(st.sampled_from(sorted(order())), json_values, min_size=1, max_size=4))
async def test_a_good_row_with_values_by_chance(hospital: Uploader, changes: dict[str, object]) -> None:
    said, body = hospital.sealed("A2000", orjson.dumps([{**order(), **changes}, order("O2")]))
    code, data = await answered(hospital, hospital.path("A2000"), said, body)
    told = verdicts.read(data)
    assert code == "0"
    assert told is not None
    assert told.verdicts[1] != "refused"


@relaxed
@given(
    name=st.sampled_from(["service", "appid", "randomstr", "sign"]),
    value=st.text(st.characters(codec="ascii"), max_size=40),
)
async def test_arbitrary_headers(hospital: Uploader, name: str, value: str) -> None:
    said, body = hospital.sealed("A1001", orjson.dumps([{}]))
    clean = "".join(char for char in value if char.isprintable())
    await answered(hospital, hospital.path("A1001"), {**said, name: clean}, body)


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=400))
def test_the_diagnosis_survives_whatever_it_is_given(message: bytes) -> None:
    for text in (
        message,
        written("/", {"service": "A1001", "appid": "x", "randomstr": "r", "sign": "0" * 32}, message),
    ):
        diagnostics.verify(text, "some-key-of-ours", "standard")
        diagnostics.explain(text, "some-key-of-ours", "standard")
        diagnostics.detect(text, "some-key-of-ours")
