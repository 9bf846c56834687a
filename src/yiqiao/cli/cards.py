"""`yiqiao cards`: what becomes of the health cards that were issued."""

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from yiqiao.cli.exits import USAGE, leaving
from yiqiao.cli.options import AsJson, Config, Data, DatabaseUrl, Set, on_store, settings_from
from yiqiao.cli.tables import put
from yiqiao.clock import readable

if TYPE_CHECKING:
    from yiqiao.app.card_uses import Names
    from yiqiao.app.store import Store
    from yiqiao.region.cards.monitoring import Count, Figures, Monitoring, OperatorCount, Period, UseLine, UsePage
    from yiqiao.storage.card_uses import UseFilter

app = typer.Typer(help="Health cards: how they are used.", no_args_is_help=True)

BAR = 40
"""Characters of the longest bar."""
BY = ("time", "stage", "office", "partner", "terminal", "operator")


@app.callback()
def _group() -> None:
    """Health cards: how they are used."""


@app.command()
def uses(
    by: Annotated[str | None, typer.Option(help=f"Count instead of listing: {', '.join(BY)}.")] = None,
    first: Annotated[
        str, typer.Option(help="First day, 2026-11-20, Beijing time; default: six days before the last.")
    ] = "",
    last: Annotated[str, typer.Option(help="Last day, included; default: today.")] = "",
    stage: Annotated[str | None, typer.Option(help="Only this stage of care (treatment_code).")] = None,
    office: Annotated[str | None, typer.Option(help="Only this department (office_code).")] = None,
    partner: Annotated[str | None, typer.Option(help="Only this partner (app_id).")] = None,
    terminal: Annotated[str | None, typer.Option(help="Only this terminal (term_id).")] = None,
    operator: Annotated[str | None, typer.Option(help="Only this operator (operator_id).")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 20,
    after: Annotated[str | None, typer.Option(metavar="PLACE", help="Go on from where the last list ended.")] = None,
    csv: Annotated[
        bool, typer.Option("--csv", help="All uses of the period as CSV (UTF-8 with BOM) on stdout.")
    ] = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    set_: Set = None,
    as_json: AsJson = False,
) -> None:
    """Uses of cards, by code or by consent (用卡监测): single ones, newest first, or counted. Persons are masked."""
    if by is not None and by not in BY:
        raise leaving(f"--by: one of {', '.join(BY)}", USAGE)
    if csv and (by is not None or as_json):
        raise leaving("--csv lists the single uses: without --by and --json", USAGE)
    equal = {"treatment_code": stage, "office_code": office, "app_id": partner, "term_id": terminal}
    settings = settings_from(data, database_url, config, set_)

    async def work(store: "Store") -> None:
        from yiqiao.app.card_uses import names
        from yiqiao.region.cards.monitoring import Monitoring, Period

        period = Period.of(store.clock.now_ms(), first, last)
        wanted = period.filter(**equal, operator_id=operator)
        monitoring, known = Monitoring(store.database, store.keyring, store.clock), await names(store)
        if csv:
            await _put_csv(monitoring, wanted, known)
        elif by is not None:
            await _put_counts(monitoring, period, wanted, known, by, limit, as_json)
        else:
            _put_list(await monitoring.uses(wanted, limit=limit, after=after), known, as_json)

    on_store(settings, work)


async def _put_csv(monitoring: "Monitoring", wanted: "UseFilter", known: "Names") -> None:
    from yiqiao.app.card_uses import export

    async for text in export(monitoring, wanted, known, "zh"):
        sys.stdout.buffer.write(text.encode())
    sys.stdout.flush()


def _put_list(page: "UsePage", known: "Names", as_json: bool) -> None:
    if as_json:
        found = {"uses": [asdict(line) for line in page.lines], "next": page.next}
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    columns = ("time", "person", "certificate", "stage", "office", "partner", "terminal", "operator", "ip", "kind")
    put(columns, (_cells(line, known) for line in page.lines), columns[:1])
    if page.next:
        typer.echo(f"more: --after {page.next}", err=True)


def _cells(line: "UseLine", known: "Names") -> tuple[str, ...]:
    return (
        readable(line.at),
        line.name,
        line.id_no,
        _told(line.treatment_code, known.stages),
        _told(line.office_code, known.offices),
        _told(line.app_id, known.partners),
        line.term_id,
        f"{line.operator_id} {line.operator_name}".rstrip(),
        line.ip_addr,
        line.code_kind,
    )


async def _put_counts(
    monitoring: "Monitoring", period: "Period", wanted: "UseFilter", known: "Names", by: str, limit: int, as_json: bool
) -> None:
    if by == "operator":
        rows = [_operator(count) for count in await monitoring.operators(wanted, limit)]
    else:
        rows = list(_COUNTED[by](await monitoring.figures(period, wanted), known))
        rows = rows if by == "time" else rows[:limit]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    most = max((int(str(row["uses"])) for row in rows), default=0)
    columns = list(rows[0]) if rows else []
    put(
        [*columns, ""],
        (
            [*(str(row[name]) for name in columns), "█" * round(BAR * int(str(row["uses"])) / (most or 1))]
            for row in rows
        ),
        columns[:1],
    )


_Row = dict[str, object]


def _slots(figures: "Figures", _: "Names") -> Iterable[_Row]:
    length = {"hour": 16, "day": 10, "month": 7}[figures.unit]
    for slot in figures.slots:
        yield {figures.unit: readable(slot.at)[:length], "uses": slot.uses}


def _coded(name: str, counts: "tuple[Count, ...]", titles: Mapping[str, str]) -> Iterable[_Row]:
    for count in counts:
        yield {name: count.key, "title": titles.get(count.key, ""), "uses": count.uses}


def _terminals(figures: "Figures", known: "Names") -> Iterable[_Row]:
    for count in figures.terminals:
        title = known.terminals.get((count.app_id, count.key), "")
        yield {"terminal": count.key, "title": title, "partner": count.app_id, "uses": count.uses}


def _operator(count: "OperatorCount") -> _Row:
    return {"operator": count.operator_id, "name": count.name, "partner": count.app_id, "uses": count.uses}


_COUNTED: Mapping[str, "Callable[[Figures, Names], Iterable[_Row]]"] = {
    "time": _slots,
    "stage": lambda figures, known: _coded("stage", figures.stages, known.stages),
    "office": lambda figures, known: _coded("office", figures.offices, known.offices),
    "partner": lambda figures, known: _coded("partner", figures.partners, known.partners),
    "terminal": _terminals,
}


def _told(code: str, titles: Mapping[str, str]) -> str:
    return f"{titles[code]} {code}" if titles.get(code) else code
