"""`yiqiao spec`: look at the standards as data: which there are, what an operation takes, the whole as JSON."""

import json
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from yiqiao.cli import tables

if TYPE_CHECKING:
    from rich.console import Console

    from yiqiao.spec import Field, Operation, ReturnCode, Spec

NOTHING, USAGE = 1, 2

app = typer.Typer(help="Look at the standards as data.", no_args_is_help=True)
POLICIES = {
    "refuse": "refused with {code}",
    "replay": "answered as the first time",
    "standing": "told how it stands by then",
}

Dialect = Annotated[str, typer.Argument(help="The standard, as `yiqiao spec list` names it.")]
Profile = Annotated[str, typer.Option(help="The reading of the standard.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the standards with their profiles."""
    from yiqiao.spec import dialects, load, profiles

    known = [(load(name), profiles(name)) for name in dialects()]
    if as_json:
        _print_json(
            [
                {
                    "dialect": spec.dialect,
                    "title": spec.title,
                    "operations": list(spec.operations),
                    "profiles": list(names),
                }
                for spec, names in known
            ]
        )
        return
    console = tables.console()
    for spec, names in known:
        console.print(f"[bold]{spec.dialect}[/]  {spec.title}")
        console.print(f"  {len(spec.operations)} operations; profiles: {', '.join(names)}", highlight=False)


@app.command()
def show(
    dialect: Dialect,
    operation: Annotated[
        str | None, typer.Argument(help="An operation, in full or by its last words; or a return code.")
    ] = None,
    profile: Profile = "standard",
    as_json: AsJson = False,
) -> None:
    """Show a standard's operations; or one with its fields, rules and an example; or a return code explained."""
    spec = _loaded(dialect, profile)
    if operation is None:
        _show_spec(spec, as_json)
    elif operation in spec.return_codes:
        _show_return_code(spec.return_codes[operation], as_json)
    else:
        _show_operation(spec, _found(spec, operation), as_json)


@app.command()
def codes(
    dialect: Dialect,
    text: Annotated[str, typer.Argument(help="Part of a title, or the first digits of a code.")] = "",
    profile: Profile = "standard",
    as_json: AsJson = False,
) -> None:
    """Search all code tables and return codes; without a text, list the tables."""
    from yiqiao.spec.search import find_codes

    spec = _loaded(dialect, profile)
    if not text:
        sizes = [(table.name, table.title, str(len(table.rows))) for table in spec.codes.values()]
        if as_json:
            _print_json([{"name": name, "title": title, "rows": int(size)} for name, title, size in sizes])
        else:
            tables.put(("table", "title", "rows"), sizes)
        return
    found = find_codes(spec, text)
    lines = [(match.name, row.code, row.title) for match in found.tables for row in match.rows]
    lines += [("return_codes", code.code, code.title) for code in found.returns]
    if as_json:
        _print_json([{"table": table, "code": code, "title": title} for table, code, title in lines])
    else:
        tables.put(("table", "code", "title"), lines)
    if not lines:
        raise typer.Exit(NOTHING)


@app.command()
def export(dialect: Dialect, profile: Profile = "standard") -> None:
    """Print a whole standard as JSON."""
    _print_json(_loaded(dialect, profile).export())


def _loaded(dialect: str, profile: str) -> "Spec":
    from yiqiao.spec import SpecError, load

    try:
        return load(dialect, profile)
    except SpecError as error:
        _leave(str(error))


def _found(spec: "Spec", name: str) -> "Operation":
    found = [op for full, op in spec.operations.items() if name in (full, op.code) or full.endswith(f".{name}")]
    if len(found) != 1:
        _leave(f"no operation {name!r}; there are: {', '.join(spec.operations)}")
    return found[0]


def _leave(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(USAGE)


def _print_json(data: object) -> None:
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2))


def _show_spec(spec: "Spec", as_json: bool) -> None:
    from rich.table import Table

    if as_json:
        _print_json(
            {
                "dialect": spec.dialect,
                "title": spec.title,
                "profile": spec.profile,
                "operations": [
                    {"name": op.name, "title": op.title, "effect": op.effect, "transport": op.transport}
                    for op in spec.operations.values()
                ],
                "dictionaries": {name: len(table.rows) for name, table in spec.codes.items()},
                "return_codes": {code.code: code.title for code in spec.return_codes.values()},
            }
        )
        return
    table = Table("operation", "title", "effect", "serial", title=f"{spec.title} ({spec.profile})")
    for op in spec.operations.values():
        table.add_row(op.name, op.title, op.effect, ", ".join(op.repeat.serial) if op.repeat else "")
    console = tables.console()
    console.print(table)
    sizes = ", ".join(f"{name} {len(codes.rows)}" for name, codes in spec.codes.items())
    console.print(f"{len(spec.return_codes)} return codes; dictionaries: {sizes}", highlight=False)


def _show_operation(spec: "Spec", operation: "Operation", as_json: bool) -> None:
    from yiqiao.spec.export import exported_operation

    if as_json:
        _print_json({**exported_operation(operation), "sample": operation.sample()})
        return
    console = tables.console()
    console.print(f"[bold]{operation.name}[/]  {operation.title}", highlight=False)
    console.print(operation.about, highlight=False, markup=False)
    if operation.repeat is not None:
        policy = POLICIES[operation.repeat.policy].format(code=operation.repeat.code)
        serial = ", ".join(operation.repeat.serial)
        console.print(f"serial: {serial}; a repeat is {policy}", highlight=False)
    for title, fields in (("request", operation.asks.printed), ("response", operation.answers.printed)):
        if fields:
            _print_fields(console, title, fields)
    for rule in operation.rules:
        console.print(f"  {rule.id}: {rule.text}", highlight=False, markup=False)
    console.print("example", style="bold")
    console.print_json(json.dumps(operation.sample()))


def _show_return_code(code: "ReturnCode", as_json: bool) -> None:
    from yiqiao.spec.export import exported_return_code

    if as_json:
        _print_json(exported_return_code(code))
        return
    facts = [("", f"{code.code} {code.title}"), ("cause", code.cause), ("remedy", code.remedy), ("retry", code.retry)]
    facts += [("to see it", code.provoke.how)] if code.provoke else []
    tables.put_facts([*facts, ("note", code.note)] if code.note else facts)


def _print_fields(console: "Console", title: str, fields: "tuple[Field, ...]") -> None:
    from rich.markup import escape
    from rich.table import Column, Table

    heads = ("field", "title", "type", "required", "codes / format", "note")
    table = Table(*(Column(head, overflow="fold") for head in heads), title=title, title_justify="left")
    for field in fields:
        name = f"{field.parent}/{field.spelled}" if field.parent else field.spelled
        kind = field.type + (f"({_length(field)})" if field.length else "") + (" []" if field.repeats else "")
        due = {True: "yes", False: "", "conditional": "conditional"}[field.required]
        allowed = field.codes or " / ".join(field.formats)
        notes = "；".join(note for note in (field.when, field.note) if note)
        table.add_row(*(escape(text) for text in (name, field.title, kind, due, allowed, notes)))
    console.print(table)


def _length(field: "Field") -> str:
    return str(field.length) if field.scale is None else f"{field.length},{field.scale}"
