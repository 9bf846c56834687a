"""`yiqiao call`: call a platform, one operation, as a hospital would."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from yiqiao.cli.call_convenience import call_convenience
from yiqiao.cli.call_onetrans import Signing, call_onetrans
from yiqiao.cli.call_supervision import call_supervision
from yiqiao.cli.exits import REFUSED, UNREACHABLE, USAGE, leaving
from yiqiao.cli.sandbox import Credentials, demo_credentials

if TYPE_CHECKING:
    from yiqiao.spec import Operation, Spec


CALLED = ("ehealth_card", "convenience", "onetrans", "supervision")
"""The standards that have a client."""


def call(
    dialect: Annotated[str, typer.Argument(help="The standard: ehealth_card, convenience, onetrans or supervision.")],
    method: Annotated[str, typer.Argument(help="The operation, in full or by its last word (verify).")],
    values: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY=VALUE…", help="Fields; KEY=@FILE reads a file, KEY:=JSON a JSON value."),
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="The platform's address; default: the sandbox on this machine.")
    ] = None,
    app_id: Annotated[str | None, typer.Option(help="Your app_id.")] = None,
    key_file: Annotated[Path | None, typer.Option(help="File with your secret; else YIQIAO_KEY or a prompt.")] = None,
    term_id: Annotated[str | None, typer.Option(help="Your terminal.")] = None,
    profile: Annotated[str, typer.Option(help="The reading of the standard.")] = "standard",
    sign_type: Annotated[str, typer.Option(help="SM3 or MD5; onetrans: SM3 or SM2.")] = "SM3",
    enc_type: Annotated[str, typer.Option(help="SM4, AES or DES; empty for none.")] = "SM4",
    sm2_key_file: Annotated[Path | None, typer.Option(help="onetrans: file with your SM2 private key, in hex.")] = None,
    platform_key: Annotated[str, typer.Option(help="onetrans: the platform's SM2 public key, in hex.")] = "",
    desk: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="onetrans: a public parameter of the desk; repeat.")
    ] = None,
    wait: Annotated[
        int,
        typer.Option(
            min=0, metavar="SECONDS", help="onetrans: ask again until a trade or settlement ends; its page is opened."
        ),
    ] = 0,
    style: Annotated[str, typer.Option(help="convenience: soap, or plain for the document alone.")] = "soap",
    data: Annotated[str | None, typer.Option(help="Data folder of the sandbox whose demo partner calls.")] = None,
    fault: Annotated[str | None, typer.Option(help="What a sandbox is to let go wrong: late=2000, lost …")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the message, send nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The answer as JSON in one line.")] = False,
    batch: Annotated[
        Path | None, typer.Option(help="CSV file (UTF-8 or GBK) with a call per line; columns are field names.")
    ] = None,
    results: Annotated[Path | None, typer.Option(help="Results of the batch; default: FILE.results.csv.")] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="Calls of a batch at a time.")] = 8,
    again: Annotated[bool, typer.Option("--again", help="Send rows of a batch again that were refused.")] = False,
) -> None:
    """Call one operation, or one for every line of a file. Serials and times that you leave out are made and told.

    A batch that was cut off goes on with the same command: what has an answer is skipped, the rest keeps its serials.
    """
    from yiqiao.dialects.ehealth_card.client import Client, Refused
    from yiqiao.errors import DomainError
    from yiqiao.spec import SpecError, load

    if dialect not in CALLED:
        raise leaving(f"no client for {dialect!r}; there are: {', '.join(CALLED)}", USAGE)
    try:
        spec = load(dialect, profile)
    except SpecError as error:
        raise leaving(str(error), USAGE) from None
    headers = _fault_header(fault)
    content = _parsed(values or [])
    if dialect == "convenience":
        if batch is not None:
            raise leaving("--batch is for ehealth_card", USAGE)
        who = _platform(url, app_id, key_file, data, dialect)
        call_convenience(
            spec, method, content, who, headers, style=style, dry_run=dry_run, as_json=as_json, at_home=url is None
        )
        return
    operation = _operation(spec, method)
    if dialect == "supervision":
        if batch is not None:
            raise leaving("--batch is for ehealth_card; see yiqiao upload", USAGE)
        who = _uploader(url, app_id, key_file, data)
        call_supervision(spec, operation, content, who, headers, dry_run=dry_run, as_json=as_json)
        return
    if dialect == "onetrans":
        if batch is not None:
            raise leaving("--batch is for ehealth_card", USAGE)
        signing = Signing(sign_type, sm2_key_file, platform_key)
        who = _platform(url, app_id, key_file, data, dialect)
        stand = {name: str(value) for name, value in _parsed(desk or []).items()}
        content = _completed(operation, content)
        call_onetrans(
            spec, operation, content, who, signing, stand, headers, dry_run=dry_run, as_json=as_json, wait_s=wait
        )
        return
    who = _caller(url, app_id, key_file, term_id, data)
    if batch is not None:
        from yiqiao.cli.batch import Order, run_batch
        from yiqiao.cli.batch_results import Run
        from yiqiao.dialects.ehealth_card.client import AsyncClient

        beside = results or batch.with_name(batch.name + ".results.csv")
        caller = AsyncClient(
            who.url,
            app_id=who.app_id,
            secret=who.secret,
            term_id=who.terminals[0],
            profile=profile,
            sign_type=sign_type,
            enc_type=enc_type,
        )
        order = Order(batch, beside, content, concurrency, again, dry_run, as_json)
        run_batch(caller, spec, operation, Run(operation.name, who.app_id, who.url), who.secret, order)
        return
    content = _completed(operation, content)
    with Client(
        who.url,
        app_id=who.app_id,
        secret=who.secret,
        term_id=who.terminals[0],
        profile=profile,
        sign_type=sign_type,
        enc_type=enc_type,
        headers=headers,
    ) as client:
        try:
            if dry_run:
                typer.echo(client.message(operation.name, content).decode())
                return
            answer = client.call(operation.name, content)
        except Refused as refusal:
            told = f"{refusal.code} {refusal.told or refusal.title}"
            raise leaving(told + (f"\n{refusal.remedy}" if refusal.remedy else ""), REFUSED) from None
        except DomainError as error:
            reached = error.name not in {"ConnectionFailed", "TransferFailed", "ReadFailed"}
            raise leaving(str(error), USAGE if reached else UNREACHABLE) from None
    typer.echo(json.dumps(answer, ensure_ascii=False, indent=None if as_json else 2))


def _fault_header(fault: str | None) -> dict[str, str]:
    """The header that asks a sandbox for a fault, checked here first."""
    from yiqiao.sandbox.faults import HEADER, FaultUnreadable, parse

    try:
        return {} if fault is None else {HEADER: parse(fault).text()}
    except FaultUnreadable as error:
        raise leaving(error.message, USAGE) from None


def _operation(spec: "Spec", name: str) -> "Operation":
    found = [op for full, op in spec.operations.items() if name == full or full.endswith(f".{name}")]
    if len(found) != 1:
        raise leaving(f"no operation {name!r}; there are: {', '.join(spec.operations)}", USAGE)
    return found[0]


def _parsed(values: list[str]) -> dict[str, object]:
    content: dict[str, object] = {}
    for text in values:
        name, equals, value = text.partition("=")
        if not equals:
            raise leaving(f"{text!r}: expected KEY=VALUE", USAGE)
        try:
            if name.endswith(":"):
                content[name[:-1]] = json.loads(value)
            else:
                content[name] = Path(value[1:]).read_text(encoding="utf-8") if value.startswith("@") else value
        except (OSError, ValueError) as error:
            raise leaving(f"{name}: {error}", USAGE) from None
    return content


def _completed(operation: "Operation", content: dict[str, object]) -> dict[str, object]:
    """Serials (out_…_no) and their times are made where they were left out."""
    from yiqiao.clock import SystemClock, compact

    now = compact(SystemClock().now_ms())
    made = {}
    for field in operation.request:
        if field.name in content or not field.required:
            continue
        if field.name.startswith("out_") and field.name.endswith("_no"):
            made[field.name] = f"{now}{os.urandom(4).hex()}"
        elif field.name.startswith("out_") and field.name.endswith("_time"):
            made[field.name] = now
    if made:
        typer.echo("made: " + " ".join(f"{name}={value}" for name, value in made.items()), err=True)
    return {**content, **made}


def _caller(
    url: str | None, app_id: str | None, key_file: Path | None, term_id: str | None, data: str | None
) -> Credentials:
    """Who calls whom: as said, else the sandbox's demo partner."""
    if app_id is None:
        demo = demo_credentials(data)
        return replace(demo, url=url or demo.url, terminals=[term_id] if term_id else demo.terminals)
    if url is None or term_id is None:
        raise leaving("with --app-id, say --url and --term-id too", USAGE)
    return Credentials(url, app_id, secret_from(key_file), [term_id])


def _platform(
    url: str | None, user_id: str | None, key_file: Path | None, data: str | None, dialect: str
) -> Credentials:
    """Who calls which service, in a dialect without terminals: as said, else the sandbox's demo partner."""
    if user_id is None:
        demo = demo_credentials(data, dialect)
        return replace(demo, url=url or f"{demo.url}/{dialect}")
    if url is None:
        raise leaving("with --app-id, say --url too", USAGE)
    return Credentials(url, user_id, secret_from(key_file), [])


def _uploader(url: str | None, app_id: str | None, key_file: Path | None, data: str | None) -> Credentials:
    """Who uploads where; the operations' paths are the standard's, so the address has none."""
    if app_id is None:
        demo = demo_credentials(data, "supervision")
        return replace(demo, url=url or demo.url)
    if url is None:
        raise leaving("with --app-id, say --url too", USAGE)
    return Credentials(url, app_id, secret_from(key_file), [])


def secret_from(key_file: Path | None) -> str:
    """The secret from its file, else from YIQIAO_KEY, else asked for."""
    if key_file is not None:
        try:
            return key_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise leaving(f"--key-file {key_file}: {error}", USAGE) from None
    return os.environ.get("YIQIAO_KEY") or typer.prompt("secret", hide_input=True)
