"""A wrong key over 10,000 answers: looking at what a mended one changes, changing it, taking it back."""

from __future__ import annotations

import statistics
import sys
import time
import tracemalloc
from collections import deque
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from quizapp.bank import Question
from quizapp.store import Regrade, Regrades, Store, upgrade

ANSWERS, ROUNDS = 10_000, 7
BAR = 5
SHOWN = 200
"""Changes of a dry run that a page shows."""


def regrade_figures(folder: Path) -> Iterator[dict[str, Any]]:
    """What regrading 10,000 answers costs, each as the arguments of a figure."""
    sys.path.insert(0, str(Path(__file__).parent.parent))
    from tests.regrading import ASKED, MENDED, MINUTE, NOON, crowd

    address = f"sqlite:///{folder}/regrade.db"
    upgrade(address)
    store = Store(address)
    assignment, regrades = crowd(store, ANSWERS).assignment, Regrades(store.database)
    owner, later = assignment.owner, NOON + 60 * MINUTE

    def wish(number: int) -> Regrade:
        made = later + number * timedelta(minutes=2)
        return Regrade(id=f"regrade {number}", assignment=assignment.id, question=ASKED.id, how="mended",
                       reason="The key was wrong.", by=owner, made=made, mended=MENDED.revision)  # fmt: skip

    def read() -> None:
        deque(regrades.answers(assignment.id, owner, ASKED.id), maxlen=0)

    def try_out() -> None:
        regrades.dry_run(wish(0), owner, MENDED, most=SHOWN)

    read(), try_out()
    share = statistics.median(_cpu(try_out) / _cpu(read) for _ in range(ROUNDS))
    yield {"name": "regrade of 10,000 answers, dry run", "value": share, "unit": "×",
           "ratio_to": "reading the answers", "bar": BAR}  # fmt: skip
    pairs = [_there_and_back(regrades, wish(number), MENDED) for number in range(ROUNDS)]
    tried = statistics.median(_seconds(try_out) for _ in range(ROUNDS))
    yield {"name": "regrade of 10,000 answers: dry run", "value": tried, "unit": "s"}
    yield {"name": "regrade of 10,000 answers: apply", "unit": "s",
           "value": statistics.median(pair[0] for pair in pairs)}  # fmt: skip
    yield {"name": "regrade of 10,000 answers: undo", "unit": "s",
           "value": statistics.median(pair[1] for pair in pairs)}  # fmt: skip
    tracemalloc.start()
    try_out()
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    yield {"name": "memory of such a dry run", "value": peak, "unit": "MB"}
    store.close()


def _there_and_back(regrades: Regrades, one: Regrade, mended: Question) -> tuple[float, float]:
    """Seconds of a regrade, and of its undo."""
    applied = _seconds(lambda: regrades.apply(one, one.by, mended))
    return applied, _seconds(lambda: regrades.undo(one.id, one.assignment, one.by, one.made))


def _cpu(act: Callable[[], object]) -> float:
    began = time.process_time()
    act()
    return time.process_time() - began


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
