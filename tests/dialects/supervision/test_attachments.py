"""Attachments over HTTP (2.1): hexadecimal text in rows, and forms of any length; what is wrong leaves nothing."""

import errno
from pathlib import Path

import orjson
import pytest

from tests.dialects.supervision.forms import BOUNDARY, END, PDF, FormSender, form, part
from tests.dialects.supervision.hospital import APP, Uploader, told, visit
from tests.dialects.supervision.uploads import row as sample
from tests.region.supervision.attachments.files import FILES
from yiqiao.adapters.attachment_store import objects
from yiqiao.dialects.supervision.filing import KINDS, filing, readers
from yiqiao.dialects.supervision.rows import read_row
from yiqiao.journal.reader import Reader, Search
from yiqiao.ports.attachment_store import CHUNK
from yiqiao.region.supervision.attachments import receiving
from yiqiao.storage.attachments import Counts

LARGE = PDF + bytes(range(256)) * (CHUNK // 256 + 40)


@pytest.fixture
def sender(hospital: Uploader) -> FormSender:
    return FormSender(hospital)


def row(atta_id: str = "visit-1", content: bytes = FILES["png"], **more: object) -> dict[str, object]:
    """An attachment in a row."""
    return {"attaService": "11", "attaId": atta_id, "fileType": "png", "content": content.hex(), **more}


async def content(hospital: Uploader, atta_id: str) -> list[bytes]:
    """All versions of an attachment, the newest first."""
    attachments = hospital.hub.runtime.supervision.attachments
    found = await attachments.versions(APP, atta_id)
    return [b"".join([piece async for piece in attachments.content(one)]) for one in found]


def kept(hospital: Uploader) -> list[str]:
    """What the store holds."""
    folder = hospital.hub.runtime.settings.folder / "attachments"
    return [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]


# rows (A0000)


async def test_attachments_come_as_hexadecimal_text_many_in_a_message(hospital: Uploader) -> None:
    """A0000.hex, A0000.rows"""
    answer = await hospital.upload("A0000", row("a"), row("b", FILES["pdf"], fileType=".PDF"), row("a"))
    assert (answer.code, answer.states) == ("0", ["valid", "valid", "unchanged"])
    assert await content(hospital, "a") == [FILES["png"]]
    assert await content(hospital, "b") == [FILES["pdf"]]


BAD_ROWS = [
    (row(fileType="pdf"), "ATTACHMENT_TYPE_ERROR", "content"),
    (row(fileType="a.b"), "ATTACHMENT_TYPE_ERROR", "fileType"),
    (row("../../etc/passwd"), "ATTACHMENT_ID_ERROR", "attaId"),
    (row("a,b"), "ATTACHMENT_ID_ERROR", "attaId"),
    (row("x" * 129), "PARAM_ERROR", "attaId"),
    (row(content=b""), "PARAM_ERROR", "content"),
    (row() | {"content": "8950zz"}, "PARAM_ERROR", "content"),
    (row(attaService="99"), "PARAM_ERROR", "attaService"),
    (row() | {"content": 5}, "PARAM_ERROR", "content"),
]


async def test_a_file_too_large_for_a_message_comes_as_a_form(hospital: Uploader, sender: FormSender) -> None:
    """A0000.small, A0001.size"""
    film = PDF + bytes(31 << 20)
    answer = await hospital.upload("A0000", row(content=film[: 16 << 20], fileType="pdf"))
    assert answer.code == "REQUEST_TOO_LARGE"
    assert kept(hospital) == []
    assert (await sender.send(film)).states == ["valid"]
    (found,) = await hospital.hub.runtime.supervision.attachments.versions(APP, "visit-1")
    assert found.size == len(film)


async def test_a_bad_row_has_its_code_and_the_others_are_kept(hospital: Uploader) -> None:
    for number, (bad, code, field) in enumerate(BAD_ROWS):
        answer = await hospital.upload("A0000", row(f"good-{number}"), bad)
        assert (answer.code, answer.states) == ("0", ["valid", "refused"])
        assert [(fault.row, fault.code, fault.field) for fault in answer.verdicts.faults] == [(2, code, field)]
        assert await content(hospital, f"good-{number}") == [FILES["png"]]
    assert len(kept(hospital)) == 1


async def test_where_nothing_can_be_kept_the_return_code_says_why(hospital: Uploader) -> None:
    answer = await hospital.upload("A0000", row(fileType="pdf"))
    assert (answer.code, answer.states) == ("ATTACHMENT_TYPE_ERROR", ["refused"])
    assert "不是所声明的 pdf" in answer.message
    assert kept(hospital) == []


async def test_a_batch_that_is_taken_whole_or_not_at_all_keeps_nothing_beside_a_bad_row(hospital: Uploader) -> None:
    atomic = Uploader(hospital.hub, "IH9852", "atomic")
    await atomic.join()
    answer = await atomic.upload("A0000", row("good"), row(fileType="pdf"))
    assert answer.code == "ATTACHMENT_TYPE_ERROR"
    assert kept(hospital) == []
    assert (await atomic.upload("A0000", row("good"))).states == ["valid"]


async def test_a_random_string_is_used_once_by_attachments_too(hospital: Uploader, sender: FormSender) -> None:
    assert (await hospital.upload("A0000", row(), randomstr="once")).code == "0"
    assert (await hospital.upload("A0000", row(), randomstr="once")).code == "REPEAT_SUBMIT"
    headers = sender.signed()
    for code in ("0", "REPEAT_SUBMIT"):
        response = await hospital.hub.http.post(sender.path, content=form(PDF), headers=headers)
        assert told(response).code == code


# forms (A0001)


@pytest.mark.parametrize("file_first", [False, True])
@pytest.mark.parametrize("size", [len(PDF), len(LARGE)])
async def test_a_form_brings_a_file_its_fields_in_any_order(sender: FormSender, file_first: bool, size: int) -> None:
    """A0001.form"""
    answer = await sender.send(LARGE[:size], file_first=file_first)
    assert (answer.code, answer.states) == ("0", ["valid"])
    assert await content(sender.hospital, "visit-1") == [LARGE[:size]]
    assert (await sender.send(LARGE[:size], file_first=file_first)).states == ["unchanged"]


async def test_a_file_may_hold_what_looks_like_a_boundary(sender: FormSender) -> None:
    tricky = PDF + f"\r\n--{BOUNDARY[:-1]}\r\n\r\n--".encode() + b"\r" * 70_000
    await sender.send(tricky)
    assert await content(sender.hospital, "visit-1") == [tricky]


async def test_a_form_goes_on_where_it_broke(sender: FormSender, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await sender.ask(LARGE) == '{"offset":0,"whole":false}'

    async def breaks(_self: object, _row: object) -> None:
        raise ConnectionError

    # What the store has is there, and what comes next is lost.
    with monkeypatch.context() as broken:
        broken.setattr(receiving.Upload, "finish", breaks)
        with pytest.raises((ConnectionError, TypeError)):
            await sender.send(LARGE, offset=0)
    assert await sender.ask(LARGE) == f'{{"offset":{CHUNK},"whole":false}}'
    assert (await sender.send(LARGE, offset=CHUNK)).code == "0"
    assert await sender.ask(LARGE) == f'{{"offset":{len(LARGE)},"whole":true}}'
    assert (await sender.send(LARGE, offset=len(LARGE), attaId="visit-2")).states == ["valid"]
    assert await content(sender.hospital, "visit-2") == [LARGE]


BAD_FIELDS = [
    ({"fileType": "jpg"}, "ATTACHMENT_TYPE_ERROR"),
    ({"fileType": "../x"}, "ATTACHMENT_TYPE_ERROR"),
    ({"attaId": "../x"}, "ATTACHMENT_ID_ERROR"),
    ({"attaService": "99"}, "PARAM_ERROR"),
    ({"attaId": "(absent)"}, "PARAM_ERROR"),
    ({"fileType": "(absent)"}, "PARAM_ERROR"),
    ({"uptime": "2026-02-30 00:00:00"}, "PARAM_ERROR"),
    ({"attaId": "x" * 9000}, "DATA_FORMAT_ERROR"),
]


async def test_a_form_that_says_something_wrong_has_its_code_and_leaves_nothing(sender: FormSender) -> None:
    for more, code in BAD_FIELDS:
        for sent in (PDF, LARGE):
            answer = told(await sender.post(form(sent, False, **more)))
            assert (more, answer.code) == (more, code)
            assert kept(sender.hospital) == []


NO_FORMS = {
    "empty": b"",
    "none": b"no form",
    "no end": form(PDF)[: -len(END)],
    "cut": form(PDF)[:-50],
    "no file": part("attaId", b"x") + END,
    "two files": form(PDF)[: -len(END)] + part("fileUpload", PDF, is_file=True) + END,
    "twice": part("attaId", b"x") + form(PDF),
    "no text": part("note", b"\xff\xfe") + form(PDF),
    "no name": part("", b"x") + form(PDF),
    "many": b"".join(part(f"n{number}", b"") for number in range(40)) + form(PDF),
}
NO_CONTENT_TYPES = ("application/json", "multipart/form-data", "", f"multipart/form-data; boundary={'x' * 300}")


async def test_what_is_no_form_is_refused_and_leaves_nothing(sender: FormSender) -> None:
    """A0001.form, and A0001.one: two files are refused"""
    for what, body in NO_FORMS.items():
        assert (what, told(await sender.post(body)).code) == (what, "DATA_FORMAT_ERROR")
    for content_type in NO_CONTENT_TYPES:
        answer = told(await sender.post(form(PDF), **{"content-type": content_type}))
        assert (content_type, answer.code) == (content_type, "DATA_FORMAT_ERROR")
    assert kept(sender.hospital) == []


BAD_HEADERS = [
    ({"sign": "0" * 32}, "SIGN_ERROR"),
    ({"appid": "IH0000"}, "APPID_ERROR"),
    ({"service": "A0000"}, "SERVICE_ERROR"),
    ({"upload-digest": "xyz"}, "PARAM_ERROR"),
    ({"upload-offset": "5"}, "PARAM_ERROR"),
    ({"upload-digest": "0" * 64, "upload-offset": "-1"}, "PARAM_ERROR"),
    ({"upload-digest": "0" * 64, "upload-offset": "5"}, "ATTACHMENT_RESUME_ERROR"),
    ({"upload-digest": "0" * 64}, "ATTACHMENT_RESUME_ERROR"),
]


async def test_headers_that_are_wrong_are_told_and_nothing_is_kept(sender: FormSender) -> None:
    for headers, code in BAD_HEADERS:
        assert (headers, told(await sender.post(form(PDF), **headers)).code) == (headers, code)
    assert kept(sender.hospital) == []


async def test_the_journal_has_all_that_there_is_of_a_file_refused_by_its_headers(sender: FormSender) -> None:
    await sender.post(form(PDF), sign="0" * 32)
    runtime = sender.hospital.hub.runtime
    reader = Reader(runtime.database, runtime.keyring)
    (line,) = (await reader.search(Search("supervision"), limit=9)).lines
    entry = await reader.show(line.chain, line.seq)
    assert (line.outcome, entry.request, entry.whole) == ("SIGN_ERROR", b"", True)


async def test_an_institution_that_is_not_open_may_not_send_a_file(hospital: Uploader) -> None:
    stranger = Uploader(hospital.hub, "IH9853")
    await stranger.join(opened=False)
    assert (await FormSender(stranger).send(PDF)).code == "NO_PERMISSION"
    assert (await stranger.upload("A0000", row())).code == "NO_PERMISSION"


async def test_two_quotes_may_be_signed_by_those_who_read_it_so(hospital: Uploader) -> None:
    """A0001.sign"""
    quoting = Uploader(hospital.hub, "IH9854", "quoted-data")
    await quoting.join()
    assert (await FormSender(quoting).send(PDF, data='""')).code == "0"
    quoting.profile = "reconstructed"
    assert (await FormSender(quoting).send(PDF)).code == "0"


async def test_the_journal_keeps_the_form_and_not_the_file(sender: FormSender) -> None:
    await sender.send(LARGE)
    await sender.send(LARGE, fileType="jpg")
    runtime = sender.hospital.hub.runtime
    reader = Reader(runtime.database, runtime.keyring)
    page = await reader.search(Search("supervision"), limit=9)
    assert [(line.operation, line.outcome) for line in page.lines] == [
        ("A0001", "ATTACHMENT_TYPE_ERROR"),
        ("A0001", "0"),
    ]
    for line in page.lines:
        record = await reader.show(line.chain, line.seq)
        assert len(record.request) < 500
        assert b'"attaId":"visit-1"' in record.request


# a store that is full


async def test_a_full_store_has_its_code_and_what_was_announced_goes_on_later(
    sender: FormSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = 0

    def full(path: Path, content: bytes) -> None:
        nonlocal written
        written += 1
        if written > 1:
            raise OSError(errno.ENOSPC, "no room")
        path.write_bytes(content)

    with monkeypatch.context() as crowded:
        crowded.setattr(objects, "_write", full)
        assert (await sender.send(LARGE, offset=0)).code == "STORAGE_FULL"
        assert (await sender.send(LARGE, attaId="other")).code == "STORAGE_FULL"
        assert (await sender.hospital.upload("A0000", row())).code == "STORAGE_FULL"
    assert len(kept(sender.hospital)) == 1
    assert await sender.ask(LARGE) == f'{{"offset":{CHUNK},"whole":false}}'
    assert (await sender.send(LARGE, offset=CHUNK)).code == "0"
    assert await content(sender.hospital, "visit-1") == [LARGE]


# which records name what


async def test_what_records_name_is_missed_until_it_comes(hospital: Uploader) -> None:
    """A0000.after, and A2001.attachments: those of a visit are of business 11"""
    attachments = hospital.hub.runtime.supervision.attachments
    said = {"processTime": "2026-11-18 10:01:00", "role": 2, "content": "请看报告"}
    await hospital.upload("A0000", row("a2"))
    answer = await hospital.upload("A2001", visit(process=[{**said, "attaId": "a1, a2"}, {**said, "attaId": "a3"}]))
    assert answer.code == "0"
    assert [(one.atta_id, one.service) for one in await attachments.missing(APP)] == [("a1", "11"), ("a3", "11")]
    await hospital.upload("A2001", visit(process=[{**said, "attaId": "a3"}]))
    assert [one.atta_id for one in await attachments.missing(APP)] == ["a3"]
    await hospital.upload("A0000", row("a3"))
    assert await attachments.missing(APP) == []
    assert await attachments.counts(APP) == Counts(named=1, here=1, unnamed=1)


@pytest.mark.parametrize(("operation", "business"), [("A1000", "01"), ("A1002", "02")])
async def test_licences_come_behind_their_records_under_the_business_of_those(
    hospital: Uploader, operation: str, business: str
) -> None:
    """A1000.attachments, A1002.attachments"""
    attachments = hospital.hub.runtime.supervision.attachments
    licences = [{"attaType": 1, "attaId": "licence-1"}, {"attaType": 1, "attaId": "licence-2"}]
    await hospital.upload(operation, sample(operation, attachment=licences))
    missing = await attachments.missing(APP)
    assert [(one.atta_id, one.service) for one in missing] == [("licence-1", business), ("licence-2", business)]
    await hospital.upload("A0000", *(row(one.atta_id, attaService=one.service) for one in missing))
    assert await attachments.missing(APP) == []


@pytest.mark.parametrize("operation", [name for name, kind in KINDS.items() if kind in readers("reconstructed")])
def test_what_a_record_on_file_names_is_read_as_it_was_when_it_came(operation: str) -> None:
    how = filing("reconstructed", operation)
    content = orjson.dumps(sample(operation, 1))
    named = how.names(read_row(content, how.operation.asks).values)[0]
    assert named
    assert readers("reconstructed")[how.kind](content) == named


async def test_a_record_that_names_a_path_is_refused(hospital: Uploader) -> None:
    said = {"processTime": "2026-11-18 10:01:00", "role": 2, "content": "请看报告"}
    answer = await hospital.upload("A2001", visit(process=[{**said, "attaId": "a1,../../x"}]))
    assert answer.code == "ATTACHMENT_ID_ERROR"
    assert [(fault.field, fault.code) for fault in answer.verdicts.faults] == [
        ("process/attaId", "ATTACHMENT_ID_ERROR")
    ]
