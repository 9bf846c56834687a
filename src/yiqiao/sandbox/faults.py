"""Faults on demand: what a network, a proxy, a clock or a database does to a message, in words that one can write.

    late=1500, lost              answered after 1.5 seconds, and the answer is lost
    proxy=before, times=3        three times a page of a proxy in place of the hub
    database, for=5              the database is gone for five seconds
    refuse=8009                  refused with this return code of the standard
    lost, share=0.1, seed=7      one answer in ten is lost, the same ones whenever it is tried again

The same words serve the header of one message, the switch of one partner and the switch for everybody. docs/sandbox.md
says what the caller sees of each, and what a good client does then.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Literal, get_args

from yiqiao.errors import DomainError
from yiqiao.exchange.circumstances import Circumstances

HEADER = "X-Yiqiao-Fault"
CALM = "none"
"""Said in place of faults: nothing goes wrong for this message, whatever the switches say."""
LONGEST = 200
MOST_LATE_MS = 120_000
MOST_SHIFT_S = 10 * 365 * 86_400
MOST_FOR_S = 86_400
MOST_TIMES = 1_000_000

When = Literal["before", "after"]


class FaultUnreadable(DomainError):
    """Words that name no fault. The message lists those that there are."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{HEADER} 无法识别：{what}\n\n{CATALOGUE}")
        self.what = what


CATALOGUE = """可用的故障（以逗号分隔，可组合）：
  late=毫秒      照常处理，推迟应答
  lost           照常处理，连接断开，收不到应答
  proxy=before   代理返回 HTTP 500 页面，报文未到平台（可简写为 proxy）
  proxy=after    照常处理，应答被代理换成 HTTP 500 页面
  twice          报文送达两次，收到的是第二次的应答
  clock=秒       平台时钟对该报文快（正数）或慢（负数）若干秒
  key            平台一侧密钥已更换，验签不通过
  database       数据库暂时不可用，报文未处理
  refuse=返回码  以标准中的这个返回码拒绝，报文未处理
  none           不发生任何故障（绕过已打开的开关）
限定条件：
  times=次数     只发生若干次
  share=比例     只对一部分报文发生，大于 0、不大于 1
  seed=整数      与 share 合用，每次试验落在同样的报文上
  for=秒         从打开起（写在报文头里时，从首次使用起）若干秒内有效
  id=名称        区分内容相同的报文头，次数与时间重新计算
示例：
  late=1500, lost
  proxy=after, times=2
  lost, share=0.1, seed=7
"""


@dataclass(frozen=True)
class Faults:
    """What is to go wrong, and how often.

    `late` is in milliseconds, `clock` (signed) and `for_` in seconds; `times` and `for_` are without end where 0.
    """

    late: int = 0
    lost: bool = False
    proxy: When | None = None
    twice: bool = False
    clock: int = 0
    key: bool = False
    database: bool = False
    refuse: str = ""
    times: int = 0
    share: float = 1.0
    seed: int | None = None
    for_: int = 0
    id: str = ""

    @property
    def limited(self) -> bool:
        """Whether it has to be counted which messages it happens to."""
        return bool(self.times or self.for_ or self.share < 1)

    @property
    def calm(self) -> bool:
        """Whether nothing goes wrong at all."""
        return not _said(self, FAULTS)

    def what(self) -> str:
        """The faults alone, without their limits."""
        return ", ".join(_said(self, FAULTS)) or CALM

    def text(self) -> str:
        """The words that read as this."""
        return ", ".join([self.what(), *_said(self, LIMITS)])

    def under(self, usual: Circumstances) -> Circumstances:
        """What the way of the message has to know of it, besides what holds for every message."""
        named = ", ".join(filter(None, (self.what(), usual.fault)))
        return Circumstances(named, self.clock * 1000, self.key, self.database, usual.clock_note, self.refuse)


def parse(text: str) -> Faults:
    """The faults that the words ask for. Raises FaultUnreadable."""
    if len(text) > LONGEST:
        raise FaultUnreadable(f"超过 {LONGEST} 个字符")
    found: dict[str, object] = {}
    words = [word.strip() for word in text.split(",")]
    for word in words:
        name, equals, value = (part.strip() for part in word.partition("="))
        if name == CALM and not equals:
            continue
        attribute = _ATTRIBUTE.get(name, name)
        if name not in _READ:
            raise FaultUnreadable(f"没有名为 {name[:32]!r} 的故障")
        if attribute in found:
            raise FaultUnreadable(f"{name} 写了两次")
        found[attribute] = _READ[name](name, value)
    faults = Faults(**found)  # type: ignore[arg-type]
    if CALM in words and len(words) > 1:
        raise FaultUnreadable(f"{CALM} 不能与其他内容同时使用")
    if CALM not in words and faults.calm:
        raise FaultUnreadable("没有写明故障")
    if faults.seed is not None and faults.share == 1:
        raise FaultUnreadable("seed 须与 share 合用")
    if faults.lost and faults.proxy:
        raise FaultUnreadable("lost 与 proxy 不能同时使用：应答只能丢失一次")
    return faults


def _flag(name: str, value: str) -> bool:
    if value:
        raise FaultUnreadable(f"{name} 不带取值")
    return True


def _whole(least: int, most: int) -> Callable[[str, str], int]:
    def read(name: str, value: str) -> int:
        digits = value[1:] if value[:1] in {"+", "-"} and least < 0 else value
        if not (digits.isascii() and digits.isdigit() and len(digits) < 19 and least <= int(value) <= most):
            raise FaultUnreadable(f"{name} 应为 {least} 至 {most} 的整数，实际为 {value[:32]!r}")
        return int(value)

    return read


def _when(name: str, value: str) -> When:
    for known in get_args(When):
        if (value or "before") == known:
            when: When = known
            return when
    raise FaultUnreadable(f"{name} 应为 before 或 after，实际为 {value[:32]!r}")


def _share(name: str, value: str) -> float:
    try:
        share = float(value) if value.isascii() else -1.0
    except ValueError:
        share = -1.0
    if not 0 < share <= 1:
        raise FaultUnreadable(f"{name} 应为大于 0、不大于 1 的小数，实际为 {value[:32]!r}")
    return share


def _name(name: str, value: str) -> str:
    if not (value.isascii() and value.replace("-", "").replace("_", "").isalnum() and len(value) <= 32):
        raise FaultUnreadable(f"{name} 应为不超过 32 位的字母、数字、连字符或下划线")
    return value


FAULTS = ("late", "lost", "proxy", "twice", "clock", "key", "database", "refuse")
LIMITS = ("times", "share", "seed", "for", "id")
_ATTRIBUTE = {"for": "for_"}
_READ: Mapping[str, Callable[[str, str], object]] = {
    "late": _whole(1, MOST_LATE_MS),
    "lost": _flag,
    "proxy": _when,
    "twice": _flag,
    "clock": _whole(-MOST_SHIFT_S, MOST_SHIFT_S),
    "key": _flag,
    "database": _flag,
    "refuse": _name,
    "times": _whole(1, MOST_TIMES),
    "share": _share,
    "seed": _whole(0, 2**31),
    "for": _whole(1, MOST_FOR_S),
    "id": _name,
}
_USUAL = {entry.name: entry.default for entry in fields(Faults)}


def _said(faults: Faults, names: tuple[str, ...]) -> list[str]:
    said = []
    for name in names:
        attribute = _ATTRIBUTE.get(name, name)
        value = getattr(faults, attribute)
        if value != _USUAL[attribute]:
            said.append(name if value is True else f"{name}={value:+d}" if name == "clock" else f"{name}={value}")
    return said
