"""Who does not answer is left alone for a while, and asked by one call then."""

from yiqiao.exchange.breaker import Breaker, Patience


class Time:
    def __init__(self) -> None:
        self.s = 100.0

    def __call__(self) -> float:
        return self.s


def opened(time: Time) -> Breaker:
    breaker = Breaker(time, Patience(failures=3, waits_s=(5, 10)))
    for _ in range(3):
        assert breaker.admits()
        breaker.failed()
    return breaker


def test_failures_in_a_row_open_it_and_an_answer_between_them_does_not() -> None:
    time = Time()
    breaker = Breaker(time, Patience(failures=3))
    for _ in range(10):
        breaker.failed()
        breaker.failed()
        breaker.succeeded()
    assert not breaker.open
    assert opened(time).open


def test_while_it_is_open_nobody_gets_through_and_then_one_does() -> None:
    time = Time()
    breaker = opened(time)
    assert (breaker.admits(), breaker.left_s) == (False, 5)
    time.s += 5
    assert [breaker.admits() for _ in range(3)] == [True, False, False]
    breaker.succeeded()
    assert breaker.admits()
    assert not breaker.open


def test_a_probe_that_fails_makes_the_wait_longer_up_to_the_last() -> None:
    time = Time()
    breaker = opened(time)
    for wait in (10, 10):
        time.s += breaker.left_s
        assert breaker.admits()
        breaker.failed()
        assert breaker.left_s == wait


def test_after_it_closed_the_waits_begin_anew() -> None:
    time = Time()
    breaker = opened(time)
    time.s += 5
    assert breaker.admits()
    breaker.succeeded()
    for _ in range(3):
        breaker.failed()
    assert breaker.left_s == 5
