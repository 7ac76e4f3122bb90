"""An installation that people have used, for tests of what keeps it safe."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from quizapp import learn
from quizapp.store import Profiles, Store, rebuild, upgrade
from tests.learn.logs import BANK
from tests.regrading import crowd
from tests.store.keeping import ASKED, NOON, answers, begin, keep_all, step_for


@pytest.fixture(scope="session")
def used_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with practice, an exam and an assignment in it; tests take copies."""
    path = tmp_path_factory.mktemp("used") / "quizapp.db"
    upgrade(f"sqlite:///{path}")
    store = Store(f"sqlite:///{path}")
    exam, practice = begin(store, "e", "ann", "exam"), begin(store, "b", "bob")
    for place in range(1, 6):
        store.add_step(exam, step_for(exam, place, f"e{place}"))
        store.add_step(practice, step_for(practice, place, f"b{place}", right=place % 2 == 0))
    store.finish("e", "ann", lambda now: learn.finish(now, ASKED, now=NOON))
    keep_all(store, answers(30))
    crowd(store, 6)
    rebuild(store.database)
    Profiles(store.database).of("ann", BANK)
    store.close()
    return path


@pytest.fixture
def used(tmp_path: Path, used_database: Path) -> Path:
    """A copy of it, in a folder of its own."""
    (tmp_path / "site").mkdir()
    return Path(shutil.copy(used_database, tmp_path / "site" / "quizapp.db"))
