"""Power cuts: what had not been synced is gone, or is something else."""

from __future__ import annotations

import random
import shutil
import sqlite3
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from quizapp.store.sqlite import driver
from tests.faults.clients import Learner
from tests.faults.oracle import Verdict
from tests.faults.scene import Injected, answer_until_done, class_of, classroom, database_in, judged

SECTOR = 512
HEADER, FRAME_HEADER = 32, 24
"""Bytes of the log's own header, and of that before each page in it (sqlite.org/fileformat2.html, 4.1)."""


@dataclass(frozen=True)
class Frozen:
    """A database and its log as a killed server left them, and who was told what."""

    path: Path
    wal: Path
    learners: list[Learner]


def freeze(folder: Path, seed: int, *faults: str, answers: int = 6) -> Frozen:
    """Let a class answer over HTTP, and kill the server before the log is written back."""
    address, path = database_in(folder), folder / "quizapp.db"
    codes = classroom(address)
    wal = Path(f"{path}-wal")
    server = Injected(address, faults=faults, env={"QUIZAPP_TEST_WAL": str(wal)})
    learners = class_of(server, codes, seed, wal=wal)
    server.start()
    try:
        answer_until_done(learners, answers)
    finally:
        server.kill()
    for learner in learners:
        learner.hang_up()
    assert int.from_bytes(wal.read_bytes()[12:16]) == 0, "the log was written back meanwhile"
    return Frozen(path, wal, learners)


def cut_power(folder: Path, seed: int, *faults: str) -> Verdict:
    """Kill the server, drop of the log what was never synced, and judge."""
    frozen = freeze(folder, seed, "syncs", *faults)
    notes = Path(f"{frozen.wal}.synced")
    synced = max(map(int, notes.read_text().split()), default=0)
    with frozen.wal.open("r+b") as file:
        file.truncate(synced)
    Path(f"{frozen.path}-shm").unlink(missing_ok=True)  # lives in memory, on a real machine, too
    return judged(f"sqlite:///{frozen.path}", frozen.learners)


# -- a log of which only a part reached the disk


Tear = Callable[[bytes, int, random.Random], bytes]


def cut(log: bytes, at: int, _rng: random.Random) -> bytes:
    """Nothing after that byte."""
    return log[:at]


def zeros(log: bytes, at: int, _rng: random.Random) -> bytes:
    """The file is as long as it was, and the rest was never written."""
    return log[:at] + bytes(len(log) - at)


def junk(log: bytes, at: int, rng: random.Random) -> bytes:
    """The rest holds what was on the disk before."""
    return log[:at] + rng.randbytes(len(log) - at)


def gap(log: bytes, at: int, rng: random.Random) -> bytes:
    """One sector was not written, though later ones were."""
    return log[:at] + rng.randbytes(min(SECTOR, len(log) - at)) + log[at + SECTOR :]


TEARS: tuple[Tear, ...] = (cut, zeros, junk, gap)


def commit_ends(log: bytes) -> list[int]:
    """Where in the log each transaction ends: its last frame says how large the database is then."""
    size = int.from_bytes(log[8:12])
    frames = range(HEADER, len(log) - size, FRAME_HEADER + size)
    ends = (at + FRAME_HEADER + size for at in frames if int.from_bytes(log[at + 4 : at + 8]))
    return [HEADER, *ends]


@dataclass(frozen=True)
class Opened:
    """What a torn database says of itself."""

    said: tuple[str, ...]
    orphans: int
    steps: frozenset[str]

    @property
    def is_whole(self) -> bool:
        """Whether the engine finds nothing wrong."""
        return self.said == ("ok",) and not self.orphans


def opened(path: Path) -> Opened:
    """Open a database whatever state it is in, and read which answers it holds."""
    connection = driver.connect(str(path))
    try:
        said = tuple(str(row[0]) for row in connection.execute("PRAGMA integrity_check"))
        orphans = len(connection.execute("PRAGMA foreign_key_check").fetchall())
        steps = frozenset(row[0] for row in connection.execute("SELECT id FROM step"))
    finally:
        connection.close()
    return Opened(said, orphans, steps)


@dataclass(frozen=True)
class Torn:
    """What came of tearing: how many cases, how many acknowledged answers were lost, and what was wrong."""

    cases: int
    lost: int
    broken: tuple[str, ...]


