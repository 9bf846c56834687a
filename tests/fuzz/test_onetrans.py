"""Whatever bytes arrive at the unified library's platform: an answer in the standard's own words, and no accident."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dialects.onetrans.desk import SPEC, Desk, query
from tests.support.hub import Hub, open_hub
from yiqiao.dialects.onetrans import envelope, gbk
from yiqiao.dialects.onetrans.diagnosis import diagnostics
from yiqiao.dialects.onetrans.dialect import scheme_of
from yiqiao.dialects.onetrans.server import PATH

INTERNAL = "610010"
STANDARD = scheme_of("standard")
CALLED = sorted(name for name, one in SPEC.operations.items() if one.transport == "http")
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
relaxed = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with open_hub(tmp_path) as opened:
        yield opened


async def journalled(hub: Hub) -> int:
    return int(
        await hub.runtime.database.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM journal").scalar_one())
    )


async def answered(hub: Hub, body: bytes) -> str:
    """Send bytes; answers the return code, which must be one of the standard's and never the internal error."""
    before = await journalled(hub)
    answer = await hub.http.post(PATH, content=body)
    assert answer.status_code == 200
    params = envelope.read_parameters(answer.content)
    code = params["code"]
    assert code in SPEC.return_codes
    assert code != INTERNAL, params
    assert len(params["err_msg"]) <= 200
    assert await journalled(hub) == before + 1
    return code


@relaxed
@given(body=st.binary(max_size=300))
async def test_arbitrary_bytes(hub: Hub, body: bytes) -> None:
    assert await answered(hub, body) != "000000"


@relaxed
@given(
    params=st.dictionaries(
        st.sampled_from(["app_id", "trans_type", "msgid", "sign", "data", "signtype"]) | texts, texts
    )
)
async def test_arbitrary_parameters(hub: Hub, params: dict[str, str]) -> None:
    assert await answered(hub, gbk.write({"app_id": "demo-onetrans", "trans_type": "hop.trade.query", **params}))


@relaxed
@given(data=st.data())
async def test_a_good_message_with_bytes_changed_is_never_taken_for_good(hub: Hub, data: st.DataObject) -> None:
    desk = Desk(hub)
    good = bytearray(desk.message(query()))
    for _ in range(data.draw(st.integers(1, 4))):
        good[data.draw(st.integers(0, len(good) - 1))] ^= data.draw(st.integers(1, 255))
    assert await answered(hub, bytes(good)) != "000000"


@relaxed
@given(operation=st.sampled_from(CALLED), values=st.dictionaries(texts, json_values, max_size=5), data=st.data())
async def test_arbitrary_content_under_a_good_signature(
    hub: Hub, operation: str, values: dict[str, object], data: st.DataObject
) -> None:
    """A sample of which some fields became anything, and some that nobody knows."""
    sample = SPEC.operations[operation].sample(data.draw(st.integers(0, 9)))
    names = data.draw(st.lists(st.sampled_from(sorted(sample)), max_size=3))
    spoiled = {**sample, **{name: data.draw(json_values) for name in names}, **values}
    desk = Desk(hub, serial=await journalled(hub))
    assert await answered(hub, desk.message(spoiled, trans_type=operation))


@given(body=st.binary(max_size=300), secret=texts.filter(bool))
def test_a_diagnosis_has_a_report_for_anything(body: bytes, secret: str) -> None:
    for profile in diagnostics.profiles():
        assert diagnostics.explain(body, secret, profile).layers
