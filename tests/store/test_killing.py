"""An upgrade that is killed leaves the old database or the new one, and old rows fit into a new schema."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from quizapp.store import StoreError, upgrade
from quizapp.store.upgrading import revisions
from tests.store.killing import columns_of, copy_rows, database_at, kill_migration, upgrading
from tests.store.test_backup import address, change

OLDER = revisions()[:-1]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")


@pytest.mark.bulk
def test_an_upgrade_killed_at_any_moment_is_done_or_not_begun(used_database: Path, tmp_path: Path) -> None:
    with upgrading(tmp_path / "example.db") as upgrader:
        for schema in OLDER:
            template = database_at(tmp_path / f"{schema}.db", schema, used_database)
            killed = kill_migration(template, tmp_path, upgrader, times=2, seed=int(schema))
            assert killed.half == 0
            assert killed.old + killed.new == killed.times == 2


@pytest.mark.bulk
def test_without_one_transaction_killed_upgrades_would_be_found_half_done(
    used_database: Path, tmp_path: Path
) -> None:
    template = database_at(tmp_path / "old.db", OLDER[0], used_database)
    with upgrading(tmp_path / "example.db", one_transaction=False) as upgrader:
        rounds = (
            kill_migration(template, tmp_path, upgrader, times=5, seed=seed, again=False)
            for seed in range(12)
        )
        assert any(killed.half for killed in rounds)


def test_a_half_upgraded_database_is_not_started(used: Path) -> None:
    change(used, "ALTER TABLE slot DROP COLUMN grader")
    with pytest.raises(StoreError, match=r"has schema \d+, but it lacks slot\.grader.*quizapp restore"):
        upgrade(address(used))


@pytest.mark.parametrize("schema", OLDER)
def test_what_the_version_before_writes_fits_into_the_next_schema(
    schema: str, used_database: Path, tmp_path: Path
) -> None:
    old = database_at(tmp_path / "old.db", schema, used_database)
    following = revisions()[revisions().index(schema) + 1]
    new = database_at(tmp_path / "new.db", following, empty(tmp_path))
    before, after = columns_of(old), columns_of(new)
    for table, columns in before.items():
        assert columns.keys() <= after[table].keys()
        added = after[table].keys() - columns.keys()
        assert not [name for name in added if after[table][name]], f"{table} asks for more than before"
    copy_rows(old, new)
    upgrade(address(new))


def empty(folder: Path) -> Path:
    upgrade(address(folder / "empty.db"))
    return folder / "empty.db"
