"""The harness itself: what breaks is counted, however long its case, and what is documented is not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import strategies as st

from tests.fuzz import running
from tests.fuzz.parsers import Parser
from tests.fuzz.running import fuzz


def raises(case: Any) -> None:
    raise RecursionError if len(case) > 2 else ValueError


@pytest.mark.parametrize("long", [3, 9_000])
def test_an_undocumented_failure_is_counted_and_told(long: int) -> None:
    cases = st.sampled_from(["x", "y" * long])
    found = fuzz(Parser("broken", cases, raises, (ValueError,)), 40, seeded=1)
    assert found.cases == 40
    assert found.refused + sum(found.failures.values()) == 40
    assert found.refused
    assert [kind.split()[0] for kind in found.uncaught] == ["RecursionError"]


def test_a_case_that_takes_too_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "SLOW", 0.0)
    found = fuzz(Parser("slow", st.just("x"), lambda case: sum(range(10_000))), 1, seeded=1)
    assert found.slow == 1
    assert "slow" in next(iter(found.uncaught))
