"""Patients, bills, payments, stays and reports, read from the views of a HIS."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.support.databases import Engine
from yiqiao.adapters.sqlviews.money import ViewsInpatient, ViewsOutpatient, ViewsPatients
from yiqiao.adapters.sqlviews.reports import ViewsReports
from yiqiao.adapters.sqlviews.views import Views, open_views
from yiqiao.clock import parse_compact
from yiqiao.ports.hospital.booking import Document
from yiqiao.ports.hospital.inpatient import DepositQuestion
from yiqiao.ports.hospital.outpatient import PaymentQuestion, PaymentState
from yiqiao.ports.hospital.refusals import NoSuchRecord, SeveralArchives, UnknownPatient
from yiqiao.ports.hospital.reports import Danger

TABLES = """
CREATE TABLE br (id text, sfz text, kh text, klx integer, xm text, xb integer, csrq date, dh text, jdsj timestamp,
    kzt text);
CREATE TABLE cf (cf text, br text, ls text, mz text, rq text, je numeric(10, 2));
CREATE TABLE mx (cf text, xh text, mc text, lb text, dj numeric(12, 4), sl numeric(8, 2), je numeric(10, 2), dw text);
CREATE TABLE jf (dd text, sj text, br text, xm text, ls text, cf text, je integer, zt text, ck text, jfsj timestamp);
CREATE TABLE jy (bh text, br text, mc text, sqsj timestamp, ks text);
CREATE TABLE jyjg (bh text, mc text, jg text, px integer, wj integer, ts text);
CREATE TABLE jc (bh text, br text, jcsj timestamp, xm text, sj text, wj text);
CREATE TABLE zy (zyh text, br text, xm text, sfz text, dh text, rysj timestamp, yj integer, fy integer, xb integer);
CREATE TABLE zf (zyh text, lb text, mc text, rq text, dj numeric(12, 4), sl numeric(8, 2), je integer);
CREATE TABLE yj (dd text, sj text, zyh text, br text, xm text, sfz text, je integer, hj integer, ye integer,
    sk timestamp);
INSERT INTO br VALUES ('8101', '0027', 'K1', 1, '测试甲', 2, '1990-01-01', '15400000001', '2026-01-02 08:00:00', NULL),
    ('8101', '0027', 'K2', 3, '测试甲', 2, '1990-01-01', '15400000001', '2026-01-02 08:00:00', '挂失'),
    ('8102', '0028', 'K3', 1, '测试乙', 1, '1991-01-01', '15400000002', '2026-01-03 08:00:00', '正常'),
    ('8103', '0028', 'K3', 1, '测试乙', 1, '1991-01-01', '15400000002', '2026-01-04 08:00:00', '正常');
INSERT INTO cf VALUES ('CF1', '8101', 'LS1', 'MZ1', '20261127', 12.50), ('CF2', '8101', 'LS1', 'MZ1', '20261128', 3);
INSERT INTO mx VALUES ('CF1', '1', '阿莫西林', '西药', 0.6250, 20, 12.50, '粒'), ('CF2', '1', '诊察费', '诊察', 3, 1,
    3, NULL);
INSERT INTO jf VALUES ('P1', 'SJ1', '8101', '测试甲', 'LS0', 'CF8', 500, '已缴', '3 号窗', '2026-11-20 08:00:00'),
    ('P1', 'SJ1', '8101', '测试甲', 'LS0', 'CF9', 700, '已缴', '3 号窗', '2026-11-20 08:00:00'),
    ('P2', 'SJ2', '8101', '测试甲', 'LS0', 'CF7', 100, '已退', NULL, '2026-11-22 08:00:00');
INSERT INTO jy VALUES ('JY1', '8101', '血常规', '2026-11-20 09:00:00', '检验科'), ('JY2', '8101', '生化',
    '2026-11-25 09:00:00', NULL);
