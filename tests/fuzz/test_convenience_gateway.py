"""Whatever bytes arrive at the convenience service: an answer in the standard's own words, an entry, no accident."""

from collections.abc import AsyncIterator
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.hospital import HOSPITAL, fill
from tests.support.hub import Hub, open_hub
from yiqiao.clock import beijing
from yiqiao.dialects.convenience import content, envelope, soap
from yiqiao.dialects.convenience.dialect import scheme_of
from yiqiao.dialects.convenience.wording import LONGEST_MESSAGE
from yiqiao.spec import load

SPEC = load("convenience")
SCHEME = scheme_of("standard")
INTERNAL = "99"
NET_TEST = f"<REQ><HOSPITAL_ID>{HOSPITAL}</HOSPITAL_ID><IP>192.0.2.1</IP></REQ>"

words = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40)
relaxed = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with open_hub(tmp_path) as opened:
        today, keyring = beijing(opened.clock.now_ms()).date(), opened.runtime.keyring
        await opened.runtime.database.write(lambda connection: fill(connection, today, keyring=keyring))
        await opened.runtime.hospitals.refresh()
        yield opened


async def answered(hub: Hub, body: bytes, operation: str = "NetTest") -> str:
    """Send bytes; answers the return code, which must be one that is listed and never the internal error."""
    before = await _journalled(hub)
    answer = await hub.http.post("/convenience", content=body, headers={"content-type": "text/xml"})
    assert await _journalled(hub) == before + 1
    if answer.status_code == 500:  # a fault, for somebody whose key is not known
        code = soap.fault_text(answer.content).rpartition("返回码 ")[2].rstrip("）")
        assert code in ("2", "4", "5")
        return code
    assert answer.status_code == 200
    document = soap.opened(answer.content).document if soap.is_soap(answer.content) else answer.text
    values, _ = envelope.read_parameters(document)
    code = values["RETURN_CODE"]
    assert code in {**SPEC.return_codes, **SPEC.operations[operation].returns}
    assert code != INTERNAL, answer.text
    assert 0 < len(values["RETURN_MSG"]) <= LONGEST_MESSAGE
    return code


async def _journalled(hub: Hub) -> int:
    return int(
        await hub.runtime.database.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM journal").scalar_one())
    )


def sealed(hub: Hub, inside: str, fun_code: str = "1001") -> str:
    partner = hub.runtime.directory.find("convenience", "demo")
    assert partner is not None
    return envelope.seal_request(fun_code, "demo", inside, partner.secrets[0], SCHEME)


def in_soap(document: str) -> bytes:
    return (
        f'<e:Envelope xmlns:e="{soap.V11}"><e:Body><PubService xmlns="http://tempuri.org/"><xml>{escape(document)}'
        "</xml></PubService></e:Body></e:Envelope>"
    ).encode()


@relaxed
@given(body=st.binary(max_size=300) | words.map(lambda text: f"<ROOT>{text}</ROOT>".encode()))
async def test_arbitrary_bytes(hub: Hub, body: bytes) -> None:
    assert await answered(hub, body) != "0"


@relaxed
@given(data=st.data(), wrapped=st.booleans())
async def test_a_good_message_with_bytes_changed_or_cut_never_breaks_anything(
    hub: Hub, data: st.DataObject, wrapped: bool
) -> None:
    good = sealed(hub, NET_TEST)
    body = bytearray(in_soap(good) if wrapped else good.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] ^= data.draw(st.integers(1, 255))
    await answered(hub, bytes(body[: data.draw(st.integers(1, len(body)))]))


@relaxed
@given(data=st.data())
async def test_content_that_was_changed_is_never_taken_for_good(hub: Hub, data: st.DataObject) -> None:
    values, _ = envelope.read_parameters(sealed(hub, NET_TEST))
    text = values["REQ_ENCRYPTED"]
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from("ABCabc019+/").filter(lambda letter: letter != text[place]))
    values["REQ_ENCRYPTED"] = text[:place] + other + text[place + 1 :]
    body = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values.items())
    assert await answered(hub, f"<ROOT>{body}</ROOT>".encode()) in ("6", "7")


@relaxed
@given(
    name=st.sampled_from(sorted(one.name for one in SPEC.operations.values() if one.code and one.callee == "hospital")),
    seed=st.integers(0, 10_000),
    changes=st.dictionaries(st.integers(0, 20), words, max_size=3),
)
async def test_a_sample_with_values_changed_under_a_good_signature(
    hub: Hub, name: str, seed: int, changes: dict[int, str]
) -> None:
    operation = SPEC.operations[name]
    wire = operation.sample(seed) | ({"HOSPITAL_ID": HOSPITAL} if "HOSPITAL_ID" in operation.sample() else {})
    names = sorted(wire)
    for place, value in changes.items():
        wire[names[place % len(names)]] = value
    document = sealed(hub, content.written(operation.request_root, operation.asks.to_wire(wire)), operation.code)
    await answered(hub, document.encode(), name)


@relaxed
@given(inside=words | st.recursive(words.map(escape), lambda part: part.map(lambda text: f"<REQ>{text}</REQ>")))
async def test_any_content_under_a_good_signature(hub: Hub, inside: str) -> None:
    await answered(hub, sealed(hub, inside, "2005").encode(), "LockReg")
