"""A backup is whole and says so, while people answer; going back to one never loses what was there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from quizapp.store import Store, StoreError, back_up, restore, upgrade
from quizapp.store import tables as t
from quizapp.store.backups import backups_in
from quizapp.store.contents import MANIFEST, Content, contents
from quizapp.store.files import SIDECARS, looking
from quizapp.store.holding import Hold, InUse
from quizapp.store.sqlite import JOURNAL, driver
from tests.store.keeping import NOON, answers, keep

Sent = list[str]


def address(path: Path) -> str:
    return f"sqlite:///{path}"


def held(path: Path) -> dict[str, Content]:
    """All that a database file holds."""
    with looking(path) as db:
        return contents(db)


def files(folder: Path) -> dict[str, bytes]:
    """All files of a folder; what only says that a database is open is left out."""
    return {
        path.name: path.read_bytes()
        for path in folder.iterdir()
        if path.is_file() and path.suffix not in (".open", ".lock")
    }


def change(path: Path, statement: str) -> None:
    connection = driver.connect(str(path))
    connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.fixture
def busy(used: Path) -> Iterator[Callable[[], Sent]]:
    """Somebody who answers and answers; calling it gives what was acknowledged so far."""
    store, stop, sent = Store(address(used)), threading.Event(), list[str]()

    def run() -> None:
        for one in answers(100_000, learner="busy", seed=3):
            if stop.is_set():
                return
            keep(store, one)
            sent.append(one[2].id)

    store.add_learner("busy", "token of busy", NOON)
    thread = threading.Thread(target=run)
    thread.start()
    yield lambda: list(sent)
    stop.set()
    thread.join()
    store.close()


# -- backups


def test_a_backup_holds_all_that_the_database_holds(used: Path) -> None:
    made = back_up(address(used))
    assert held(made.path) == held(used) == made.manifest.tables
    assert made.manifest.rows == sum(content.rows for content in held(used).values()) > 100
    assert made.path.parent == used.parent / "backups"
    assert made.size == made.path.stat().st_size


def test_each_answer_acknowledged_before_a_backup_under_load_is_in_it(
    used: Path, busy: Callable[[], Sent]
) -> None:
    for number in range(5):
        while len(busy()) < 3 * number:
            pass
        before = busy()
        made = back_up(address(used), used.parent / f"{number}.db")
        back = used.parent / str(number) / "quizapp.db"
        restore(made.path, address(back))
        with looking(back) as db:
            kept = set(db.execute(sa.select(t.step.c.id)).scalars())
            assert db.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
            answered = db.execute(sa.text("SELECT sum(answers) FROM learner")).scalar()
            submits = db.execute(sa.text("SELECT count(*) FROM step WHERE kind = 'submit'")).scalar()
        assert set(before) <= kept
        assert answered == submits


def test_a_plain_copy_of_the_file_alone_would_lose_answers(used: Path, tmp_path: Path) -> None:
    if JOURNAL != "WAL":
        pytest.skip("without WAL the file alone holds all")
    store = Store(address(used))
    keep(store, next(iter(answers(1, learner="ann", seed=9))))
    copy = Path(shutil.copy(used, tmp_path / "copy.db"))
    assert held(back_up(address(used)).path)["step"].rows == held(copy)["step"].rows + 1
    store.close()


def test_a_backup_is_for_its_owner_alone(used: Path) -> None:
    assert back_up(address(used)).path.stat().st_mode & 0o077 == 0


def test_a_backup_never_overwrites(used: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.db").write_text("mine")
    now = datetime.now(UTC)
    back_up(address(used), tmp_path / "all", now=now)
    for to in (tmp_path / "mine.db", tmp_path / "all"):
        with pytest.raises(StoreError, match="is there already and is not overwritten"):
            back_up(address(used), to, now=now)
    assert (tmp_path / "mine.db").read_text() == "mine"
    assert len(list((tmp_path / "all").iterdir())) == 1


def test_of_the_own_backups_the_oldest_go_and_of_others_none(used: Path, tmp_path: Path) -> None:
    folder = tmp_path / "all"
    other = Path(shutil.copy(used, tmp_path / "quizapp.db"))
    kept = back_up(address(other), folder, now=NOON - timedelta(days=9)).path
    named = back_up(address(used), folder / "before the exam.db", now=NOON - timedelta(days=8)).path
    (folder / "quizapp-20200101T000000Z.db").write_text("somebody's notes")
    (folder / "readme.txt").write_text("")
    made = [back_up(address(used), folder, keep=3, now=NOON + timedelta(days=day)) for day in range(5)]
    assert [each.removed for each in made] == [(), (), (), (made[0].path,), (made[1].path,)]
    stay = {kept, named, folder / "quizapp-20200101T000000Z.db", folder / "readme.txt"}
    assert set(folder.iterdir()) == stay | {each.path for each in made[2:]}


def test_a_backup_of_a_damaged_database_is_refused_and_leaves_nothing(used: Path, tmp_path: Path) -> None:
    damage(used)
    with pytest.raises(StoreError, match="is damaged"):
        back_up(address(used), tmp_path / "all")
    assert list((tmp_path / "all").iterdir()) == []


def test_no_backup_is_made_of_what_is_not_there_or_not_ours(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"there is no database .*none\.db"):
        back_up(address(tmp_path / "none.db"))
    assert not (tmp_path / "none.db").exists()
    change(tmp_path / "other.db", "CREATE TABLE invoice (id INTEGER)")
    with pytest.raises(StoreError, match="holds nothing of quizapp"):
        back_up(address(tmp_path / "other.db"))


def test_a_killed_backup_leaves_no_backup_and_its_rest_goes_a_day_later(used: Path, tmp_path: Path) -> None:
    folder = tmp_path / "all"
    lines = (
        "import os, pathlib",
        "from quizapp.store import backups",
        "backups._name = lambda *_: os.kill(os.getpid(), 9)",
        f"backups.back_up({address(used)!r}, pathlib.Path({str(folder)!r}))",
    )
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True)
    assert done.returncode == -9
    (rest,) = folder.iterdir()
    assert rest.name.startswith(".")
    back_up(address(used), folder)
    assert rest.exists()
    os.utime(rest, (0, 0))
    back_up(address(used), folder / "another.db")
    assert not rest.exists()


# -- going back


def damage(path: Path) -> None:
    """Overwrite a page in the middle of the file, so that it is still taken for a database."""
    change(path, "VACUUM")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 4096] = b"\x07" * 4096
    path.write_bytes(data)


def test_a_restored_database_holds_what_was_backed_up_and_the_old_one_is_kept(used: Path) -> None:
    before, made = held(used), back_up(address(used))
    change(used, "UPDATE learner SET answers = answers + 1")
    spoilt = held(used)
    done = restore(made.path, address(used), replace=True)
    assert held(used) == before
    assert done.kept
    assert held(done.kept) == spoilt
    assert (done.rows, done.schema, done.new_schema) == (made.manifest.rows, "0005", "0005")
    with looking(used) as db:
        assert not sa.inspect(db).has_table(MANIFEST)
    store = Store(address(used))
    assert store.answers_of("ann")
    store.close()


def test_nothing_is_replaced_without_being_asked(used: Path) -> None:
    made, before = back_up(address(used)), files(used.parent)
    with pytest.raises(StoreError, match="is there already; with --replace it is kept"):
        restore(made.path, address(used))
    assert files(used.parent) == before


def test_nothing_is_replaced_while_somebody_uses_it(used: Path) -> None:
    made, store = back_up(address(used)), Store(address(used))
    assert store.answers_of("ann")
    with pytest.raises(StoreError, match="is in use by"):
        restore(made.path, address(used), replace=True)
    store.close()
    restore(made.path, address(used), replace=True)


def test_nobody_uses_a_database_while_it_is_replaced(used: Path) -> None:
    hold = Hold(used, alone=True)
    with pytest.raises(StoreError, match="is just being replaced by"):
        Store(address(used)).answers_of("ann")
    with pytest.raises(StoreError, match="is just being replaced by"):
        upgrade(address(used))
    hold.release()
    assert upgrade(address(used)) == ("0005", "0005")


def test_a_refusal_names_the_process_that_has_the_database_open(used: Path) -> None:
    script = (
        f"import fcntl, sys; file = open({str(used) + '.open'!r}, 'a'); fcntl.flock(file, fcntl.LOCK_SH);"
        " print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout
        other.stdout.readline()
        with pytest.raises(InUse) as caught:
            Hold(used, alone=True)
        if Path("/proc/locks").exists():
            assert f"process {other.pid} (" in str(caught.value)
        other.kill()
    Hold(used, alone=True).release()  # the system gave it back


def test_another_program_that_has_the_database_open_is_noticed(used: Path) -> None:
    made = back_up(address(used))
    shell = driver.connect(str(used), isolation_level=None)
    shell.execute("BEGIN IMMEDIATE")
    shell.execute("DELETE FROM throttle")
    with pytest.raises(StoreError, match="another program has"):
        restore(made.path, address(used), replace=True)
    shell.execute("ROLLBACK")
    shell.close()
    restore(made.path, address(used), replace=True)


@pytest.mark.parametrize("end", SIDECARS)
def test_what_is_left_of_the_old_database_is_never_played_into_the_new_one(
    used: Path, tmp_path: Path, end: str
) -> None:
    made = back_up(address(used))
    before = held(used)
    stale = left_by_a_crash(used, tmp_path / "crashed", "DELETE" if end == "-journal" else "WAL")
    for name, data in stale.items():
        Path(f"{used}{name}").write_bytes(data)
    assert stale[end]
    done = restore(made.path, address(used), replace=True)
    assert held(used) == before
    assert not any(Path(f"{used}{each}").exists() for each in SIDECARS)
    assert done.kept
    store = Store(address(used))
    store.close()
    assert held(used) == before


def left_by_a_crash(path: Path, folder: Path, journal: str) -> dict[str, bytes]:
    """The files of a database in the middle of a large write, by what is added to its name."""
    folder.mkdir()
    copy = Path(shutil.copy(path, folder / "quizapp.db"))
    connection = driver.connect(str(copy), isolation_level=None)
    connection.execute(f"PRAGMA journal_mode={journal}")
    connection.execute("PRAGMA cache_size=5")
    if journal == "WAL":
        connection.execute("PRAGMA wal_autocheckpoint=0")
        connection.execute("UPDATE step SET answer = '[\"spoilt\"]'")
    else:
        connection.execute("BEGIN")
        connection.execute("UPDATE step SET answer = '[\"spoilt\"]'")
        connection.execute("UPDATE question SET body = body || '!'")
    found = {
        end: Path(f"{copy}{end}").read_bytes() for end in ("", *SIDECARS) if Path(f"{copy}{end}").exists()
    }
    connection.close()
    return found


def test_a_stale_journal_without_its_database_is_kept_away_from_the_new_one(
    used: Path, tmp_path: Path
) -> None:
    made, before = back_up(address(used)), held(used)
    stale = left_by_a_crash(used, tmp_path / "crashed", "WAL")
    used.unlink()
    Path(f"{used}-wal").write_bytes(stale["-wal"])
    with pytest.raises(StoreError, match=r"quizapp\.db-wal is there already"):
        restore(made.path, address(used))
    done = restore(made.path, address(used), replace=True)
    assert held(used) == before
    assert Path(f"{done.kept}-wal").read_bytes() == stale["-wal"]


def test_a_backup_damaged_anywhere_is_refused_and_nothing_is_changed(used: Path, tmp_path: Path) -> None:
    made = back_up(address(used))
    before = files(used.parent)
    whole = made.path.read_bytes()
    word = b"coroutines/calling-does-not-run"
    assert word in whole
    for spoilt in (
        whole[: len(whole) // 2],
        whole.replace(word, word.upper()),  # no page is damaged, yet the contents are
        b"not a database " * 1000,
        b"",
    ):
        bad = tmp_path / "bad.db"
        bad.write_bytes(spoilt)
        with pytest.raises(StoreError, match=r"damaged|can't be read as a database|no backup of quizapp"):
            restore(bad, address(used), replace=True)
        assert files(used.parent) == before


def test_a_backup_of_a_newer_quizapp_is_refused(used: Path) -> None:
    made, before = back_up(address(used)), files(used.parent)
    change(made.path, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match=r"made by a newer quizapp \(schema 9999\)"):
        restore(made.path, address(used), replace=True)
    assert files(used.parent) == before


def test_a_backup_of_another_program_and_a_missing_one_are_refused(used: Path, tmp_path: Path) -> None:
    change(tmp_path / "other.db", "CREATE TABLE invoice (id INTEGER)")
    with pytest.raises(StoreError, match="is no backup of quizapp"):
        restore(tmp_path / "other.db", address(used), replace=True)
    with pytest.raises(StoreError, match="there is no such file"):
        restore(tmp_path / "none.db", address(used), replace=True)


def test_a_plain_copy_of_a_stopped_database_is_taken_too(used: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copy(used, tmp_path / "copy.db"))
    done = restore(copy, address(tmp_path / "new" / "quizapp.db"))
    assert done.manifest is None
    assert held(tmp_path / "new" / "quizapp.db") == held(used)


def test_the_restored_file_has_the_owner_and_the_rights_of_the_old_one(used: Path) -> None:
    made = back_up(address(used))
    used.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(used, 65534, 65534)
    was = used.stat()
    restore(made.path, address(used), replace=True)
    now = used.stat()
    assert (now.st_mode, now.st_uid, now.st_gid) == (was.st_mode, was.st_uid, was.st_gid)


def test_backups_are_found_by_what_they_say(used: Path, tmp_path: Path) -> None:
    made = [back_up(address(used), tmp_path / "all", now=NOON + timedelta(days=day)).path for day in (2, 1)]
    shutil.copy(used, tmp_path / "all" / "copy.db")
    assert [path for path, _ in backups_in(tmp_path / "all")] == made[::-1]
