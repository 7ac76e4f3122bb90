"""The clocks of a run: one that moves only when somebody waits, and the real one."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter_ns  # bound before any patch: always the real clock
from typing import Protocol

EPOCH = 1_767_225_600
"""What `time.time()` says at the start of a run: 2026-01-01 00:00 UTC, in seconds."""

FREE_READS = 5_000
READ_COSTS = 1_000_000


class Clock(Protocol):
    """Nanoseconds since the program began."""

    @property
    def ns(self) -> int:
        """The time, without any effect on it."""

    def seconds(self, ns: int | None = None) -> float:
        """That time, or now, in seconds as it is recorded."""


class VirtualClock:
    """Integer nanoseconds, so that 0.1 + 0.2 is 0.3. Waiting moves it; computing is free.

    A busy wait on it would never end, so after 5,000 reads without a wait each further read costs 1 ms:
    `spinning` is called before each of these. `passed` is called once the limit (ns) is passed.
    """

    def __init__(
        self, limit: int, *, start: int, spinning: Callable[[], None], passed: Callable[[], None]
    ) -> None:
        """A clock at 0 whose monotonic reading begins at `start` seconds."""
        self.ns = 0
        self.start = start * 10**9
        self._limit = limit
        self._reads = 0
        self._spinning = spinning
        self._passed = passed

    def seconds(self, ns: int | None = None) -> float:
        """Seconds since the program began."""
        return (self.ns if ns is None else ns) / 1e9

    def read(self) -> int:
        """The monotonic reading, in ns, as the program sees it."""
        self._reads += 1
        if self._reads > FREE_READS:
            self._spinning()
            self._move(self.ns + READ_COSTS)
        return self.start + self.ns

    def epoch(self) -> int:
        """The time of day, in ns since 1970."""
        return self.read() - self.start + EPOCH * 10**9

    def waited(self) -> None:
        """The program has given control away: reads are free again."""
        self._reads = 0

    def advance_to(self, ns: int) -> None:
        """Jump to a later moment; the past is left alone."""
        self._reads = 0
        self._move(ns)

    def _move(self, ns: int) -> None:
        self.ns = max(self.ns, ns)
        if self.ns > self._limit:
            self._passed()


class RealClock:
    """The machine's clock, recorded in milliseconds."""

    def __init__(self) -> None:
        """A clock that begins now."""
        self._start = perf_counter_ns()

    @property
    def ns(self) -> int:
        """Real nanoseconds since the start."""
        return perf_counter_ns() - self._start

    def seconds(self, ns: int | None = None) -> float:
        """Seconds since the start, rounded to milliseconds."""
        return round((self.ns if ns is None else ns) / 1e9, 3)
