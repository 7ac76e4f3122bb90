"""What the documentation says exists, exists."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench.report import PAGE, PICTURE, page, picture, results

pytestmark = pytest.mark.bulk

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
TEXTS = {page.relative_to(ROOT).as_posix(): page.read_text() for page in PAGES}


def words(pattern: str) -> set[str]:
    return {found for text in TEXTS.values() for found in re.findall(pattern, text)}


def test_every_make_target_in_the_docs_exists_and_newcomers_are_told_of_the_main_ones() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.M))
    named = words(r"(?:`|\$ )make ([a-z-]+)")
    assert named <= targets
    assert {"run", "test", "check", "bench", "help"} <= named


OURS = ("serve", "upgrade", "prove", "bank", "backup", "restore", "doctor", "rebuild", "move")
COMMANDS = {name.rstrip() for name in words(r"quizapp ((?:bank )?[a-z]+)(?=[ `\n])")}


@pytest.mark.parametrize(
    "command", sorted(name for name in COMMANDS if re.match(rf"({'|'.join(OURS)})\b", name))
)
def test_every_command_in_the_docs_exists(command: str) -> None:
    arguments = [sys.executable, "-m", "quizapp.cli", *command.split(), "--help"]
    done = subprocess.run(arguments, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", list(TEXTS))
def test_every_link_and_picture_leads_somewhere(page: str) -> None:
    for target in re.findall(r"\]\((?!https?://)([^)#]+)", TEXTS[page]):
        assert (ROOT / page).parent.joinpath(target).exists(), target


def test_the_readme_tells_the_figures_of_the_bank() -> None:
    stats = [sys.executable, "-m", "quizapp.cli", "bank", "stats"]
    table = subprocess.run([*stats, "--markdown"], capture_output=True, text=True, check=True).stdout
    assert table in TEXTS["README.md"]
    found = json.loads(subprocess.run([*stats, "--json"], capture_output=True, text=True, check=True).stdout)
    concepts, misconceptions = found["concepts"], found["misconceptions"]
    for said in (
        f"{found['questions']} questions",
        f"{found['open']} of them open",
        f"{concepts['covered']} of {concepts['all']} concepts",
        f"each of the {misconceptions['all']} catalogued misconceptions",
        f"{found['programs']} questions stand on a program, and each of these is proven",
    ):
        assert said in TEXTS["README.md"]
    assert (found["proven"], found["reviewed"]) == (1, 1)
    assert misconceptions["covered"] == misconceptions["all"]


def test_the_readme_quotes_the_last_run_of_the_faults_and_nothing_else() -> None:
    """Before the first run there is nothing to quote, and nothing is quoted."""
    from tests.faults.catalogue import FAULTS
    from tests.faults.quoted import NOTHING, quoted

    results = ROOT / "docs" / "reliability.json"
    if not results.exists():
        assert NOTHING in TEXTS["README.md"]
        return
    found = json.loads(results.read_text())
    assert quoted(found) in TEXTS["README.md"]
    assert set(found["faults"]) == set(FAULTS)
    assert all(each["ok"] for each in found["faults"].values())
    totals = found["totals"]
    assert (totals["lost"], totals["doubled"]) == (0, 0)
    assert totals["null_controls"] == totals["null_controls_red"] > 0


def test_the_examples_of_the_authors_page_are_what_the_checker_accepts(tmp_path: Path) -> None:
    from quizapp.bank import load
    from quizapp.shipped import shipped

    example = re.search(r"```yaml\n(- id: calling-does-not-run.*?)```", TEXTS["docs/authoring.md"], re.S)
    assert example
    for name in ("concepts.yaml", "misconceptions.yaml"):
        (tmp_path / name).write_bytes((shipped("questions") / name).read_bytes())
    (tmp_path / "topic.yaml").write_text(f"title: A topic\nquestions:\n{example[1]}")
    bank = load(tmp_path)
    assert bank.faults == ()
    assert bank.warnings == ()


def test_the_page_of_figures_says_what_the_last_run_measured() -> None:
    assert PAGE.read_text() == page(results(), PAGE.read_text())
    assert PICTURE.read_text() == picture(results()["figures"])
