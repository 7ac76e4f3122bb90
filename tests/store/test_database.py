from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from quizapp.store import Store, StoreError, sqlite, upgrade
from quizapp.store.database import Database
from quizapp.store.tables import meta


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


def test_upgrading_twice_changes_nothing_the_second_time(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/below/quizapp.db"
    old, new = upgrade(address)
    assert (old, upgrade(address)) == ("", (new, new))


def test_a_failed_upgrade_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"sqlite:///{tmp_path}/quizapp.db"

    def broken(*_: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr("alembic.op.create_index", broken)
        with pytest.raises(RuntimeError, match="power cut"):
            upgrade(address)
    with sqlite.driver.connect(tmp_path / "quizapp.db") as db:
        assert db.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    db.close()
    assert upgrade(address)[0] == ""


def test_a_database_from_a_newer_version_is_left_alone(database: str, tmp_path: Path) -> None:
    with sqlite.driver.connect(tmp_path / "quizapp.db") as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    db.close()
    with pytest.raises(StoreError, match=r"newer quizapp \(schema 9999\)"):
        upgrade(database)


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    with sqlite.driver.connect(tmp_path / "other.db") as db:
        db.execute("CREATE TABLE invoices (id INTEGER)")
    db.close()
    with pytest.raises(StoreError, match="another program"):
        upgrade(f"sqlite:///{tmp_path}/other.db")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database, " * 100)
    with pytest.raises(StoreError, match=r"notes\.txt can't be used as a database"):
        upgrade(f"sqlite:///{tmp_path}/notes.txt")


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
        ("mysql://localhost/quizapp", "not supported"),
    ],
)
def test_an_address_that_makes_no_sense_is_refused_in_one_sentence(address: str, said: str) -> None:
    for use in (upgrade, Store):
        with pytest.raises(StoreError, match=said) as caught:
            use(address)
        assert "\n" not in str(caught.value)
