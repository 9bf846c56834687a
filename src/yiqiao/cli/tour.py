"""`yiqiao tour`: a visit to hospital in the terminal, every message shown, over real HTTP.

The tour is a test as well: every step says what must come back, and the first that differs ends it with exit code 1.
"""

import json
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from yiqiao.dialects.ehealth_card.client import Client

Values = Mapping[str, object]


def tour(
    pause: Annotated[float, typer.Option(help="Seconds to wait between the steps.")] = 0.0,
    quiet: Annotated[bool, typer.Option("--quiet", help="Only the story, not the messages.")] = False,
) -> None:
    """Register a citizen, verify their code, and see what goes wrong when it should."""
    from rich.console import Console

    from yiqiao.app.loopback import loopback_hub
    from yiqiao.app.settings import Settings
    from yiqiao.cli.sandbox import demo_credentials
    from yiqiao.dialects.ehealth_card.client import Client

    console = Console()
    with tempfile.TemporaryDirectory(prefix="yiqiao-tour-") as folder:
        settings = Settings(data=folder, sandbox=True)
        with loopback_hub(settings) as url:
            demo = demo_credentials(folder)
            console.print(f"[bold]医桥沙箱已启动[/] {url}  应用 {demo.app_id}，终端 {demo.terminals[0]}\n")
            with Client(url, app_id=demo.app_id, secret=demo.secret, term_id=demo.terminals[0]) as client:
                wrong = Client(url, app_id=demo.app_id, secret="0" * 32, term_id=demo.terminals[0])
                guide = _Guide(console, client, wrong, pause, quiet)
                try:
                    _visit(guide)
                except _Differs as difference:
                    console.print(f"[bold red]与预期不符：[/]{difference}")
                    raise typer.Exit(1) from None
                finally:
                    wrong.close()
    console.print("[bold green]全部步骤与标准相符。[/] 下一步：yiqiao serve --sandbox，然后用你自己的程序来试。")


class _Differs(Exception):
    """Something came back that should not have."""


@dataclass
class _Guide:
    """Tells a step, does it, shows it, and judges it."""

    console: "Console"
    client: "Client"
    stranger: "Client"
    pause: float
    quiet: bool
    number: int = 0

    def step(self, title: str, method: str, values: Values, expect: str = "0000", stranger: bool = False) -> Values:
        """One call; `expect` is the return code that must come back."""
        from yiqiao.dialects.ehealth_card.client import Refused

        self.number += 1
        client = self.stranger if stranger else self.client
        self.console.rule(f"[bold]{self.number}. {title}", align="left")
        self._show("请求", method, values)
        if not self.quiet:
            self.console.print(
                "报文", client.message(method, values).decode(), style="dim", soft_wrap=True, markup=False
            )
        try:
            answer: Values = client.call(method, values)
            code = "0000"
        except Refused as refusal:
            answer, code = {"ret_code": refusal.code, "ret_msg": refusal.told}, refusal.code
        self._show("应答", code, answer)
        if code != expect:
            raise _Differs(f"第 {self.number} 步应返回 {expect}，实际 {code}")
        self.console.print()
        time.sleep(self.pause)
        return answer

    def must(self, holds: bool, otherwise: str) -> None:
        """A fact that must hold after a step."""
        if not holds:
            raise _Differs(f"第 {self.number} 步：{otherwise}")

    def _show(self, what: str, head: str, content: Values) -> None:
        if not self.quiet:
            self.console.print(f"[bold]{what}[/] {head}")
            self.console.print_json(json.dumps(dict(content), ensure_ascii=False))


REGISTER = "ehc.ehealthcard.querywithreg"
VERIFY = "ehc.ehealthcode.verify"


def _visit(guide: _Guide) -> None:
    from yiqiao.clock import SystemClock, compact
    from yiqiao.sandbox.people import people

    now = compact(SystemClock().now_ms())
    person = people()[-1]
    opening: dict[str, object] = {
        "out_register_no": f"{now}0001",
        "out_register_time": now,
        "certificate_mode": "01",
        "apply_method": "3",
        "id_type": person.id_type,
        "id_no": person.id_no,
        "user_name": person.name,
        "user_sex": person.sex,
        "mobile_phone": person.mobile_phone,
        "generate_type": "dynamic",
        "time_expire": "300",
    }
    opened = guide.step("挂号窗口：刷身份证，为患者注册电子健康卡并取得动态码", REGISTER, opening)
    guide.must(opened["user_name"] == person.name, "返回的姓名不是登记的姓名")

    def showing(code: object, number: str) -> dict[str, object]:
        return {
            "ehealth_code": code,
            "out_verify_no": f"{now}{number}",
            "out_verify_time": now,
            "operator_id": "0012",
            "operator_name": "窗口演示员",
            "treatment_code": "010101",
            "ip_addr": "192.0.2.15",
            "office_code": "0300",
        }

    seen = guide.step("患者出示二维码，窗口扫码验证（被扫）", VERIFY, showing(opened["ehealth_code"], "1001"))
    guide.must(seen["ehealth_card_id"] == opened["ehealth_card_id"], "验证得到的不是刚注册的卡")
    guide.must(seen["mindex_id"] == opened["mindex_id"], "主索引不一致")
    guide.step("同一流水号再发一次：不会重复生效", VERIFY, showing(opened["ehealth_code"], "1001"), expect="3002")
    guide.step("二维码被改动一位：识破", VERIFY, showing(_altered(str(opened["ehealth_code"])), "1002"), expect="2002")
    again = {**opening, "out_register_no": f"{now}0002", "generate_type": "static"}
    held = guide.step("再次注册：仍是同一张卡，这次取静态码", REGISTER, again)
    guide.must(held["ehealth_card_id"] == opened["ehealth_card_id"], "同一个人得到了两张卡")
    guide.step("静态码也能用于挂号", VERIFY, showing(held["ehealth_code"], "1003"))
    short = guide.step(
        "取一个只活 1 秒的动态码……", REGISTER, {**opening, "out_register_no": f"{now}0003", "time_expire": "1"}
    )
    time.sleep(2.1)
    guide.step("……两秒后再扫：已过期", VERIFY, showing(short["ehealth_code"], "1004"), expect="2001")
    guide.step("密钥不对的程序：验签失败", VERIFY, showing(held["ehealth_code"], "1005"), expect="9003", stranger=True)


def _altered(code: str) -> str:
    """The code with its tenth digit changed."""
    return code[:9] + ("0" if code[9] != "0" else "1") + code[10:]
