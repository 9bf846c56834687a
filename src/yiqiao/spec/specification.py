"""A standard as one partner's profile speaks it: the whole of it, ready for use."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from yiqiao.spec.model import CodeTable, Deviation, Field, Reading, Rule
from yiqiao.spec.operation import Operation
from yiqiao.spec.return_codes import ReturnCode


@dataclass(frozen=True)
class Spec:
    """`security` and `settings` are the profile's own sections; their keys are the dialect's business.

    `content_field` and `operation_field` are those of the envelope's parameters that hold the business content and name
    the operation; empty where messages have no envelope.
    """

    dialect: str
    title: str
    profile: str
    about: str
    success_code: str
    fallback_code: str
    envelope_request: tuple[Field, ...]
    envelope_response: tuple[Field, ...]
    operations: Mapping[str, Operation]
    codes: Mapping[str, CodeTable]
    return_codes: Mapping[str, ReturnCode]
    errors: Mapping[str, str]
    excused: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    readings: tuple[Reading, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    security: Mapping[str, object] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)
    tolerate: frozenset[str] = frozenset()
    content_field: str = ""
    operation_field: str = ""
    personal: Mapping[str, str] = field(default_factory=dict)
    """How fields are masked, by name: also those that only some profiles add, whoever looks at a message later."""

    @property
    def success(self) -> ReturnCode:
        """What an answer says when all went well."""
        return self.return_codes[self.success_code]

    def code_for(self, error_name: str, operation: str | None = None) -> ReturnCode:
        """The return code of a domain error, by its class name: the operation's own, else the standard's.

        An error that nobody mapped gets the standard's code for the unknown, so that there is always an answer.
        """
        here = self.operations.get(operation) if operation is not None else None
        if here is not None and error_name in here.errors:
            code = here.errors[error_name]
        else:
            code = self.errors.get(error_name, self.fallback_code)
        own = here.returns.get(code) if here is not None else None
        return own or self.return_codes[code]

    def export(self) -> dict[str, object]:
        """The whole as plain data, fit for JSON; see docs/spec-format.md."""
        from yiqiao.spec.export import exported

        return exported(self)
