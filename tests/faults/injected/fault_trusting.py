"""The machine's clock is believed whatever it says: the null control of clocks that jump."""

import time
from datetime import datetime, timedelta

from quizapp.learn import Attempt
from quizapp.web.clock import EPOCH, Clock


def _now(_clock: Clock) -> datetime:
    return EPOCH + timedelta(microseconds=time.time_ns() // 1000)


def _as_it_is(_attempt: Attempt, now: datetime) -> datetime:
    return now


Clock.now = _now  # type: ignore[method-assign]
Attempt.clock = _as_it_is  # type: ignore[method-assign]
