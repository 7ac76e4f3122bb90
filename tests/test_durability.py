"""Killing the server while people answer loses no answer that it had acknowledged, and doubles none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.kills import kill_rounds


@pytest.mark.bulk
def test_sigkill_in_the_middle_of_answering_loses_and_doubles_nothing(tmp_path: Path) -> None:
    verdict, ready = kill_rounds(tmp_path, seed=20261120, kills=2)
    assert verdict.broken == ()
    assert (verdict.lost, verdict.doubled, len(ready)) == (0, 0, 2)
    assert verdict.acknowledged > 20
