"""Whatever arrives, validation either passes it or says what is wrong; it never breaks."""

from hypothesis import given
from hypothesis import strategies as st

from tests.spec.ferry import GOOD, ferry
from yiqiao.spec import Fault, Invalid, Operation

SPECS = [ferry(), ferry("tolerate: [numbers_as_text, single_as_list]")]
TEXTS = st.one_of(
    st.text(st.characters(), max_size=30), st.sampled_from(["1", "2", "a", "20260131", "1e9", "[]", "[{}]"])
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
NAMES = sorted({field.name for field in SPECS[0].operations["board"].asks.printed})


def outcome(operation: Operation, values: dict[str, object]) -> tuple[dict[str, object], tuple[Fault, ...]]:
    """What validation makes of the values: either the valid ones or the faults, never both."""
    try:
        return operation.validate(values), ()
    except Invalid as refused:
        return {}, refused.faults


@given(st.dictionaries(st.sampled_from(NAMES) | TEXTS, JSON, max_size=12), st.sampled_from(range(len(SPECS))))
def test_validation_raises_nothing_but_invalid(values: dict[str, object], which: int) -> None:
    for operation in SPECS[which].operations.values():
        valid, faults = outcome(operation, values)
        assert set(valid) <= {field.name for field in operation.request}
        assert bool(valid) != bool(faults)
        assert all(fault.message for fault in faults)
        assert set(operation.unknown(values)).isdisjoint(field.name for field in operation.request if not field.parent)


@given(st.dictionaries(st.sampled_from(NAMES), JSON, max_size=3))
def test_what_was_valid_once_is_valid_again(values: dict[str, object]) -> None:
    board = SPECS[0].operations["board"]
    valid, _ = outcome(board, {**GOOD, **values})
    if valid:
        assert board.validate(valid) == valid


@given(st.sampled_from(NAMES), st.integers(min_value=10**17))
def test_enormous_numbers_are_faults_like_others(name: str, number: int) -> None:
    for spec in SPECS:
        for value in (number, -number, 10**5000, [number]):
            valid, faults = outcome(spec.operations["board"], {**GOOD, name: value})
            assert bool(valid) != bool(faults)
