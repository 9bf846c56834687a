"""Uploads over HTTP: rows kept, rows refused, rows that wait, and every bad input with its return code."""

import asyncio
import threading
from typing import Any

import orjson
import pytest

from tests.dialects.supervision.hospital import (
    APP,
    HOSPITAL,
    Uploader,
    department,
    many,
    order,
    staff,
    told,
    until,
    visit,
)
from tests.dialects.supervision.uploads import row
from tests.support.hub import NOW_MS, Hub
from yiqiao.dialects.supervision.rows import Row, read_row
from yiqiao.journal.reader import Reader, Search
from yiqiao.spec import Table
from yiqiao.storage import supervision_records as stored


async def test_rows_are_kept_and_each_has_its_verdict(hospital: Uploader) -> None:
    """ours.rows"""
    answer = await hospital.upload(
        "A1001", department("0101"), department("0102", deptName="长" * 33), department("0103")
    )
    assert answer.code == "0"
    assert answer.states == ["valid", "refused", "valid"]
    (fault,) = answer.verdicts.faults
    assert (fault.row, fault.code, fault.field) == (2, "PARAM_ERROR", "deptName")
    assert await hospital.kept("department", "0103") == [("valid", 1)]
    assert await hospital.kept("department", "0102") == []


async def test_an_order_waits_for_its_doctor_and_is_valid_when_the_doctor_is(hospital: Uploader) -> None:
    """ours.waiting, and A1002.order: a doctor waits until the department is bound to its subject"""
    await hospital.upload("A1001", department())
    answer = await hospital.upload("A2000", order())
    assert (answer.code, answer.states) == ("0", ["waiting"])
    (fault,) = answer.verdicts.faults
    assert (fault.code, fault.field) == ("DEPENDENCY_NOT_FOUND", "docCode")
    assert (await hospital.upload("A1002", staff())).states == ["waiting"]
    await hospital.hub.runtime.supervision.institutions.bind_subject("root", APP, "0101", "03.04", "心血管内科专业")

    async def valid() -> bool:
        return await hospital.kept("order", "O1") == [("valid", 1)]

    await until(valid)


async def test_the_same_rows_again_change_nothing_however_they_are_written(hospital: Uploader) -> None:
    """ours.versions"""
    await hospital.upload("A1001", department())
    written = orjson.dumps([dict(reversed(department(remark="", legacy=None).items()))], option=orjson.OPT_INDENT_2)
    answer = told(await hospital.post("A1001", written))
    assert (answer.code, answer.states) == ("0", ["unchanged"])
    assert await hospital.kept("department", "0101") == [("valid", 1)]


async def test_rule_a1002_online_whoever_still_sends_it_makes_no_version_of_it(hospital: Uploader) -> None:
    await hospital.hub.runtime.supervision.institutions.bind_subject("root", APP, "0101", "03.04", "心血管内科专业")
    await hospital.upload("A1001", department())
    assert (await hospital.upload("A1002", staff())).states == ["valid"]
    answer = await hospital.upload("A1002", staff(isOnline=1), staff(isOnline=0), staff(isOnline=9))
    assert (answer.code, answer.states) == ("0", ["unchanged"] * 3)
    assert await hospital.kept("staff", "D07") == [("valid", 1)]


async def test_a_batch_of_which_nothing_can_be_kept_is_refused_with_all_its_faults(hospital: Uploader) -> None:
    answer = await hospital.upload("A1001", department(status=7), department(hasChild="无"))
    assert answer.code == "PARAM_ERROR"
    assert answer.states == ["refused", "refused"]
    assert {(one.row, one.field) for one in answer.verdicts.faults} == {(1, "status"), (2, "hasChild")}
    (batch,) = await hospital.hub.runtime.database.read(lambda c: stored.batches(c, APP, 9))
    assert (batch.accepted, batch.refused) == (0, 2)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"certificateNo": None}, "certificateNo"),
        ({"certificateType": None, "certificateNo": None}, "certificateType"),
    ],
)
async def test_one_whole_pair_of_certificate_or_card_is_due(
    hospital: Uploader, given: dict[str, object], field: str
) -> None:
    answer = await hospital.upload("A2000", order(**given))
    assert answer.code == "PARAM_ERROR"
    assert field in {one.field for one in answer.verdicts.faults}
    card = {"cardType": 7, "cardNo": "YQ980001"}
    assert (await hospital.upload("A2000", order(**given, **card))).code == "0"
    assert (await hospital.upload("A2000", order(**card))).code == "0"


