"""An attempt's life over HTTP: a seeded share of what `make fuzz` walks."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.databases import Databases
from tests.fuzz.life import Life

pytestmark = pytest.mark.bulk

RUNS = int(os.environ.get("FUZZ_RUNS", "30"))
STEPS = int(os.environ.get("FUZZ_STEPS", "25"))


def test_whatever_learners_do_the_pages_say_and_store_what_a_small_model_says(databases: Databases) -> None:
    run_state_machine_as_test(
        lambda: Life(databases),
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        ),
    )
