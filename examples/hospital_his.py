"""A hospital information system at work with an electronic health card platform: the hospital's half of the standard.

    python examples/hospital_his.py                              # a day's visits, told step by step
    python examples/hospital_his.py --prompt --archive his.db    # a desk of your own: scan, register, look up

Whom it calls stands in --url, --app-id, --term-id and the variable YIQIAO_KEY; left out, it is the sandbox on this
machine. The parts to copy are desk.py (what is asked of the platform) and archive.py (what is kept in the hospital).
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from uuid import uuid4

from archive import Archive, Card, How
from desk import (
    CASHIER,
    DOCTOR,
    PHARMACY,
    REGISTRATION,
    STATIONS,
    Certificate,
    Desk,
    Operator,
    Reading,
    Station,
    Unsettled,
    now,
)
from yiqiao.dialects.ehealth_card import Client, Refused
from yiqiao.errors import DomainError

OPERATOR = Operator("0012", "窗口演示员", "192.0.2.15")
FAILURES = (DomainError, Unsettled, ValueError)
"""What a desk tells and survives; a ValueError is an answer without what an archive needs."""
STATUS = {"ing": "等待患者操作", "succ": "已同意", "fail": "未同意或已过期", "cancel": "患者已取消"}

# Invented patients; their area code has never been given to a place.
LIN = Certificate("329801198503159646", "林小满", "2", "15400000001", card=Card("01", "SB97000001"))
ZHOU = Certificate("329801198802201330", "周启明", "1", "15400000002", card=Card("02", "SM97000002"))
XU = Certificate("339801195206111329", "徐望秋", "2", "15400000003", card=Card("01", "SB97000003"))
HE = Certificate("349801199511032256", "何青川", "1", "15400000004", card=Card("05", "JM97000004"))


@dataclass(frozen=True)
class Platform:
    """Whom to call, and as whom."""

    url: str
    app_id: str
    secret: str = field(repr=False)
    term_id: str

    def client(self, timeout_s: float = 10.0) -> Client:
        """A client for one terminal; threads may share it."""
        return Client(self.url, app_id=self.app_id, secret=self.secret, term_id=self.term_id, timeout_s=timeout_s)


def add_platform(parser: argparse.ArgumentParser) -> None:
    """The options that say whom to call."""
    parser.add_argument("--url", help="address of the platform; default: the sandbox on this machine")
    parser.add_argument("--app-id", help="your app_id; your key is taken from the variable YIQIAO_KEY")
    parser.add_argument("--term-id", help="the terminal")


def platform(chosen: argparse.Namespace, terminal: int = 0) -> Platform:
    """The platform that was chosen; what was left out is the sandbox's. Exits where a key is missing."""
    if chosen.url and chosen.app_id and chosen.term_id:
        if "YIQIAO_KEY" not in os.environ:
            sys.exit("请把密钥放在环境变量 YIQIAO_KEY 中（不要写在命令行上，其他用户看得到）")
        return Platform(chosen.url, chosen.app_id, os.environ["YIQIAO_KEY"], chosen.term_id)
    ask = [sys.executable, "-m", "yiqiao", "sandbox", "credentials", "--json"]
    try:
        demo = json.loads(subprocess.check_output(ask))
    except subprocess.CalledProcessError:
        sys.exit("本机没有沙箱：请先运行 ./dev run，或给出 --url、--app-id 和 --term-id")
    return Platform(
        chosen.url or demo["url"], demo["app_id"], demo["secret"], chosen.term_id or demo["terminals"][terminal]
    )


def phone(client: Client, who: Certificate, seconds: int = 300) -> str:
    """The code that a patient's phone shows; a stand-in for the app in which people take their card online."""
    asked: dict[str, object] = {
        "out_register_time": now(),
        "certificate_mode": "01",
        "apply_method": "1",
        "id_type": who.id_type,
        "id_no": who.id_no,
        "user_name": who.name,
        "user_sex": who.sex,
        "mobile_phone": who.mobile_phone,
    }
    if who.card:
        client.register(**asked, out_register_no=uuid4().hex, card_list=[vars(who.card)])
    shown = client.querywithreg(**asked, out_register_no=uuid4().hex, generate_type="dynamic", time_expire=str(seconds))
    return str(shown["ehealth_code"])