async def test_a_visit_without_a_prescription_says_so(hospital: Uploader) -> None:
    """A2001.depends, A2001.recipe, A2001.record: all of them must have been uploaded."""
    answer = await hospital.upload("A2001", visit(recipeId="-1"), visit("O2", recipeId="C1"))
    wanted = {(one.row, one.field) for one in answer.verdicts.faults}
    assert wanted == {(1, "orderId"), (1, "recordId"), (2, "orderId"), (2, "recordId"), (2, "recipeId")}


def consultation(**more: object) -> dict[str, object]:
    """A consultation that the institution asked another hospital for."""
    return {
        **{name: value for name, value in order().items() if name in CONSULTED},
        "consultId": "Z1",
        "applyHospId": HOSPITAL,
        "applyHospName": "云桥县人民医院",
        "applyTime": "2026-11-18 09:00:00",
        "startTime": "2026-11-18 10:00:00",
        "endTime": "2026-11-18 10:30:00",
        "consultType": 1,
        "consultFlag": 1,
        "chiefComplaint": "胸闷一周",
        "presentHistory": "活动后加重",
        "recordId": "B1",
        "expert": [{"hospId": "H9852", "hospName": "云桥县中医医院", "deptCode": "9803", "deptName": "中医科"}],
        **more,
    }


CONSULTED = (
    "flowNo", "status", "amount", "name", "age", "sex", "birthday", "mobile", "certificateType", "certificateNo",
)  # fmt: skip


async def test_a_consultation_waits_until_its_hospitals_are_bound(hospital: Uploader) -> None:
    """consultation, and A2010.bound"""
    answer = await hospital.upload("A2010", consultation())
    assert (answer.code, answer.states) == ("0", ["waiting"])
    assert {one.field for one in answer.verdicts.faults} == {"recordId", "expert/hospId"}
    answer = await hospital.upload("A2010", consultation(applyHospId="H9853", expert=None))
    assert {one.field for one in answer.verdicts.faults} == {"recordId", "applyHospId"}


async def test_a_consultation_is_valid_when_what_it_depends_on_has_come(hospital: Uploader) -> None:
    """A2010.depends: the medical record stands upon the department and the doctor."""
    institutions = hospital.hub.runtime.supervision.institutions
    await hospital.upload("A2010", consultation())
    await institutions.bind_partner("root", APP, "H9852", "云桥县中医医院")
    emr = row("A2040", recordId="B1", deptCode="0101", docCode="D07")
    answer = await hospital.upload("A2040", emr)
    assert {one.field for one in answer.verdicts.faults} == {"deptCode", "docCode"}
    assert await hospital.kept("consultation", "Z1") == [("waiting", 0)]
    await institutions.bind_subject("root", APP, "0101", "03.04", "心血管内科专业")
    await hospital.upload("A1001", department())
    await hospital.upload("A1002", staff())

    async def valid() -> bool:
        return await hospital.kept("consultation", "Z1") == [("valid", 1)]

    await until(valid)


@pytest.mark.parametrize(
    ("service", "kind", "key", "sent"),
    [("A2000", "order", "O1", order(amount=1500.05)), ("A2010", "consultation", "Z1", consultation(amount="1500.05"))],
)
async def test_an_amount_is_in_fen(
    hospital: Uploader, service: str, kind: str, key: str, sent: dict[str, object]
) -> None:
    """A2000.amount, A2010.amount: what comes is 分 and hundredths of them, what is kept are hundredths."""
    await hospital.upload(service, sent)
    (found,) = await hospital.hub.runtime.database.read(lambda c: stored.of_record(c, APP, kind, key))
    assert found.amount == 150_005


