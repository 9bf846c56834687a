"""Reports, physical examinations and prescriptions that are brought in: sealed, whole, left alone when unchanged."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.hospital.booking.clinic import HOSPITAL
from tests.support.importing import PATIENTS, Importing, told
from tests.support.keys import KEYRING
from yiqiao.hospital.checkups.service import LocalCheckups
from yiqiao.hospital.house import House
from yiqiao.hospital.imports.files import ImportUnfit
from yiqiao.hospital.prescriptions.service import LocalPrescriptions
from yiqiao.hospital.reports.service import LocalReports
from yiqiao.ports.hospital.prescriptions import PastOf
from yiqiao.ports.hospital.reports import Danger
from yiqiao.ports.hospital.values import Sex
from yiqiao.storage import Database

ID_NO, OTHER_ID_NO = "359851198503120134", "35985119920728024X"
RECORDS = {
    "lab_reports": "test_no,patient_id,name,requested_at,inpatient,reported_at\n"
    "JY1,P1,血常规,2026-11-01 08:30,门诊,2026-11-01 10:30:05\n"
    "JY2,P2,尿常规,2026-11-02,1,\n",
    "lab_items": "test_no,line_no,name,result,abnormal,critical,warning\n"
    "JY2,1,尿蛋白,阴性,,,\n"
    "JY1,2,血红蛋白,135,,,\n"
    "JY1,1,白细胞,31.5,H,1,请立即复诊\n",
    "exam_reports": "exam_no,patient_id,examined_at,name,id_no,description,critical\n"
    f'JC1,P1,2026-11-05 14:30,柳成荫,{ID_NO},"肝胆胰脾未见异常\n双肾未见异常",\n'
    "JC2,P2,2026-11-06 09:00,,,,\n",
    "checkups": "report_id,id_no,name,sex,day,age\n"
    f"TJ1,{OTHER_ID_NO},金秋月,女,2026-10-20,34\n"
    f"TJ2,{ID_NO},柳成荫,,2026-10-21,41\n",
    "checkup_items": "report_id,line_no,dept_id,item_id,name,result,unit\n"
    "TJ1,2,T02,X02,血压,118/76,\nTJ1,1,T01,X01,身高,165,cm\nTJ2,1,T01,X01,身高,178,cm\n",
    "checkup_departments": "report_id,line_no,dept_id,name,summary\nTJ1,1,T01,一般检查,未见异常\n",
    "checkup_conclusions": "report_id,line_no,title,description\nTJ1,1,体重正常,保持运动\n",
    "prescriptions": "recipe_no,patient_id,id_no,prescribed_at,doctor_name,diagnosis_code,diagnosis\n"
    f"CF1,P1,{ID_NO},2026-09-01 10:00,陶文静,J06.900,急性上呼吸道感染\n"
    f"CF2,P1,{ID_NO},2026-10-01 10:00,陶文静,J06.900,急性上呼吸道感染\n",
    "prescription_drugs": "recipe_no,line_no,code,name,quantity,quantity_unit,unit_price,amount\n"
    "CF1,1,Y001,阿莫西林胶囊,2,盒,13.9600,27.92\nCF2,1,Y001,阿莫西林胶囊,1,盒,,\n",
}
HEADS = {
    "lab_reports": ("lab_items",),
    "exam_reports": (),
    "checkups": ("checkup_items", "checkup_departments", "checkup_conclusions"),
    "prescriptions": ("prescription_drugs",),
}


@pytest.fixture
async def importing(database: Database, tmp_path: Path) -> Importing:
    """An import into a hospital that has two patients."""
    made = Importing(database, tmp_path)
    await made.well(patients=PATIENTS)
    return made


def only(head: str) -> dict[str, str]:
    """The files of one kind of record."""
    return {name: RECORDS[name] for name in (head, *HEADS[head])}


async def test_reports_are_found_as_they_were_written(importing: Importing) -> None:
    await importing.well(**RECORDS)
    reports = LocalReports(House(importing.database, KEYRING, importing.clock), HOSPITAL)
    lab = await reports.lab("JY1")
    assert [(item.name, item.danger) for item in lab.items] == [
        ("白细胞", Danger(True, "请立即复诊")),
        ("血红蛋白", Danger()),
    ]
    assert (lab.inpatient, lab.reported_at, lab.audited_at) == (False, 1_793_500_205_000, None)
    assert [one.test_no for one in await reports.labs("P2", None)] == ["JY2"]
    exam = await reports.exam("JC1")
    assert (exam.subject.id_no, exam.description) == (ID_NO, "肝胆胰脾未见异常\n双肾未见异常")


async def test_physical_examinations_are_found_with_all_their_parts(importing: Importing) -> None:
    await importing.well(**RECORDS)
    found = await LocalCheckups(House(importing.database, KEYRING, importing.clock), HOSPITAL).find("TJ1", OTHER_ID_NO)
    assert found.sex is Sex.FEMALE
    assert [item.name for item in found.items] == ["身高", "血压"]
    assert (found.departments[0].summary, found.conclusions[0].title) == ("未见异常", "体重正常")


async def test_prescriptions_are_found_with_their_drugs(importing: Importing) -> None:
    await importing.well(**RECORDS)
    asked = PastOf(ID_NO, None, None, None)
    page = await LocalPrescriptions(House(importing.database, KEYRING, importing.clock), HOSPITAL).past(asked, None)
    assert [recipe.recipe_no for recipe in page.rows] == ["CF2", "CF1"]
    (drug,) = page.rows[1].drugs
    assert (drug.detail_no, drug.unit_price, drug.amount) == ("1", Decimal("13.96"), 2792)


async def test_a_second_run_in_another_order_leaves_every_byte_as_it_is(importing: Importing) -> None:
    await importing.well(**RECORDS)
    before = await importing.lying()
    turned = dict(RECORDS)
    for name in ("lab_reports", "lab_items", "prescriptions", "prescription_drugs", "checkup_items"):
        heading, *rows = RECORDS[name].splitlines(keepends=True)
        turned[name] = heading + "".join(rows[::-1])
    await importing.well(patients=PATIENTS, **turned)
    assert await importing.lying() == before


async def test_only_the_record_that_has_changed_is_filed_again(importing: Importing) -> None:
    await importing.well(**RECORDS)
    before = (await importing.lying())["clinical_record"]
    await importing.well(**{**RECORDS, "lab_items": RECORDS["lab_items"].replace("135", "153")})
    after = (await importing.lying())["clinical_record"]
    assert len(set(before) - set(after)) == 1
    reports = LocalReports(House(importing.database, KEYRING, importing.clock), HOSPITAL)
    assert (await reports.lab("JY1")).items[1].result == "153"


async def test_a_record_whose_patient_is_corrected_is_found_by_the_other(importing: Importing) -> None:
    await importing.well(**RECORDS)
    await importing.well(**{**RECORDS, "lab_reports": RECORDS["lab_reports"].replace("JY1,P1", "JY1,P2")})
    reports = LocalReports(House(importing.database, KEYRING, importing.clock), HOSPITAL)
    assert [one.test_no for one in await reports.labs("P2", None)] == ["JY2", "JY1"]


@pytest.mark.parametrize(
    ("name", "old", "new", "faults"),
    [
        ("lab_reports", "JY1,P1", "JY1,P9", {"lab_reports": [(2, "patient_id")]}),
        ("lab_reports", "2026-11-01 08:30", "2026-11-31 08:30", {"lab_reports": [(2, "requested_at")]}),
        ("lab_reports", "2026-11-01 08:30", "2026/11/1 8:30", {"lab_reports": [(2, "requested_at")]}),
        ("lab_items", "JY1,2,血红蛋白,135", "JY1,2,血红蛋白,", {"lab_items": [(3, "result")]}),
        ("lab_items", "JY1,2", "JY1,1", {"lab_items": [(4, "line_no")]}),
        ("lab_items", "H,1", "H,是的", {"lab_items": [(4, "critical")]}),
        ("lab_items", "JY2,1", "JY7,1", {"lab_reports": [(3, "test_no")], "lab_items": [(2, "test_no")]}),
        ("exam_reports", "JC2,P2", "JC2,P9", {"exam_reports": [(4, "patient_id")]}),
        ("exam_reports", "2026-11-06", "11-06", {"exam_reports": [(4, "examined_at")]}),
        ("checkups", "20,34", "20,34,多", {"checkups": [(2, "")]}),
        ("checkups", "2026-10-20", "", {"checkups": [(2, "day")]}),
        ("checkup_items", "T02,X02", "T02,", {"checkup_items": [(2, "item_id")]}),
        ("checkup_departments", "未见异常", "", {"checkup_departments": [(2, "summary")]}),
        ("checkup_conclusions", "TJ1,1", "TJ1,", {"checkup_conclusions": [(2, "line_no")]}),
        ("prescriptions", "CF1,P1", "CF1,P9", {"prescriptions": [(2, "patient_id")]}),
        ("prescriptions", f"CF1,P1,{ID_NO}", "CF1,P1,", {"prescriptions": [(2, "id_no")]}),
        ("prescription_drugs", "13.9600", "13.96001", {"prescription_drugs": [(2, "unit_price")]}),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_told_and_its_document_alone_stays_out(
    importing: Importing, name: str, old: str, new: str, faults: dict[str, list[tuple[int, str]]]
) -> None:
    head = next(head for head, details in HEADS.items() if name in (head, *details))
    sheets = {**only(head), name: RECORDS[name].replace(old, new)}
    found = await importing.bring(**sheets)
    assert {one: told(result) for one, result in found.items() if result.faults} == faults
    assert (found[head].rows, found[head].filed) == (2, 1)
    assert len(importing.aside(head)) == 1
    assert len((await importing.lying())["clinical_record"]) == 1


async def test_the_rows_of_a_document_are_set_aside_each_to_its_own_file(importing: Importing) -> None:
    sheets = {**only("checkups"), "checkup_items": RECORDS["checkup_items"].replace("X02,血压", "X02,")}
    await importing.bring(**sheets)
    assert [len(importing.aside(name)) for name in ("checkups", *HEADS["checkups"])] == [1, 2, 1, 1]
    why = "整份未导入，因 checkup_items.csv 第 2 行：name: 必填，请补齐"
    assert importing.aside("checkups") == [f"TJ1,{OTHER_ID_NO},金秋月,女,2026-10-20,34,{why}"]
    assert importing.aside("checkup_items") == [
        "TJ1,2,T02,X02,,118/76,,name: 必填，请补齐",
        f"TJ1,1,T01,X01,身高,165,cm,{why}",
    ]


async def test_a_record_that_was_rejected_stays_as_it_is_on_file(importing: Importing) -> None:
    await importing.well(**only("lab_reports"))
    before = await importing.lying()
    broken = RECORDS["lab_items"].replace("31.5,H,1", "13.5,,9")
    await importing.bring(**{**only("lab_reports"), "lab_items": broken})
    assert await importing.lying() == before


@pytest.mark.parametrize("head", HEADS)
async def test_an_import_broken_off_in_a_portion_is_run_again(
    importing: Importing, monkeypatch: pytest.MonkeyPatch, head: str
) -> None:
    """The second portion is undone, the first stays; afterwards all is there once."""
    await importing.broken_off(monkeypatch, 1, **only(head))
    first = (await importing.lying())["clinical_record"]
    assert len(first) == 1
    await importing.well(**only(head))
    whole = (await importing.lying())["clinical_record"]
    assert (len(whole), set(first) - set(whole)) == (2, set())


async def test_a_dry_run_tells_and_changes_nothing(importing: Importing) -> None:
    before = await importing.lying()
    wrong = RECORDS["lab_items"].replace("H,1", "H,是的")
    found = await importing.bring(True, **{**RECORDS, "lab_items": wrong})
    assert told(found["lab_items"]) == [(4, "critical")]
    assert await importing.lying() == before
    assert not list(importing.folder.glob("*.rejected.csv"))


@pytest.mark.parametrize("lacking", ["lab_reports", "lab_items", "checkup_conclusions", "prescription_drugs"])
async def test_a_record_without_one_of_its_files_is_not_begun(importing: Importing, lacking: str) -> None:
    """A forgotten file would take the details from every record that is on file."""
    with pytest.raises(ImportUnfit, match=rf"缺少 {lacking}\.csv"):
        await importing.bring(**{name: content for name, content in RECORDS.items() if name != lacking})
