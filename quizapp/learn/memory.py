"""Memory: how well an answer is remembered, and when its question comes back, by FSRS.

FSRS is the Free Spaced Repetition Scheduler, version 6, with the weights that its authors fitted to many
learners' logs (Ye, Su and Cao, 2022, "A stochastic shortest path algorithm for optimizing spaced repetition
scheduling", and the package `fsrs`). Intervals are whole days and have no chance in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fsrs import Card, Scheduler

RETENTION = 0.9
"""A question comes back when the chance to answer it right has sunk to this."""
LONGEST = 365
"""Days after which a question comes back at the latest."""


@dataclass(frozen=True)
class Memory:
    """How firmly a question is remembered.

    `stability` is the number of days in which the chance of a right answer sinks to 90 %, `difficulty` goes
    from 1 to 10, `last` is the time of the last answer and `due` the time at which the next is wanted.
    """

    stability: float
    difficulty: float
    last: datetime
    due: datetime


@lru_cache(maxsize=1)
def scheduler() -> Scheduler:
    """The one scheduler: no steps within a day, since a set brings back by itself what was missed."""
    from fsrs import Scheduler

    return Scheduler(
        desired_retention=RETENTION,
        learning_steps=(),
        relearning_steps=(),
        maximum_interval=LONGEST,
        enable_fuzzing=False,
    )


def rating(score: float, *, sure: bool, hints: int) -> str:
    """FSRS's rating of an answer, from what was seen of it and never by asking.

    `again` for what was not fully right, `hard` for a right answer with a hint or a doubt, else `good`.
    """
    if score < 1:
        return "again"
    return "good" if sure and not hints else "hard"


def remember(memory: Memory | None, rated: str, at: datetime) -> Memory:
    """The memory after an answer. `at` is in UTC; raises ValueError when it is not."""
    from fsrs import Card, Rating

    card = _card(memory) if memory else Card(card_id=1)
    new, _ = scheduler().review_card(card, Rating[rated.capitalize()], at)
    return Memory(float(new.stability or 0), float(new.difficulty or 0), at, new.due)


def recall(memory: Memory, now: datetime) -> float:
    """The chance, from 0 to 1, that the question would be answered right now."""
    return scheduler().get_card_retrievability(_card(memory), now)


def _card(memory: Memory) -> Card:
    """The memory as FSRS takes it; without an id it would wait for a new one."""
    from fsrs import Card, State

    return Card(
        card_id=1,
        state=State.Review,
        stability=memory.stability,
        difficulty=memory.difficulty,
        due=memory.due,
        last_review=memory.last,
    )
