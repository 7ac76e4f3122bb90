"""Killing upgrades: a database of an older schema is upgraded, SIGKILL comes at any moment, and what is left
must be the old database or the new one.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from quizapp.shipped import shipped
from quizapp.store import upgrade
from quizapp.store.contents import contents
from quizapp.store.database import Database
from quizapp.store.files import SIDECARS, faults_of, looking
from quizapp.store.sqlite import driver
from quizapp.store.upgrading import revision

UPGRADER = """
import os, sys
from quizapp.store import sqlite, upgrade

if sys.argv[1] == "autocommit":  # every statement for itself
    made = sqlite.SQLiteFile._engine
    def bare(self, url, opened, begin, *more):
        return made(self, url, opened, "SELECT 1" if "IMMEDIATE" in begin else begin, *more)
    sqlite.SQLiteFile._engine = bare

upgrade(sys.stdin.readline().strip())  # whatever is read the first time only
child = 0
for address in sys.stdin:
    if child:
        os.waitpid(child, 0)
    if not (child := os.fork()):
        upgrade(address.strip())
        os._exit(0)
    print(child, flush=True)
    # until it is waited for below, its number stays its own
    ended = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    print(ended.si_status, flush=True)
"""
"""Upgrades what it is told to, each time in a process of its own, which begins at once."""


Upgrader = subprocess.Popen[str]


@dataclass(frozen=True)
class Killed:
    """How often an upgrade was killed, and what that left: the old database, the new one, or neither."""

    times: int
    old: int
    new: int
    half: int


@contextmanager
def upgrading(example: Path, *, one_transaction: bool = True) -> Iterator[Upgrader]:
    """A process that upgrades what it is told to; `example` is a database that it may upgrade first.

    Without `one_transaction` each statement of an upgrade is a transaction of its own, for a null control.
    """
    mode = "transaction" if one_transaction else "autocommit"
    with subprocess.Popen(
        [sys.executable, "-c", UPGRADER, mode],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as upgrader:
        assert upgrader.stdin
        print(f"sqlite:///{example}", file=upgrader.stdin, flush=True)
        yield upgrader
        upgrader.stdin.close()


def kill_migration(
    template: Path, folder: Path, upgrader: Upgrader, *, times: int, seed: int = 1, again: bool = True
) -> Killed:
    """Upgrade copies of a database, in `folder`, and kill each upgrade at a random moment.

    What was killed is opened and compared in full; where it may run `again`, it is upgraded again, which must
    give the same as an upgrade that nobody killed: raises AssertionError where it does not.
    """
    rng, path = random.Random(seed), folder / "killed.db"
    took = min(_upgraded(upgrader, _copy(template, path)) for _ in range(2))
    old, new = state_of(template), state_of(path)
    found: list[Any] = []
    for _ in range(times):
        _upgraded(upgrader, _copy(template, path), kill_after=rng.uniform(0, 1.1 * took))
        found.append(state_of(path))
        if again:
            upgrade(f"sqlite:///{path}")
            assert state_of(path) == new
    was_old, was_new = sum(each == old for each in found), sum(each == new for each in found)
    return Killed(times, was_old, was_new, times - was_old - was_new)


def database_at(path: Path, schema: str, source: Path) -> Path:
    """Make a database of an older schema, with the rows of a current one as far as that schema had them."""

    def act(db: sa.Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(shipped("migrations")))
        config.attributes["connection"] = db
        command.upgrade(config, schema)

    database = Database(f"sqlite:///{path}")
    database.write(act)
    database.close()
    copy_rows(source, path)
    return path


def copy_rows(source: Path, target: Path) -> None:
    """Add the rows of a database to another one, in the tables and columns that both have."""
    connection = driver.connect(str(target))
    connection.execute("ATTACH ? AS other", (str(source),))
    for table, columns in columns_of(target).items():
        theirs = columns_of(source).get(table, {})
        if shared := ", ".join(f'"{name}"' for name in columns if name in theirs):
            given = f'INSERT INTO main."{table}" ({shared})'
            connection.execute(f'{given} SELECT {shared} FROM other."{table}"')  # noqa: S608
    connection.commit()
    connection.close()


def columns_of(path: Path) -> dict[str, dict[str, bool]]:
    """The columns of each table, and whether each must be given for a new row."""
    with looking(path) as db:
        found = sa.inspect(db).get_multi_columns()
    return {
        table: {
            each["name"]: not each["nullable"] and each["default"] is None and not each.get("primary_key")
            for each in columns
        }
        for (_, table), columns in found.items()
        if table != "alembic_version"
    }


def state_of(path: Path) -> Any:
    """All that a database is: its schema by name, its tables and indexes, and what they hold."""
    connection = driver.connect(str(path))  # takes back what was broken off
    connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
    connection.close()
    with looking(path) as db:
        assert not faults_of(db)
        made = db.exec_driver_sql("SELECT name, sql FROM sqlite_master ORDER BY name").all()
        return revision(db), [tuple(row) for row in made], contents(db)


def _copy(template: Path, path: Path) -> Path:
    for end in SIDECARS:
        Path(f"{path}{end}").unlink(missing_ok=True)
    return Path(shutil.copy(template, path))


def _upgraded(upgrader: Upgrader, path: Path, kill_after: float | None = None) -> float:
    """Have a database upgraded, or the upgrade killed after some seconds; gives how long it took."""
    assert upgrader.stdin
    assert upgrader.stdout
    began = time.monotonic()
    print(f"sqlite:///{path}", file=upgrader.stdin, flush=True)
    child = int(upgrader.stdout.readline())
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    ended = int(upgrader.stdout.readline())
    assert kill_after is not None or ended == 0
    return time.monotonic() - began
