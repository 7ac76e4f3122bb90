"""What tests of the store share: sets that are begun and answered, by several at once where they want."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from quizapp import learn
from quizapp.learn import Attempt, Pick, Profile, Quiz, Step
from quizapp.learn.quiz import Mode
from quizapp.store import Store
from quizapp.store.tables import meta
from tests.learn.logs import BANK, NOON

PICKS = learn.draw(Quiz(), BANK, seed=7, profile=Profile(), now=NOON)
ASKED = [pick.question for pick in PICKS]


def begin(store: Store, attempt_id: str = "a", learner: str = "ann", mode: Mode = "practice") -> Attempt:
    store.add_learner(learner, f"token of {learner}", NOON)
    attempt = learn.start(Quiz(mode=mode), PICKS, attempt_id=attempt_id, learner=learner, seed=7, now=NOON)
    store.add_attempt(attempt, ASKED)
    return attempt


def step_for(attempt: Attempt, place: int, step_id: str, *, right: bool = True) -> Step:
    question = ASKED[place - 1]
    given = question.model() if right else ()
    return learn.answer(attempt, place, question, given, sure=right, step_id=step_id, now=NOON)


def at_once(count: int, act: Callable[[int], object]) -> list[object]:
    """Do the same thing from several threads, all starting together; gives what each one came to."""
    barrier, results = threading.Barrier(count), [object()] * count

    def run(number: int) -> None:
        barrier.wait()
        try:
            results[number] = act(number)
        except Exception as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def some_picks(seed: int) -> tuple[Pick, ...]:
    """Ten questions of the bank, others for each seed."""
    return learn.draw(Quiz(), BANK, seed=seed, profile=Profile(), now=NOON)


def answers(
    count: int, *, learner: str = "ann", of: int = 60, begin: datetime = NOON, seed: int = 1
) -> Iterator[tuple[Attempt, list[Pick], Step]]:
    """So many answers to some questions over the following days, each with the set of one that asks it."""
    dice, picks, at = random.Random(seed), [], begin
    for number in range(0, of, 10):
        picks += some_picks(number)
    for number in range(count):
        pick, at = (
            dice.choice(picks),
            at + timedelta(seconds=dice.randrange(200_000), microseconds=dice.randrange(10**6)),
        )
        name = f"{learner}-{seed}-{number:05}"
        attempt = learn.start(Quiz(count=1), [pick], attempt_id=name, learner=learner, seed=number, now=at)
        given = dice.choice([pick.question.model(), (), attempt.slot(1).shown[:1]])
        sure = dice.random() < 0.7
        step = learn.answer(attempt, 1, pick.question, given, sure=sure, step_id=f"step of {name}", now=at)
        yield attempt, [pick], step


def keep(store: Store, one: tuple[Attempt, list[Pick], Step]) -> None:
    """Keep a set with its first answer."""
    attempt, picks, step = one
    store.add_attempt(attempt, [pick.question for pick in picks], step)


def keep_all(store: Store, them: Iterable[tuple[Attempt, list[Pick], Step]]) -> None:
    """Keep several sets with their first answers."""
    for one in them:
        keep(store, one)


def rows(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """All that is in the database, by table."""
    with store.database.reading() as db:
        return {table.name: sorted(map(tuple, db.execute(sa.select(table)))) for table in meta.sorted_tables}


def submits(store: Store, learner: str) -> int:
    """How many graded answers of a learner there are in the database, counted one by one."""
    statement = sa.text("SELECT count(*) FROM step WHERE learner = :who AND kind = 'submit'")
    with store.database.reading() as db:
        return int(db.execute(statement, {"who": learner}).scalar_one())
