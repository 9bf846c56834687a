"""A message as an operator sees it without asking for more: decoded fields and wire text with personal values masked.

On the wire personal values mostly stand enciphered; where they do not (a profile without encryption, a stranger's
message that was never verified) they are found by the names of their fields and by their own form.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from yiqiao.spec import Field, Spec, load
from yiqiao.spec.masking import mask

LONG = 40
MOBILE = 11
_NUMBERS = re.compile(r"(?<![0-9A-Za-z])(?:[1-9]\d{16}[\dXx]|[1-9]\d{14}|1[3-9]\d{9})(?![0-9A-Za-z])", re.ASCII)


@dataclass(frozen=True)
class FieldLine:
    """A decoded field: its path, what it is called, its value as it may be shown, what a code of a table means, and
    what is wrong with it.
    """

    path: str
    title: str
    value: str
    meaning: str
    fault: str = ""


def field_lines(
    spec: Spec, fields: Iterable[Field], values: Mapping[str, object], *, clear: bool = False
) -> tuple[FieldLine, ...]:
    """The fields of a decoded message, in the order in which they came; `clear`: for somebody who may see all."""
    known = {field.name: field for field in fields}
    return tuple(_lines(spec, known, "", values, clear=clear))


def _lines(spec: Spec, known: Mapping[str, Field], path: str, value: object, *, clear: bool) -> Iterable[FieldLine]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _lines(spec, known, f"{path}.{name}" if path else str(name), inner, clear=clear)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _lines(spec, known, f"{path}[{place}]", inner, clear=clear)
    else:
        name = re.sub(r"\[\d+\]$", "", path).rpartition(".")[2]
        field = known.get(name)
        kind = field.personal if field else spec.personal.get(name, "")
        shown = _shown(field, kind, value, clear=clear)
        yield FieldLine(path, (field.title if field else None) or "", shown, _meaning(spec, field, value))


def _shown(field: Field | None, kind: str, value: object, *, clear: bool) -> str:
    text = "" if value is None else str(value)
    if field is not None and field.secret:
        return mask(text, "secret")
    if clear:
        return text
    if kind:
        return mask(text, kind)
    return _shortened(_without_numbers(text))


def _meaning(spec: Spec, field: Field | None, value: object) -> str:
    if field is None or not field.codes or field.codes not in spec.codes:
        return ""
    row = spec.codes[field.codes].rows.get(str(value))
    return row.title if row else ""


def _shortened(text: str) -> str:
    """A long identifier or cipher by its ends: enough to tell two apart, and of no use to whoever copies it."""
    return text if len(text) <= LONG else f"{text[:12]}…{text[-6:]}"


def _without_numbers(text: str) -> str:
    return _NUMBERS.sub(lambda found: mask(found[0], "phone" if len(found[0]) == MOBILE else "number"), text)


def wire_text(spec: Spec, data: bytes, charset: str = "utf-8") -> str:
    """The bytes of a message as text; what cannot be read is replaced, what is personal is masked."""
    text = data.decode(charset, "replace")
    kinds = _kinds(spec.dialect, spec.profile)
    for written in _written(spec.dialect, spec.profile):
        text = written.sub(lambda found: found[1] + mask(found[3], kinds[found[2]]), text)
    return _without_numbers(text)


@cache
def _kinds(dialect: str, profile: str) -> Mapping[str, str]:
    """How every personal or secret field is masked, under each name that it may come by."""
    spec = load(dialect, profile)
    fields = [*spec.envelope_request, *spec.envelope_response]
    for operation in spec.operations.values():
        fields += (*operation.request, *operation.response)
    found = dict(spec.personal)
    for field in sorted(fields, key=lambda one: one.secret):  # what is secret anywhere is so everywhere
        kind = "secret" if field.secret else field.personal
        if kind:
            found |= dict.fromkeys((field.name, field.spelled, *field.aliases), kind)
    return found


@cache
def _written(dialect: str, profile: str) -> tuple[re.Pattern[str], ...]:
    """Such fields as members of JSON text, also where it stands escaped within other JSON text; as parameters of a
    query or a form; as elements of XML, also escaped or in CDATA, up to the element's end or the text's.
    """
    names = "|".join(map(re.escape, _kinds(dialect, profile)))
    left, right = "(?:<|&lt;)", "(?:>|&gt;)"
    cdata_end = rf"(?:\]\](?:\]\]><!\[CDATA\[)?{right})?"
    return (
        re.compile(rf'(\\*"({names})\\*"\s*:\s*\\*")(.*?)(?=\\*")'),
        re.compile(rf"((?:^|[?&])({names})=)([^&\s]*)"),
        re.compile(
            rf"({left}({names})\s*{right}(?:{left}!\[CDATA\[)?)(.*?)(?={cdata_end}{left}/\2\s*{right}|\Z)", re.DOTALL
        ),
    )


def hex_lines(text: str) -> str:
    """The bytes of a masked text, sixteen a line, as a hex dump shows them."""
    data = text.encode()
    return "\n".join(
        f"{at:06x}  {data[at : at + 16].hex(' '):<47}  {_printable(data[at : at + 16])}"
        for at in range(0, len(data), 16)
    )


def _printable(data: bytes) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in data)