INSERT INTO jyjg VALUES ('JY1', '白细胞', '5.1', 2, 0, NULL), ('JY1', '血红蛋白', '40', 1, 1, '请速就诊');
INSERT INTO jc VALUES ('JC1', '8101', '2026-11-21 10:00:00', '测试甲', '未见异常', 'N');
INSERT INTO zy VALUES ('ZY1', '8101', '测试甲', '0027', '15400000001', '2026-11-01 10:00:00', 300000, 180000, 2);
INSERT INTO zf VALUES ('ZY1', '床位费', '普通床位', '20261102', 40, 1, 4000), ('ZY1', '床位费', '普通床位',
    '20261101', 40, 1, 4000), ('ZY1', '西药费', '头孢', '20261102', 12.5, 2, 2500);
INSERT INTO yj VALUES ('P5', 'YJ1', 'ZY1', '8101', '测试甲', '0027', 100000, 100000, 90000, '2026-11-01 10:00:00'),
    ('P6', 'YJ2', 'ZY1', '8101', '测试甲', '0027', 200000, 300000, 120000, '2026-11-05 10:00:00')
"""
VIEWS = """
database: file:url
views:
  patient:
    view: br
    columns: {patient_id: id, id_number: sfz, card_number: kh, card_type: klx, name: xm, sex: xb, birthday: csrq,
      mobile: dh, created_at: jdsj, card_state: {column: kzt, codes: {正常: 0, 挂失: 1}}}
  bill:
    view: cf
    columns: {presc_no: cf, patient_id: br, serial_no: ls, visit_no: mz, visit_day: {column: rq, format: "%Y%m%d"},
      amount: {column: je, unit: yuan}}
  bill_line:
    view: mx
    columns: {presc_no: cf, item_no: xh, name: mc, item_class: lb, price: dj, quantity: sl, unit: dw,
      amount: {column: je, unit: yuan}}
  payment:
    view: jf
    columns: {trade_no: dd, receipt_no: sj, patient_id: br, patient_name: xm, serial_no: ls, presc_no: cf, amount: je,
      state: {column: zt, codes: {已缴: paid, 已退: refunded}}, paid_at: jfsj, window: ck}
  lab:
    view: jy
    columns: {test_no: bh, patient_id: br, name: mc, requested_at: sqsj, department: ks}
  lab_item:
    view: jyjg
    columns: {test_no: bh, name: mc, result: jg, sort: px, critical: wj, warning: ts}
  exam:
    view: jc
    columns: {exam_no: bh, patient_id: br, examined_at: jcsj, name: xm, description: sj, critical: wj}
  stay:
    view: zy
    columns: {inpatient_no: zyh, patient_id: br, name: xm, certificate_no: sfz, mobile: dh, admitted_at: rysj,
      times: {constant: 1}, fee_class: {constant: 1}, age: {constant: 36}, deposit: yj, charged: fy, sex: xb}
  charge:
    view: zf
    columns: {inpatient_no: zyh, item_class: lb, name: mc, day: {column: rq, format: "%Y%m%d"}, price: dj,
      quantity: sl, amount: je}
  deposit:
    view: yj
    columns: {trade_no: dd, receipt_no: sj, inpatient_no: zyh, patient_id: br, name: xm, certificate_no: sfz,
      amount: je, total: hj, balance: ye, at: sk}
