"""How to launch: the call that a HIS makes when the doctor clicks, and the three forms in which it is handed on.

    launcher = Launcher(app_key, secret)
    launch = launcher.insured(ysbm="D1", ysmc="…", xm="…", …)
    launch.url("https://cmc.example")                        # B/S: a link
    launch.command(r"D:\\jgt\\jgt.exe", "jgt-hn-cs")           # C/S: a command line of Windows

Fields have the standard's names. A launch is good for one click: it carries the moment at which it was made.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from yiqiao.clock import Clock, SystemClock, compact
from yiqiao.dialects.cmc import envelope, visit_number
from yiqiao.dialects.cmc.server import PATH
from yiqiao.errors import DomainError
from yiqiao.spec import STANDARD, Fault, Invalid, load

TARGET = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)
_PROGRAM = re.compile(r"(?:[A-Za-z]:\\|\\\\[^\\]+\\)[^\"<>|?*%\r\n]*\.exe", re.IGNORECASE)
_NEEDS_NO_QUOTES = re.compile(r"[A-Za-z0-9_.\\:\-]+", re.ASCII)
_BIRTHDAY = "birthday"


class LaunchUnfit(DomainError):
    """A launch cannot be written in the form that was asked for."""


@dataclass(frozen=True)
class Launch:
    """A signed launch. `values` are the 26 by name, the visit number in plain."""

    parameter: str = field(repr=False)
    values: Mapping[str, str] = field(repr=False)

    @property
    def plain(self) -> str:
        """The 26 values as they are launched, before Base64."""
        return envelope.plain_text(self.values)

    def url(self, base: str) -> str:
        """The link, with the parameter percent-encoded."""
        return f"{base.rstrip('/')}{PATH}?{envelope.query(self.parameter).decode()}"

    def link(self, base: str, text: str = "健康管理工作台") -> str:
        """The link as HTML, to be opened in a new window."""
        address = html.escape(self.url(base))
        return f'<a href="{address}" target="_blank" rel="noopener noreferrer">{html.escape(text)}</a>'

    def command(self, program: str, target: str) -> str:
        """The command line that starts the installed client. Raises LaunchUnfit."""
        return " ".join((_quoted(_program(program)), *self.arguments(target)))

    def arguments(self, target: str) -> tuple[str, ...]:
        """What follows the program, one by one, for whoever starts it without a shell. Raises LaunchUnfit."""
        if not TARGET.fullmatch(target):
            raise LaunchUnfit("目标标识应为 1 至 64 位字母、数字、点、下划线或连字符，请使用平台分配的标识")
        return "-a", target, "-p", self.parameter


class Launcher:
    """Makes launches for one appKey. Its repr shows no secret."""

    def __init__(self, app_key: str, secret: str, *, profile: str = STANDARD, clock: Clock | None = None) -> None:
        self.app_key = app_key
        self._secret = secret
        self._spec = load("cmc", profile)
        self._scheme = envelope.scheme(self._spec.security)
        self._clock = clock or SystemClock()

    def insured(self, **values: str) -> Launch:
        """A launch on an insured patient. Raises Invalid with all faults, UnsafeValue, NotUtf8."""
        return self._launch(envelope.INSURED, values)

    def selfpay(self, **values: str) -> Launch:
        """The same for a self-pay patient; without `mzsxh` it is made of xm, xb, nl, sfzh and `birthday`.

        What belongs to insurance (aac001, mtbz, xz) has to be empty.
        """
        made = {name: value for name, value in values.items() if name != _BIRTHDAY}
        if not made.get("mzsxh"):
            parts = (values.get(name, "") for name in ("xm", "xb", "nl", "sfzh", _BIRTHDAY))
            made["mzsxh"] = envelope.visit_number(*parts)
        return self._launch(envelope.SELF_PAY, made)

    def _launch(self, kind: str, given: Mapping[str, str]) -> Launch:
        whole = {
            "version": self._scheme.versions[0],
            "method": self._scheme.method,
            "timestamp": compact(self._clock.now_ms()),
            **given,
            "hzlx": kind,
            "appkey": self.app_key,
        }
        operation = self._spec.operations[envelope.OPERATIONS[kind]]
        unknown = sorted(set(whole) - set(envelope.PLACES))
        if unknown:
            raise LaunchUnfit(f"没有名为 {'、'.join(unknown)} 的字段，可用：{'、'.join(envelope.PLACES)}")
        operation.validate({**whole, "sign": "0"})
        titles = {field.name: field.title for field in operation.request}
        parameter = envelope.seal(whole, self._secret, self._scheme, titles)
        if kind == envelope.SELF_PAY:
            _check_insurance(whole, titles)
            visit_number.read(whole["mzsxh"], self._spec)
        return Launch(parameter, envelope.read(parameter))


def _check_insurance(values: Mapping[str, str], titles: Mapping[str, str]) -> None:
    """Raises Invalid where a self-pay patient comes with what only insured ones have."""
    given = [name for name in envelope.INSURANCE if values.get(name)]
    if given:
        raise Invalid(
            tuple(Fault(name, "conditional", f"（{titles[name]}）属于医保，自费患者请留空") for name in given)
        )


def _program(path: str) -> str:
    if not _PROGRAM.fullmatch(path):
        raise LaunchUnfit(r"安装路径应为 Windows 绝对路径，以 .exe 结尾，不含 % 等特殊字符，如 D:\jgt\jgt.exe")
    return path


def _quoted(path: str) -> str:
    """In quotes where the command interpreter would take it apart: at a blank, a bracket, an &, and so on."""
    return path if _NEEDS_NO_QUOTES.fullmatch(path) else f'"{path}"'
