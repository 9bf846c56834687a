"""Whatever bytes arrive at the gateway: an answer in the standard's own words, a journal entry, no accident."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from tests.support.hub import PATH, Hub, open_hub, showing
from yiqiao.dialects.ehealth_card import envelope
from yiqiao.spec import load

SPEC = load("ehealth_card")
SCHEME = envelope.scheme(SPEC.security)
INTERNAL = "8009"

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with open_hub(tmp_path) as opened:
        yield opened


async def answered(hub: Hub, body: bytes, content_type: str = "application/json") -> str:
    """Send bytes; answers the return code, which must be one of the standard's and never the internal error."""
    before = await _journalled(hub)
    answer = await hub.http.post(PATH, content=body, headers={"content-type": content_type})
    assert answer.status_code == 200
    code = str(answer.json()["ret_code"])
    assert code in SPEC.return_codes
    assert code != INTERNAL, answer.text
    assert len(answer.json()["ret_msg"]) <= 200
    assert await _journalled(hub) == before + 1
    return code


async def _journalled(hub: Hub) -> int:
    return int(
        await hub.runtime.database.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM journal").scalar_one())
    )


relaxed = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)


@relaxed
@given(body=st.binary(max_size=300), content_type=st.sampled_from(["application/json", "text/plain", "", "x/y; z=1"]))
async def test_arbitrary_bytes(hub: Hub, body: bytes, content_type: str) -> None:
    assert await answered(hub, body, content_type) != "0000"


@relaxed
@given(data=st.data())
async def test_a_good_message_with_bytes_changed_is_never_taken_for_good(hub: Hub, data: st.DataObject) -> None:
    good = bytearray(hub.client().message("ehc.ehealthcode.verify", showing("s", "A" * 76 + ":0:::00000000001")))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(good) - 1))
        good[place] ^= data.draw(st.integers(1, 255))
    code = await answered(hub, bytes(good))
    assert code != "0000"


@relaxed
@given(data=st.data())
async def test_a_good_message_cut_anywhere(hub: Hub, data: st.DataObject) -> None:
    good = hub.client().message("ehc.ehealthcode.verify", showing("s", "A" * 76 + ":0:::00000000001"))
    assert await answered(hub, good[: data.draw(st.integers(0, len(good) - 1))]) in {"8003", "9008"}


@relaxed
@given(method=st.sampled_from(sorted(SPEC.operations)), content=st.dictionaries(st.text(max_size=12), json_values))
async def test_any_content_under_a_good_signature(hub: Hub, method: str, content: dict[str, object]) -> None:
    await answered(hub, _signed(hub, method, content))


@relaxed
@given(
    method=st.sampled_from(["ehc.ehealthcard.querywithreg", "ehc.ehealthcode.verify"]),
    seed=st.integers(0, 10_000),
    changes=st.dictionaries(st.integers(0, 20), json_values, max_size=3),
)
async def test_a_sample_with_values_changed_under_a_good_signature(
    hub: Hub, method: str, seed: int, changes: dict[int, object]
) -> None:
    content = SPEC.operations[method].sample(seed)
    names = sorted(content)
    for place, value in changes.items():
        content[names[place % len(names)]] = value
    await answered(hub, _signed(hub, method, content))


def _signed(hub: Hub, method: str, content: dict[str, object]) -> bytes:
    template = json.loads(hub.client().message("ehc.ehealthcode.verify", showing("s", "A" * 76 + ":0:::00000000001")))
    parameters = {name: str(value) for name, value in template.items() if name not in {"sign", "biz_content"}}
    try:
        return envelope.seal_request({**parameters, "method": method}, content, hub.secret, SCHEME)
    except envelope.EncryptionFailed:  # what cannot be written as JSON cannot be sent either
        reject()
