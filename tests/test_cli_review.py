"""The commands that count a bank and let a second reader answer it, as their users meet them."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from quizapp.bank import load
from quizapp.cli import main
from quizapp.shipped import shipped

SAMPLES = Path(__file__).parent / "bank" / "samples"
Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    return lambda *words: CliRunner().invoke(main, ["bank", *map(str, words)], prog_name="quizapp")


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SAMPLES, tmp_path / "samples"))


@pytest.fixture
def answers(tmp_path: Path) -> Callable[[Any], Path]:
    def write(content: Any) -> Path:
        path = tmp_path / "answers.json"
        path.write_text(json.dumps(content))
        return path

    return write


def test_the_sheet_shows_questions_without_their_keys(run: Run, bank: Path) -> None:
    sheet = run("review", "single-choice", "spot-line", "--bank", bank).output
    question = load(bank)["single-choice/where-counting-begins"]
    for text in (question.prompt, *(question.face(key) for key in question.keys())):  # noqa: SIM118 - a method
        assert text in sheet
    assert question.explanation not in sheet
    assert "multiple-choice" not in sheet


def test_where_blind_answers_agree_the_review_is_kept_and_no_longer_asked_for(
    run: Run, bank: Path, answers: Callable[[Any], Path]
) -> None:
    for question in load(bank):
        shown = question.shuffled(random.Random(f"review {question.id}"))
        given = ["sound"] if question.rated else list(question.fill(question.model(), shown))
        if question.type == "spot-line":
            given = list(question.model())
        result = run("review", "--bank", bank, "--by", "reader 2", "--answers", answers({question.id: given}))
        assert result.exit_code == 0, result.output
        assert result.output.startswith("1 agree, 0 differ")
    found = load(bank)
    assert all(question.is_reviewed for question in found)
    assert (found.faults, found.warnings) == ((), ())
    assert run("review", "--bank", bank).output == ""
    assert "=== open/" in run("review", "--bank", bank, "--all").output
    assert json.loads(run("stats", "--bank", bank, "--json").output)["reviewed"] == 1


def test_where_they_differ_it_is_told_and_nothing_is_kept(
    run: Run, bank: Path, answers: Callable[[Any], Path]
) -> None:
    known = sorted(question.id for question in load(bank))
    given = {
        "open/why-a-loop-is-slow": ["the second point is doubtful"],
        next(each for each in known if each.startswith("short-answer/")): ["nonsense"],
        next(each for each in known if each.startswith("spot-line/")): ["999"],
    }
    result = run("review", "--bank", bank, "--by", "reader 2", "--answers", answers(given))
    assert result.exit_code == 1
    assert "answered nonsense, the key is" in result.output
    assert "the second point is doubtful" in result.output
    assert "can't be read" in result.output
    assert "0 agree, 3 differ, 10 not answered" in result.output
    assert not any(question.reviewed for question in load(bank))


@pytest.mark.parametrize(
    ("words", "content", "said"),
    [
        (("nowhere",), {}, "there is no topic 'nowhere'"),
        (("--by", "x"), {"a/b": ["1"]}, "there is no question 'a/b'"),
        ((), {"a/b": ["1"]}, "say with --by who answered"),
        (("--by", "a: b"), {"a/b": ["1"]}, "say with --by who answered"),
        (("--by", "x"), ["1"], "write an object of lists"),
        (("--by", "x"), {"a/b": "1"}, "write an object of lists"),
        (("--by", "x"), {"a/b": ["\ud800"]}, "can't be read"),
    ],
)
def test_a_review_that_can_not_be_is_refused(
    run: Run, bank: Path, answers: Callable[[Any], Path], words: tuple[str, ...], content: Any, said: str
) -> None:
    result = run("review", *words, "--bank", bank, "--answers", answers(content))
    assert result.exit_code == 1
    assert said in result.output


def test_a_missing_file_of_answers_is_refused(run: Run, bank: Path, tmp_path: Path) -> None:
    result = run("review", "--bank", bank, "--by", "x", "--answers", tmp_path / "none.json")
    assert result.exit_code == 1
    assert "can't be read: " in result.output


def test_the_figures_have_the_promised_keys(run: Run) -> None:
    found = json.loads(run("stats", "--json").output)
    promised = ["questions", "open", "topics", "types", "levels", "concepts", "misconceptions", "proven"]
    assert set(found) >= {*promised, "key_position", "key_longest", "reviewed", "programs", "pythons"}
    assert sum(found["topics"].values()) == sum(found["types"].values()) == found["questions"]
    assert sum(found["levels"].values()) == found["questions"]
    for name in ("concepts", "misconceptions"):
        assert 0 < found[name]["covered"] <= found[name]["all"]
    assert found["proven"] == 1


def test_the_figures_of_a_small_bank_are_right(run: Run, bank: Path) -> None:
    found = json.loads(run("stats", "--bank", bank, "--json").output)
    assert (found["questions"], found["open"], found["types"]["single-choice"]) == (13, 1, 1)
    assert found["concepts"] == {"covered": 2, "all": 2}
    assert found["misconceptions"] == {"covered": 2, "all": 2}
    assert (found["proven"], found["pythons"], found["reviewed"]) == (0, [], 0)


def test_the_figures_are_printed_for_people_and_as_a_table_for_a_page(run: Run) -> None:
    text = run("stats").output
    assert "misconceptions: " in text
    assert "right option longest: " in text
    table = run("stats", "--markdown").output.splitlines()
    assert len({row.count("|") for row in table}) == 1
    assert len(table) == 3 + len(load(shipped("questions")).topics)


def test_a_bank_with_faults_is_not_counted(run: Run, bank: Path) -> None:
    (bank / "cloze.yaml").write_text("title: [\n")
    result = run("stats", "--bank", bank)
    assert result.exit_code == 1
    assert "the bank has faults" in result.output


def test_a_file_of_answers_that_is_nested_without_end_is_refused(
    run: Run, bank: Path, tmp_path: Path
) -> None:
    (tmp_path / "deep.json").write_text("[" * 100_000)
    result = run("review", "--bank", bank, "--by", "x", "--answers", tmp_path / "deep.json")
    assert result.exit_code == 1
    assert "can't be read: " in result.output
