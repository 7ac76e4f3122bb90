from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from quizapp.store import Store, StoreError, upgrade
from quizapp.store.database import Database
from quizapp.store.tables import meta
from tests.databases import Databases
from tests.rows import change, tables_of


def test_a_write_that_fails_leaves_nothing(database: str) -> None:
    opened = Database(database)

    def act(db: sa.Connection) -> None:
        db.exec_driver_sql("INSERT INTO learner (id, made, answers) VALUES ('ann', 0, 0)")
        raise RuntimeError("in the middle")

    try:
        with pytest.raises(RuntimeError, match="in the middle"):
            opened.write(act)
        with opened.reading() as db:
            assert db.exec_driver_sql("SELECT count(*) FROM learner").scalar() == 0
    finally:
        opened.close()


def test_the_migrations_make_the_tables_that_the_store_uses(database: str) -> None:
    opened = Database(database)
    try:
        with opened.engine.connect() as db:
            differences = compare_metadata(MigrationContext.configure(db), meta)
    finally:
        opened.close()
    assert differences == []


def test_upgrading_twice_changes_nothing_the_second_time(databases: Databases) -> None:
    address = databases.unmade()
    old, new = upgrade(address)
    assert (old, upgrade(address)) == ("", (new, new))


def test_a_failed_upgrade_leaves_nothing_behind(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = databases.unmade()

    def broken(*_: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr("alembic.op.create_index", broken)
        with pytest.raises(RuntimeError, match="power cut"):
            upgrade(address)
    assert tables_of(address) == []
    assert upgrade(address)[0] == ""


def test_a_database_from_a_newer_version_is_left_alone(databases: Databases) -> None:
    address = databases.new()
    change(address, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match=r"newer quizapp \(schema 9999\)"):
        upgrade(address)


@pytest.mark.parametrize("version", ["", "4f1c2d3e"])
def test_another_programs_database_is_left_alone(databases: Databases, version: str) -> None:
    address = databases.unmade()
    change(address, "CREATE TABLE invoices (id INTEGER)")
    if version:
        change(address, "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        change(address, "INSERT INTO alembic_version VALUES (:version)", version=version)
    with pytest.raises(StoreError, match="another program's tables"):
        upgrade(address)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("DROP TABLE share", "it lacks the table share"),
        ("ALTER TABLE slot DROP COLUMN seconds", r"it lacks slot\.seconds"),
        ("INSERT INTO alembic_version VALUES ('0001')", r"several schemas \(0001, \d+\)"),
    ],
)
def test_a_schema_that_was_changed_by_hand_is_refused_in_one_sentence(
    databases: Databases, broken: str, said: str
) -> None:
    address = databases.new()
    change(address, broken)
    with pytest.raises(StoreError, match=said) as caught:
        upgrade(address)
    assert "\n" not in str(caught.value)


@pytest.mark.sqlite_only("a server has no files to name")
def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database, " * 100)
    with pytest.raises(StoreError, match=r"notes\.txt can't be used as a database"):
        upgrade(f"sqlite:///{tmp_path}/notes.txt")


@pytest.mark.sqlite_only("a server has no files to name")
def test_a_path_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="can't be made"):
        upgrade(f"sqlite:///{tmp_path}/file/quizapp.db")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("nonsense", "no database address"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("postgresql://localhost", "names no database"),
        ("mysql://localhost/quizapp", "not supported"),
    ],
)
def test_an_address_that_makes_no_sense_is_refused_in_one_sentence(address: str, said: str) -> None:
    for use in (upgrade, Store):
        with pytest.raises(StoreError, match=said) as caught:
            use(address)
        assert "\n" not in str(caught.value)
