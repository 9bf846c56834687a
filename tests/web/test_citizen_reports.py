"""报告 and 处方: what was found and prescribed, what matters first, and nothing of anybody else."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.hospital import HOSPITAL
from tests.support.hub import NOW_MS
from tests.web.care import CARD, PATIENT, RECORD, add, care, link
from tests.web.town import Town, somebody
from yiqiao.hospital.reports.service import exam_row, lab_row
from yiqiao.ports.hospital.refusals import HospitalUnreachable, NotOffered
from yiqiao.ports.hospital.reports import Danger, ExamReport, ExamSubject, LabItem, LabReport
from yiqiao.storage.clinical import RecordRow, file_records
from yiqiao.web.pages.citizen_reports import finding

REPORTS, RECIPES = "/citizen/reports", "/citizen/prescriptions"
DAY_MS = 86_400_000
WARNING = "血钾严重升高，请立即就诊"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Town]:
    """The first of the sandbox's people, whose card is linked."""
    with care(tmp_path) as found:
        link(found.as_(0))
        yield found


def file(here: Town, *rows: RecordRow) -> None:
    here.do(here.runtime.database.write, lambda c: file_records(c, list(rows)))


def lab(here: Town, test_no: str, *items: LabItem, patient_id: str = PATIENT, ago: int = 0) -> str:
    """File a laboratory report: its address."""
    report = LabReport(test_no, patient_id, "电解质", NOW_MS - ago * DAY_MS, items)
    file(here, lab_row(here.runtime.keyring, HOSPITAL, report, NOW_MS))
    return f"{REPORTS}/lab/{test_no}?{RECORD}"


def exam(here: Town, exam_no: str, danger: Danger, patient_id: str = PATIENT) -> str:
    """File an examination report: its address."""
    person = somebody(0)
    subject = ExamSubject(person.name, person.id_no, person.mobile_phone)
    report = ExamReport(
        exam_no,
        patient_id,
        NOW_MS,
        subject,
        "超声",
        description="肝胆胰脾\n未见异常",
        impression="未见异常",
        danger=danger,
    )
    file(here, exam_row(here.runtime.keyring, HOSPITAL, report, NOW_MS))
    return f"{REPORTS}/exam/{exam_no}?{RECORD}"


def test_list_has_a_year_of_both_kinds_newest_first(here: Town) -> None:
    lab(here, "NEW", LabItem("血钾", "4.0"))
    lab(here, "OLD", LabItem("血钾", "4.0"), ago=400)
    exam(here, "JC1", Danger())
    page = here.json(REPORTS)["reports"]
    assert [one["at"] for one in page] == sorted((one["at"] for one in page), reverse=True)
    assert {one["name"] for one in page} >= {"电解质", "超声"}
    assert not any("OLD" in one["address"] for one in page)
    assert all(here.client.get(one["address"]).status_code == 200 for one in page)


def test_what_is_critical_stands_first_and_is_said_plainly(here: Town) -> None:
    at = lab(
        here,
        "JY1",
        LabItem("血钠", "140", "N", "mmol/L", "137~147"),
        LabItem("血氯", "90", "L", "mmol/L", "99~110"),
        LabItem("血钾", "7.1", "H", "mmol/L", "3.5~5.3", "K", Danger(True, WARNING)),
    )
    page = here.json(at)
    assert [(one["name"], one["finding"]) for one in page["results"]] == [
        ("血钾", "high"),
        ("血氯", "low"),
        ("血钠", ""),
    ]
    assert page["odd"] == 2
    shown = here.client.get(at).text
    for words in ("危急值，请尽快联系医生", WARNING, "偏高", "偏低", "参考范围 3.5~5.3", "7.1"):
        assert words in shown
    assert shown.index("危急值，请尽快联系医生") < shown.index("血钾")
    listed = here.client.get(REPORTS).text
    assert "危急值，请尽快联系医生" in listed


def test_warning_of_what_is_not_critical_is_not_shown(here: Town) -> None:
    at = lab(here, "JY1", LabItem("血钾", "4.0", danger=Danger(False, "不应出现的提醒")))
    shown = here.client.get(at).text
    assert "不应出现的提醒" not in shown
    assert "医院没有标出异常" in shown


