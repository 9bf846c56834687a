"""`yiqiao call … --batch FILE`: one operation for every row of a sheet, many at a time, and never twice for a row.

A row has a serial of its own, derived from its content unless the sheet names one, so that a run that was cut off can
be repeated: what has an answer is skipped, what may have been received is sent again under its serial. Where the
platform then says that it knows the serial, the person is looked up, and the row counts as done.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from yiqiao.cli.batch_results import Result, Results, ResultsUnusable, Run, State
from yiqiao.cli.batch_sheet import Row, SheetUnusable, read_sheet
from yiqiao.cli.exits import REFUSED, UNREACHABLE, USAGE, leaving
from yiqiao.clock import SystemClock, compact
from yiqiao.crypto import hmac_sm3
from yiqiao.errors import DomainError
from yiqiao.spec import Invalid, Retry

if TYPE_CHECKING:
    from yiqiao.dialects.ehealth_card.client import AsyncClient, Refused
    from yiqiao.spec import Operation, Spec

TRIES = 4
FIRST_PAUSE_S = 0.5
INTERRUPTED = 130
RECOGNISED = "流水号已用过：前一次请求已受理"
REGQUERY = "ehc.ehealthcard.regquery"
WHO = ("id_type", "id_no", "user_name")
SETTLED = {State.DONE, State.REFUSED}
FAILED = {State.REFUSED, State.UNANSWERED}


@dataclass(frozen=True)
class Order:
    """What is asked for on the command line. `constants` are fields that have the same value in every row."""

    sheet: Path
    results: Path
    constants: Mapping[str, object]
    concurrency: int
    again: bool
    dry_run: bool
    as_json: bool


@dataclass(frozen=True)
class Job:
    """A row that is to be sent. `certain`: its serial can only have been used for this very content."""

    line: int
    values: Mapping[str, object] = field(repr=False)
    planned: Result
    certain: bool


class _OutOfReach(Exception):
    """One row after the other had no answer: the platform is not there."""


def run_batch(client: "AsyncClient", spec: "Spec", operation: "Operation", run: Run, secret: str, order: Order) -> None:
    """Do what is ordered, tell what came of it, and leave: 1 where any row failed, 3 where the platform was lost."""
    if operation.effect != "write" or operation.repeat is None:
        raise leaving(f"{operation.name} is no write; a batch needs an operation with a serial", USAGE)
    try:
        rows = read_sheet(order.sheet, [f.spelled for f in operation.request if not f.parent])
        results = Results.of(order.results, run)
    except (SheetUnusable, ResultsUnusable, OSError) as unusable:
        raise leaving(str(unusable), USAGE) from None
    jobs, present = _planned(operation, rows, results, secret, order)
    for result in (results.by_row[row] for row in present):
        if result.state is State.BAD:
            typer.echo(f"{order.sheet}, line {result.line}, {result.ret_msg}", err=True)
    if order.dry_run:
        _tell(order, results, present, skipped=len(present) - len(jobs))
        return
    batch = _Batch(client, spec, operation, results, order.concurrency)
    lost = stopped = False
    results.begin(present)
    try:
        asyncio.run(batch.work(jobs))
    except _OutOfReach:
        lost = True
    except KeyboardInterrupt:
        stopped = True
    finally:
        results.end()
    if lost or stopped:
        why = f"no answer from {run.url}" if lost else "stopped"
        typer.echo(f"{why}; run the same command again to go on", err=True)
    _tell(
        order,
        results,
        present,
        skipped=len(present) - len(jobs),
        code=UNREACHABLE if lost else INTERRUPTED if stopped else 0,
    )


def _planned(
    operation: "Operation", rows: Sequence[Row], results: Results, secret: str, order: Order
) -> tuple[list[Job], list[str]]:
    """What is to be sent, and the digests of all rows of the sheet; each of them stands in `results` then."""
    now = compact(SystemClock().now_ms())
    seen: Counter[str] = Counter()
    serials: dict[str, int] = {}
    jobs: list[Job] = []
    present: list[str] = []
    for row in rows:
        given = operation.asks.from_wire({**order.constants, **row.values})
        content = json.dumps([operation.name, given], ensure_ascii=False, sort_keys=True)
        seen[content] += 1
        digest = hmac_sm3(secret.encode(), f"{content}|{seen[content]}".encode()).hex()[:31]
        present.append(digest)
        before = results.by_row.get(digest)
        if before is not None and before.state in ({State.DONE} if order.again else SETTLED):
            results.by_row[digest] = before._replace(line=row.line)
            continue
        field_name = operation.repeat.serial[-1] if operation.repeat else ""
        own = given.get(field_name)
        serial = str(own) if own else f"B{digest}"
        time = before.time if before and len(before.time) == len(now) else now
        values = _completed(operation, given, serial, time)
        faults = list(row.faults or _faults(operation, values))
        if serial in serials:
            faults.append(f"{field_name}: stands in line {serials[serial]} already")
        serials.setdefault(serial, row.line)
        planned = Result(row.line, State.PLANNED, "", "", "", "", serial, time, digest)
        results.by_row[digest] = planned
        if faults:
            results.by_row[digest] = planned._replace(state=State.BAD, ret_msg="; ".join(faults))
        else:
            sent_before = before is not None and before.state is not State.BAD
            jobs.append(Job(row.line, values, planned, certain=sent_before or not own))
    return jobs, present


def _completed(operation: "Operation", given: Mapping[str, object], serial: str, time: str) -> dict[str, object]:
    """The row with its serial, and the plan's time where the sheet has none."""
    names = operation.repeat.serial if operation.repeat else ()
    made: dict[str, object] = {names[-1]: serial} if names else {}
    for one in operation.request:
        if one.required is True and one.name.startswith("out_") and one.name.endswith("_time"):
            made[one.name] = time
    return {**made, **given}


