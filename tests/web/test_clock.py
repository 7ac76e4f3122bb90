"""The clock does not jump, and never goes back."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizapp.web.clock import Clock

SECOND = 1_000_000_000
BEGAN = 1_800_000_000 * SECOND
HOUR = timedelta(hours=1)


class Machine:
    """A machine whose clock can be set; `passes` lets time go by."""

    def __init__(self) -> None:
        self.wall, self.elapsed = BEGAN, 5 * SECOND
        self.clock = Clock(lambda: self.wall, lambda: self.elapsed)

    def passes(self, seconds: float) -> None:
        self.wall += int(seconds * SECOND)
        self.elapsed += int(seconds * SECOND)

    def is_set(self, seconds: float) -> None:
        self.wall += int(seconds * SECOND)


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(BEGAN // SECOND, UTC) + timedelta(seconds=seconds)


@pytest.mark.parametrize("jump", [3600, -3600, 86_400, -61, 61])
def test_a_jump_changes_nothing_and_is_told_once(jump: int, caplog: pytest.LogCaptureFixture) -> None:
    machine = Machine()
    machine.passes(10)
    assert machine.clock.now() == at(10)
    machine.is_set(jump)
    machine.passes(5)
    with caplog.at_level(logging.INFO, logger="quizapp"):
        assert machine.clock.now() == at(15)
        machine.passes(5)
        assert machine.clock.now() == at(20)
    assert [record.message.partition(" seconds")[0] for record in caplog.records] == [
        f"The machine's clock jumped by {jump:+d}"
    ]


def test_a_small_correction_is_followed_forwards_and_waited_for_backwards() -> None:
    machine = Machine()
    machine.is_set(3)
    assert machine.clock.now() == at(3)
    machine.is_set(-2)
    assert machine.clock.now() == at(3)
    machine.passes(4)
    assert machine.clock.now() == at(5)


def test_a_jump_that_is_taken_back_is_told_and_the_clock_is_followed_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    machine = Machine()
    machine.is_set(3600)
    machine.clock.now()
    machine.is_set(-3600)
    machine.passes(1)
    assert machine.clock.now() == at(1)
    assert "is back" in caplog.records[-1].message


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(-10_000, 10_000))))
def test_it_never_goes_back_and_never_runs_ahead_of_what_has_passed(
    doings: list[tuple[float, float]],
) -> None:
    machine, last, passed = Machine(), at(0), 0.0
    for seconds, jump in doings:
        machine.passes(seconds)
        machine.is_set(jump)
        passed += seconds + 60
        now = machine.clock.now()
        assert last <= now <= at(passed + 1)
        last = now
