"""Field tables as the reference shows them: a row a field, with what a value is held to and what was decided of it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from yiqiao.spec import Field, Spec
from yiqiao.spec.english import English
from yiqiao.spec.model import Required
from yiqiao.spec.remarks import Remark, on_field

MUST: Mapping[Required, str] = {True: "yes", False: "no", "conditional": "conditional"}


@dataclass(frozen=True)
class FieldRow:
    """A row of a field table.

    `anchor` names it within its table, `depth` counts the nodes it stands in, `must` is yes, no or conditional.
    `standard` is the standard's own name where the profile spells it otherwise, `size` digits or characters.
    """

    name: str
    standard: str
    anchor: str
    title: str
    english: str
    type: str
    size: str
    in_bytes: bool
    must: str
    when: str
    codes: str
    formats: tuple[str, ...]
    least: int | None
    most: int | None
    unit: str
    repeats: bool
    note: str
    personal: bool
    secret: bool
    ours: bool
    depth: int
    remarks: tuple[Remark, ...]


def rows(spec: Spec, words: English, fields: Iterable[Field], place: str) -> Iterator[FieldRow]:
    """The rows of a table; `place` is how remarks call it (`operation.request`)."""
    anchors = {"": ""}
    for field in fields:
        above = anchors.get(field.parent, "")
        anchor = anchors[field.name] = f"{above}.{field.name}" if above else field.name
        yield FieldRow(
            name=field.spelled,
            standard=field.name if field.wire else "",
            anchor=anchor,
            title=field.title,
            english=words.fields.get(field.name, ""),
            type=field.type,
            size=_size(field),
            in_bytes=field.length_unit == "gbk",
            must=MUST[field.required],
            when=field.when or "",
            codes=field.codes or "",
            formats=field.formats,
            least=field.least,
            most=field.most,
            unit=field.unit or "",
            repeats=field.repeats,
            note=field.note or "",
            personal=bool(field.personal),
            secret=field.secret,
            ours=field.ours,
            depth=anchor.count("."),
            remarks=on_field(spec, field, place),
        )


def _size(field: Field) -> str:
    if field.length is None:
        return ""
    return str(field.length) if field.scale is None else f"{field.length},{field.scale}"
