"""`yiqiao sign`: signatures on the raw message alone; no server, no database.

Every dialect that has signatures brings a module `diagnosis` with an object `diagnostics`; it is found by the dialect's
name, so that nothing here changes when a dialect is added. stdout carries what was asked for, stderr the talk.
"""

import json
import os
import sys
from dataclasses import asdict
from enum import StrEnum
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from yiqiao.cli.exits import REFUSED, USAGE, leaving

if TYPE_CHECKING:
    from yiqiao.exchange.diagnosis import Diagnostics, Report

CANNOT_TELL = 2
KEY_VARIABLE = "YIQIAO_KEY"


class Language(StrEnum):
    """The language of explanations."""

    ZH = "zh"
    EN = "en"


Dialect = Annotated[str, typer.Argument(help="The standard, e.g. ehealth_card.", metavar="DIALECT")]
File = Annotated[str, typer.Argument(help="File with the raw message; - for standard input.", metavar="[FILE | -]")]
KeyFile = Annotated[
    Path | None, typer.Option("--key-file", help=f"File with the key; else {KEY_VARIABLE}, else a prompt.")
]
Key = Annotated[str | None, typer.Option("--key", help="The key itself; others can see it, so for sandboxes only.")]
Profile = Annotated[
    str | None, typer.Option("--profile", help="The reading of the standard; default: the standard one.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
Lang = Annotated[Language, typer.Option("--lang", help="Language of the explanations.")]

app = typer.Typer(help="Make, check and explain signatures on a raw message.", no_args_is_help=True)


@app.command()
def make(
    dialect: Dialect,
    file: File = "-",
    key_file: KeyFile = None,
    key: Key = None,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Sign (and encipher) a draft: a JSON object of the message's parameters by name, content as an object.

    A missing timestamp becomes now; algorithms default to the profile's first.
    """
    from yiqiao.clock import SystemClock
    from yiqiao.errors import DomainError

    expert, chosen = _expert(dialect, profile)
    draft, secret = _message(file), _secret(key, key_file)
    try:
        message = expert.make(draft, secret, chosen, SystemClock().now_ms()).decode()
    except (DomainError, ValueError) as fault:
        raise leaving(str(fault), REFUSED) from None
    typer.echo(_json({"profile": chosen, "message": message}) if as_json else message)


@app.command()
def verify(
    dialect: Dialect,
    file: File = "-",
    key_file: KeyFile = None,
    key: Key = None,
    profile: Profile = None,
    as_json: AsJson = False,
    lang: Lang = Language.ZH,
) -> None:
    """Does the signature hold by the profile's rule? Exit status 0: yes, 1: no, 2: it cannot be told."""
    expert, chosen = _expert(dialect, profile)
    verdict, reason = expert.verify(_message(file), _secret(key, key_file), chosen)
    told = reason.said(lang.value)
    typer.echo(_json({"profile": chosen, "signature": verdict.value, "reason": told}) if as_json else told)
    raise typer.Exit({"holds": 0, "broken": REFUSED}.get(verdict.value, CANNOT_TELL))


@app.command("open")
def open_(
    dialect: Dialect,
    file: File = "-",
    key_file: KeyFile = None,
    key: Key = None,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Print the decrypted content; stderr says if the signature does not hold. Exit status 1: it does not open."""
    from yiqiao.errors import DomainError

    expert, chosen = _expert(dialect, profile)
    message, secret = _message(file), _secret(key, key_file)
    verdict, reason = expert.verify(message, secret, chosen)
    try:
        content = expert.open(message, secret, chosen)
    except (DomainError, ValueError) as fault:
        raise leaving(str(fault), CANNOT_TELL if verdict.value == "unknown" else REFUSED) from None
    if verdict.value != "holds":
        typer.echo(reason.zh, err=True)
    typer.echo(_json({"profile": chosen, "signature": verdict.value, "content": content}) if as_json else content)


@app.command()
def explain(
    dialect: Dialect,
    file: File = "-",
    key_file: KeyFile = None,
    key: Key = None,
    profile: Profile = None,
    as_json: AsJson = False,
    lang: Lang = Language.ZH,
) -> None:
    """Show every layer of a message, and name the likely cause where something is wrong.

    Judged by the profile's rule; where another profile fits, it is named. Exit status 0: well, 1: not, 2: unreadable.
    """
    expert, chosen = _expert(dialect, profile)
    report = expert.explain(_message(file), _secret(key, key_file), chosen)
    typer.echo(_json(report.as_dict(lang.value)) if as_json else _told(report, expert.title, lang.value))
    raise typer.Exit(0 if report.fine else CANNOT_TELL if report.verdict.value == "unknown" else REFUSED)


@app.command()
def detect(
    dialect: Dialect,
    file: File = "-",
    key_file: KeyFile = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Try every known profile; print the one that fits, the others that fit as well on stderr. Exit status 1: none."""
    expert, default = _expert(dialect, None)
    message, secret = _message(file), _secret(key, key_file)
    fits = expert.detect(message, secret)
    if as_json:
        typer.echo(_json({"profile": fits[0].profile if fits else None, "fits": [asdict(fit) for fit in fits]}))
    elif fits:
        typer.echo(fits[0].profile)
        typer.echo(fits[0].about, err=True)
        if len(fits) > 1:
            typer.echo(f"also: {', '.join(fit.profile for fit in fits[1:])}", err=True)
    else:
        typer.echo(f"none of {', '.join(expert.profiles())} fits; see yiqiao sign explain", err=True)
    if not fits:
        verdict, _ = expert.verify(message, secret, default)
        raise typer.Exit(CANNOT_TELL if verdict.value == "unknown" else REFUSED)


def _expert(dialect: str, profile: str | None) -> "tuple[Diagnostics, str]":
    """The dialect's diagnostics, and the profile asked for or the default. Exits 2 where there is no such thing."""
    known = dialects()
    if dialect not in known:
        raise leaving(f"no signatures are known for {dialect!r}; there are: {', '.join(known)}", USAGE)
    expert: Diagnostics = import_module(f"yiqiao.dialects.{dialect}.diagnosis").diagnostics
    profiles = expert.profiles()
    if profile is not None and profile not in profiles:
        raise leaving(f"no profile {profile!r}; there are: {', '.join(profiles)}", USAGE)
    return expert, profile or profiles[0]


def dialects() -> list[str]:
    """The dialects that know signatures: those with a module `diagnosis`."""
    root = find_spec("yiqiao.dialects")
    folders = [Path(place) for place in (root.submodule_search_locations or ())] if root else []
    return sorted(path.parent.name for folder in folders for path in folder.glob("*/diagnosis.py"))


def _message(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise leaving(f"{file}: {error.strerror}", USAGE) from None


def _secret(key: str | None, key_file: Path | None) -> str:
    """The key, from the safest place that has one. Exits 2 where none does."""
    if key_file is not None:
        try:
            return key_file.read_text("utf-8-sig").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise leaving(f"{key_file}: cannot be read as a key ({type(error).__name__})", USAGE) from None
    if key is not None:
        typer.echo("warning: a key on the command line stays in the shell's history and shows in ps", err=True)
        return key
    if secret := os.environ.get(KEY_VARIABLE, "").strip():
        return secret
    if not sys.stdin.isatty():
        raise leaving(f"no key: give --key-file, or set {KEY_VARIABLE}", USAGE)
    asked: str = typer.prompt("key", hide_input=True, err=True)
    return asked.strip()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


_STATE = {True: "√", False: "×", None: "·"}  # in every Chinese charset, unlike ticks and crosses
_LABELS = {
    "zh": {
        "profile": "方案", "holds": "签名正确", "broken": "签名不符", "unknown": "无法判断", "causes": "可能的原因",
        "remedy": "怎么改：", "evidence": "依据：", "remarks": "提示", "fine": "未发现问题",
    },
    "en": {
        "profile": "profile", "holds": "the signature holds", "broken": "the signature does not hold",
        "unknown": "cannot be told", "causes": "Likely causes", "remedy": "change: ", "evidence": "known by: ",
        "remarks": "Remarks", "fine": "nothing is wrong",
    },
}  # fmt: skip


def _told(report: "Report", title: str, lang: str) -> str:
    """A report as text for a terminal."""
    label = _LABELS[lang]
    lines = [f"{title} · {label['profile']} {report.profile} · {label[report.verdict.value]}", ""]
    fatal = [finding for finding in report.findings if finding.fatal]
    remarks = [finding for finding in report.findings if not finding.fatal]
    if not fatal:
        lines += [label["fine"] if report.fine else label[report.verdict.value], ""]
    for heading, findings in ((label["causes"], fatal), (label["remarks"], remarks)):
        if findings:
            lines.append(heading)
        for place, finding in enumerate(findings, 1):
            lines.append(f"  {place}. {finding.cause.title.said(lang)}")
            lines.append(f"     {label['remedy']}{finding.cause.remedy.said(lang)}")
            lines.append(f"     {label['evidence']}{finding.evidence.said(lang)}")
        lines += [""] if findings else []
    for layer in report.layers:
        note = f"  — {layer.note.said(lang)}" if layer.note else ""
        lines.append(f"[{_STATE[layer.ok]}] {layer.title.said(lang)}{note}")
        lines += [f"    {line}" for line in layer.text.splitlines()]
    return "\n".join(lines)
