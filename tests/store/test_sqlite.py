"""What quizapp asks of SQLite: durable, one writer at a time, and plain about it when it can't be had."""

from __future__ import annotations

import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from quizapp.store import StoreBusy, StoreError, StoreFull, sqlite, upgrade
from quizapp.store.database import Database
from quizapp.store.sqlite import is_wal_safe
from tests.rows import rows

pytestmark = pytest.mark.sqlite_only("this is about files, their locks and journals")


@pytest.fixture
def opened(database: str) -> Iterator[Database]:
    opened = Database(database)
    yield opened
    opened.close()


def path_of(database: Database) -> Path:
    return Path(database.kind.name)


def add(name: str, more: str = "") -> Any:
    """What adds a learner."""
    sql = sa.text("INSERT INTO learner (id, made, answers, moved_to) VALUES (:id, 0, 0, :more)")
    return lambda db: db.execute(sql, {"id": name, "more": more})


def names(database: Database) -> set[str]:
    with database.reading() as db:
        return set(db.execute(sa.text("SELECT id FROM learner")).scalars())


# -- durable


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 7, 17), False),
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
        ((4, 0, 0), True),
    ],
)
def test_wal_is_for_versions_that_lose_no_pages_of_it(version: tuple[int, ...], safe: bool) -> None:
    assert is_wal_safe(version) == safe


def test_every_connection_syncs_what_it_acknowledges_and_holds_foreign_keys(opened: Database) -> None:
    def pragmas(db: sa.Connection) -> list[Any]:
        asked = ("journal_mode", "synchronous", "foreign_keys", "query_only")
        return [db.exec_driver_sql(f"PRAGMA {name}").scalar() for name in asked]

    expected = "wal" if is_wal_safe(sqlite.VERSION) else "truncate"
    assert opened.write(pragmas) == [expected, 2, 1, 0]
    with opened.reading() as one, opened.reading() as other:
        assert pragmas(one) == pragmas(other) == [expected, 2, 1, 1]


def test_a_read_that_writes_is_refused_by_the_database(opened: Database) -> None:
    with pytest.raises(OperationalError, match="readonly"), opened.reading() as db:
        add("ann")(db)
    with pytest.raises(OperationalError, match="readonly"), opened.engine.begin() as db:
        add("ann")(db)
    assert names(opened) == set()


OTHER_BUILD = """
import sys
sys.modules["pysqlite3"] = None  # as where it is not installed
from quizapp.store import Store, advice_on, sqlite, upgrade
upgrade(sys.argv[1])
store = Store(sys.argv[1])
with store.database.reading() as db:
    print(sqlite.JOURNAL.lower(), db.exec_driver_sql("PRAGMA journal_mode").scalar())
    print(db.exec_driver_sql("SELECT count(*) FROM learner").scalar())
store.close()
print(advice_on(sys.argv[1]))
"""


def with_other_build(address: str) -> list[str]:
    command = [sys.executable, "-c", OTHER_BUILD, address]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()


