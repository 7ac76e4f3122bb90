"""The commands that keep data safe, as whoever runs a server meets them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from quizapp.cli import main
from quizapp.cli.keeping import size
from quizapp.store import upgrade
from quizapp.store.sqlite import driver
from tests.servers import Server

Run = Callable[..., Result]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with an empty database in it."""
    upgrade(f"sqlite:///{tmp_path}/site/quizapp.db")
    return tmp_path / "site"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, site: Path) -> Run:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{site}/quizapp.db")
    runner = CliRunner()
    return lambda *words: runner.invoke(main, [str(word) for word in words], prog_name="quizapp")


def refused(result: Result, said: str) -> bool:
    """Whether a command was refused in one sentence with these words, and nothing else was printed."""
    is_sentence = result.stderr.startswith("quizapp: ") and result.stderr.count("\n") == 1
    return result.exit_code == 1 and is_sentence and said in result.stderr and not result.stdout


def test_a_backup_says_what_it_holds_and_where_it_is(run: Run, site: Path) -> None:
    done = run("backup")
    (made,) = (site / "backups").iterdir()
    assert done.exit_code == 0, done.output
    assert done.output.startswith("backed up 0 rows (")
    assert done.output.endswith(f" s, verified: {made}\n")


def test_backups_into_a_folder_are_kept_to_a_number(run: Run, tmp_path: Path) -> None:
    assert run("backup", tmp_path / "all", "--keep", 1).exit_code == 0
    (first,) = (tmp_path / "all").iterdir()
    old = first.rename(first.with_name("quizapp-20260101T000000Z.db"))
    done = run("backup", tmp_path / "all", "--keep", 1)
    assert f"removed the older backup {old}\n" in done.output
    assert len(list((tmp_path / "all").iterdir())) == 1
    assert refused(run("backup", tmp_path / "one.db", "--keep", 1), "name a folder instead of a file")


def test_a_backup_is_restored_only_where_that_is_said(run: Run, site: Path, tmp_path: Path) -> None:
    run("backup", tmp_path / "one.db")
    assert refused(run("restore", tmp_path / "one.db"), "quizapp.db is there already; with --replace")
    done = run("restore", tmp_path / "one.db", "--replace")
    assert done.exit_code == 0, done.output
    first, second = done.output.splitlines()
    assert first.startswith("restored 0 rows, as of 20")
    assert first.endswith(f" s, verified: {site}/quizapp.db")
    (kept,) = site.glob("quizapp.db.replaced-*")
    assert second == f"the old database is kept as {kept}; remove it once all is well"


def test_a_wish_that_can_not_be_granted_is_refused_in_a_sentence(run: Run, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database, " * 100)
    assert refused(run("restore", tmp_path / "notes.txt", "--replace"), "can't be read as a database")
    none = f"sqlite:///{tmp_path}/none.db"
    assert refused(run("backup", "--database-url", none), "there is no database")
    assert refused(run("backup", tmp_path / "notes.txt"), "is there already and is not overwritten")
    assert refused(run("backup", tmp_path / "notes.txt" / "below"), "can't be made")


@pytest.mark.bulk
def test_a_running_server_is_backed_up_but_not_replaced(run: Run, site: Path, tmp_path: Path) -> None:
    with Server(f"sqlite:///{site}/quizapp.db"):
        assert run("backup", tmp_path / "one.db").exit_code == 0
        assert refused(run("restore", tmp_path / "one.db", "--replace"), "quizapp.db is in use by ")
    assert run("restore", tmp_path / "one.db", "--replace").exit_code == 0
    with Server(f"sqlite:///{site}/quizapp.db"):
        pass


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 bytes"), (303104, "303 kB"), (1_500_000, "1.5 MB"), (2e12, "2 TB")]
)
def test_sizes_are_told_as_people_say_them(count: float, said: str) -> None:
    assert size(count) == said


def test_the_doctor_says_in_lines_or_json_what_is_bad_and_how_to_mend_it(run: Run, site: Path) -> None:
    (site / "quizapp.db").chmod(0o600)
    run("backup")
    well = run("doctor")
    assert well.exit_code == 0, well.output
    assert well.output.endswith("\nall is well\n")
    spoil(site, "INSERT INTO learner (id, made, answers) VALUES ('ann', 0, 7)")
    ill = run("doctor", "--json")
    bad = [each for each in json.loads(ill.stdout) if each["level"] == "bad"]
    assert (ill.exit_code, len(bad)) == (1, 1)
    assert bad[0]["about"] == "derived"
    assert bad[0]["mend"] == "mend it with: quizapp rebuild"
    assert run("doctor").output.endswith("\n1 to mend, 0 to look at\n")


def test_the_doctor_mends_what_is_derived(run: Run, site: Path) -> None:
    for mend in (("doctor", "--mend"), ("rebuild",)):
        spoil(site, "INSERT OR REPLACE INTO learner (id, made, answers) VALUES ('ann', 0, 7)")
        assert run("doctor").exit_code == 1
        done = run(*mend)
        assert done.exit_code == 0
        assert "made anew what was wrong of 1 learner" in done.output
        assert run("doctor").exit_code == 0


def test_a_faulty_bank_is_bad(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bank").mkdir()
    (tmp_path / "bank" / "bank.yaml").write_text("format: 7")
    done = run("doctor", "--bank", tmp_path / "bank")
    assert done.exit_code == 1
    assert "see them all with: quizapp bank check" in done.output


def spoil(site: Path, statement: str) -> None:
    connection = driver.connect(str(site / "quizapp.db"))
    connection.execute(statement)
    connection.commit()
    connection.close()


SERVE = [sys.executable, "-P", "-m", "quizapp.cli", "serve", "--port", "0", "--database-url"]


def mounts() -> bool:
    """Whether this process may mount file systems that only it sees."""
    return not subprocess.run(["sh", "-c", "unshare --mount true"], capture_output=True).returncode


@pytest.mark.bulk
@pytest.mark.skipif(not mounts(), reason="mounting a read-only file system needs root and unshare")
def test_a_server_on_a_read_only_file_system_ends_with_one_plain_sentence(site: Path) -> None:
    read_only = f'mount --bind "{site}" "{site}" && mount -o remount,ro,bind "{site}" && exec "$@"'
    command = ["unshare", "--mount", "sh", "-c", read_only, "sh", *SERVE, f"sqlite:///{site}/quizapp.db"]
    said = ended(command)
    assert f"{site}/quizapp.db can't be opened for writing" in said
    assert "Read-only file system" in said or "readonly" in said


@pytest.mark.bulk
def test_a_server_whose_folder_can_not_be_made_ends_with_one_plain_sentence(site: Path) -> None:
    said = ended([*SERVE, f"sqlite:///{site}/quizapp.db/below/quizapp.db"])
    assert "can't be made: Not a directory" in said


def ended(command: list[str]) -> str:
    """What a server says that does not start: one sentence."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr
