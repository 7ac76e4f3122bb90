"""The commands, as a user meets them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from quizapp import bank as room
from quizapp.bank import TYPES
from quizapp.cli import main
from quizapp.cli.options import default_database
from quizapp.shipped import shipped

Run = Callable[..., Result]

QUESTION = """\
- id: {slug}
  type: short-answer
  level: beginner
  concepts: [waiting]
  prompt: Which call waits for one second?
  accept: [asyncio.sleep]
  explanation: It gives the loop back for a second.
  sources: ["https://docs.python.org/3/library/asyncio-task.html#asyncio.sleep"]
"""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    for name in ("HOST", "PORT", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    runner = CliRunner()
    return lambda *words: runner.invoke(main, [str(word) for word in words], prog_name="quizapp")


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    folder = tmp_path / "bank"
    folder.mkdir()
    (folder / "bank.yaml").write_text(
        'format: "1"\ntitle: Small\ntopics:\n- tasks\nretired:\n  tasks/gone: ""\n'
    )
    (folder / "concepts.yaml").write_text(
        "topics:\n- id: tasks\n  title: Tasks\n  concepts:\n  - id: waiting\n    covers: how to wait\n"
    )
    (folder / "misconceptions.yaml").write_text("misconceptions: []\n")
    (folder / "tasks.yaml").write_text(
        f"title: Tasks\nabout: Waiting.\nquestions:\n\n{QUESTION.format(slug='first')}"
    )
    return folder


def test_help_and_version_are_quick_because_rooms_are_imported_when_needed() -> None:
    seen = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "quizapp.cli", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "serve" in seen.stdout
    imported = {line.rpartition("|")[2].strip() for line in seen.stderr.splitlines()}
    assert not imported & {"flask", "granian", "sqlalchemy", "pydantic", "yaml", "quizapp.bank"}


def test_the_version_is_that_of_the_package(run: Run) -> None:
    assert run("--version").output.startswith("quizapp 0.")


# -- bank check


def test_a_good_bank_is_counted_and_the_exit_code_is_0(run: Run, bank: Path) -> None:
    result = run("bank", "check", bank)
    assert (result.exit_code, result.output) == (0, "1 question, 1 topic, 0 faults, 0 warnings\n")


def test_every_fault_has_its_place_and_the_exit_code_is_1(run: Run, bank: Path) -> None:
    (bank / "tasks.yaml").write_text(
        "title: Tasks\nquestions:\n"
        + QUESTION.format(slug="first").replace("beginner", "easy").replace("[waiting]", "[wating]")
    )
    result = run("bank", "check", bank)
    assert result.exit_code == 1
    assert f"{bank / 'tasks.yaml'}:5:10: 'level' must be" in result.output
    assert f"{bank / 'tasks.yaml'}:6:14: unknown concept 'wating'" in result.output
    assert "2 faults," in result.output


def test_warnings_are_marked_as_such_and_do_not_fail(run: Run, bank: Path) -> None:
    topic = bank / "tasks.yaml"
    topic.write_text(topic.read_text().replace("It gives", "It simply gives"))
    result = run("bank", "check", bank)
    assert result.exit_code == 0
    assert f"{topic}:11:16: warning: " in result.output
    assert "1 warning\n" in result.output


def test_the_json_report_has_the_promised_keys(run: Run, bank: Path) -> None:
    (bank / "more.yaml").write_text("title: More\nquestions:\n- id: x\n  type: essay\n")
    result = run("bank", "check", "--json", bank)
    found = json.loads(result.output)
    assert result.exit_code == 1
    assert found["questions"] == 1
    assert found["topics"] == 1
    assert found["types"] == {"short-answer": 1}
    assert found["warnings"] == []
    assert found["faults"] == [
        {"path": str(bank / "more.yaml"), "line": 4, "column": 9, "text": found["faults"][0]["text"]}
    ]
    assert "unknown type 'essay'" in found["faults"][0]["text"]
    assert set(found["key_longest"]) == {"share", "expected"}


def test_a_folder_that_is_not_there_is_a_fault(run: Run, tmp_path: Path) -> None:
    result = run("bank", "check", "--bank", tmp_path / "nowhere")
    assert result.exit_code == 1
    assert "there is no such folder" in result.output


def test_the_bank_that_ships_is_checked_when_none_is_named(run: Run) -> None:
    result = run("bank", "check", "--json")
    assert json.loads(result.output)["faults"] == []
    assert json.loads(result.output)["questions"] >= 75
    assert result.exit_code == 0


# -- bank new


@pytest.mark.parametrize("kind", TYPES)
def test_a_new_question_is_added_in_the_house_order(run: Run, bank: Path, kind: str) -> None:
    result = run("bank", "new", "tasks", "second", "--type", kind, "--bank", bank)
    assert result.exit_code == 0, result.output
    assert f"Added tasks/second to {bank / 'tasks.yaml'}, line 14." in result.output
    assert f"quizapp bank check {bank}" in result.output
    assert (bank / "tasks.yaml").read_text().splitlines()[13] == "- id: second"
    assert run("bank", "fmt", "--check", bank).output == ""


def test_a_new_topic_gets_a_file_and_a_word_about_the_cover(run: Run, bank: Path) -> None:
    result = run("bank", "new", "event-loop/basics", "first", "--type", "output", "--bank", bank)
    assert result.exit_code == 0
    assert (bank / "event-loop" / "basics.yaml").read_text().startswith("title: Basics\nabout: ")
    assert f"Add 'event-loop/basics' to the topics in {bank / 'bank.yaml'}." in result.output


def test_a_new_question_stands_as_deep_as_its_neighbours(run: Run, bank: Path) -> None:
    rows = [f"  {row}".rstrip() for row in QUESTION.format(slug="first").splitlines()]
    (bank / "tasks.yaml").write_text("\n".join(["title: Tasks", "questions:", "", *rows, ""]))
    assert run("bank", "new", "tasks", "second", "--type", "ordering", "--bank", bank).exit_code == 0
    assert "\n  - id: second\n" in (bank / "tasks.yaml").read_text()
    assert run("bank", "fmt", "--check", bank).output == ""


def test_a_new_question_starts_an_empty_list(run: Run, bank: Path) -> None:
    (bank / "tasks.yaml").write_text("title: Tasks\nquestions: []\n")
    assert run("bank", "new", "tasks", "first", "--type", "matching", "--bank", bank).exit_code == 0
    assert "questions:\n\n- id: first\n" in (bank / "tasks.yaml").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["tasks", "first", "--type", "output"], "has the id 'first' already"),
        (["tasks", "gone", "--type", "output"], "is retired"),
        (["tasks", "new", "--type", "essay"], "there is no type 'essay'"),
        (["tasks", "Not_a_Slug", "--type", "output"], "'Not_a_Slug' can't be a name here"),
        (["../elsewhere", "new", "--type", "output"], "'..' can't be a name here"),
    ],
)
def test_an_id_that_can_not_be_had_is_refused(run: Run, bank: Path, words: list[str], said: str) -> None:
    before = (bank / "tasks.yaml").read_bytes()
    result = run("bank", "new", *words, "--bank", bank)
    assert result.exit_code == 1
    assert said in result.stderr
    assert (bank / "tasks.yaml").read_bytes() == before


def test_nothing_is_added_to_a_file_with_faults(run: Run, bank: Path) -> None:
    (bank / "tasks.yaml").write_text("title: Tasks\nquestions: [oh\n")
    result = run("bank", "new", "tasks", "second", "--type", "output", "--bank", bank)
    assert result.exit_code == 1
    assert "nothing was added" in result.stderr
    assert (bank / "tasks.yaml").read_text() == "title: Tasks\nquestions: [oh\n"


# -- bank fmt


def test_keys_are_put_in_order_and_the_values_stay(run: Run, bank: Path) -> None:
    topic = bank / "tasks.yaml"
    rows = QUESTION.format(slug="first").splitlines()
    topic.write_text("\n".join(["title: Tasks", "questions:", "", rows[0], *reversed(rows[1:]), ""]))
    before = topic.read_text()
    assert run("bank", "fmt", "--check", topic).exit_code == 1
    assert topic.read_text() == before
    result = run("bank", "fmt", bank)
    assert (result.exit_code, result.output) == (0, f"{topic}: put in order\n")
    assert topic.read_text().splitlines()[3:] == rows
    assert run("bank", "fmt", "--check", bank).output == ""


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"title: Tasks\nquestions: [oh\n", "has faults"),
        (b"title: \xff\n", "not UTF-8"),
        (b"just: this\n", "is no topic"),
        (b"questions:\n- not a mapping\n", "is no topic"),
    ],
)
def test_a_file_with_faults_is_named_and_left_alone(run: Run, bank: Path, content: bytes, said: str) -> None:
    topic = bank / "tasks.yaml"
    topic.write_bytes(content)
    result = run("bank", "fmt", topic)
    assert result.exit_code == 1
    assert f"{topic}: " in result.output
    assert said in result.output
    assert topic.read_bytes() == content


def test_files_that_are_no_topics_are_skipped(run: Run, bank: Path) -> None:
    (bank / "bank.yaml").write_text("topics:   []\n")
    assert run("bank", "fmt", bank / "bank.yaml", bank / "concepts.yaml").output == ""
    assert (bank / "bank.yaml").read_text() == "topics:   []\n"


# -- bank schema


def test_the_schema_is_printed_written_and_compared(run: Run, bank: Path) -> None:
    assert json.loads(run("bank", "schema").output) == room.schema()
    missing = run("bank", "schema", "--check", "--bank", bank)
    assert missing.exit_code == 1
    assert "quizapp bank schema --write" in missing.stderr
    assert run("bank", "schema", "--write", "--bank", bank).exit_code == 0
    assert (bank / "schema.json").read_text().endswith("}\n")
    assert run("bank", "schema", "--check", "--bank", bank).exit_code == 0


def test_the_schema_that_ships_is_fresh(run: Run) -> None:
    assert run("bank", "schema", "--check").exit_code == 0


# -- upgrade


def test_a_database_is_made_and_then_is_up_to_date(run: Run, tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'new folder' / 'answers.db'}"
    first, second = (run("upgrade", "--database-url", address) for _ in range(2))
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "was made" in first.output
    assert "up to date" in second.output
    assert (tmp_path / "new folder" / "answers.db").is_file()


def test_the_database_can_be_named_by_the_environment(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'named.db'}")
    assert run("upgrade").exit_code == 0
    assert (tmp_path / "named.db").is_file()


@pytest.mark.parametrize("address", ["mysql://somewhere/else", "not an address", "sqlite://"])
def test_a_database_that_can_not_be_is_refused_in_one_sentence(run: Run, address: str) -> None:
    result = run("upgrade", "--database-url", address)
    assert result.exit_code == 1
    assert result.stderr.startswith("quizapp: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="the folder is another one on other systems")
def test_answers_are_kept_in_the_data_folder_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere/data")
    assert default_database() == "sqlite:////somewhere/data/quizapp/quizapp.db"


# -- the installed package


def test_the_bank_of_an_installed_package_is_not_for_writing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site-packages" / "quizapp"
    (package / "_data" / "questions").mkdir(parents=True)
    monkeypatch.setattr("quizapp.shipped.PACKAGE", package)
    assert shipped("questions").is_relative_to(package)
    result = run("bank", "new", "tasks", "first", "--type", "output")
    assert result.exit_code == 1
    assert "name yours with --bank" in result.stderr
    assert list((package / "_data" / "questions").iterdir()) == []