def test_examination_says_its_conclusion_and_nobodys_name(here: Town) -> None:
    at = exam(here, "JC/1", Danger(True, "请尽快就诊"))
    shown = here.client.get(at.replace("JC/1", "JC%2F1")).text
    for words in ("结论", "未见异常", "所见", "危急值，请尽快联系医生", "请尽快就诊"):
        assert words in shown
    for value in (somebody(0).name, somebody(0).id_no, somebody(0).mobile_phone, PATIENT, CARD):
        assert value not in shown


def test_reports_of_others_are_not_found(here: Town) -> None:
    lab(here, "JY9", LabItem("血钾", "4.0"), patient_id="P98000000002")
    exam(here, "JC9", Danger(), patient_id="P98000000002")
    for path in ("lab/JY9", "exam/JC9", "lab/nothing", "exam/nothing", "other/JY9"):
        assert here.client.get(f"{REPORTS}/{path}?{RECORD}").status_code == 404
    here.as_(1)
    assert here.client.get(f"{REPORTS}?{RECORD}").status_code == 404
    here.client.cookies.clear()
    assert "请先登录" in here.client.get(REPORTS).text


def test_appointment_shows_ones_own_reports_and_a_card_those_of_family(here: Town) -> None:
    who = add(here.as_(2), 1)
    here.begin(who=who)
    at = here.begin()
    here.settled(at)
    here.send(at, act="confirm", pays="there")
    here.settled(at)
    assert here.json(REPORTS)["whose"]["name"] == ""
    assert here.client.get(f"{REPORTS}?hospital={HOSPITAL}&who={who}").status_code == 404
    link(here, "9800000002", who)
    assert len(here.json(REPORTS)["records"]) == 2
    assert here.client.get(f"{REPORTS}?hospital={HOSPITAL}&who={who}").status_code == 200


def test_one_kind_that_is_not_shown_leaves_the_other(here: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object) -> None:
        raise NotOffered

    reports = here.runtime.hospitals.of(HOSPITAL).reports.__class__
    monkeypatch.setattr(reports, "exams", refuse)
    assert len(here.json(REPORTS)["reports"]) == 5
    monkeypatch.setattr(reports, "labs", refuse)
    answer = here.client.get(REPORTS)
    assert answer.status_code == 409
    assert "医院未开通此项服务" in answer.text


def test_hospital_that_is_away_is_a_sentence_with_a_way_on(here: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise HospitalUnreachable

    monkeypatch.setattr(here.runtime.hospitals.of(HOSPITAL).reports.__class__, "labs", away)
    answer = here.client.get(REPORTS)
    assert answer.status_code == 503
    assert "医院系统暂时无法连接" in answer.text
    assert 'href="/citizen' in answer.text


@pytest.mark.parametrize(
    ("mark", "said"),
    [("", ""), ("N", ""), (" n ", ""), ("H", "high"), ("HH", "high"), ("↑", "high"), ("偏高", "high"), ("L", "low"),
     ("↓↓", "low"), ("偏低", "low"), ("*", "odd"), ("阳性", "odd")],
)  # fmt: skip
def test_marks_of_hospitals_are_said_in_words(mark: str, said: str) -> None:
    assert finding(mark) == said


def test_prescriptions_of_a_year_are_shown(here: Town) -> None:
    page = here.json(RECIPES)["recipes"]
    assert len(page) == 5
    assert page == sorted(page, key=lambda one: one["day"], reverse=True)
    shown = here.client.get(RECIPES).text
    assert re.search(r"[\u4e00-\u9fff]{2,4}医生", shown)
    for words in ("盒", "用药请听医生的"):
        assert words in shown
    assert somebody(0).id_no not in shown


def test_no_prescription_says_so(here: Town) -> None:
    here.as_(100).registered()
    assert "近一年没有处方" in here.client.get(RECIPES).text
    assert "近一年没有报告" in here.client.get(REPORTS).text
