"""Two nodes behind a proxy, over a database behind a pooler: each of them may die, and nobody notices."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests import postgres
from tests.faults.clients import GONE, Form, Learner
from tests.faults.kills import wait_for
from tests.faults.oracle import Verdict
from tests.faults.scene import CLASS, answering, classroom, judged
from tests.faults.unavailable import NotHere
from tests.nodes import Nodes, lacking

PATIENCE = 60.0
NOBODY = (502, 503, 504)
"""What a proxy says when no node took a request, or none answered; and a node that can't store it now."""


@dataclass
class Patient(Learner):
    """A browser that sends a request again, unchanged, until a node has answered it."""

    asked_again: int = 0

    def request(self, method: str, path: str, form: Form | None = None) -> tuple[int, str, str]:
        """One request, as often as it takes. Raises one of GONE after a minute without an answer."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                found = super().request(method, path, form)
                if found[0] not in NOBODY or time.monotonic() > deadline:
                    return found
            except GONE:
                if time.monotonic() > deadline:
                    raise
            self.asked_again += 1
            time.sleep(0.05)


Harm = Callable[[Nodes, random.Random], None]


def kill_node(nodes: Nodes, rng: random.Random) -> None:
    """SIGKILL one node with all its processes, and start it again."""
    victim = rng.choice(nodes.servers)
    victim.kill()
    time.sleep(rng.uniform(0, 0.5))
    victim.start()


def restart_database(mode: str) -> Harm:
    """Restart PostgreSQL under everybody: `fast` ends all transactions, `immediate` is a crash."""

    def restart(nodes: Nodes, _rng: random.Random) -> None:
        nodes.restart_database(mode)

    return restart


def harmed(
    folder: Path, seed: int, harms: Sequence[Harm], *, durable: bool = True
) -> tuple[Verdict, float, int]:
    """A class answers through the proxy meanwhile; also the longest wait, and how often they asked again."""
    if missing := lacking():
        raise NotHere(f"needs {missing}")
    cluster, rng = postgres.Cluster().start(), random.Random(seed)
    try:
        nodes = Nodes(cluster, folder, durable=durable)
        codes = classroom(nodes.direct)
        learners = [Patient(nodes, f"Learner {number}", seed, codes) for number in range(CLASS)]
        with nodes.running(), answering(learners):
            for harm in harms:
                wait_for(learners, rng.randint(10, 60))
                harm(nodes, rng)
            wait_for(learners, 40)
        for learner in learners:
            learner.hang_up()
        verdict = judged(nodes.direct, learners)
    finally:
        cluster.remove()
    return verdict, max(each.slowest for each in learners), sum(each.asked_again for each in learners)
