"""Upgrades that are killed in the middle."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from quizapp.shipped import shipped
from quizapp.store import Store, sqlite, upgrade
from quizapp.store.database import Database
from quizapp.store.sqlite import driver
from tests.store.keeping import begin, step_for
from tests.store.test_upgrading import at_first_revision, fill, old_columns


def config() -> Config:
    """What Alembic has to know."""
    found = Config()
    found.set_main_option("script_location", str(shipped("migrations")))
    return found


def revisions() -> list[str]:
    """All revisions, oldest first."""
    scripts = ScriptDirectory.from_config(config())
    return [script.revision for script in scripts.walk_revisions()][::-1]


def before_each(folder: Path) -> dict[str, Path]:
    """By revision, a database with answers that has yet to get it; an empty file for the first one."""
    found: dict[str, Path] = {}
    now = folder / "now.db"
    upgrade(f"sqlite:///{now}")
    store = Store(f"sqlite:///{now}")
    attempt, exam = begin(store), begin(store, "e", "ann", "exam")
    for place in range(1, 6):
        store.add_step(attempt, step_for(attempt, place, f"s{place}"))
        store.add_step(exam, step_for(exam, place, f"e{place}"))
    store.close()
    last = folder / "before-first.db"
    last.touch()
    for number, revision in enumerate(revisions()):
        found[revision] = last
        last = Path(shutil.copy(last, folder / f"at-{revision}.db"))
        if number:
            _to(last, revision)
        else:
            at_first_revision(f"sqlite:///{last}")
            fill(f"sqlite:///{last}", old_columns(f"sqlite:///{now}"))
    return found


def _to(path: Path, revision: str) -> None:
    def act(db: sa.Connection) -> None:
        found = config()
        found.attributes["connection"] = db
        command.upgrade(found, revision)

    database = Database(f"sqlite:///{path}")
    database.write(act)
    database.close()


def shape(path: Path) -> tuple[Any, ...]:
    """The whole schema, the revision, and how many rows there are."""
    connection = driver.connect(str(path))
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        made = connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2").fetchall()
        tables = [name for kind, name, _ in made if kind == "table"]
        rows = [
            connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()  # noqa: S608 - names of tables
            for name in tables
        ]
        known = "alembic_version" in tables
        version = connection.execute("SELECT * FROM alembic_version").fetchall() if known else []
    finally:
        connection.close()
    return made, rows, version


def kill_upgrades(folder: Path, seed: int, times: int, *, in_pieces: bool = False) -> tuple[int, list[str]]:
    """Kill the upgrade from before each revision at random moments; how many cases, and what is half done.

    What is left must be what was there before, or the upgraded database; and the next upgrade must succeed.
    """
    rng, cases, broken = random.Random(seed), 0, []
    act = _upgrade_in_pieces if in_pieces else upgrade
    for revision, template in before_each(folder).items():
        whole = _whole(folder, template)
        path = folder / "killed.db"
        seconds = _fresh(path, template) or _killed(path, act, 30.0)
        for _ in range(times):
            _fresh(path, template)
            _killed(path, act, rng.uniform(0, seconds))
            cases += 1
            found = shape(path)
            if found not in (shape_of(template), whole):
                broken.append(f"the upgrade to {revision} and on was left half done")
                continue
            upgrade(f"sqlite:///{path}")
            if shape(path) != whole:
                broken.append(f"after a killed upgrade to {revision}, the next one did not mend it")
    return cases, broken


def shape_of(template: Path) -> tuple[Any, ...]:
    """The shape of a database that is left untouched."""
    copy = template.with_suffix(".copy")
    shutil.copy(template, copy)
    return shape(copy)


def _whole(folder: Path, template: Path) -> tuple[Any, ...]:
    path = Path(shutil.copy(template, folder / "whole.db"))
    upgrade(f"sqlite:///{path}")
    return shape(path)


def _fresh(path: Path, template: Path) -> float:
    for suffix in ("-wal", "-shm", "-journal", ".lock"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    shutil.copy(template, path)
    return 0.0


def _killed(path: Path, act: Callable[[str], object], seconds: float) -> float:
    """Upgrade in a process of its own, and kill that after so long; how long it lived."""
    began = time.monotonic()
    child = os.fork()
    if not child:
        try:
            act(f"sqlite:///{path}")
        finally:
            os._exit(0)
    while time.monotonic() - began < seconds:
        if os.waitpid(child, os.WNOHANG)[0]:
            return time.monotonic() - began
        time.sleep(0.0005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return time.monotonic() - began


def _upgrade_in_pieces(address: str) -> None:
    """The null control: each statement is a transaction of its own."""
    engine = sqlite.SQLiteFile._engine

    def own_transactions(self: Any, url: Any, opened: Any, _begin: str, size: int) -> sa.Engine:
        return engine(self, url, opened, "SELECT 1", size)

    sqlite.SQLiteFile._engine = own_transactions  # type: ignore[method-assign]
    upgrade(address)
