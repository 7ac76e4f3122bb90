"""A trainer's results: a big assignment's pages against a small one's, in one run."""

from __future__ import annotations

import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from flask import Flask

from quizapp.shipped import shipped
from quizapp.store import Assignment, Store, upgrade
from quizapp.web import create_app
from quizapp.web.trainer.board import MOST_CELLS

SMALL, LARGE = (10, 10), (1000, 100)
"""Learners and questions."""
ROUNDS = 7
BAR, MOST_MEGABYTES = 10, 40


def matrix_figures(folder: Path) -> Iterator[dict[str, Any]]:
    """What a page of 1,000 learners × 100 questions costs, each as the arguments of a figure."""
    sys.path.insert(0, str(Path(__file__).parent.parent))
    small, look_small = _results(folder, *SMALL)
    large, look_large = _results(folder, *LARGE)
    base = statistics.median(_cpu(lambda: look_small("page=1")) for _ in range(5 * ROUNDS))
    pages = range(1, LARGE[0] * LARGE[1] // MOST_CELLS + 1)
    look_large("page=1")
    shares = [_cpu(lambda number=number: look_large(f"page={number}")) / base for number in pages]
    yield {
        "name": "results of 1,000 learners × 100 questions, page by page",
        "value": statistics.median(shares),
        "unit": "×",
        "ratio_to": "those of 10 × 10",
        "bar": BAR,
    }
    cells = min(MOST_CELLS, LARGE[0] * LARGE[1])
    yield {
        "name": "results of 1,000 learners × 100 questions, per cell",
        "value": statistics.median(shares) * SMALL[0] * SMALL[1] / cells,
        "unit": "×",
        "ratio_to": "a cell of 10 × 10",
        "bar": 1.5,
    }
    afresh = statistics.median(_afresh(large, look_large) for _ in range(ROUNDS))
    yield {
        "name": "their first look after an answer, figures counted again",
        "value": afresh,
        "unit": "s CPU",
    }
    large.extensions["results"].forget()
    tracemalloc.start()
    look_large("page=2&order=score")
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    yield {"name": "memory of such a first look", "value": peak, "unit": "MB", "bar": MOST_MEGABYTES}
    for app in (small, large):
        app.extensions["store"].close()


def _results(folder: Path, learners: int, questions: int) -> tuple[Flask, Callable[[str], None]]:
    """An app with that many answers, and a look at a page of their results."""
    from tests.classroom import somebody
    from tests.crowd import crowd

    address = f"sqlite:///{folder}/results-{learners}.db"
    upgrade(address)
    app = create_app(banks=(shipped("questions"),), database=address)
    store: Store = app.extensions["store"]
    trainer, owner = somebody(app, "Trainer", "trainer")
    bank = app.extensions["shelf"].bank()
    made: Assignment = crowd(store, bank, learners=learners, questions=questions, owner=owner).assignment

    def look(query: str) -> None:
        page = trainer.client.get(f"/t/assignments/{made.id}?{query}")
        if page.status_code != 200:
            raise RuntimeError(page.text)

    return app, look


def _afresh(app: Flask, look: Callable[[str], None]) -> float:
    app.extensions["results"].forget()
    return _cpu(lambda: look("page=1"))


def _cpu(act: Callable[[], object]) -> float:
    began = time.process_time()
    act()
    return time.process_time() - began
