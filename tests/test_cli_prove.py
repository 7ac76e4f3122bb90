"""The command `prove`, as a user meets it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from quizapp.cli import main

Run = Callable[..., Result]

QUESTION = """\
- id: {slug}
  type: output
  level: beginner
  concepts: [waiting]
  prompt: What does this program print?
  code: |
    import time

    time.sleep(30)
    print({text!r})
  run:
    prints: right
    takes: {takes}
    python: "{python}"
  options:
  - right: right
    why: It is printed.
  - wrong: wrong
    why: It is not printed.
  - wrong: ""
    why: Something is printed.
  explanation: It prints what it is told to print.
  sources: ["https://docs.python.org/3/library/functions.html#print"]
"""


def question(slug: str, text: str = "right", takes: str = "30", python: str = ">=3.11") -> str:
    return QUESTION.format(slug=slug, text=text, takes=takes, python=python)


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    folder = tmp_path / "bank"
    folder.mkdir()
    (folder / "bank.yaml").write_text('format: "1"\ntitle: Small\ntopics: [tasks, others]\n')
    (folder / "concepts.yaml").write_text(
        "topics:\n- id: tasks\n  title: Tasks\n  concepts:\n  - id: waiting\n    covers: how to wait\n"
    )
    (folder / "tasks.yaml").write_text("title: Tasks\nquestions:\n" + question("one"))
    (folder / "others.yaml").write_text("title: Others\nquestions:\n" + question("two"))
    return folder


@pytest.fixture
def prove(bank: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command, for that bank and for the running Python alone, with a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    words = ["prove", "--bank", str(bank), "--python", sys.executable]
    return lambda *more: CliRunner().invoke(main, [*words, *more], prog_name="quizapp")


VERSION = ".".join(map(str, sys.version_info[:3]))


def test_a_true_bank_is_proven_and_the_exit_code_is_0(prove: Run) -> None:
    result = prove()
    assert result.exit_code == 0, result.output
    assert result.output.startswith(f"1 of 1 programs proven on CPython {VERSION}, 0 faults, ")


def test_the_json_report_has_the_promised_keys(prove: Run) -> None:
    found = json.loads(prove("--json").stdout)
    assert found | {"seconds": 0} == {
        "programs": 1,
        "proven": 1,
        "pythons": [VERSION],
        "faults": [],
        "seconds": 0,
        "not_here": [],
    }


def test_a_fault_has_its_place_what_was_claimed_and_what_was_seen(prove: Run, bank: Path) -> None:
    (bank / "tasks.yaml").write_text("title: Tasks\nquestions:\n" + question("one", "wrong", takes="20"))
    result = prove()
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert lines[:2] == [
        f"{bank / 'tasks.yaml'}:14:13: claimed prints 'right', seen 'wrong', on CPython {VERSION}",
        f"{bank / 'tasks.yaml'}:15:12: claimed takes 20 s, seen 30 s, on CPython {VERSION}",
    ]
    fault = json.loads(prove("--json").stdout)["faults"][0]
    assert (fault["path"], fault["line"], fault["column"]) == (str(bank / "tasks.yaml"), 14, 13)


def test_a_wrong_option_that_is_what_happens_is_a_fault_at_that_option(prove: Run, bank: Path) -> None:
    (bank / "tasks.yaml").write_text("title: Tasks\nquestions:\n" + question("one", "wrong", takes="30"))
    result = prove("tasks")
    assert (
        f"{bank / 'tasks.yaml'}:20:5: this wrong output is not refuted: it is what a run shows"
        in result.output
    )


def test_topics_and_questions_can_be_named(prove: Run, bank: Path) -> None:
    (bank / "tasks.yaml").write_text("title: Tasks\nquestions:\n" + question("one", "wrong"))
    assert prove("others").exit_code == 0
    assert prove("others/two").exit_code == 0
    assert prove("tasks").exit_code == 1
    unknown = prove("nothing")
    assert unknown.exit_code == 1
    assert unknown.stderr == "quizapp: there is no topic and no question 'nothing'\n"


def test_a_python_that_is_none_is_refused(prove: Run) -> None:
    result = prove("--python", "/no/such/python")
    assert result.exit_code == 1
    assert "is no CPython from 3.11 on that runs here" in result.stderr


def test_a_question_for_another_python_is_told_and_is_no_fault(prove: Run, bank: Path) -> None:
    (bank / "tasks.yaml").write_text("title: Tasks\nquestions:\n" + question("one", "new", python=">=3.99"))
    result = prove()
    assert result.exit_code == 0
    assert (
        "tasks/one: not proven here, because it needs Python >=3.99\n1 of 2 programs proven" in result.output
    )
    assert json.loads(prove("--json").stdout)["not_here"] == ["tasks/one"]


def test_evidence_is_written_checked_and_found_stale(prove: Run, bank: Path) -> None:
    assert prove("--write").exit_code == 0
    written = {path.name: path.read_bytes() for path in (bank / "evidence").iterdir()}
    assert set(written) == {"tasks.json", "others.json"}
    assert prove("--write", "--no-cache").exit_code == 0
    assert {path.name: path.read_bytes() for path in (bank / "evidence").iterdir()} == written
    assert prove().exit_code == 0
    (bank / "tasks.yaml").write_text(
        "title: Tasks\nquestions:\n" + question("one", python=">=3.10") + question("more")
    )
    stale = prove()
    assert stale.exit_code == 1
    assert "the evidence is of an older program or claim; run: quizapp prove --write" in stale.output
    assert "there is no evidence for this program; run: quizapp prove --write" in stale.output
    (bank / "others.yaml").unlink()
    (bank / "bank.yaml").write_text('format: "1"\ntitle: Small\n')
    assert prove("--write").exit_code == 0
    assert [path.name for path in (bank / "evidence").iterdir()] == ["tasks.json"]


def test_what_is_not_proven_gets_no_evidence(prove: Run, bank: Path) -> None:
    (bank / "tasks.yaml").write_text("title: Tasks\nquestions:\n" + question("one", "wrong"))
    assert prove("--write").exit_code == 1
    assert [path.name for path in (bank / "evidence").iterdir()] == ["others.json"]


def test_damaged_evidence_is_named(prove: Run, bank: Path) -> None:
    (bank / "evidence").mkdir()
    (bank / "evidence" / "tasks.json").write_text("{")
    result = prove()
    assert result.exit_code == 1
    assert "tasks.json can't be read" in result.stderr


def test_an_unchanged_bank_is_not_run_again(prove: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from quizapp import lab

    assert prove().exit_code == 0
    monkeypatch.setattr(lab.Batch, "run", lambda *_, **__: pytest.fail("something ran"))
    assert prove().exit_code == 0