"""


async def make(url: str) -> None:
    if url.startswith("sqlite"):
        engine = create_engine(url)
        with engine.begin() as connection:
            for statement in TABLES.split(";"):
                connection.execute(text(statement))
        engine.dispose()
        return
    opened = create_async_engine(url)
    async with opened.begin() as bridge:
        for statement in TABLES.split(";"):
            await bridge.execute(text(statement))
    await opened.dispose()


@pytest.fixture
async def views(engine: Engine, database_url: str, tmp_path: Path) -> AsyncIterator[Views]:
    await make(database_url)
    (tmp_path / "url").write_text(database_url, encoding="utf-8")
    (tmp_path / "views.yaml").write_text(VIEWS, encoding="utf-8")
    opened = open_views(tmp_path / "views.yaml")
    yield opened
    await opened.close()


async def test_all_of_it_is_read(views: Views) -> None:
    assert yaml.safe_load(VIEWS)["views"].keys() == views.mapped.views.keys()
    assert await views.check() == []
    await patients(ViewsPatients(views))
    await bills_and_payments(ViewsOutpatient(views))
    await stays(ViewsInpatient(views))
    await reports(ViewsReports(views))


async def patients(desk: ViewsPatients) -> None:
    found = await desk.find(Document(3, "K2"))
    assert (found.patient_id, found.name, found.birthday, found.card) == (
        "8101",
        "测试甲",
        "1990-01-01",
        Document(3, "K2"),
    )
    assert found.created_at == found.card_issued_at == parse_compact("20260102080000")
    assert (await desk.find(Document(9, "8101"))).patient_id == "8101"
    states = [
        (await desk.find(Document(1, number), owner)).card_state
        for number, owner in (("K1", "8101"), ("K2", "8101"), ("K3", "8103"))
    ]
    assert states == [0, 1, 0], "nothing said of a card: it is not lost"
    with pytest.raises(SeveralArchives):
        await desk.find(Document(1, "K3"))
    assert (await desk.find(Document(1, "K3"), "8103")).patient_id == "8103"
    with pytest.raises(UnknownPatient):
        await desk.find(Document(1, "K9"))


async def bills_and_payments(desk: ViewsOutpatient) -> None:
    first, second = await desk.due("8101")
    assert (first.presc_no, first.amount, first.visit_day, second.amount) == ("CF1", 1250, "2026-11-27", 300)
    (line,) = first.lines
    assert (line.name, line.price, line.quantity, line.amount, line.unit) == (
        "阿莫西林",
        Decimal("0.625"),
        Decimal(20),
        1250,
        "粒",
    )
    with pytest.raises(NoSuchRecord):
        await desk.due("8102")
    newest, oldest = await desk.payments(PaymentQuestion())
    assert (newest.trade_no, newest.state) == ("P2", PaymentState.REFUNDED)
    assert (oldest.amount, oldest.presc_nos, oldest.windows) == (1200, ("CF8", "CF9"), ("3 号窗",))
    (one,) = await desk.payments(PaymentQuestion(presc_no="CF9"))
    assert one == oldest
    (late,) = await desk.payments(PaymentQuestion(first_day="2026-11-21"))
    assert late == newest
    with pytest.raises(NoSuchRecord):
        await desk.payments(PaymentQuestion(receipt_no="SJ1", last_day="2026-11-19"))


async def stays(desk: ViewsInpatient) -> None:
    stay = await desk.stay("0027", "测试甲")
    assert (stay.inpatient_no, stay.balance, stay.ward) == ("ZY1", 120_000, None)
    for who in (("0027", "测试乙"), (None, "测试乙")):
        with pytest.raises(UnknownPatient):
            await desk.stay(*who)
    daily = await desk.daily(None, "测试甲")
    assert [(day.day, day.amount) for day in daily.days] == [("2026-11-01", 4000), ("2026-11-02", 6500)]
    assert [one.receipt_no for one in await desk.deposits(DepositQuestion(inpatient_no="ZY1"))] == ["YJ2", "YJ1"]
    (first,) = await desk.deposits(DepositQuestion(first_day="2026-11-01", last_day="2026-11-01"))
    assert (first.amount, first.at) == (100_000, parse_compact("20261101100000"))
    with pytest.raises(NoSuchRecord):
        await desk.deposits(DepositQuestion(trade_no="P9"))


async def reports(desk: ViewsReports) -> None:
    newest, oldest = await desk.labs("8101", None)
    assert (newest.test_no, newest.items, newest.department) == ("JY2", (), "")
    assert [(item.name, item.danger) for item in oldest.items] == [
        ("血红蛋白", Danger(True, "请速就诊")),
        ("白细胞", Danger()),
    ]
    assert [one.test_no for one in await desk.labs("8101", parse_compact("20261121000000"))] == ["JY2"]
    assert await desk.lab("JY1") == oldest
    (exam,) = await desk.exams("8101", None)
    assert (exam.exam_no, exam.subject.name, exam.description) == ("JC1", "测试甲", "未见异常")
    assert await desk.exam("JC1") == exam
    for missing in (desk.lab("JY9"), desk.exam("JC9"), desk.labs("8102", None), desk.exams("8102", None)):
        with pytest.raises(NoSuchRecord):
            await missing
