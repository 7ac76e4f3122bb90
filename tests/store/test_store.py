import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from quizapp import learn
from quizapp.bank import load
from quizapp.learn import Attempt, NotNow, Quiz, Step
from quizapp.learn.quiz import Mode
from quizapp.shipped import shipped
from quizapp.store import Missing, Store, Taken

BANK = load(shipped("questions"))
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ASKED = learn.draw(Quiz(), BANK, seed=7, seen={})


def begin(store: Store, attempt_id: str = "a", learner: str = "ann", mode: Mode = "practice") -> Attempt:
    store.add_learner(learner, f"token of {learner}", NOON)
    attempt = learn.start(Quiz(mode=mode), ASKED, attempt_id=attempt_id, learner=learner, seed=7, now=NOON)
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


def test_what_was_kept_comes_back_the_same(store: Store) -> None:
    attempt = begin(store)
    assert store.attempt("a", "ann") == attempt
    steps = [step_for(attempt, 1, "s1"), step_for(attempt, 2, "s2", right=False)]
    for step in steps:
        store.add_step(attempt, step)
    assert store.attempt("a", "ann") == learn.fold(attempt, steps)
    assert [answered.score for answered in store.answers_of("ann")] == [1.0, 0.0]


def test_a_question_is_kept_as_it_was_asked(store: Store) -> None:
    begin(store)
    for question in ASKED:
        assert store.question(question.revision) == question


def test_somebody_elses_attempt_is_as_missing_as_none(store: Store) -> None:
    begin(store)
    store.add_learner("bob", "token of bob", NOON)
    for attempt_id, learner in (("a", "bob"), ("b", "ann")):
        with pytest.raises(Missing):
            store.attempt(attempt_id, learner)


def test_the_same_step_fifty_times_at_once_is_one_row(store: Store) -> None:
    attempt = begin(store)
    results = at_once(50, lambda _: store.add_step(attempt, step_for(attempt, 1, "s")))
    assert sorted(map(str, results)) == ["False"] * 49 + ["True"]
    assert len(store.answers_of("ann")) == 1
    found = store.learner("token of ann")
    assert found is not None
    assert found.answers == 1


def test_of_fifty_tabs_that_answer_one_question_one_wins(store: Store) -> None:
    attempt = begin(store)
    results = at_once(50, lambda n: store.add_step(attempt, step_for(attempt, 1, f"s{n}", right=n % 2 == 0)))
    assert results.count(True) == 1
    winner = results.index(True)
    kept = store.attempt("a", "ann").slot(1).step
    assert kept is not None
    assert kept.id == f"s{winner}"
    assert len(store.answers_of("ann")) == 1


def test_fifty_first_visits_of_one_browser_make_one_guest(store: Store) -> None:
    results = at_once(50, lambda n: store.add_learner(f"guest {n}", "one token", NOON))
    assert len(set(map(str, results))) == 1


def test_starting_a_set_fifty_times_at_once_starts_it_once(store: Store) -> None:
    store.add_learner("ann", "token of ann", NOON)
    attempt = learn.start(Quiz(), ASKED, attempt_id="a", learner="ann", seed=7, now=NOON)
    first = step_for(attempt, 1, "s")
    results = at_once(50, lambda _: store.add_attempt(attempt, ASKED, first))
    assert results == [None] * 50
    assert len(store.attempts_of("ann", most=10)) == len(store.answers_of("ann")) == 1


def test_an_id_that_names_something_else_is_refused(store: Store) -> None:
    attempt, other = begin(store), begin(store, "b", "bob")
    store.add_step(attempt, step_for(attempt, 1, "s"))
    for refused in (
        lambda: store.add_step(attempt, step_for(attempt, 2, "s")),
        lambda: store.add_step(other, step_for(other, 1, "s")),
        lambda: begin(store, "a", "bob"),
    ):
        with pytest.raises(Taken):
            refused()
    assert len(store.answers_of("bob")) == 0


def test_an_exam_ends_once_with_what_was_kept_last(store: Store) -> None:
    attempt = begin(store, mode="exam")
    store.add_step(attempt, step_for(attempt, 1, "s1", right=False))
    store.add_step(attempt, step_for(attempt, 1, "s2"))
    assert store.answers_of("ann") == ()
    at_once(20, lambda _: store.finish("a", "ann", lambda now: learn.finish(now, ASKED, now=NOON)))
    ended = store.attempt("a", "ann")
    assert ended.finished == NOON
    assert [answered.score for answered in store.answers_of("ann")] == [1.0]
    with pytest.raises(NotNow):
        store.add_step(attempt, step_for(attempt, 3, "s3"))


def test_answers_that_race_with_the_end_of_an_exam_count_or_are_refused(store: Store) -> None:
    attempt = begin(store, mode="exam")

    def act(number: int) -> object:
        if number == 0:
            return store.finish("a", "ann", lambda now: learn.finish(now, ASKED, now=NOON))
        return store.add_step(attempt, step_for(attempt, number, f"s{number}"))

    results = at_once(11, act)[1:]
    accepted = {place for place, result in enumerate(results, start=1) if result is True}
    assert all(result is True or isinstance(result, NotNow) for result in results)
    assert {answered.place for answered in store.answers_of("ann")} == accepted


def test_open_sets_are_those_that_wait_for_something(store: Store) -> None:
    since = NOON - timedelta(days=1)
    attempt, exam = begin(store), begin(store, "e", mode="exam")
    assert {listed.id for listed in store.open_attempts_of("ann", since=since, most=5)} == {"a", "e"}
    for place in range(1, 11):
        store.add_step(attempt, step_for(attempt, place, f"s{place}"))
        store.add_step(exam, step_for(exam, place, f"e{place}"))
    assert [listed.id for listed in store.open_attempts_of("ann", since=since, most=5)] == ["e"]
    store.finish("e", "ann", lambda now: learn.finish(now, ASKED, now=NOON))
    assert store.open_attempts_of("ann", since=since, most=5) == ()
    assert store.open_attempts_of("ann", since=NOON, most=5) == ()


def test_lists_hold_points_but_not_of_a_running_exam(store: Store) -> None:
    attempt, exam = begin(store), begin(store, "e", mode="exam")
    store.add_step(attempt, step_for(attempt, 1, "s"))
    store.add_step(exam, step_for(exam, 1, "t"))
    points = {listed.id: (listed.answered, listed.points) for listed in store.attempts_of("ann", most=5)}
    assert points == {"a": (1, 1.0), "e": (1, 0.0)}


def test_a_store_reads_what_another_process_wrote(store: Store, database: str) -> None:
    attempt = begin(store)
    other = Store(database)
    try:
        other.add_step(attempt, step_for(attempt, 1, "s"))
    finally:
        other.close()
    assert store.attempt("a", "ann").answered == 1