def _faults(operation: "Operation", values: Mapping[str, object]) -> Iterator[str]:
    try:
        operation.validate(values)
    except Invalid as invalid:
        yield from (f"{fault.path}: {fault.message}" for fault in invalid.faults)


class _Batch:
    """The sending of a batch."""

    def __init__(
        self, client: "AsyncClient", spec: "Spec", operation: "Operation", results: Results, concurrency: int
    ) -> None:
        self._client = client
        self._spec = spec
        self._operation = operation
        self._results = results
        self._concurrency = concurrency
        self._unanswered = 0

    async def work(self, jobs: Sequence[Job]) -> None:
        """Send all jobs. Raises _OutOfReach."""
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        waiting = iter(jobs)
        with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
            bar = progress.add_task(self._operation.title, total=len(jobs))

            async def worker() -> None:
                for job in waiting:
                    self._results.put(await self._done(job))
                    progress.advance(bar)
                    if self._unanswered >= self._concurrency:
                        raise _OutOfReach

            async with self._client:
                workers = [asyncio.create_task(worker()) for _ in range(min(self._concurrency, len(jobs)))]
                try:
                    await asyncio.gather(*workers)
                finally:
                    for one in workers:
                        one.cancel()
                    await asyncio.gather(*workers, return_exceptions=True)

    async def _done(self, job: Job) -> Result:
        """What comes of a row, after some tries where the platform does not answer or asks to come again."""
        from yiqiao.dialects.ehealth_card.client import Refused

        pause, certain = FIRST_PAUSE_S, job.certain
        for left in reversed(range(TRIES)):
            try:
                answer = await self._client.call(self._operation.name, job.values)
            except Refused as refused:
                self._unanswered = 0
                if refused.code == self._repeat_code:
                    return await self._known(job, refused, certain)
                known = self._spec.return_codes.get(refused.code)
                result = _told(
                    job, State.UNANSWERED if known and known.retry is Retry.SAME_SERIAL else State.REFUSED, refused
                )
            except DomainError as error:
                certain = certain or error.name != "ConnectionFailed"
                result = job.planned._replace(state=State.UNANSWERED, ret_msg=error.message)
            else:
                self._unanswered = 0
                return _with_ids(job.planned._replace(state=State.DONE, ret_code=self._spec.success.code), answer)
            if result.state is State.REFUSED or not left:
                break
            await asyncio.sleep(pause)
            pause *= 2
        self._unanswered += not result.ret_code
        return result

    @property
    def _repeat_code(self) -> str:
        repeat = self._operation.repeat
        return repeat.code if repeat and repeat.code else self._spec.errors.get("DuplicateSerial", "")

    async def _known(self, job: Job, refused: "Refused", certain: bool) -> Result:
        """The serial was used: by this very row, where the person is on file with a card; else by something else."""
        told = _told(job, State.REFUSED, refused)
        card, who = job.values.get("ehealth_card_id"), {name: job.values.get(name) for name in WHO}
        asked = {"ehealth_card_id": card} if card else who if all(who.values()) else None
        try:
            found = await self._client.call(REGQUERY, asked) if asked else {}
        except DomainError:
            found = {}
        if certain or (found and asked is who):
            return _with_ids(told._replace(state=State.DONE, ret_msg=RECOGNISED), found)
        return told


def _told(job: Job, state: State, refused: "Refused") -> Result:
    message = " ".join((refused.told or refused.title).split())
    return job.planned._replace(state=state, ret_code=refused.code, ret_msg=message)


def _with_ids(result: Result, answer: Mapping[str, object]) -> Result:
    return result._replace(
        ehealth_card_id=str(answer.get("ehealth_card_id") or ""), mindex_id=str(answer.get("mindex_id") or "")
    )


def _tell(order: Order, results: Results, present: Sequence[str], *, skipped: int, code: int = 0) -> None:
    """The figures on stdout, the rows that failed on stderr; leaves with 1 where any did."""
    found = [results.by_row[row] for row in present]
    counts = Counter(result.state for result in found)
    failed = [result for result in found if result.state in FAILED]
    for result in failed:
        why = f"{result.ret_code} {result.ret_msg}".strip()
        typer.echo(f"{order.sheet}, line {result.line}: {why}", err=True)
    figures: dict[str, object] = {"rows": len(present), "skipped": skipped}
    figures |= {str(state): counts[state] for state in State}
    figures["results"] = None if order.dry_run else str(order.results)
    typer.echo(json.dumps(figures, ensure_ascii=False) if order.as_json else _line(figures))
    if code:
        raise typer.Exit(code)
    if failed or counts[State.BAD]:
        raise typer.Exit(REFUSED)


def _line(figures: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in figures.items() if value is not None)
