"""What a figure is, and how CPU time is measured: in turns, as the median of several rounds."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 7


class LeftOut(Exception):
    """Something can't be measured here; the text says why."""


@dataclass(frozen=True)
class Figure:
    """One line of the results. `value` is a ratio to `ratio_to` where that is named."""

    name: str
    value: float
    unit: str
    ratio_to: str
    bar: float | None
    ok: bool

    def __str__(self) -> str:
        against = f" of {self.ratio_to}" if self.ratio_to else ""
        bar = "" if self.bar is None else f" (bar {self.bar:g})"
        value = f"{self.value:g} {self.unit}{against}".replace("× of", "×")
        return f"{'ok  ' if self.ok else 'MISS'} {self.name}: {value}{bar}"


def figure(name: str, value: float, unit: str, *, ratio_to: str = "", bar: float | None = None) -> Figure:
    return Figure(name, round(value, 3), unit, ratio_to, bar, bar is None or value <= bar)


def cpu(act: Callable[[], object], times: int = 1) -> float:
    """CPU seconds of one call, in this process."""
    began = time.process_time()
    for _ in range(times):
        act()
    return (time.process_time() - began) / times


def ratio(act: Callable[[], object], base: Callable[[], object], times: int = 1) -> float:
    """CPU of one ÷ CPU of the other, measured in turns; the median of the rounds."""
    act(), base()
    return statistics.median(cpu(act, times) / cpu(base, times) for _ in range(ROUNDS))


def wall(act: Callable[[], object]) -> float:
    """Seconds of one call."""
    began = time.monotonic()
    act()
    return time.monotonic() - began
