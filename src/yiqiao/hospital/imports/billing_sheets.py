"""The sheets of what patients owe: bills with their lines, stays and what arises in them."""

from collections.abc import Mapping
from typing import Any

from yiqiao.hospital.billing.lines import exact, is_rounded, line_amount
from yiqiao.hospital.imports.bills import BillShelf, Owed
from yiqiao.hospital.imports.columns import LONGEST_ID, Unfit, code, day, moment, number, quantity, text, yuan
from yiqiao.hospital.imports.patient_sheets import PATIENT
from yiqiao.hospital.imports.sheet import LINE_NO, YES_NO, Detail, Filing, Reference, Sheet, without
from yiqiao.hospital.imports.shelves import TableShelf
from yiqiao.storage.billing import AdmissionRow, BillRow, ChargeRow, LineRow
from yiqiao.storage.tables import billing as tables

FEE_CLASSES = {"1": "自费", "2": "市医保", "3": "居民医保", "4": "其他"}
MOST = 10**15
"""Of an amount in 分."""


def _amount(v: Mapping[str, Any]) -> int:
    """What a line comes to, 分: as stated, if price and quantity bear it out."""
    price, count, stated = exact(v["price"]), exact(v["quantity"]), v["amount"]
    amount: int = line_amount(price, count) if stated is None else stated
    if abs(amount) >= MOST:
        raise Unfit("单价与数量之积过大，请核对", "quantity")
    if not is_rounded(amount, price, count):
        raise Unfit(f"应为单价乘数量，即 {_yuan(line_amount(price, count))} 元；不填则由系统计算", "amount")
    return amount


def _yuan(fen: int) -> str:
    return f"{exact(fen * 100):.2f}"


def _line(at: Filing, v: Mapping[str, Any]) -> LineRow:
    return LineRow(at.hospital_id, **{**v, "amount": _amount(v)})


def _bill(at: Filing, v: Mapping[str, Any]) -> Owed:
    lines: list[LineRow] = v["bill_lines"]
    if "," in v["presc_no"] or "，" in v["presc_no"]:
        raise Unfit("处方号不能含逗号：缴费时几个处方号以逗号相连", "presc_no")
    total = sum(line.amount for line in lines)
    if v["amount"] != total:
        raise Unfit(f"明细合计 {_yuan(total)} 元，与处方金额不符，请核对 bill_lines.csv", "amount")
    said = without(v, "bill_lines")
    return Owed(BillRow(at.hospital_id, **said, state="due", trade_no=None, changed_at=at.now_ms), lines)


def _admission(at: Filing, v: Mapping[str, Any]) -> AdmissionRow:
    if v["discharged_at"] is not None and v["discharged_at"] < v["admitted_at"]:
        raise Unfit("出院时间不能早于入院时间", "discharged_at")
    return AdmissionRow(at.hospital_id, **v, changed_at=at.now_ms)


def _charge(at: Filing, v: Mapping[str, Any]) -> ChargeRow:
    return ChargeRow(at.hospital_id, **{**v, "amount": _amount(v)})


BILLS = Sheet(
    "bills",
    "门诊待缴费处方",
    (
        text("presc_no", "处方号，不含逗号", required=True, most=LONGEST_ID),
        text("patient_id", "患者代码", required=True, most=LONGEST_ID),
        text("serial_no", "流水号", required=True, most=LONGEST_ID),
        text("visit_no", "门诊号", required=True, most=50),
        day("visit_day", "就诊日期", required=True),
        yuan("amount", "处方金额，须等于明细之和", required=True),
        code("window_only", "是否只能在窗口结算", YES_NO, default=0),
        text("drug_window", "取药、检查窗口", most=100),
        text("ordered_by", "开单科室", most=100),
        moment("ordered_at", "开单时间"),
    ),
    ("presc_no",),
    _bill,
    BillShelf(),
    (PATIENT,),
    (
        Detail(
            "bill_lines",
            "门诊待缴费处方的明细",
            "presc_no",
            (
                text("presc_no", "处方号", required=True, most=LONGEST_ID),
                number(LINE_NO, "处方内的序号，从 1 起", required=True, least=1),
                text("item_no", "项目代码", required=True, most=50),
                text("item_name", "项目名称", required=True, most=200),
                text("item_class", "项目类别，如西药、检查、检验", required=True, most=50),
                text("spec", "规格", most=200),
                text("unit", "单位", most=50),
                yuan("price", "单价", decimals=4, required=True),
                quantity("quantity", "数量", required=True),
                yuan("amount", "金额；不填为单价乘数量，四舍五入到分"),
                text("performed_by", "执行科室", most=100),
            ),
            _line,
        ),
    ),
)

ADMISSIONS = Sheet(
    "admissions",
    "住院",
    (
        text("inpatient_no", "住院号，每次住院一个", required=True, most=LONGEST_ID),
        text("patient_id", "患者代码", required=True, most=LONGEST_ID),
        moment("admitted_at", "入院时间", required=True),
        moment("discharged_at", "出院时间；在院为空，出院后补上再导入"),
        number("times", "第几次住院", least=1, default=1),
        code("fee_class", "费别", FEE_CLASSES, required=True),
        text("ward", "病房", most=100),
        text("bed", "床位号", most=50),
    ),
    ("inpatient_no",),
    _admission,
    TableShelf(tables.admission, AdmissionRow),
    (PATIENT,),
)

INPATIENT_CHARGES = Sheet(
    "inpatient_charges",
    "住院费用",
    (
        text("inpatient_no", "住院号", required=True, most=LONGEST_ID),
        text("line_id", "费用记录号，住院号内不重复", required=True, most=50),
        day("day", "费用发生日期", required=True),
        text("item_class", "项目类别", required=True, most=50),
        text("item_name", "项目名称", required=True, most=200),
        text("spec", "规格", most=200),
        text("unit", "单位", most=50),
        yuan("price", "单价", decimals=4, required=True),
        quantity("quantity", "数量", required=True, reversible=True),
        yuan("amount", "金额；不填为单价乘数量，四舍五入到分", reversible=True),
    ),
    ("inpatient_no", "line_id"),
    _charge,
    TableShelf(tables.inpatient_charge, ChargeRow),
    (Reference("inpatient_no", tables.admission, "inpatient_no", "住院号"),),
)
