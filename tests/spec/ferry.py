"""An invented standard, small enough to read at a glance, with one of everything: the kernel's tests are held on it."""

from yiqiao.spec import Spec
from yiqiao.spec.build import build
from yiqiao.spec.document import parse
from yiqiao.spec.overlay import overlay

FERRY = """
dialect: ferry
title: 渡口接口
success: "0"
fallback: "99"
types: {数值型: decimal}
marks:
  personal: {passenger: name, id_no: number, phone: phone, birthday: date, home: text}
  secret: [pass_key]
samples:
  passenger: [云舟, 柳岸]
envelope:
  request:
    - {name: method, type: String, length: 50, required: true, title: 接口名称}
operations:
  board:
    title: 登船
    about: 登记一次登船
    caller: pier
    callee: boat
    path: /board
    effect: write
    repeat: {serial: [ticket_no], refuse: "3"}
    request:
      - {name: ticket_no, type: String, length: 8, required: true, title: 票号}
      - {name: passenger, type: String, length: 6, required: true, title: 姓名}
      - {name: id_no, type: String, length: 20, required: false, title: 证件号}
      - {name: phone, type: String, length: 11, required: false, title: 电话}
      - {name: birthday, type: String, length: 10, required: false, title: 生日, format: yyyyMMdd}
      - {name: home, type: String, length: 10, length_unit: gbk, required: false, title: 住址}
      - {name: pass_key, type: String, length: 4, required: false, title: 口令}
      - {name: deck, type: String, length: 1, required: true, title: 舱位, codes: deck}
      - {name: pier, type: String, length: 2, required: true, title: 码头, note: 印了两行}
      - {name: pier, type: String, length: 4, required: false, title: 码头}
      - name: sailing
        type: String
        length: 14
        required: false
        title: 开船时间
        format: yyyyMMddHHmmss
        also: [epoch_ms]
      - {name: stay, type: String, required: false, title: 停留, format: digits, unit: 分钟, least: 1, most: 600}
      - {name: bags, type: Int, length: 2, required: false, title: 件数, least: 0}
      - {name: weight, type: 数值型, length: "6,2", required: false, title: 重量}
      - {name: remark, type: String, length: 20, lines: true, required: false, title: 备注}
      - name: dog
        type: String
        length: 4
        required: conditional
        title: 犬名
        when: 舱位为 2 时
        when_equals: {deck: "2"}
      - {name: goods, type: JSON, required: false, title: 货物, repeats: true}
      - {name: kind, parent: goods, type: String, length: 1, required: true, title: 种类, codes: kind}
      - {name: label, parent: goods, type: String, length: 5, required: false, title: 标签}
      - {name: origin, parent: goods, type: Node, required: false, title: 产地}
      - {name: town, parent: origin, type: String, length: 4, required: true, title: 城镇}
      - {name: stamps, type: String, length: 3, required: false, title: 印记, repeats: true}
    response:
      - {name: seat, type: String, length: 4, required: true, title: 座位}
      - {name: deck, type: String, length: 1, required: false, title: 舱位, codes: deck}
      - {name: fare, type: Decimal, required: conditional, title: 票价, when: 二等舱, when_equals: {deck: "2"}}
      - {name: goods, type: JSON, required: false, title: 货物, repeats: true}
      - {name: kind, parent: goods, type: String, length: 1, required: true, title: 种类, codes: kind}
    returns:
      "31": {title: 船已满, cause: 没有座位, remedy: 等下一班, retry: same_serial}
    errors: {BoatFull: "31"}
  look:
    title: 查询
    caller: pier
    callee: boat
    path: /look
    effect: read
    request:
      - {name: ticket_no, type: String, length: 8, required: true, title: 票号}
    response: []
codes:
  deck: {title: 舱位, rows: {"1": 一等, "2": 二等}}
  kind: {title: 种类, rows: {a: 粮, b: 盐, c: 茶, d: 布, e: 陶, f: 铁, g: 纸}}
return_codes:
  "0": {title: 成功}
  "3": {title: 重复, cause: 票号用过, remedy: 换票, retry: new_serial}
  "9": {title: 参数有误, cause: 不合规定, remedy: 修改}
  "50": {title: 停航, cause: 大风, remedy: 等待}
  "99": {title: 未知, cause: 不详, remedy: 询问}
errors: {DuplicateTicket: "3", Invalid: "9", UnknownFailure: "99"}
excused: {"50": 由码头自行广播}
rules:
  - {id: ticket, text: 一票一人}
deviations:
  - {where: look, why: 试验}
"""

GOOD: dict[str, object] = {"ticket_no": "T1", "passenger": "云舟", "deck": "1"}
"""The least that boards."""


def ferry(profile: str = "", *changes: tuple[str, str]) -> Spec:
    """The invented standard with a profile over it; each change replaces text in the standard first."""
    text = FERRY
    for old, new in changes:
        assert text.count(old) >= 1, old
        text = text.replace(old, new)
    document = parse(text, "ferry/spec.yaml")
    if profile:
        document = overlay(document, parse(profile, "ferry/profiles/test.yaml"))
    return build(document, "test")
