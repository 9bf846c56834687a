"""Every return code that an input alone brings about is brought about as its steps say."""

import pytest

from tests.dialects.cmc.launching import SECRET, Answer, follow, insured
from tests.support.hub import Hub
from yiqiao.dialects.cmc import envelope
from yiqiao.dialects.cmc.dialect import scheme_of
from yiqiao.spec import load
from yiqiao.spec.return_codes import Step

CODES = load("cmc").return_codes.values()


def by_input(step: Step) -> bool:
    """Whether a message alone is all that the step takes."""
    return bool(step.send or step.body is not None) and not step.fault


BY_INPUT = [code for code in CODES if code.provoke and all(map(by_input, code.provoke.steps))]
OTHERWISE = {"40301", "41301", "50001", "50301"}
"""Met by a change of permissions, by a link that is too long, by a switch of the sandbox."""


async def taken(hub: Hub, step: Step) -> Answer:
    """Do what a step says; the last answer."""
    if step.body is not None:
        return await follow(hub, step.body)
    values = {**insured(hub).values, **step.values}
    values["sign"] = envelope.sign(values, SECRET, scheme_of("standard"))
    query = envelope.query(envelope.encoded({**values, **step.spoil})).decode()
    for name, value in step.parameters.items():
        query += f"&{name}={value}"
    for _ in range(step.times):
        answer = await follow(hub, query)
    return answer


def test_the_others_are_known() -> None:
    assert {code.code for code in CODES} - {code.code for code in BY_INPUT} == OTHERWISE


@pytest.mark.parametrize("code", BY_INPUT, ids=[code.code for code in BY_INPUT])
async def test_the_steps_of_a_code_lead_to_it(code: object, hub: Hub) -> None:
    wanted = next(one for one in BY_INPUT if one is code)
    assert wanted.provoke is not None
    for step in wanted.provoke.steps:
        answer = await taken(hub, step)
    assert answer.code == wanted.code, answer
