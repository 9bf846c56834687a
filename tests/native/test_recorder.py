"""The flight recorder: what happened can be read, and whose it was cannot."""

from pathlib import Path

import orjson

from tests.dialects.onetrans.desk import KEY, parameters, recharge
from tests.dialects.onetrans.platform import Said, standing
from tests.native.conftest import asking, at
from tests.native.libraries import OneTrans

PAID = Said(values={"traceNo": "7001", "userName": "陶文静", "unheard": ["陶文静", {"phone": "13900000000"}]})


def test_a_call_is_kept_without_keys_and_persons(his: OneTrans) -> None:
    asked = recharge()
    with standing(PAID) as platform:
        at(his, platform, recorder={"file": "calls.log"})
        asking(his, "hop.trade.recharge", asked)
    text = (his.folder / "calls.log").read_text("utf-8")
    line = orjson.loads(text)
    assert (line["function"], line["code"], line["out"]["code"]) == ("OneTrans", "000000", "000000")
    assert line["in"]["trans_type"] == "hop.trade.recharge"
    assert line["in"]["msgid"] == parameters()["msgid"]
    assert line["in"]["data"]["outChargeNo"] == asked["outChargeNo"]
    assert line["in"]["data"]["amount"] == "100.00"
    assert line["out"]["data"]["traceNo"] == "7001"
    assert line["out"]["data"]["unheard"] == ["***", {"phone": "***"}]
    secrets = (KEY, "陶文静", "13900000000", asked["payAppSecret"], asked["cardNo"], asked["userName"])
    assert not [one for one in secrets if str(one) in text]


def test_what_is_no_message_is_kept_as_its_length(his: OneTrans) -> None:
    his.configure({"gateway": {"url": "http://127.0.0.1:9"}, "recorder": {"file": "calls.log"}})
    his.send(b'{"userName": "secret')
    line = orjson.loads((his.folder / "calls.log").read_bytes())
    assert (line["code"], line["in"]) == ("600003", 20)


def test_full_files_are_turned_over_and_the_oldest_goes(his: OneTrans) -> None:
    his.configure(
        {"gateway": {"url": "http://127.0.0.1:9"}, "recorder": {"file": "calls.log", "size_kb": 16, "files": 3}}
    )
    for _ in range(400):
        his.send(b'{"a":1}')
    kept = sorted(one.name for one in his.folder.glob("calls.log*"))
    assert kept == ["calls.log", "calls.log.1", "calls.log.2"]
    assert all((his.folder / name).stat().st_size <= 16 * 1024 for name in kept)
    for name in kept:
        assert all(orjson.loads(line) for line in (his.folder / name).read_bytes().splitlines())


def test_a_file_that_cannot_be_written_harms_no_call(his: OneTrans, tmp_path: Path) -> None:
    with standing(PAID) as platform:
        at(his, platform, recorder={"file": tmp_path / "no" / "where.log"})
        assert asking(his, "hop.trade.recharge", recharge()).code == "000000"
