"""Feeds a parser its cases and notes what it did: what was refused, what broke, what took longest."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz.parsers import PARSERS, Parser, clean

TOGETHER = 10
"""Cases drawn at once: most of the time that drawing takes is spent for each draw anew."""
SLOW = 1.0
"""Seconds of this thread's own time that no case may take: a busy machine is no fault."""


@dataclass
class Found:
    """What came of a parser's cases. `uncaught` has one case for each kind of undocumented failure."""

    cases: int = 0
    refused: int = 0
    slowest: float = 0.0
    slow: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    uncaught: dict[str, str] = field(default_factory=dict)

    def trial(self, parser: Parser, case: Any) -> None:
        """Feed one case."""
        self.cases += 1
        took = self._fed(parser, case)
        if took > SLOW:  # others on the same core may have been in the way
            took = min(took, *(Found()._fed(parser, case) for _ in range(3)))
        self.slowest = max(self.slowest, took)
        if took > SLOW:
            self.slow += 1
            self.uncaught.setdefault(f"slow: {took:.1f} s", repr(case)[:200])

    def _fed(self, parser: Parser, case: Any) -> float:
        """Note what comes of a case; gives the seconds that it took."""
        began = time.thread_time()
        try:
            parser.reads(case)
        except parser.documented:
            self.refused += 1
        except Exception as error:  # whatever it is, it must be counted
            kind = _kind(error)
            self.failures[kind] += 1
            self.uncaught[kind] = min(self.uncaught.get(kind, repr(case)), repr(case), key=len)
        return time.thread_time() - began


def _kind(error: Exception) -> str:
    last = error.__traceback__
    while last and last.tb_next:
        last = last.tb_next
    where = f"{last.tb_frame.f_code.co_filename.rpartition('/')[2]}:{last.tb_lineno}" if last else ""
    return f"{type(error).__name__} at {where}: {str(error)[:160]}"


def fuzz(parser: Parser, cases: int, *, seeded: int) -> Found:
    """Feed that many cases. The same seed gives the same cases."""
    found = Found()

    @seed(seeded)
    @settings(
        max_examples=-(-cases // TOGETHER),
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(parser.cases, min_size=TOGETHER, max_size=TOGETHER))
    def feed(together: list[Any]) -> None:
        for case in together[: cases - found.cases]:
            found.trial(parser, case)

    feed()
    for case in parser.costly:
        found.trial(parser, case)
    return found


def fed(number: int, cases: int) -> Found:
    """What a parser, by its number, did with that many cases; what it wrote is taken away."""
    try:
        return fuzz(PARSERS[number], cases, seeded=number)
    finally:
        clean()
