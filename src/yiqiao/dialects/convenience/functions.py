"""Which function a message asks for: by profile, direction and number, since the family's members reuse numbers."""

from collections.abc import Mapping
from functools import cache

from yiqiao.dialects.convenience.wording import LONGEST_MESSAGE, shortened
from yiqiao.spec import Operation, ReturnCode, Spec, load

NAME = "convenience"


def spec_of(profile: str) -> Spec:
    """The specification as a profile speaks it. Raises SpecError for an unknown one."""
    return load(NAME, profile)


@cache
def _by_code(profile: str, callee: str) -> Mapping[str, Operation]:
    operations = spec_of(profile).operations.values()
    return {one.code: one for one in operations if one.code and one.callee == callee}


def by_code(profile: str, code: str, callee: str = "hospital") -> Operation | None:
    """The operation behind a FUN_CODE, `callee` being the side that answers; None where it is none's."""
    return _by_code(profile, callee).get(code)


def by_method(profile: str, name: str, callee: str = "hospital") -> Operation | None:
    """The operation that a web service's method is named after; None where the name is none, as a dispatching one."""
    operation = spec_of(profile).operations.get(name)
    dispatched = operation is not None and operation.name == "funmain"  # the dispatcher's own name
    return None if operation is None or dispatched or operation.callee != callee else operation


def told(spec: Spec, code: ReturnCode, message: str) -> tuple[str, str]:
    """How a refusal is told: the code and the text. Some callers know the unified codes alone and break at any other;
    where the profile says so (`own_codes_as`), a function's own code becomes that one and stands in the text.
    """
    instead = spec.settings.get("own_codes_as")
    if not isinstance(instead, str) or code.code in spec.return_codes:
        return code.code, message
    mark = f"（{code.code}）"
    return instead, shortened(message, LONGEST_MESSAGE - len(mark)) + mark