class Hospital:
    """The desks of a hospital around one archive, and a screen that tells what happens."""

    def __init__(self, client: Client, archive: Archive) -> None:
        self.client = client
        self.archive = archive

    def desk(self, station: Station) -> Desk:
        """A desk of this kind."""
        return Desk(self.client, self.archive, station, OPERATOR)

    def handle(self, act: Callable[[], Reading]) -> Reading | None:
        """Do something at a desk and show what came of it; None where nothing did."""
        try:
            reading = act()
        except FAILURES as error:
            tell(error)
            return None
        self.show(reading)
        return reading

    def show(self, reading: Reading) -> None:
        """What the screen says. Of a personal number, only as much as is needed to compare."""
        patient = reading.filed.patient
        numbers = f"，病历号 {patient.patient_no}，就诊卡号 {patient.card_no}" if patient else ""
        print(f"  患者 {reading.person.name}，证件号 {masked(reading.person.id_no)}")
        print(f"  {reading.filed.how}{numbers}")
        for choice in reading.filed.choices:
            print(f"    病历号 {choice.patient_no}：{choice.name}，证件号 {masked(choice.id_no)}")


def tell(error: Exception) -> None:
    """Why something was not done, and what to do about it."""
    if isinstance(error, Refused):
        print(f"  未办成：{error.told or error.title}\n  处理办法：{error.remedy}")
    else:
        print(f"  未办成：{error}")


def masked(number: str | None) -> str:
    """A number with its middle hidden."""
    return f"{number[:3]}{'*' * max(len(number) - 7, 1)}{number[-4:]}" if number else "未登记"


def day(hospital: Hospital) -> None:
    """A day's visits: each rule of the archive once."""
    window, doctor, pharmacy = (hospital.desk(s) for s in (REGISTRATION, DOCTOR, PHARMACY))
    archive, client = hospital.archive, hospital.client
    archive.add(XU.name, Card("01", "SB97000003"))
    archive.add(HE.name, Card("05", "JM97000004"))
    archive.add(HE.name, Card("05", "JM97000004"), id_type="01", id_no="349801196001010019")

    print("一、挂号窗口：林小满没有电子健康卡，刷社保卡开卡，按返回的卡号建档")
    lin = hospital.handle(lambda: window.register(LIN))
    print("二、门诊医生站：林小满出示二维码，按电子健康卡 ID 直接找到档案，用关联的卡号就诊")
    again = hospital.handle(lambda: doctor.scan(phone(client, LIN)))
    if again:
        doctor.visit(again)
    print("三、西药房：周启明在网上领的卡，院内还没有档案；药房只读卡，不建档")
    hospital.handle(lambda: pharmacy.scan(phone(client, ZHOU)))
    print("四、门诊医生站：周启明就诊，后台自动建档，不用再跑窗口")
    hospital.handle(lambda: doctor.scan(phone(client, ZHOU)))
    print("五、收费窗口：徐望秋早有档案，按卡类型和卡号查到，把电子健康卡关联上去")
    hospital.handle(lambda: hospital.desk(CASHIER).scan(phone(client, XU)))
    print("六、挂号窗口：何青川的卡号建过两份档案，系统不猜，由窗口核对后选定")
    he = hospital.handle(lambda: window.scan(phone(client, HE)))
    if he and he.filed.choices:
        decided = window.decide(he, he.filed.choices[0].patient_no)
        hospital.show(decided)
    print("七、挂号窗口：林小满注销电子健康卡，旧码随即失效；重新领卡后仍是原来的档案")
    old = phone(client, LIN)
    if lin:
        window.close(lin.person.ehealth_card_id)
    hospital.handle(lambda: window.scan(old))
    hospital.handle(lambda: window.scan(phone(client, LIN)))
    print("八、挂号窗口：扫到的不是电子健康卡")
    hospital.handle(lambda: window.scan("https://example.com/menu"))
    print(f"今天共有 {len(archive.rows('patient'))} 份档案，{len(archive.rows('health_card'))} 条电子健康卡关联")


