"""What a refused message is told: each broken rule with its place, in Chinese, and what to do about it.

Rules, by the names that faults carry: required, conditional, type, length, control, format, code, number, json.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic_core import ErrorDetails, ValidationError

from yiqiao.spec.compiled import Tables, gbk_length
from yiqiao.spec.errors import Fault, path_text
from yiqiao.spec.formats import known_format
from yiqiao.spec.masking import HIDDEN, mask, mask_stray
from yiqiao.spec.model import Field
from yiqiao.spec.tree import Branch

SHOWN_CODES = 6
SHOWN_CHARACTERS = 40
_RULES: Mapping[str, str] = {
    "missing": "required",
    "string_type": "type",
    "string_unicode": "control",
    "string_too_long": "length",
    "too_many_bytes": "length",
    "literal_error": "code",
    "list_type": "type",
    "dict_type": "type",
    "number": "number",
    "json": "json",
}
_JSON_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "布尔值"),
    (int, "数字"),
    (float, "数字"),
    (str, "文本"),
    (list, "数组"),
    (dict, "对象"),
)


def explained(error: ValidationError, branches: tuple[Branch, ...], codes: Tables) -> Iterator[Fault]:
    """The faults behind a validator's error, in the order of the message's table."""
    for detail in error.errors(include_url=False):
        field, path = _place(detail["loc"], branches)
        if field is None:
            yield Fault(path, "type", "应为 JSON 对象")
            continue
        rule = _rule(detail, field)
        yield Fault(path, rule, _MESSAGES[rule](field, detail, codes))


def _place(location: tuple[int | str, ...], branches: tuple[Branch, ...]) -> tuple[Field | None, str]:
    """The field that an error is about, and its path in the sender's own spelling."""
    field: Field | None = None
    path: list[str | int] = []
    for step in location:
        if isinstance(step, int):
            path.append(step)
            continue
        branch = next((branch for branch in branches if branch.field.name == step), None)
        if branch is None:
            break
        field, branches = branch.field, branch.children
        path.append(field.spelled)
    return field, path_text(path)


def _rule(detail: ErrorDetails, field: Field) -> str:
    kind, value = detail["type"], detail["input"]
    if kind == "string_pattern_mismatch":
        return "format" if field.formats and not field.handler else "control"
    if kind == "literal_error" and field.kind == "text" and not isinstance(value, str):
        return "type"
    return _RULES.get(kind, "type")


def shown(field: Field, value: object) -> str:
    """A value as it may stand in a message: masked, cut, control characters made visible."""
    if field.secret:
        return HIDDEN
    if isinstance(value, int | float) and not isinstance(value, bool) and not field.personal:
        return str(value) if abs(value) < 10**18 else kind_name(value)
    if not isinstance(value, str):
        return kind_name(value)
    text = mask(value, field.personal) if field.personal else mask_stray(value)
    if len(text) > SHOWN_CHARACTERS:
        text = text[:SHOWN_CHARACTERS] + "…"
    visible = "".join(char if char.isprintable() or char == "　" else f"\\u{ord(char):04x}" for char in text)
    return f"“{visible}”"


def kind_name(value: object) -> str:
    """What a JSON value is, in a word."""
    return next((name for kind, name in _JSON_KINDS if isinstance(value, kind)), "null")


def _required(field: Field, _: ErrorDetails, __: Tables) -> str:
    return f"（{field.title}）为必填项，缺少该字段或其值为空，请补上"


def _type(field: Field, detail: ErrorDetails, _: Tables) -> str:
    value = detail["input"]
    if field.kind in ("node", "json"):
        due = "数组" if detail["type"] == "list_type" else "对象"
        return f"（{field.title}）应为{due}，收到的是{kind_name(value)}，请按接口文档的结构传送"
    advice = "请加上引号" if isinstance(value, int | float) else "请按文本传送"
    return f"（{field.title}）应为文本，收到的是{kind_name(value)}，{advice}"


def _length(field: Field, detail: ErrorDetails, _: Tables) -> str:
    value = detail["input"]
    if field.length_unit == "gbk":
        long = f"长 {gbk_length(value)} 字节（GBK）" if isinstance(value, str) else "过长"
        return f"（{field.title}）{long}，上限 {field.length} 字节，请缩短"
    long = f"长 {len(value)} 个字符" if isinstance(value, str) else "过长"
    return f"（{field.title}）{long}，上限 {field.length} 个字符，请缩短"


def _control(field: Field, detail: ErrorDetails, _: Tables) -> str:
    value = detail["input"]
    text = value if isinstance(value, str) else ""
    for position, char in enumerate(text, start=1):
        if not _allowed(char, field):
            return f"（{field.title}）第 {position} 个字符是控制字符或非法字符 U+{ord(char):04X}，请去掉"
    return f"（{field.title}）只有空白，请填写内容"


def _allowed(char: str, field: Field) -> bool:
    if field.lines and char in "\t\r\n":
        return True
    point = ord(char)
    return not (point < 0x20 or 0x7F <= point < 0xA0 or point in (0x2028, 0x2029) or 0xD800 <= point < 0xE000)


def _format(field: Field, detail: ErrorDetails, _: Tables) -> str:
    hints = [found.hint for found in map(known_format, field.formats) if found is not None]
    return f"（{field.title}）的值 {shown(field, detail['input'])} 格式不对，应为 {'，或 '.join(hints)}"


def _code(field: Field, detail: ErrorDetails, codes: Tables) -> str:
    rows = codes[field.codes or ""].rows
    head = f"（{field.title}）的值 {shown(field, detail['input'])} 不在代码表 {field.codes} 中，"
    if len(rows) > SHOWN_CODES:
        return f"{head}请从该表的 {len(rows)} 个代码中选取"
    return f"{head}可用的代码：" + "、".join(
        row.code if row.code == row.title else f"{row.code} {row.title}" for row in rows.values()
    )


def _number(field: Field, detail: ErrorDetails, _: Tables) -> str:
    context: dict[str, Any] = detail.get("ctx", {})
    unit = f"（单位：{field.unit}）" if field.unit else ""
    return f"（{field.title}）的值 {shown(field, detail['input'])} 不合要求{unit}：{context.get('why', '应为数字')}"


def _json(field: Field, _: ErrorDetails, __: Tables) -> str:
    return f"（{field.title}）应为 JSON 数组（或内容为 JSON 数组的文本），收到的文本无法按 JSON 解析，请检查引号与逗号"


_MESSAGES: Mapping[str, Callable[[Field, ErrorDetails, Tables], str]] = {
    "required": _required,
    "type": _type,
    "length": _length,
    "control": _control,
    "format": _format,
    "code": _code,
    "number": _number,
    "json": _json,
}
