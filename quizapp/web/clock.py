"""The time: the machine's clock, unless that jumps while the server runs."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST = 60_000_000_000
"""Nanoseconds by which the clock may be corrected at once and is still followed: one minute."""

log = logging.getLogger("quizapp")


def _elapsed() -> int:
    """Nanoseconds by a clock that nobody sets, and that counts while the machine sleeps, if there is one."""
    boot: int | None = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic_ns() if boot is None else time.clock_gettime_ns(boot)


class Clock:
    """A clock that never goes back, and that does not follow a jump of more than a minute.

    A wrong jump would end the attempts of a whole class, or give them their time again. After one, the time
    that has really passed goes on counting, the log says so, and a restart takes the machine's new time.
    """

    def __init__(self, wall: Callable[[], int] = time.time_ns, elapsed: Callable[[], int] = _elapsed) -> None:
        self._wall, self._elapsed = wall, elapsed
        self._latest = wall()
        self._offset = self._latest - elapsed()
        self._jumped = False
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The time, in UTC."""
        with self._lock:
            expected = self._elapsed() + self._offset
            jump = self._wall() - expected
            if abs(jump) <= MOST:
                self._offset += jump
                expected += jump
            self._tell(jump)
            self._latest = max(self._latest, expected)
            return EPOCH + timedelta(microseconds=self._latest // 1000)

    def _tell(self, jump: int) -> None:
        """Tell of a jump once, and of its end."""
        has_jumped = abs(jump) > MOST
        if has_jumped and not self._jumped:
            log.error(
                "The machine's clock jumped by %+d seconds. Deadlines go on by the time that has really"
                " passed; if the new time is right, restart quizapp to take it.",
                jump // 1_000_000_000,
            )
        elif self._jumped and not has_jumped:
            log.warning("The machine's clock is back at the time that quizapp goes by.")
        self._jumped = has_jumped
