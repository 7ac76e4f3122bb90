from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizapp import learn
from quizapp.learn import NotNow, Quiz, Slot, Step
from quizapp.store import Missing, Store, Taken
from quizapp.store.tables import Moment
from tests.store.keeping import ASKED, NOON, PICKS, at_once, begin, step_for, submits


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
    attempt = learn.start(Quiz(), PICKS, attempt_id="a", learner="ann", seed=7, now=NOON)
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


@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_time_is_kept_to_the_microsecond(at: datetime) -> None:
    kept = Moment().process_bind_param(at, None)
    assert Moment().process_result_value(kept, None) == at
    later = Moment().process_bind_param(at + timedelta(microseconds=1), None)
    assert kept is not None
    assert later == kept + 1


def missed(store: Store, place: int = 1) -> tuple[Step, Slot]:
    """A wrong answer to a place of ann's set, and the slot in which its question comes back."""
    attempt = store.attempt("a", "ann")
    step = step_for(attempt, place, f"s{place}", right=False)
    back = learn.come_back(attempt, step, ASKED[place - 1])
    assert back is not None
    return step, back


def test_what_was_missed_is_kept_with_the_slot_in_which_it_comes_back(store: Store) -> None:
    attempt = begin(store)
    step, back = missed(store)
    store.add_step(attempt, step, back)
    assert store.attempt("a", "ann").slots[10:] == (back,)
    [listed] = store.attempts_of("ann", most=1)
    assert (listed.places, listed.answered, listed.left) == (10, 1, 10)


def test_what_comes_back_comes_once_from_however_many_tabs(store: Store) -> None:
    attempt = begin(store)
    step, back = missed(store)
    at_once(20, lambda _: store.add_step(attempt, step, back))
    assert len(store.attempt("a", "ann").slots) == 11


def test_what_comes_back_from_several_places_at_once_comes_back_all(store: Store) -> None:
    attempt = begin(store)
    sent = [missed(store, place) for place in range(1, 8)]
    at_once(7, lambda number: store.add_step(attempt, *sent[number]))
    slots = store.attempt("a", "ann").slots
    assert {slot.question for slot in slots[10:]} == {question.id for question in ASKED[:7]}
    assert len(slots) == 17


def test_a_set_with_what_comes_back_is_open_until_that_is_answered_and_scores_first_tries(
    store: Store,
) -> None:
    attempt, since = begin(store), NOON - timedelta(days=1)
    step, back = missed(store)
    store.add_step(attempt, step, back)
    for place in range(2, 11):
        store.add_step(attempt, step_for(attempt, place, f"s{place}"))
    [waiting] = store.open_attempts_of("ann", since=since, most=5)
    assert (waiting.left, waiting.is_open, waiting.points) == (1, True, 9.0)
    last = step_for(attempt, 1, "again")
    store.add_step(attempt, Step(**vars(last) | {"place": 11}))
    assert store.open_attempts_of("ann", since=since, most=5) == ()
    [done] = store.attempts_of("ann", most=5)
    assert (done.places, done.answered, done.left, done.points) == (10, 10, 0, 9.0)
    ended = store.attempt("a", "ann")
    assert (ended.finished, ended.score) == (NOON, 0.9)
    assert store.learner("token of ann") is not None
    assert submits(store, "ann") == 11


def hint(step_id: str, place: int = 1, draft: tuple[str, ...] = ("draft",)) -> Step:
    return Step(id=step_id, place=place, kind="hint", at=NOON, answer=draft)


def test_hints_are_kept_and_counted_with_the_answer(store: Store) -> None:
    attempt = begin(store)
    store.add_step(attempt, hint("h1", draft=("one",)))
    store.add_step(attempt, hint("h2", draft=("two",)))
    slot = store.attempt("a", "ann").slot(1)
    assert (slot.hints, slot.draft, slot.step) == (2, ("two",), None)
    assert store.answers_of("ann") == ()
    store.add_step(attempt, Step(**vars(step_for(attempt, 1, "s")) | {"at": NOON + timedelta(seconds=1)}))
    [answered] = store.answers_of("ann")
    assert (answered.hints, answered.score) == (2, 1.0)


def test_a_hint_that_comes_after_the_answer_is_not_kept(store: Store) -> None:
    attempt = begin(store)
    store.add_step(attempt, step_for(attempt, 1, "s"))
    assert store.add_step(attempt, hint("h")) is False
    assert [answered.hints for answered in store.answers_of("ann")] == [0]


def test_a_set_may_begin_with_a_hint(store: Store) -> None:
    store.add_learner("ann", "token of ann", NOON)
    attempt = learn.start(Quiz(), PICKS, attempt_id="a", learner="ann", seed=7, now=NOON)
    store.add_attempt(attempt, ASKED, hint("h"))
    assert store.attempt("a", "ann").slot(1).hints == 1
    assert submits(store, "ann") == 0


def test_lists_show_the_newest_and_no_more_than_asked_for(store: Store) -> None:
    for number in range(5):
        attempt = begin(store, f"a{number}")
        store.add_step(attempt, step_for(attempt, 1, f"s{number}"))
    begin(store, "b", "bob")
    assert [listed.id for listed in store.attempts_of("ann", most=3)] == ["a4", "a3", "a2"]
    assert [listed.points for listed in store.attempts_of("ann", most=9)] == [1.0] * 5


def test_the_reason_of_a_pick_is_kept(store: Store) -> None:
    store.add_learner("ann", "token of ann", NOON)
    picks = [learn.Pick(ASKED[0], "due"), learn.Pick(ASKED[1], "weak"), learn.Pick(ASKED[2])]
    attempt = learn.start(Quiz(), picks, attempt_id="a", learner="ann", seed=7, now=NOON)
    store.add_attempt(attempt, ASKED[:3])
    assert store.attempt("a", "ann") == attempt
