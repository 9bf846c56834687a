"""The clients, and the port that hospitals' outboxes send through."""

import socket

import orjson
import pytest

from tests.dialects.supervision.platform import Platform, Said, standing
from tests.dialects.supervision.uploads import APP_ID, KEY, SPEC, row
from yiqiao.dialects.supervision import (
    AsyncClient,
    Client,
    ConnectionFailed,
    Refused,
    Unanswered,
    Unbelievable,
    envelope,
)
from yiqiao.dialects.supervision.remote import AFTER, RemotePlatform
from yiqiao.dialects.supervision.verdicts import RowFault, Verdict, Verdicts, written
from yiqiao.ports.supervision import Fate, NotTaken, Taken, Then
from yiqiao.spec import Invalid, Retry

TOLD = written(Verdicts([Verdict.VALID, Verdict.REFUSED], (RowFault(2, "PARAM_ERROR", "sex", "代码不在字典内"),)))
JUDGED = Said(envelope.seal_response("0", "成功", TOLD))


def calling(platform: Platform, **more: str) -> Client:
    return Client(platform.url, app_id=APP_ID, key=KEY, profile="reconstructed", **more)  # type: ignore[arg-type]


def refusing(code: str) -> Said:
    return Said(envelope.seal_response(code, SPEC.return_codes[code].title if code in SPEC.return_codes else "…"))


def test_rows_are_uploaded_and_their_verdicts_read() -> None:
    with standing(JUDGED) as platform, calling(platform) as client:
        receipt = client.upload(
            "A1001", [row("A1001"), row("A1001", 1, deptName=None, deptCode="1") | {"deptName": "x"}]
        )
    assert receipt.verdicts is not None
    assert list(receipt.verdicts.verdicts) == [Verdict.VALID, Verdict.REFUSED]
    ((service, _, data),) = platform.sent
    assert (service, len(orjson.loads(data))) == ("A1001", 2)


async def test_the_asynchronous_client_does_the_same() -> None:
    with standing() as platform:
        async with AsyncClient(platform.url, app_id=APP_ID, key=KEY, profile="reconstructed") as client:
            receipt = await client.upload("A1001", [row("A1001")])
    assert (receipt.message, receipt.verdicts) == ("成功", None)


def test_every_request_has_a_random_string_of_its_own() -> None:
    with standing() as platform, calling(platform) as client:
        for _ in range(3):
            client.upload("A1001", [row("A1001")])
    assert len({randomstr for _, randomstr, _ in platform.sent}) == 3


def test_wrong_rows_are_told_with_their_places_and_nothing_is_sent() -> None:
    with standing() as platform, calling(platform) as client, pytest.raises(Invalid) as refused:
        client.upload("A1001", [row("A1001"), row("A1001", status=7), row("A1001", colour="red")])
    assert {(fault.path, fault.rule) for fault in refused.value.faults} == {
        ("[1].status", "code"),
        ("[2].colour", "unknown"),
    }
    assert platform.sent == []


def test_rule_a1002_online_is_sent_no_more() -> None:
    with standing() as platform, calling(platform) as client:
        client.upload("A1002", [row("A1002", isOnline=1)])
    ((_, _, data),) = platform.sent
    (sent,) = orjson.loads(data)
    assert sent.keys() == row("A1002").keys()


def test_an_operation_that_the_profile_does_not_have_is_told() -> None:
    with standing() as platform, Client(platform.url, app_id=APP_ID, key=KEY) as client, pytest.raises(KeyError):
        client.upload("A2020", [])


def test_a_refusal_carries_its_code_and_remedy() -> None:
    with standing(refusing("SIGN_ERROR")) as platform, calling(platform) as client, pytest.raises(Refused) as refused:
        client.upload("A1001", [row("A1001")])
    assert (refused.value.code, refused.value.retry) == ("SIGN_ERROR", Retry.MENDED)
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (Said(lost=True), Unanswered),
        (Said(b"<html>", 502), Unanswered),
        (Said(b"<html>"), Unbelievable),
        (Said(b""), Unbelievable),
        (refusing("E9"), Refused),
    ],
)
def test_what_no_platform_says_is_not_taken_for_success(said: Said, error: type[Exception]) -> None:
    with standing(said) as platform, calling(platform) as client, pytest.raises(error):
        client.upload("A1001", [row("A1001")])


def test_where_nobody_listens_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    with Client(url, app_id=APP_ID, key=KEY) as client, pytest.raises(ConnectionFailed):
        client.upload("A1001", [row("A1001")])
    with Client("platform", app_id=APP_ID, key=KEY) as client, pytest.raises(ConnectionFailed, match="http"):
        client.upload("A1001", [row("A1001")])


async def taken(*says: Said, rows: int = 2) -> Taken:
    with standing(*says) as platform:
        async with AsyncClient(platform.url, app_id=APP_ID, key=KEY, profile="reconstructed") as client:
            return await RemotePlatform(client).upload("A1001", [b"{}"] * rows)


async def test_a_row_s_fate_is_what_its_verdict_says() -> None:
    assert await taken(JUDGED) == Taken([Fate.VALID, Fate.REFUSED], {1: "sex 代码不在字典内"})


async def test_a_platform_without_verdicts_has_taken_all() -> None:
    assert (await taken(Said(b'{"code": "0"}'))).fates == [Fate.VALID, Fate.VALID]
    assert (await taken(JUDGED, rows=3)).fates == [Fate.VALID] * 3


@pytest.mark.parametrize(
    ("said", "then"),
    [
        (refusing("SYSTEM_ERROR"), Then.LATER),
        (refusing("BATCH_LIMIT"), Then.SMALLER),
        (refusing("APPID_ERROR"), Then.STOP),
        (refusing("E9"), Then.LATER),
        (Said(lost=True), Then.LATER),
        (Said(b"<html>"), Then.LATER),
    ],
)
async def test_what_follows_when_a_batch_was_not_taken(said: Said, then: Then) -> None:
    with pytest.raises(NotTaken) as failure:
        await taken(said)
    assert failure.value.then is then


async def test_where_each_row_is_wrong_none_is_sent_again() -> None:
    faults = [RowFault(number, "PARAM_ERROR", "sex", "代码不在字典内") for number in (1, 2)]
    refused = [Verdict.REFUSED] * 2
    each = Said(envelope.seal_response("PARAM_ERROR", "2 行不合格", written(Verdicts(refused, faults))))
    assert await taken(each) == Taken([Fate.REFUSED] * 2, dict.fromkeys((0, 1), "sex 代码不在字典内"))
    one = Said(envelope.seal_response("PARAM_ERROR", "整批未入库", written(Verdicts(refused, faults[:1]))))
    with pytest.raises(NotTaken) as failure:
        await taken(one)
    assert failure.value.then is Then.SMALLER


def test_of_every_return_code_it_is_known_what_follows() -> None:
    assert set(AFTER) == set(SPEC.return_codes) - {"0"}
