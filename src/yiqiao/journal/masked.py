"""A decoded message as it may be shown to whoever has not asked for all of it: personal values masked, secrets gone."""

from collections.abc import Mapping, Sequence

from yiqiao.spec import Field
from yiqiao.spec.masking import mask, mask_stray


def masked(values: Mapping[str, object], fields: Sequence[Field], personal: Mapping[str, str]) -> dict[str, object]:
    """The values with everything masked that the fields of the operation call personal or secret, at any depth.

    Unknown fields are masked as `personal` says of their names, and where their values look like somebody's number.
    """
    by_name = {name: Field(name, "", "", "text", personal=kind) for name, kind in personal.items()}
    for field in fields:
        by_name[field.name] = by_name[field.spelled] = field
    return {name: _value(value, by_name, by_name.get(name)) for name, value in values.items()}


def _value(value: object, by_name: Mapping[str, Field], field: Field | None) -> object:
    if field is not None and field.secret:
        return mask("", "secret")
    if isinstance(value, dict):
        return {name: _value(inner, by_name, by_name.get(name)) for name, inner in value.items()}
    if isinstance(value, list):
        return [_value(inner, by_name, field) for inner in value]
    if value is None or isinstance(value, bool):
        return value
    if field is not None and field.personal:
        return mask(str(value), field.personal)
    return mask_stray(value) if isinstance(value, str) else value
