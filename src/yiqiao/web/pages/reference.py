"""The reference of an operation, made from its specification: request, response, code tables, return codes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.spec import CodeTable, Field, ReturnCode, Spec, load
from yiqiao.spec.model import Required
from yiqiao.web.reception import whoever
from yiqiao.web.render import page

MUST: Mapping[Required, str] = {True: "yes", False: "no", "conditional": "conditional"}


@dataclass(frozen=True)
class FieldRow:
    """A row of a field table. `depth` counts the nodes it stands in, `must` is yes, no or conditional."""

    name: str
    title: str
    type: str
    length: int | None
    must: str
    codes: str
    format: str
    note: str
    ours: bool
    depth: int


@dataclass(frozen=True)
class OperationPage:
    """An operation."""

    dialect: str
    name: str
    title: str
    about: str
    request: tuple[FieldRow, ...]
    response: tuple[FieldRow, ...]
    codes: tuple[CodeTable, ...]
    returns: tuple[ReturnCode, ...]


async def show(request: Request) -> Response:
    """The page of an operation of a standard that this hub speaks."""
    await whoever(request)
    dialect, name = request.path_params["dialect"], request.path_params["operation"]
    if dialect not in runtime_of(request).gateways:
        raise HTTPException(404)
    spec = load(dialect)
    if name not in spec.operations:
        raise HTTPException(404)
    return page(request, "operation.html", view_of(spec, name))


def view_of(spec: Spec, name: str) -> OperationPage:
    """An operation as the page shows it. Raises KeyError for one that is none."""
    operation = spec.operations[name]
    used = {field.codes: None for field in (*operation.request, *operation.response) if field.codes}
    return OperationPage(
        dialect=spec.dialect,
        name=operation.name,
        title=operation.title,
        about=operation.about,
        request=tuple(_rows(operation.request)),
        response=tuple(_rows(operation.response)),
        codes=tuple(spec.codes[table] for table in used if table in spec.codes),
        returns=tuple(({**spec.return_codes, **operation.returns}).values()),
    )


def _rows(fields: Iterable[Field]) -> Iterable[FieldRow]:
    depths = {"": -1}
    for field in fields:
        depth = depths[field.name] = depths.get(field.parent, -1) + 1
        yield FieldRow(
            name=field.name,
            title=field.title,
            type=field.type,
            length=field.length,
            must=MUST[field.required],
            codes=field.codes or "",
            format=field.format or "",
            note=field.when or field.note or "",
            ours=field.ours,
            depth=depth,
        )


routes = [Route("/docs/{dialect:str}/{operation:str}", show)]
