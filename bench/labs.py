"""The lab: runs a second, and proving the whole bank, cold and again."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure, figure, wall
from quizapp import lab

TRACED = """
import asyncio

async def work(name, seconds):
    await asyncio.sleep(seconds)
    print(name)

async def main():
    await asyncio.gather(*(work(n, n / 1000) for n in range(3)))

asyncio.run(main())
"""


def lab_figures(folder: Path) -> Iterator[Figure]:
    with lab.Batch() as batch:
        runs = [wall(lambda: batch.run(TRACED)) for _ in range(30)]
        plain = [wall(lambda: batch.run(TRACED, clock="real")) for _ in range(30)]
    yield figure("runs a second, one child", 1 / statistics.median(runs), "/s")
    share = statistics.median(runs) / statistics.median(plain)
    yield figure("a run on the virtual clock", share, "×", ratio_to="the same on the real clock", bar=2)
    command = [sys.executable, "-m", "quizapp.cli", "prove", "--json"]
    environment = os.environ | {"XDG_CACHE_HOME": str(folder / "cache")}

    def prove() -> dict[str, float]:
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        found: dict[str, float] = json.loads(done.stdout)
        return found

    cold, cached = prove(), prove()
    yield figure(f"prove {cold['programs']} programs, cold", cold["seconds"], "s", bar=120)
    yield figure("prove the unchanged bank again", cached["seconds"], "s", bar=1)
