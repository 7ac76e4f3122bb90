"""What quizapp asks of PostgreSQL: patience while the server is away, and nothing kept in a connection."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import InternalError

from quizapp.store import (
    Store,
    StoreBusy,
    StoreError,
    back_up,
    examine,
    move,
    rebuild,
    restore,
    upgrade,
)
from quizapp.store.database import Database
from tests import postgres
from tests.databases import Databases
from tests.learn.logs import BANK
from tests.lines import Line
from tests.rows import change as change_rows
from tests.rows import rows
from tests.store.keeping import at_once, begin, step_for
from tests.store.test_backup import address as file_address
from tests.store.test_backup import held

pytestmark = pytest.mark.postgresql_only("this is about a server and its connections")


def sessions(address: str) -> str:
    """What ends all sessions of a database but our own, as a restart of the server does."""
    return (
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"  # noqa: S608 - a name of ours
        f" WHERE datname = '{address.rpartition('/')[2]}' AND pid <> pg_backend_pid()"
    )


def test_a_read_sees_one_state_and_can_not_write(database: str) -> None:
    opened = Database(database)
    count = sa.text("SELECT count(*) FROM learner")
    add = sa.text("INSERT INTO learner (id, made, answers) VALUES ('ann', 0, 0)")
    with opened.reading() as db:
        assert db.execute(count).scalar_one() == 0
        opened.write(lambda other: other.execute(add))
        assert db.execute(count).scalar_one() == 0
    with pytest.raises(InternalError, match="read-only"), opened.reading() as db:
        db.execute(add)
    opened.close()


def test_connections_that_the_server_ended_are_replaced_unnoticed(store: Store, database: str) -> None:
    attempt = begin(store)
    for place in range(1, 6):
        postgres.execute(database, sessions(database))
        assert store.attempt("a", "ann") == attempt
        postgres.execute(database, sessions(database))
        store.add_step(attempt, step_for(attempt, place, f"s{place}"))
        attempt = store.attempt("a", "ann")
    assert attempt.answered == 5


def test_a_write_whose_connection_ends_in_the_middle_is_done_once(database: str) -> None:
    opened, tries = Database(database), []

    def act(db: sa.Connection) -> None:
        tries.append(1)
        db.execute(sa.text("INSERT INTO learner (id, made, answers) VALUES ('ann', 0, 0)"))
        if len(tries) == 1:
            postgres.execute(database, sessions(database))
        db.execute(sa.text("UPDATE learner SET answers = answers + 1"))

    opened.write(act)
    opened.close()
    assert (len(tries), rows(database, "SELECT answers FROM learner")) == (2, [(1,)])


def test_a_server_that_is_away_is_waited_for_and_then_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = postgres.Cluster().start()
    try:
        address = postgres.create(cluster.server)
        upgrade(address)
        store = Store(address)
        attempt = begin(store)
        cluster.control("restart", "-m", "immediate", check=True)
        store.add_step(attempt, step_for(attempt, 1, "s1"))
        cluster.stop("fast")
        monkeypatch.setattr("quizapp.store.database.WAIT", 0.5)
        began = time.monotonic()
        with pytest.raises(StoreBusy):
            store.add_step(attempt, step_for(attempt, 2, "s2"))
        with pytest.raises(StoreBusy):
            store.attempt("a", "ann")
        assert time.monotonic() - began < 5
        cluster.start()
        assert store.attempt("a", "ann").answered == 1
        store.close()
    finally:
        cluster.remove()


def test_several_nodes_may_start_at_once(databases: Databases) -> None:
    address = databases.unmade()
    came = at_once(5, lambda _: upgrade(address))
    assert sorted(old == "" for old, _ in came) == [False] * 4 + [True]


@pytest.mark.parametrize(
    ("change", "said", "wait"),
    [
        ({"database": "nowhere"}, 'database "nowhere" does not exist', 60),
        ({"username": "stranger"}, 'role "stranger" does not exist', 60),
        ({"username": postgres.ASKED}, "password authentication failed", 60),
        ({"port": 1}, "refused", 0.1),
    ],
)
def test_a_server_that_can_not_be_had_is_told_in_one_sentence_and_only_tried_again_if_it_may_come(
    database: str, monkeypatch: pytest.MonkeyPatch, change: dict[str, str | int], said: str, wait: float
) -> None:
    monkeypatch.setattr("quizapp.store.database.WAIT", wait)
    address = sa.make_url(database).set(password="secret", **change)  # type: ignore[arg-type]
    began = time.monotonic()
    with pytest.raises(StoreError, match=said) as caught:
        upgrade(address.render_as_string(hide_password=False))
    assert time.monotonic() - began < 20
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_server_that_asks_for_a_password_is_told_the_right_one(database: str) -> None:
    postgres.execute(database, f"DROP ROLE IF EXISTS {postgres.ASKED}")
    postgres.execute(database, f"CREATE ROLE {postgres.ASKED} LOGIN SUPERUSER PASSWORD 'a \u00e4@/:'")
    address = sa.make_url(database).set(username=postgres.ASKED, password="a \u00e4@/:")
    opened = Database(address.render_as_string(hide_password=False))
    with opened.reading() as db:
        assert db.execute(sa.text("SELECT current_user")).scalar_one() == postgres.ASKED
    opened.close()
    postgres.execute(database, f"DROP ROLE {postgres.ASKED}")


# -- at the same moment


def test_writers_who_would_undo_what_the_others_read_are_tried_again_until_each_is_right(
    database: str,
) -> None:
    """Each adds a row if there is none; the first try waits until the other has looked, too."""
    opened, told, both = Database(database), list[str](), threading.Barrier(2)
    opened.tell = told.append
    count, add = sa.text("SELECT count(*) FROM learner"), "INSERT INTO learner (id, made, answers) VALUES "
    tries = [0, 0]

    def join(number: int) -> bool:
        def act(db: sa.Connection) -> bool:
            tries[number] += 1
            is_room = db.execute(count).scalar_one() < 1
            if tries[number] == 1:
                both.wait(20)
            if is_room:
                db.execute(sa.text(f"{add} ('learner {number}', 0, 0)"))
            return is_room

        return opened.write(act)

    assert sorted(map(bool, at_once(2, join))) == [False, True]
    assert sorted(tries) == [1, 2]
    assert told == ["retry"]
    opened.close()
    assert rows(database, "SELECT count(*) FROM learner") == [(1,)]


def test_two_who_wait_for_each_other_are_both_served(database: str) -> None:
    opened, both, tries = Database(database), threading.Barrier(2), [0, 0]
    for name in ("0", "1"):
        sql = "INSERT INTO learner (id, made, answers) VALUES (:name, 0, 0)"
        change_rows(database, sql, name=name)
    count = sa.text("UPDATE learner SET answers = answers + 1 WHERE id = :name")

    def act_for(number: int) -> None:
        def act(db: sa.Connection) -> None:
            tries[number] += 1
            db.execute(count, {"name": str(number)})
            if tries[number] == 1:
                both.wait(20)
            db.execute(count, {"name": str(1 - number)})

        opened.write(act)

    assert at_once(2, act_for) == [None, None]
    opened.close()
    assert sum(tries) > 2
    assert rows(database, "SELECT answers FROM learner") == [(2,), (2,)]


def test_an_answer_whose_commit_came_through_but_not_its_acknowledgement_is_kept_once(database: str) -> None:
    with Line(database) as line:
        store = Store(line.address)
        attempt = begin(store)
        for place in range(1, 4):
            line.cut_after_the_next_commit()
            store.add_step(attempt, step_for(attempt, place, f"s{place}"))
            assert line.cuts == place
            attempt = store.attempt("a", "ann")
        store.close()
    assert attempt.answered == 3
    assert rows(database, "SELECT id FROM step ORDER BY id") == [("s1",), ("s2",), ("s3",)]
    assert rows(database, "SELECT answers FROM learner") == [(3,)]


def test_text_is_sorted_by_its_bytes(database: str) -> None:
    opened = Database(database)
    names = ["Zoe", "ann", "Ann", "ärmel", "_x", "B-1", "B1"]
    for name in names:
        sql = sa.text("INSERT INTO learner (id, made, answers) VALUES (:name, 0, 0)")
        opened.write(lambda db, sql=sql, name=name: db.execute(sql, {"name": name}))  # type: ignore[misc]
    opened.close()
    assert [row[0] for row in rows(database, "SELECT id FROM learner ORDER BY id")] == sorted(names)


# -- all of it


def test_an_installation_moves_to_a_server_and_back_and_is_backed_up_and_restored_there(
    used: Path, databases: Databases, tmp_path: Path
) -> None:
    server, other = databases.new(), databases.new()
    there = move(file_address(used), server)
    assert move(server, file_address(tmp_path / "back.db")).tables == there.tables
    assert held(tmp_path / "back.db") == held(used) == there.tables
    made = back_up(server, tmp_path / "backup.db")
    assert made.manifest.tables == there.tables
    restore(made.path, other)
    assert move(other, file_address(tmp_path / "again.db")).tables == there.tables
    with pytest.raises(StoreError, match="is not empty"):
        restore(made.path, other)


def test_the_doctor_sees_what_is_wrong_on_a_server(used: Path, databases: Databases) -> None:
    server = databases.new()
    move(file_address(used), server)
    bad = {each.text for each in examine(server, BANK) if each.level == "bad" and each.about == "server"}
    assert bad == {"fsync is off", "full_page_writes is off"}  # as tests have it
    assert [each for each in examine(server, BANK) if each.about == "derived" and each.level != "ok"] == []
    change_rows(server, "UPDATE learner SET answers = answers + 1 WHERE id = 'ann'")
    (found,) = [each for each in examine(server, BANK) if each.about == "derived"]
    assert (found.level, found.mend) == ("bad", "mend it with: quizapp rebuild")
    store = Store(server)
    rebuild(store.database)
    store.close()
    assert all(each.level == "ok" for each in examine(server, BANK) if each.about == "derived")


# -- behind a pooler


@contextmanager
def pooler(server: str, folder: Path) -> Iterator[str]:
    """pgbouncer in transaction mode with few connections; gives the start of addresses through it."""
    port, host = postgres.free_port(), sa.make_url(f"{server}/x")
    (folder / "users.txt").write_text('"quizapp" ""\n')
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n* = host={host.host} port={host.port} user=quizapp\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = any\n"
        f"auth_file = {folder}/users.txt\npool_mode = transaction\ndefault_pool_size = 3\n"
        "max_client_conn = 100\nunix_socket_dir =\nignore_startup_parameters = extra_float_digits\n"
    )
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            ["pgbouncer", "-u", "nobody", folder / "pgbouncer.ini"], stdout=log, stderr=log
        )
        try:
            yield f"postgresql://quizapp@127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)


@pytest.mark.skipif(not shutil.which("pgbouncer"), reason="needs pgbouncer: apt install pgbouncer")
def test_behind_a_pooler_in_transaction_mode_nothing_fails(databases: Databases, tmp_path: Path) -> None:
    address = databases.new()
    server, _, name = address.rpartition("/")
    tmp_path.chmod(0o755)
    for each in tmp_path.parents[:2]:
        each.chmod(0o755)
    with pooler(server, tmp_path) as through:
        store = Store(f"{through}/{name}")
        attempts = [begin(store, f"a{number}", f"learner {number}") for number in range(8)]

        def answer(number: int) -> None:
            for place in range(1, 11):
                attempt = attempts[number]
                store.add_step(attempt, step_for(attempt, place, f"{number} {place}"))
                for _ in range(5):
                    assert store.attempt(attempt.id, attempt.learner).answered == place

        assert at_once(8, answer) == [None] * 8
        store.close()
    assert rows(address, "SELECT count(*) FROM step") == [(80,)]
