"""`make bench`: measure, print a table, write bench/results.json, docs/performance.md and its picture."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from bench.banks import bank_figures
from bench.browsing import browser_figures
from bench.figures import Figure, LeftOut, figure
from bench.floor import floor_figures
from bench.growth import growth_figures, long_growth_figures
from bench.keeping import history_figures, long_history_figures, server_figures, store_figures
from bench.labs import lab_figures
from bench.learners import learner_figures
from bench.pages import web_figures
from bench.regrade import regrade_figures
from bench.report import write
from bench.starting import start_figures
from bench.trainer import matrix_figures
from quizapp.shipped import shipped
from quizapp.store import sqlite, upgrade
from quizapp.web import create_app


def page_figures(folder: Path) -> Iterator[Figure]:
    """The figures of one app in this process."""
    address = f"sqlite:///{folder}/web.db"
    upgrade(address)
    app = create_app(banks=(shipped("questions"),), database=address)
    yield from web_figures(app)
    app.extensions["store"].close()


GROUPS: dict[str, Callable[[Path], Iterable[Figure]]] = {
    "bank": bank_figures,
    "pages": page_figures,
    "store": store_figures,
    "postgresql": server_figures,
    "browser": browser_figures,
    "history": history_figures,
    "growth": growth_figures,
    "floor": floor_figures,
    "learners": learner_figures,
    "lab": lab_figures,
    "start": start_figures,
    "trainer": lambda folder: (figure(**each) for each in matrix_figures(folder)),
    "regrade": lambda folder: (figure(**each) for each in regrade_figures(folder)),
}
SLOW = ("growth", "lab", "learners", "trainer")
LONG: dict[str, Callable[[Path], Iterable[Figure]]] = {
    "long history": long_history_figures,
    "long growth": long_growth_figures,
}


def main() -> int:
    """Measure what was asked for; only a whole run is kept."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", choices=GROUPS, action="append", help="measure this; may be given again")
    parser.add_argument("--quick", action="store_true", help=f"leave out {', '.join(SLOW)}")
    parser.add_argument(
        "--long",
        action="store_true",
        help="measure 1,000,000 answers of one learner and 10,000,000 of all, too",
    )
    wishes = parser.parse_args()
    groups = GROUPS | (LONG if wishes.long else {})
    names = wishes.only or [name for name in groups if not (wishes.quick and name in SLOW)]
    figures: list[Figure] = []
    left_out: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            try:
                for found in groups[name](Path(folder)):
                    figures.append(found)
                    print(found, flush=True)
            except LeftOut as error:
                left_out[name] = str(error)
                print(f"left out: {name}, {error}", flush=True)
    if len(names) >= len(GROUPS):
        kept = [asdict(each) for each in figures]
        write({"machine": machine(), "figures": kept, "left_out": left_out})
    return 0


def machine() -> dict[str, object]:
    """Where and when."""
    return {
        "python": platform.python_version(),
        "sqlite": ".".join(map(str, sqlite.VERSION)),
        "system": platform.system(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "measured": datetime.now(UTC).date().isoformat(),
    }


if __name__ == "__main__":
    sys.exit(main())
