"""One side of an operation (or an envelope) at work: validating, shaping, renaming, making samples."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import msgspec
from pydantic_core import PydanticCustomError, SchemaValidator, ValidationError

from yiqiao.spec.compiled import Tables, compiled, parsed_json, present
from yiqiao.spec.conditions import Groups, conditional, conditional_faults, either_faults
from yiqiao.spec.errors import Fault, Invalid
from yiqiao.spec.faults import explained
from yiqiao.spec.model import Field
from yiqiao.spec.names import canonical, known, spelled, unknown
from yiqiao.spec.quick import Quick, Unfit
from yiqiao.spec.samples import sampled
from yiqiao.spec.shaping import Place, loosened, planned, shaped
from yiqiao.spec.tree import Branch, collapse, grow, walk
from yiqiao.spec.wire_codes import inward, lenient, outward


@dataclass(frozen=True)
class Table:
    """The field table `printed` of the place `name`, with the code tables it refers to."""

    name: str
    printed: tuple[Field, ...]
    codes: Tables
    tolerate: frozenset[str] = frozenset()
    either: Groups = ()
    """Groups of fields of which one must be there whole."""

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """Each field once; of rows that the standard prints twice, the laxer."""
        return collapse(self.printed)

    @cached_property
    def branches(self) -> tuple[Branch, ...]:
        """The fields as the tree that a message is: without those that the standard has withdrawn."""
        return grow(tuple(field for field in self.fields if not field.withdrawn))

    @cached_property
    def _named(self) -> tuple[Branch, ...]:
        return grow(self.fields)

    @cached_property
    def _validator(self) -> SchemaValidator:
        return compiled(self.branches, self.codes, self.tolerate)

    @cached_property
    def _quick(self) -> Quick | None:
        if self.renamed or self.recoded:
            return None
        try:
            return Quick(self.name, self.branches, self.codes)
        except Unfit:
            return None

    @cached_property
    def _plan(self) -> tuple[Place, ...]:
        return planned(self.branches, self.codes)

    @cached_property
    def _loose(self) -> tuple[Place, ...]:
        return loosened(self._plan)

    @cached_property
    def _conditional(self) -> tuple[Branch, ...]:
        return conditional(self.branches)

    @cached_property
    def renamed(self) -> bool:
        """Whether the profile spells any name otherwise than the standard."""
        return any(branch.field.wire or branch.field.aliases for branch in walk(self.branches))

    @cached_property
    def recoded(self) -> bool:
        """Whether the profile writes any code otherwise than the standard."""
        return any(self.codes[name].wire for branch in walk(self.branches) if (name := branch.field.codes))

    def validate(self, values: Mapping[str, object]) -> dict[str, object]:
        """The values of known fields by their canonical names, typed and in the table's order. Raises Invalid.

        Names may be the profile's or the standard's. Null, empty and blank values count as absent, unknown fields are
        dropped (see `unknown`). Numbers come out as int or Decimal, everything else as it was.
        """
        if values.__class__ is not dict and not isinstance(values, Mapping):
            raise Invalid((Fault("", "type", "业务参数应为 JSON 对象"),))
        named = self.from_wire(values) if self.renamed else values
        return self._validated(present(inward(self.branches, self.codes, named) if self.recoded else named))

    def _validated(self, given: dict[str, object]) -> dict[str, object]:
        try:
            valid: dict[str, object] = self._validator.validate_python(given)
        except ValidationError as error:
            return self._second_look(given, error)
        if self._conditional or self.either:
            faults = tuple(self._conditions(given))
            if faults:
                raise Invalid(faults)
        return valid

    def _conditions(self, given: dict[str, object]) -> Iterator[Fault]:
        yield from conditional_faults(self._conditional, given)
        yield from either_faults(self.either, self.branches, given)

    def read(self, raw: bytes | msgspec.Raw) -> dict[str, object] | None:
        """The same from a row's JSON text, quickly: by a decoder that knows the table. None: nothing is said of the row
        yet, and it is to be read and validated the long way.
        """
        values = self._quick.read(raw) if self._quick is not None else None
        if values is None or ((self._conditional or self.either) and any(self._conditions(values))):
            return None
        return values

    def _second_look(self, given: dict[str, object], error: ValidationError) -> dict[str, object]:
        """Blank text is as good as none; what is still wrong then is explained."""
        seen = _without_blanks(self.branches, given)
        if seen != given:
            return self._validated(seen)
        faults = list(explained(error, self.branches, self.codes))
        broken = {fault.path for fault in faults}
        faults += [fault for fault in self._conditions(given) if fault.path not in broken]
        raise Invalid(tuple(faults)) from None

    def unknown(self, values: Mapping[str, object]) -> tuple[str, ...]:
        """Paths of what the table does not know, for the journal. Only names, never values."""
        return tuple(unknown(self._named, values)) if isinstance(values, Mapping) else ()

    def shape(self, values: Mapping[str, object], *, whole: bool = True) -> dict[str, object]:
        """Our own values as they go out: known fields only, None dropped, table order, the profile's names and codes.
        What tells how something stands that is not done need not be `whole`: its required fields may be missing.

        Raises SpecError where a required field is missing or a code is outside its table: that is a fault of the
        program. Its text names the field, never the value.
        """
        return shaped(self._plan if whole else self._loose, values, values, self.name)

    def to_wire(self, values: Mapping[str, object]) -> dict[str, object]:
        """Values by canonical names, spelled as the profile does; unknown names stay. Nothing is checked."""
        return spelled(self.branches, values) if self.renamed else dict(values)

    def from_wire(self, values: Mapping[str, object]) -> dict[str, object]:
        """The way back: values in the profile's spelling by their canonical names. Nothing is checked."""
        return canonical(self.branches, values) if self.renamed else dict(values)

    def to_send(self, values: Mapping[str, object]) -> dict[str, object]:
        """What a caller states, checked, as it goes out. Codes are the profile's before and after. Raises Invalid."""
        return self._outgoing(self.validate(values))

    def stated(self, values: Mapping[str, object]) -> dict[str, object]:
        """Our own values as a caller states them: known fields only, None dropped, the profile's names and codes. What
        is missing or too long is for `to_send` to tell. Raises SpecError for a code that the profile cannot write.
        """
        return self._outgoing(known(self.branches, values))

    def understood(self, values: Mapping[str, object]) -> dict[str, object]:
        """Somebody else's values, by canonical names already, with the standard's codes in the place of the profile's;
        a code that the profile's list does not have is left out, and nothing else is checked.
        """
        return lenient(self.branches, self.codes, values) if self.recoded else dict(values)

    def sample(self, seed: int = 0) -> dict[str, object]:
        """A valid value for every field, in the profile's names and codes."""
        return self._outgoing(sampled(self.branches, self.codes, seed, self.name))

    def _outgoing(self, values: dict[str, object]) -> dict[str, object]:
        return self.to_wire(outward(self.branches, self.codes, values) if self.recoded else values)


def _without_blanks(branches: tuple[Branch, ...], values: Mapping[str, object]) -> dict[str, object]:
    """The values without blank text in known fields; lists that came as text are read on the way."""
    seen = dict(values)
    for branch in branches:
        value = seen.get(branch.field.name)
        if isinstance(value, str) and value.isspace():
            del seen[branch.field.name]
        elif value is not None and branch.children:
            seen[branch.field.name] = _unblanked(branch, value)
            if seen[branch.field.name] == []:
                del seen[branch.field.name]
    return seen


def _unblanked(branch: Branch, value: object) -> object:
    if branch.field.kind == "json":
        try:
            value = parsed_json(value)
        except PydanticCustomError:
            return value
    if isinstance(value, list):
        return [_without_blanks(branch.children, row) if isinstance(row, Mapping) else row for row in value]
    return _without_blanks(branch.children, value) if isinstance(value, Mapping) else value