def test_a_file_left_in_wal_is_opened_safely_by_an_older_build(opened: Database) -> None:
    opened.write(add("ann"))
    opened.close()
    with closing(sqlite.driver.connect(path_of(opened), isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=WAL")
    wanted, found = with_other_build(opened.address)[0].split()
    assert wanted == found
    lines = with_other_build(opened.address)
    assert lines[1] == "1"
    assert ("slower" in lines[2]) == (found == "truncate")
    assert names(opened) == {"ann"}


def test_a_file_that_a_newer_build_uses_in_wal_is_not_touched_by_an_older_one(
    opened: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.write(add("ann"))
    with closing(sqlite.driver.connect(path_of(opened), isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("SELECT * FROM learner").fetchall()
        monkeypatch.setattr(sqlite, "JOURNAL", "TRUNCATE")
        monkeypatch.setattr(sqlite, "WRITE_SECONDS", 0.05)
        monkeypatch.setattr("quizapp.store.database.WAIT", 0.1)
        opened.close()
        with pytest.raises(StoreError, match="in use by another program"):
            upgrade(opened.address)
    upgrade(opened.address)
    assert names(opened) == {"ann"}


# -- busy


@contextmanager
def locked(database: Database, how: str = "EXCLUSIVE") -> Iterator[None]:
    """Another program holds the database, as a shell or a backup tool may."""
    other = sqlite.driver.connect(path_of(database), isolation_level=None, check_same_thread=False)
    with closing(other):
        other.execute(f"BEGIN {how}")
        yield
        other.execute("ROLLBACK")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "READ_SECONDS", 0.1)
    monkeypatch.setattr(sqlite, "WRITE_SECONDS", 0.1)
    monkeypatch.setattr("quizapp.store.database.WAIT", 0.3)


@pytest.mark.usefixtures("impatient")
def test_a_database_locked_by_another_program_is_busy_and_then_works_again(opened: Database) -> None:
    with locked(opened):
        with pytest.raises(StoreBusy):
            opened.write(add("ann"))
        with pytest.raises(StoreError, match="in use by another program"):
            upgrade(opened.address)
    opened.write(add("ann"))
    assert names(opened) == {"ann"}


@pytest.mark.usefixtures("impatient")
def test_reading_a_locked_database_is_busy_too(opened: Database) -> None:
    with closing(sqlite.driver.connect(path_of(opened), isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreBusy):
            names(opened)
    assert names(opened) == set()


def test_a_write_waits_out_a_short_lock(opened: Database) -> None:
    with locked(opened):
        writer = threading.Thread(target=opened.write, args=[add("ann")])
        writer.start()
        time.sleep(1.3)  # longer than one try
        assert writer.is_alive()
    writer.join(5)
    assert names(opened) == {"ann"}


@pytest.mark.bulk
def test_a_write_gives_up_within_five_seconds(opened: Database) -> None:
    began = time.monotonic()
    with locked(opened), pytest.raises(StoreBusy):
        opened.write(add("ann"))
    assert 3.5 < time.monotonic() - began < 5.5


def test_writers_of_one_process_and_of_others_wait_for_one_another(
    opened: Database, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quizapp.store.database.WAIT", 0.2)
    other = Database(database)  # as another process would: the lock is that of the file
    entered, leave = threading.Event(), threading.Event()

    def act(db: sa.Connection) -> None:
        add("ann")(db)
        entered.set()
        assert leave.wait(10)

    writer = threading.Thread(target=opened.write, args=[act])
    writer.start()
    assert entered.wait(10)
    for one in (opened, other):
        with pytest.raises(StoreBusy, match="took too long"):
            one.write(add("bob"))
    leave.set()
    writer.join(10)
    other.write(add("bob"))
    other.close()
    assert names(opened) == {"ann", "bob"}


# -- full, broken, read-only


@contextmanager
def no_space(database: Database) -> Iterator[None]:
    """The file may grow no more, as on a full disk: SQLite says that it is full."""
    with database.kind.writing.connect() as db:
        pages = db.exec_driver_sql("PRAGMA page_count").scalar_one()
        db.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    yield
    with database.kind.writing.connect() as db:
        db.exec_driver_sql("PRAGMA max_page_count=1000000")


@contextmanager
def no_writing(database: Database) -> Iterator[None]:
    """The operating system refuses to let the files grow: SQLite meets an I/O error."""
    size = max(each.stat().st_size for each in path_of(database).parent.glob("quizapp.db*"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("trouble", [no_space, no_writing])
def test_a_full_disk_refuses_writes_keeps_all_and_works_again_with_space(
    opened: Database, trouble: Any
) -> None:
    opened.write(add("ann"))
    with trouble(opened):
        for _ in range(2):
            with pytest.raises(StoreFull):
                opened.write(add("bob", "too much " * 100_000))
        assert names(opened) == {"ann"}
    opened.write(add("bob", "too much " * 100_000))
    assert names(opened) == {"ann", "bob"}
    assert rows(opened.address, "PRAGMA integrity_check") == [("ok",)]


def test_a_folder_that_can_not_be_written_is_told_as_such(opened: Database) -> None:
    Path(f"{path_of(opened)}.lock").mkdir()
    with pytest.raises(StoreFull, match=r"quizapp\.db\.lock can't be opened"):
        opened.write(add("ann"))
    with pytest.raises(StoreError, match="check the path, its permissions, and the space"):
        upgrade(opened.address)
    assert names(opened) == set()


def test_a_read_only_database_is_read_and_not_written(opened: Database) -> None:
    with opened.kind.writing.connect() as db:
        db.exec_driver_sql("PRAGMA query_only=ON")
    with pytest.raises(StoreFull, match="readonly"):
        opened.write(add("ann"))
    assert names(opened) == set()
