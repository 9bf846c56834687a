"""The secrets of each dialect: generated and brought along."""

import pytest

from yiqiao.partners.secret_kinds import KINDS, SecretUnfit, kind_of


@pytest.mark.parametrize("dialect", KINDS)
def test_a_generated_secret_is_one_that_would_be_accepted(dialect: str) -> None:
    kind = kind_of(dialect)
    made = {kind.generate() for _ in range(50)}
    assert len(made) == 50
    assert {kind.check(secret) for secret in made} == made


def test_a_health_card_secret_is_32_hexadecimal_digits_which_make_an_sm4_key() -> None:
    assert len(bytes.fromhex(kind_of("ehealth_card").generate())) == 16


@pytest.mark.parametrize("secret", ["", "ab", "g" * 32, "a" * 31, "a" * 33, "ａ" * 32, "a" * 32 + "\n"])
def test_an_unfit_secret_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(SecretUnfit) as refused:
        kind_of("ehealth_card").check(secret)
    assert len(secret) < 3 or secret not in refused.value.message