async def test_rule_a1001_root_where_no_department_stands_above_it_says_so(hospital: Uploader) -> None:
    answer = await hospital.upload(
        "A1001",
        department("0100", parentId="-1", hasChild=1),
        department("0101", parentId="0100"),
        department("0102", parentId=""),
    )
    assert answer.states == ["valid", "valid", "refused"]
    assert [(one.row, one.field) for one in answer.verdicts.faults] == [(3, "parentId")]


# What is no upload at all, each with its code.


async def test_a_wrong_signature(hospital: Uploader) -> None:
    response = await hospital.post("A1001", orjson.dumps([department()]), headers={"sign": "0" * 32})
    assert told(response).code == "SIGN_ERROR"
    assert await hospital.kept("department", "0101") == []


async def test_an_unknown_appid(hospital: Uploader) -> None:
    response = await hospital.post("A1001", orjson.dumps([department()]), headers={"appid": "IH0000"})
    assert told(response).code == "APPID_ERROR"


async def test_a_service_that_does_not_match_its_path(hospital: Uploader) -> None:
    response = await hospital.post("A1001", orjson.dumps([department()]), path=hospital.path("A1002"))
    assert told(response).code == "SERVICE_ERROR"
    response = await hospital.post("A1001", orjson.dumps([department()]), headers={"service": "A9999"})
    assert told(response).code == "SERVICE_ERROR"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'{"deptCode": "0101"}', "DATA_FORMAT_ERROR"),
        (b"[", "DATA_FORMAT_ERROR"),
        (b'[{"deptCode": "0101"},]', "DATA_FORMAT_ERROR"),
        (b"[]", "DATA_EMPTY"),
        (b" ", "DATA_EMPTY"),
        (b"[1]", "DATA_FORMAT_ERROR"),
        (b'[{"deptCode": "0101", "deptCode": "0102"}]', "DATA_FORMAT_ERROR"),
    ],
)
async def test_data_that_is_no_array_of_objects(hospital: Uploader, data: bytes, code: str) -> None:
    """data: an array of objects"""
    assert await hospital.code("A1001", data) == code


async def test_data_that_is_no_text_and_a_body_that_is_no_json(hospital: Uploader) -> None:
    """data: a text, and not the array itself"""
    headers, body = hospital.sealed("A1001", b"[]")
    path = hospital.path("A1001")
    loose = orjson.dumps({"uptime": orjson.loads(body)["uptime"], "data": [department()]})
    assert told(await hospital.raw(path, headers, loose)).code == "DATA_FORMAT_ERROR"
    broken = told(await hospital.raw(path, headers, body[:-3]))
    assert broken.code == "DATA_FORMAT_ERROR"
    assert "字节" in broken.message
    assert told(await hospital.raw(path, headers, b"")).code == "DATA_EMPTY"


async def test_one_row_too_many(hospital: Uploader) -> None:
    """batch: 10,000 rows, and no more"""
    assert await hospital.code("A1001", orjson.dumps(many(10_001))) == "BATCH_LIMIT"
    assert await hospital.kept("department", "00000") == []
    assert await hospital.code("A1001", orjson.dumps(many(10_000))) == "0"
    assert await hospital.kept("department", "09999") == [("valid", 1)]


async def test_a_request_of_31_mb(hospital: Uploader) -> None:
    """size"""
    headers, body = hospital.sealed("A1001", orjson.dumps([department()]))
    response = await hospital.raw(hospital.path("A1001"), headers, body + b" " * (31 << 20))
    assert told(response).code == "REQUEST_TOO_LARGE"


