import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from quizapp.learn import Answered
from quizapp.store import Store
from tests.databases import Databases
from tests.store.keeping import NOON, answers, begin, keep_all, step_for

COUNT = 90


@pytest.fixture(scope="module")
def store(databases: Databases) -> Iterator[Store]:
    """Ann's answers, in clumps of several at the same microsecond and kept in no order; and some of bob's."""
    store, dice = Store(databases.new()), random.Random(5)
    for learner in ("ann", "bob"):
        store.add_learner(learner, f"token of {learner}", NOON)
    moments = [NOON + timedelta(microseconds=dice.randrange(10**13)) for _ in range(COUNT // 3)]
    sets = [
        (attempt, picks, replace(step, at=moments[number // 3], id=f"{dice.random()}"))
        for number, (attempt, picks, step) in enumerate(answers(COUNT))
    ]
    dice.shuffle(sets)
    keep_all(store, sets)
    keep_all(store, answers(20, learner="bob"))
    yield store
    store.close()


def paged(store: Store, most: int, **filters: object) -> list[Answered]:
    """All pages of ann's history, one after the other."""
    found: list[Answered] = []
    before = None
    while page := store.history("ann", before=before, most=most, **filters):
        assert len(page) <= most
        found += page
        before = (page[-1].at, page[-1].id)
    return found


def newest_first(store: Store) -> list[Answered]:
    return list(reversed(store.answers_of("ann")))


def test_answers_are_in_order_of_time_and_id(store: Store) -> None:
    found = store.answers_of("ann")
    assert len(found) == COUNT
    assert [(one.at, one.id) for one in found] == sorted((one.at, one.id) for one in found)
    assert len({one.at for one in found}) == COUNT // 3


@pytest.mark.parametrize("most", [1, 2, 3, 7, 50, 500])
def test_pages_hold_every_answer_once_newest_first(store: Store, most: int) -> None:
    assert paged(store, most) == newest_first(store)


@pytest.mark.parametrize("most", [1, 4, 500])
def test_the_history_of_a_topic_holds_its_answers_and_no_others(store: Store, most: int) -> None:
    topics = {one.question.partition("/")[0] for one in newest_first(store)}
    assert len(topics) > 3
    for topic in topics:
        found = [one for one in newest_first(store) if one.question.startswith(f"{topic}/")]
        assert paged(store, most, topic=topic) == found
        assert paged(store, most, topic=topic[:-1]) == []


@pytest.mark.parametrize("best", [0.0, 0.5, 0.999, 1.0])
def test_the_history_of_what_was_missed_leaves_out_what_was_right(store: Store, best: float) -> None:
    found = [one for one in newest_first(store) if one.score <= best]
    assert found
    assert (len(found) < COUNT) == (best < 1)
    assert paged(store, 7, best=best) == found


def test_filters_hold_together(store: Store) -> None:
    missed = [one for one in newest_first(store) if one.score < 1]
    topic = missed[0].question.partition("/")[0]
    found = [one for one in missed if one.question.startswith(f"{topic}/")]
    assert paged(store, 2, topic=topic, best=0.999) == found


def test_what_is_answered_while_one_reads_on_is_not_in_the_older_pages(store: Store) -> None:
    first = store.history("ann", most=10)
    keep_all(store, answers(3, begin=NOON + timedelta(days=4000), seed=9))
    rest = store.history("ann", before=(first[-1].at, first[-1].id), most=500)
    assert [*first, *rest] == newest_first(store)[3:]


def test_a_running_exam_is_in_no_history(store: Store) -> None:
    before = newest_first(store)
    exam = begin(store, "exam", "ann", "exam")
    store.add_step(exam, step_for(exam, 1, "exam 1"))
    assert newest_first(store) == before


def test_the_history_of_a_stranger_is_empty(store: Store) -> None:
    assert store.history("nobody", most=5) == ()


def test_a_sign_in_a_topic_is_no_wildcard(store: Store) -> None:
    assert store.history("ann", topic="%", most=5) == store.history("ann", topic="_", most=5) == ()
