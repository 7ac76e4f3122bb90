"""Corrupted keys and claims are found out: the harness behind `make prove-mutants`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from quizapp.bank import load
from tests.lab import mutants

SAMPLES = Path(__file__).parent.parent / "bank" / "samples"


def test_every_mutant_of_the_samples_is_caught(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found, through = mutants.run([SAMPLES], cache=tmp_path / "runs.json")
    assert through == []
    assert {kind for kind, _ in found} >= {"prints", "takes", "raises", "warns", "key", "fix", "wrong option"}
    assert {by for _, by in found} == {"checker", "run"}


def test_a_claim_that_is_too_weak_lets_mutants_through(tmp_path: Path) -> None:
    body = load(SAMPLES)["spot-line/wrong-sum"].body()
    weak = SAMPLES / "spot-line.yaml"
    folder = tmp_path / "bank"
    folder.mkdir()
    for name in ("concepts.yaml", "misconceptions.yaml"):
        (folder / name).write_bytes((SAMPLES / name).read_bytes())
    (folder / "spot-line.yaml").write_text(weak.read_text().replace('  mended:\n    prints: "3"\n', ""))
    assert body["mended"] == {"prints": "3"}
    _, through = mutants.run([folder])
    assert through
    assert all("key: the line" in each for each in through)


def test_the_last_line_is_the_figures_and_a_bank_without_programs_is_no_success(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "bank.yaml").write_text('format: "1"\ntitle: Empty\n')
    assert mutants.main([tmp_path]) == 1
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"mutants": 0, "caught": 0}