async def test_the_same_randomstr_twice(hospital: Uploader) -> None:
    """ours.random"""
    await hospital.upload("A1001", department("0101"), randomstr="once")
    assert (await hospital.upload("A1001", department("0102"), randomstr="once")).code == "REPEAT_SUBMIT"
    assert await hospital.kept("department", "0102") == []


async def test_an_institution_that_is_not_opened(hub: Hub) -> None:
    """A1001.order: departments come when the institution is open"""
    hospital = Uploader(hub, app_id="IH9852")
    await hospital.join(opened=False)
    assert (await hospital.upload("A1001", department())).code == "NO_PERMISSION"


async def test_a_time_that_is_not_now(hospital: Uploader) -> None:
    data = orjson.dumps([department()])
    headers, body = hospital.sealed("A1001", data, at=NOW_MS - 3_600_000)
    assert told(await hospital.raw(hospital.path("A1001"), headers, body)).code == "PARAM_ERROR"
    said = orjson.dumps({"uptime": "2026-13-01 00:00:00", "data": data.decode()})
    assert told(await hospital.raw(hospital.path("A1001"), headers, said)).code == "PARAM_ERROR"


async def test_under_the_profile_atomic_a_batch_is_taken_whole_or_not_at_all(hub: Hub) -> None:
    """ours.rows"""
    hospital = Uploader(hub, profile="atomic")
    await hospital.join()
    answer = await hospital.upload("A1001", department("0101"), department("0102", status=7))
    assert answer.code == "PARAM_ERROR"
    assert answer.states == ["refused", "refused"]
    assert await hospital.kept("department", "0101") == []
    answer = await hospital.upload("A2000", order())
    assert answer.code == "DEPENDENCY_NOT_FOUND"
    assert await hospital.kept("order", "O1") == []
    assert (await hospital.upload("A1001", department("0101"))).code == "0"


async def test_the_journal_has_an_upload_by_its_digest_and_short_ones_whole(hospital: Uploader) -> None:
    await hospital.upload("A1001", department())
    await hospital.upload("A1001", *many(1000))
    runtime = hospital.hub.runtime
    lines = (await Reader(runtime.database, runtime.keyring).search(Search("supervision"), limit=9)).lines
    long, short = [await Reader(runtime.database, runtime.keyring).show(one.chain, one.seq) for one in lines]
    assert short.request
    assert not long.request


async def test_of_two_requests_under_one_randomstr_at_once_one_is_taken(hospital: Uploader) -> None:
    """ours.random"""
    answers = await asyncio.gather(*(hospital.upload("A1001", department(code), randomstr="once") for code in "12345"))
    assert sorted(one.code for one in answers) == ["0", *["REPEAT_SUBMIT"] * 4]
    kept = [await hospital.kept("department", code) for code in "12345"]
    assert sorted(kept) == [[], [], [], [], [("valid", 1)]]


async def test_a_connection_cut_in_the_middle_stores_nothing(hospital: Uploader) -> None:
    headers, body = hospital.sealed("A1001", orjson.dumps([department()]))
    parts = [
        {"type": "http.request", "body": body[: len(body) // 2], "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[object] = []

    async def receive() -> Any:
        return parts.pop(0)

    async def send(message: object) -> None:
        sent.append(message)

    said = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": hospital.path("A1001"), "headers": said, "client": ("::1", 1)}
    await hospital.hub.transport.app(scope, receive, send)
    assert sent == []
    assert await hospital.kept("department", "0101") == []
    assert await hospital.hub.runtime.database.read(lambda c: stored.batches(c, APP, 9)) == []


async def test_rows_are_judged_beside_the_event_loop(hospital: Uploader, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: set[int] = set()

    def seen(raw: bytes, table: Table) -> Row:
        threads.add(threading.get_ident())
        return read_row(raw, table)

    monkeypatch.setattr("yiqiao.dialects.supervision.handlers.records.read_row", seen)
    assert (await hospital.upload("A1001", department())).code == "0"
    assert threads
    assert threading.get_ident() not in threads
