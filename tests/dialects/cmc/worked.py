"""The worked examples of docs/cmc.md: what stands there is computed here.

`python -m tests.dialects.cmc.worked` prints them, to be put into the page after a change.
"""

from collections.abc import Mapping
from textwrap import indent

from yiqiao.clock import FixedClock, parse_compact
from yiqiao.dialects.cmc import envelope
from yiqiao.dialects.cmc.client import Launch, Launcher
from yiqiao.dialects.cmc.dialect import scheme_of

APP_KEY, SECRET = "demo-his", "YQ36488onlyAnExample00"
BASE, PROGRAM, TARGET = "http://cmc.example", r"D:\jgt\jgt.exe", "jgt-hn-cs"
LAUNCHER = Launcher(APP_KEY, SECRET, clock=FixedClock(parse_compact("20261121093000")))
INSURED = {
    "aac001": "98510000001",
    "ysbm": "D985100000001",
    "ysmc": "陶文静",
    "mtbz": "M01600",
    "rtbz": "1",
    "rtbm": "RT003",
    "sfzh": "359851198503120134",
    "yybm": "H98510000001",
    "yymc": "云桥县人民医院",
    "xm": "柳成荫",
    "xb": "1",
    "nl": "41",
    "xz": "310",
    "ksmc": "内科",
    "jzsxh": "202611210001",
    "mzsxh": "202611210001",
}
SELF_PAY = {
    "ysbm": "D985100000002",
    "ysmc": "石磊",
    "yybm": "H98510000001",
    "yymc": "云桥县人民医院",
    "xm": "欧阳晚晴",
    "xb": "2",
    "nl": "34",
    "ksmc": "全科",
    "jzsxh": "G202611210002",
    "birthday": "1992-07-28",
}


def examples() -> Mapping[str, str]:
    """Each example by its name, as it stands in the page."""
    insured, own = LAUNCHER.insured(**INSURED), LAUNCHER.selfpay(**SELF_PAY)
    return {"insured": _worked(insured), "self-pay": _worked(own), "23 places": _short(own)}


def _worked(launch: Launch) -> str:
    string = envelope.string_to_sign(launch.values, SECRET, scheme_of("standard")).decode()
    rows = (
        ("secret", SECRET),
        ("string", string),
        ("MD5", launch.values["sign"]),
        ("plain text", launch.plain),
        ("Base64", launch.parameter),
        ("link", launch.url(BASE)),
        ("command", launch.command(PROGRAM, TARGET)),
    )
    return indent("\n".join(f"{name:<12}{text}" for name, text in rows), "    ")


def _short(launch: Launch) -> str:
    """The form of the standard's own self-pay example: 23 places, four parts in the visit number."""
    values = {**launch.values, "jzsxh": "", "mzsxh": "欧阳晚晴@2@34@1992-07-28"}
    values["sign"] = envelope.sign(values, SECRET, scheme_of("standard"))
    whole = envelope.plain_text(values).split("&")
    text = "&".join(place for name, place in zip(envelope.PLACES, whole, strict=True) if name in envelope.SHORT)
    return indent(f"{'MD5':<12}{values['sign']}\n{'plain text':<12}{text}", "    ")


if __name__ == "__main__":
    for name, text in examples().items():
        print(f"{name}\n\n{text}\n")
