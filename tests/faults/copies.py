"""Backups that are made while people answer."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from quizapp.store import back_up
from tests.faults.kills import wait_for
from tests.faults.oracle import Verdict, examine
from tests.faults.scene import answering, class_of, classroom, database_in
from tests.servers import Server

Copy = Callable[[Path, Path], None]


def by_quizapp(database: Path, copy: Path) -> None:
    """What `quizapp backup` does."""
    back_up(f"sqlite:///{database}", copy)


def by_cp(database: Path, copy: Path) -> None:
    """The null control: the main file alone, as `cp` copies it."""
    shutil.copyfile(database, copy)


def back_up_under_load(folder: Path, seed: int, times: int, copy: Copy = by_quizapp) -> Verdict:
    """Copy the database while a class answers; what was acknowledged before a copy began must be in it."""
    server, total = Server(database_in(folder)), Verdict()
    learners = class_of(server, classroom(server.database), seed)
    with server, answering(learners):
        for number in range(times):
            wait_for(learners, 15)
            told = [[replace(said) for said in learner.ledger] for learner in learners]
            made = folder / f"copy-{number}.db"
            copy(folder / "quizapp.db", made)
            total += examine(f"sqlite:///{made}", told, is_all=False)
    for learner in learners:
        learner.hang_up()
    return total
