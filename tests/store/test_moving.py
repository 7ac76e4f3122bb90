"""A move copies a whole installation and reads it back, or leaves the target as empty as it was."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from quizapp.store import Store, StoreError, moving, upgrade
from quizapp.store.derived import drift
from quizapp.store.sqlite import driver
from tests.learn.logs import BANK
from tests.store.keeping import answers, keep_all, rows
from tests.store.test_backup import address, change, files, held


def test_all_rows_arrive_and_the_source_stays_as_it_was(used: Path, tmp_path: Path) -> None:
    before = files(used.parent)
    target = tmp_path / "new" / "quizapp.db"
    done = moving.move(address(used), address(target))
    assert held(target) == held(used) == done.tables
    assert files(used.parent) == before
    old, new = Store(address(used)), Store(address(target))
    assert rows(old) == rows(new)
    with new.database.reading() as db:
        found = drift(db, BANK)
    assert not any((found.counts, found.attempts, found.ends, found.profiles))
    keep_all(new, answers(3, learner="ann", seed=8))
    old.close()
    new.close()


def test_nothing_is_moved_while_people_use_the_source_unless_that_is_wanted(
    used: Path, tmp_path: Path
) -> None:
    store, target = Store(address(used)), address(tmp_path / "new.db")
    with pytest.raises(
        StoreError, match=r"is in use by .* stop the server, so that no answer is left behind"
    ):
        moving.move(address(used), target)
    with store.database.reading() as db:
        db.exec_driver_sql("SELECT count(*) FROM step")
        moving.move(address(used), target, while_serving=True)
    store.close()
    assert held(tmp_path / "new.db") == held(used)


def test_a_target_with_anything_in_it_is_refused(used: Path, tmp_path: Path) -> None:
    moving.move(address(used), address(tmp_path / "new.db"))
    before = held(tmp_path / "new.db")
    with pytest.raises(StoreError, match=r"is not empty \(it has assignment, .*nothing is ever mixed"):
        moving.move(address(used), address(tmp_path / "new.db"))
    assert held(tmp_path / "new.db") == before
    change(tmp_path / "other.db", "CREATE TABLE invoice (id INTEGER)")
    with pytest.raises(StoreError, match="another program"):
        moving.move(address(used), address(tmp_path / "other.db"))


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE alembic_version SET version_num = '0003'", "older schema 0003; first run: quizapp upgrade"),
        ("UPDATE alembic_version SET version_num = '9999'", "made by a newer quizapp"),
        ("DELETE FROM alembic_version", "holds nothing of quizapp"),
        ("ALTER TABLE slot DROP COLUMN grader", "changed it by hand"),
    ],
)
def test_a_source_that_is_not_as_it_should_be_is_refused(
    used: Path, tmp_path: Path, statement: str, said: str
) -> None:
    change(used, statement)
    with pytest.raises(StoreError, match=said):
        moving.move(address(used), address(tmp_path / "new.db"))


def test_a_row_that_gets_lost_on_the_way_is_noticed_and_nothing_is_kept(used: Path, tmp_path: Path) -> None:
    target = tmp_path / "new.db"
    upgrade(address(target))
    change(
        target,
        "CREATE TRIGGER thief AFTER INSERT ON step WHEN new.id = 'b2'"
        " BEGIN UPDATE step SET answer = '[]' WHERE id = 'b2'; END",
    )
    with pytest.raises(StoreError, match="the copy differs in step; nothing was kept"):
        moving.move(address(used), address(target))
    assert {content.rows for content in held(target).values()} == {0}
    change(target, "DROP TRIGGER thief")
    moving.move(address(used), address(target))


def test_a_row_that_refers_to_nothing_is_not_moved(used: Path, tmp_path: Path) -> None:
    change(used, "DELETE FROM learner WHERE id = 'ann'")
    with pytest.raises(StoreError, match=r"can't hold a row .* it is as empty as before"):
        moving.move(address(used), address(tmp_path / "new.db"))
    assert {content.rows for content in held(tmp_path / "new.db").values()} == {0}


@pytest.mark.bulk
def test_a_move_that_is_killed_leaves_the_target_empty_and_can_be_begun_again(
    used: Path, tmp_path: Path
) -> None:
    target = tmp_path / "new.db"
    lines = (
        "import os",
        "from quizapp.store import move",
        "die = lambda table, *_: os.kill(os.getpid(), 9) if table == 'step' else None",
        f"move({address(used)!r}, {address(target)!r}, told=die)",
    )
    assert subprocess.run([sys.executable, "-c", "\n".join(lines)]).returncode == -9
    upgrade(address(target))
    assert {content.rows for content in held(target).values()} == {0}
    moving.move(address(used), address(target))
    assert held(target) == held(used)


def test_what_a_killed_server_left_is_moved_too(used: Path, tmp_path: Path) -> None:
    lines = (
        "import os",
        "from quizapp.store.sqlite import JOURNAL, driver",
        f"db = driver.connect({str(used)!r}, isolation_level=None)",
        "db.execute(f'PRAGMA journal_mode={JOURNAL}')",
        "db.execute(\"UPDATE step SET answer = '[]' WHERE id = 'b2'\")",
        "os.kill(os.getpid(), 9)",
    )
    subprocess.run([sys.executable, "-c", "\n".join(lines)])
    moving.move(address(used), address(tmp_path / "new.db"))
    connection = driver.connect(str(tmp_path / "new.db"))
    assert connection.execute("SELECT answer FROM step WHERE id = 'b2'").fetchone() == ("[]",)
    connection.close()


def test_addresses_that_name_one_database_or_none_are_refused(used: Path, tmp_path: Path) -> None:
    (tmp_path / "same.db").symlink_to(used)
    for other in (used, tmp_path / "same.db"):
        with pytest.raises(StoreError, match="the same database"):
            moving.move(address(used), address(other))
    with pytest.raises(StoreError, match="there is no database"):
        moving.move(address(tmp_path / "none.db"), address(tmp_path / "new.db"))
    assert not (tmp_path / "none.db").exists()
