"""Kills: of everything at once, of one process alone, and the polite one."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from tests.faults.clients import Learner
from tests.faults.oracle import Verdict
from tests.faults.scene import answering, class_of, classroom, database_in, judged, settled
from tests.servers import Server

ROUNDS = 25
"""Kills on one database; then a fresh one, so that what the oracle reads stays small."""


def kill_rounds(folder: Path, seed: int, kills: int) -> tuple[Verdict, list[float]]:
    """SIGKILL everything at random moments while a class answers; also the seconds until it served again."""
    rng, total, ready = random.Random(seed), Verdict(), []
    for start in range(0, kills, ROUNDS):
        here = folder / f"kills-{start}"
        here.mkdir()
        server = Server(database_in(here))
        learners = class_of(server, classroom(server.database), seed + start)
        for _ in range(min(ROUNDS, kills - start)):
            began = time.monotonic()
            server.start()
            ready.append(time.monotonic() - began)
            with answering(learners) as stop:
                wait_for(learners, rng.randint(1, 80))
                time.sleep(rng.uniform(0, 0.05))
                server.kill()
                stop.set()
            if not (verdict := judged(server.database, learners)).is_good:
                return total + verdict, ready
        total += settled(server, learners)
    return total, ready


def wait_for(learners: Sequence[Learner], more: int, seconds: float = 20.0) -> None:
    """Wait until the class has had so many more acknowledgements, but not for ever."""
    enough = sum(each.acknowledged for each in learners) + more
    deadline = time.monotonic() + seconds
    while sum(each.acknowledged for each in learners) < enough and time.monotonic() < deadline:
        time.sleep(0.01)


def kill_workers(folder: Path, seed: int, kills: int) -> tuple[Verdict, list[int]]:
    """SIGKILL the worker alone, as the kernel does when memory runs out; also how the command ended.

    The command has to end by itself, with a code that makes a service manager start it again.
    """
    rng, codes = random.Random(seed), []
    server = Server(database_in(folder))
    learners = class_of(server, classroom(server.database), seed)
    for _ in range(kills):
        server.start()
        with answering(learners) as stop:
            wait_for(learners, rng.randint(1, 40))
            os.kill(server.tree()[-1], signal.SIGKILL)
            codes.append(server.wait())
            stop.set()
    return settled(server, learners), codes


def ask_to_stop(folder: Path, seed: int, rounds: int) -> tuple[Verdict, list[int], int]:
    """SIGTERM under load, as a deployment does; also the exit codes, and how many requests got no reply."""
    rng, codes, unanswered = random.Random(seed), [], 0
    server = Server(database_in(folder))
    learners = class_of(server, classroom(server.database), seed)
    for _ in range(rounds):
        server.start()
        with answering(learners) as stop:
            wait_for(learners, rng.randint(1, 40))
            codes.append(server.stop())
            stop.set()
        unanswered += sum(learner.is_waiting for learner in learners)
    return settled(server, learners), codes, unanswered