class Prompt:
    """A desk of your own: one choice a line, read from standard input."""

    def __init__(self, hospital: Hospital) -> None:
        self._hospital = hospital
        self._desk = hospital.desk(REGISTRATION)
        self._choices: dict[str, tuple[str, Callable[[], object]]] = {
            "1": ("扫码", self._scan),
            "2": ("开卡", self._register),
            "3": ("刷实体卡", self._swipe),
            "4": ("请患者授权", self._consent),
            "5": ("换岗位", self._move),
            "6": ("待核实", self._unsettled),
        }

    def run(self) -> None:
        """Until 0 or the end of the input."""
        menu = "  ".join(f"{key} {title}" for key, (title, _) in self._choices.items())
        try:
            while (chosen := input(f"\n[{self._desk.station.name}] {menu}  0 退出\n> ").strip()) != "0":
                _, act = self._choices.get(chosen, ("", lambda: print("  请输入菜单前的数字")))
                try:
                    act()
                except FAILURES as error:
                    tell(error)
        except EOFError:
            print()

    def _scan(self) -> None:
        code = input("请扫电子健康卡二维码：")
        self._use(lambda: self._desk.scan(code))

    def _register(self) -> None:
        who = Certificate(input("证件号："), input("姓名："), input("性别（1 男 2 女）："), input("手机号："))
        self._use(lambda: self._desk.register(who))

    def _swipe(self) -> None:
        holders = self._desk.swipe(Card(input("卡类型（01 社保卡）："), input("卡号：")))
        for holder in holders:
            print(f"  病历号 {holder.patient_no}：{holder.name}，用卡号 {holder.card_no} 就诊")
        if not holders:
            print("  没有这张卡的档案")

    def _consent(self) -> None:
        """主扫, for a desk with a small screen and no reader. Here the operator presses return to ask."""
        serial, link = self._desk.link()
        print(f"  请把链接画成二维码给患者扫：{link}")
        while not input("患者操作后按回车查询，输入 0 放弃：").strip():
            status, reading = self._desk.consent(serial)
            print(f"  授权状态：{STATUS[status]}")
            if reading:
                self._hospital.show(reading)
                self._settle(reading)
            if status != "ing":
                return

    def _move(self) -> None:
        for number, station in enumerate(STATIONS, 1):
            print(f"  {number} {station.name}")
        chosen = input("换到：").strip()
        if chosen.isdigit() and 1 <= int(chosen) <= len(STATIONS):
            self._desk = self._hospital.desk(STATIONS[int(chosen) - 1])

    def _unsettled(self) -> None:
        open_acts = [row for row in self._hospital.archive.rows("act") if row["outcome"] is None]
        for row in open_acts:
            print(f"  {row['serial']}  {row['method']}")
        print(f"  共 {len(open_acts)} 笔没有结果")

    def _use(self, act: Callable[[], Reading]) -> None:
        reading = self._hospital.handle(act)
        if reading:
            self._settle(reading)

    def _settle(self, reading: Reading) -> None:
        """Let the operator decide where the archive cannot, and go on with the visit."""
        if reading.filed.how is How.CHOICE:
            known = {choice.patient_no for choice in reading.filed.choices}
            while (chosen := input("输入病历号选定，直接回车另建新档：").strip()) and chosen not in known:
                print("  没有列出这个病历号")
            reading = self._desk.decide(reading, chosen or None)
            self._hospital.show(reading)
        self._desk.visit(reading)


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(description="医院 HIS 接入电子健康卡平台的示例程序")
    add_platform(parser)
    parser.add_argument("--archive", default=":memory:", help="SQLite 文件；不给则只在内存中")
    parser.add_argument("--prompt", action="store_true", help="打开一个岗位，自己操作")
    chosen = parser.parse_args()
    with platform(chosen).client() as client, closing(Archive(chosen.archive)) as archive:
        hospital = Hospital(client, archive)
        try:
            Prompt(hospital).run() if chosen.prompt else day(hospital)
        except FAILURES as error:
            sys.exit(f"未办成：{error}")


if __name__ == "__main__":
    main()
