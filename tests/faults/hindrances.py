"""Hindrances: the database is locked by another program, or its disk is full."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from quizapp.store.sqlite import driver
from tests.faults.kills import wait_for
from tests.faults.oracle import Verdict
from tests.faults.scene import answering, class_of, classroom, database_in, judged
from tests.faults.unavailable import NotHere
from tests.servers import Server


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another program, which works on the database and lets nobody else."""
    other = driver.connect(str(path), isolation_level=None, timeout=30, check_same_thread=False)
    try:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")
    finally:
        other.close()


@dataclass(frozen=True)
class Locked:
    """What learners met while the database was locked."""

    verdict: Verdict
    unavailable: int
    longest: float
    """Seconds that the slowest reply took."""


def lock(folder: Path, seed: int, seconds: float) -> Locked:
    """A class answers on while another program holds the database for so long, and then goes on."""
    server = Server(database_in(folder))
    learners = class_of(server, classroom(server.database), seed)
    with server, answering(learners):
        wait_for(learners, 20)
        with locked(folder / "quizapp.db"):
            time.sleep(seconds)
        wait_for(learners, 40, 30)
    for learner in learners:
        learner.hang_up()
    slowest = max(learner.slowest for learner in learners)
    return Locked(judged(server.database, learners), sum(each.unavailable for each in learners), slowest)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A disk of that size. Raises NotHere where none can be had."""
    place = folder / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        raise NotHere("a small disk can be mounted by root only")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@dataclass(frozen=True)
class Full:
    """What learners met while the disk was full: refusals, pages that failed, and what was stored after."""

    verdict: Verdict
    refused: int
    unreadable: int
    went_on: int


def fill_disk(folder: Path, seed: int) -> Full:
    """Fill the disk while a class answers, read and answer on, and free it again."""
    with small_disk(folder, "8m") as disk:
        server = Server(database_in(disk))
        learners = class_of(server, classroom(server.database), seed)
        with server:
            with answering(learners):
                wait_for(learners, 20)
                _fill(disk / "ballast")
                deadline = time.monotonic() + 20
                while not all(each.unavailable for each in learners) and time.monotonic() < deadline:
                    time.sleep(0.1)
            unreadable = sum(learner.request("GET", "/progress")[0] != 200 for learner in learners)
            (disk / "ballast").unlink()
            before = sum(each.acknowledged for each in learners)
            with answering(learners):
                wait_for(learners, 30)
            went_on = sum(each.acknowledged for each in learners) - before
        for learner in learners:
            learner.hang_up()
        refused = sum(learner.unavailable for learner in learners)
        return Full(judged(server.database, learners), refused, unreadable, went_on)


def _fill(path: Path) -> None:
    """Write until there is no room for one more byte."""
    with path.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
