"""How long things are kept: sign-ins by what they open, guests by their cookie; and forgetting in time."""

from __future__ import annotations

import logging
import random
import threading
import time
from datetime import UTC, datetime, timedelta

from quizapp.store import Cutoffs, Learner, Site, Tidied
from quizapp.web.passwords import REMEMBERED

KEPT = timedelta(days=400)
"""Browsers keep no cookie longer (RFC 6265bis), and a visit renews it: a guest can't come back after that."""
LEARNERS_IDLE, LEARNERS_LONGEST = timedelta(days=90), KEPT
TRAINERS_IDLE, TRAINERS_LONGEST = timedelta(days=14), timedelta(days=60)
"""A sign-in ends when nobody came for so long, and when it is so old (OWASP ASVS 7.3)."""

BATCH = 20
"""Guests erased in one transaction, which takes about as long as twenty answers."""
MOST_BATCHES = 5_000
REST = 0.2
"""Seconds between two transactions, for those who answer meanwhile."""
EVERY = timedelta(days=1)
LOOK_EVERY = 3600.0
FIRST_LOOK = (60.0, 600.0)
"""Seconds after the start; nodes that start together look at different times."""
LONG_GAP = timedelta(days=8)
"""After a gap like this nobody is erased for a day: it may be the clock that jumped."""

log = logging.getLogger("quizapp")


def is_over(learner: Learner, now: datetime) -> bool:
    """Whether this browser's sign-in has ended by itself. That of a guest never does: nothing would bring
    the guest back."""
    if not learner.name or learner.seen is None or learner.since is None:
        return False
    idle, longest = (TRAINERS_IDLE, TRAINERS_LONGEST) if learner.trains else (LEARNERS_IDLE, LEARNERS_LONGEST)
    return now - learner.seen > idle or now - learner.since > longest


def cutoffs(now: datetime) -> Cutoffs:
    """What is over by now."""
    return Cutoffs(
        now=now,
        guests=now - KEPT,
        learners=(now - LEARNERS_IDLE, now - LEARNERS_LONGEST),
        trainers=(now - TRAINERS_IDLE, now - TRAINERS_LONGEST),
        failures=now - REMEMBERED,
    )


def tidy(site: Site, now: datetime, *, guests: bool = True, rest: float = REST) -> Tidied:
    """Forget all that is over, guests in small batches."""
    over = cutoffs(now)
    done = site.forget_ended(over)
    for _ in range(MOST_BATCHES if guests else 0):
        count = site.erase_guests(over.guests, most=BATCH)
        done += Tidied(guests=count)
        if count < BATCH:
            break
        time.sleep(rest)
    return done


def tidy_if_due(site: Site, now: datetime, *, rest: float = REST) -> Tidied | None:
    """Tidy once a day, on whichever node finds first that it is time; None where it is not."""
    gap = site.claim_tidying(now, EVERY)
    return None if gap is None else tidy(site, now, guests=EVERY <= gap < LONG_GAP, rest=rest)


def keep_tidy(site: Site) -> None:
    """Tidy every day from now on, beside the requests."""
    threading.Thread(target=_keep_tidy, args=(site,), daemon=True, name="tidying").start()


def _keep_tidy(site: Site) -> None:
    time.sleep(random.uniform(*FIRST_LOOK))  # noqa: S311 - spreads nodes
    while True:
        try:
            if done := tidy_if_due(site, datetime.now(UTC)):
                log.info("Tidied: %d guests erased, %d sign-ins ended.", done.guests, done.sessions)
        except Exception as error:
            log.warning("Tidying has to wait: %s", type(error).__name__)
        time.sleep(LOOK_EVERY)
