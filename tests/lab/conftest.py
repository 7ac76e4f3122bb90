"""Programs are run by real child processes, of the interpreter that runs the tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import pytest

from quizapp import lab


class Run(Protocol):
    def __call__(self, program: str, **options: Any) -> lab.Trace: ...


@pytest.fixture(scope="session")
def batch() -> Iterator[lab.Batch]:
    with lab.Batch() as batch:
        yield batch


@pytest.fixture
def run(batch: lab.Batch) -> Run:
    return batch.run