def tear_log(folder: Path, frozen: Frozen, seed: int, most: int) -> Torn:
    """Tear the log at every sector and every end of a transaction, in each way; at most so many cases.

    Whatever is torn at a byte, exactly the transactions that end before it must be there, and with them all
    that was acknowledged while the log was not longer than that.
    """
    rng, log = random.Random(seed), frozen.wal.read_bytes()
    ends = commit_ends(log)
    states = [_state(folder, frozen, log[:end]) for end in ends]
    broken = [f"a later state lacks {len(a - b)} answers" for a, b in pairwise(states) if a - b]
    cases, lost = list(_cases(ends, len(log), rng, most)), 0
    for tear, at in cases:
        expected = states[max(0, bisect_right(ends, at) - 1)]
        found = _torn(folder, frozen, tear(log, at, rng))
        steps = found.steps if isinstance(found, Opened) else frozenset()
        missing = _promised(frozen, at) - steps
        lost += len(missing)
        if steps != expected or missing or not isinstance(found, Opened) or not found.is_whole:
            broken.append(f"{tear.__name__} at {at}: {len(expected - steps)} answers missing, {found}"[:300])
    return Torn(len(cases), lost, tuple(broken))


def _promised(frozen: Frozen, at: int) -> set[str]:
    """What was acknowledged before the log grew beyond that byte."""
    told = (said for learner in frozen.learners for said in learner.ledger)
    return {said.ids[0] for said in told if said.is_acknowledged and said.wal <= at}


def _cases(ends: list[int], length: int, rng: random.Random, most: int) -> Iterator[tuple[Tear, int]]:
    places = sorted({*range(0, length, SECTOR), *ends})
    cases = [(tear, at) for tear in TEARS for at in places]
    if len(cases) > most:
        cases = rng.sample(cases, most)
    yield from cases


def _state(folder: Path, frozen: Frozen, log: bytes) -> frozenset[str]:
    found = _torn(folder, frozen, log)
    assert isinstance(found, Opened), found
    return found.steps


def _torn(folder: Path, frozen: Frozen, log: bytes) -> Opened | str:
    path = folder / "torn.db"
    shutil.copyfile(frozen.path, path)
    Path(f"{path}-wal").write_bytes(log)
    Path(f"{path}-shm").unlink(missing_ok=True)
    try:
        return opened(path)
    except driver.Error as error:
        return f"it can't be opened: {error}"


# -- where SQLite is too old for a log


def tear_journal(folder: Path, seed: int) -> tuple[int, list[str]]:
    """Freeze a transaction in a rollback journal, and tear it in all ways; cases, and what was wrong.

    Either the journal is not synced yet, so that the database is untouched; or it is, and any sector of the
    pages that it holds may be half written. Both times the transaction has to be gone.
    """
    rng, broken = random.Random(seed), []
    path, spilled = folder / "quizapp.db", folder / "spilled.db"
    classroom(f"sqlite:///{path}")
    before, journal = _interrupted(path, spilled)
    expected = _rolled_back(folder, before, b"")
    pages = [
        at
        for at in range(0, len(before), SECTOR)
        if before[at : at + SECTOR] != spilled.read_bytes()[at : at + SECTOR]
    ]
    cases = [
        (before, tear(journal, at, rng)) for at in range(0, len(journal), SECTOR) for tear in (cut, zeros)
    ]
    cases += [(gap(spilled.read_bytes(), at, rng), journal) for at in pages]
    for data, log in cases:
        if (found := _rolled_back(folder, data, log)) != expected:
            broken.append(f"rolled back to something else: {str(found)[:200]}")
    return len(cases), broken


def _interrupted(path: Path, spilled: Path) -> tuple[bytes, bytes]:
    """A large transaction that has begun to write into the file: the database before, and the journal."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=TRUNCATE")
    db.execute("PRAGMA synchronous=FULL")
    before = path.read_bytes()
    db.execute("PRAGMA cache_size=5")
    db.execute("BEGIN IMMEDIATE")
    rows = [(f"nobody {number}", 0, 0) for number in range(400)]
    db.executemany("INSERT INTO learner (id, made, answers) VALUES (?, ?, ?)", rows)
    shutil.copyfile(path, spilled)
    journal = Path(f"{path}-journal").read_bytes()
    db.execute("ROLLBACK")
    db.close()
    return before, journal


def _rolled_back(folder: Path, data: bytes, journal: bytes) -> object:
    path = folder / "torn.db"
    path.write_bytes(data)
    Path(f"{path}-journal").write_bytes(journal)
    db = sqlite3.connect(path)
    try:
        said = db.execute("PRAGMA integrity_check").fetchall()
        return said, db.execute("SELECT id FROM learner ORDER BY id").fetchall()
    except sqlite3.Error as error:
        return str(error)
    finally:
        db.close()
