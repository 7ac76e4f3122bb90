"""Starting: `quizapp serve` until its first page, against importing Flask and SQLAlchemy alone."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure, figure
from quizapp.store import upgrade
from tests.servers import Server


def start_figures(folder: Path) -> Iterator[Figure]:
    address = f"sqlite:///{folder}/start.db"
    upgrade(address)
    shares = []
    for _ in range(3):
        began = time.monotonic()
        subprocess.run([sys.executable, "-c", "import flask, sqlalchemy"], check=True)
        imports = time.monotonic() - began
        began = time.monotonic()
        with Server(address):
            shares.append((time.monotonic() - began) / imports)
    yield figure(
        "serve, to the first page",
        statistics.median(shares),
        "×",
        ratio_to="importing Flask and SQLAlchemy",
        bar=2.5,
    )
