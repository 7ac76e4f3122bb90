import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizapp import learn
from quizapp.bank import load
from quizapp.learn import Attempt, NoSuchPlace, NotNow, Quiz, Step
from quizapp.learn.quiz import Mode
from quizapp.shipped import shipped

BANK = load(shipped("questions"))
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ASKED = learn.draw(Quiz(), BANK, seed=7, seen={})

modes = st.sampled_from(["practice", "exam"])
places = st.integers(1, 10)


def begun(mode: Mode = "practice") -> Attempt:
    return learn.start(Quiz(mode=mode), ASKED, attempt_id="a", learner="l", seed=7, now=NOON)


def answered(attempt: Attempt, place: int, *, right: bool, step_id: str, minutes: int = 0) -> Step:
    question = ASKED[place - 1]
    given = question.model() if right else ()
    at = NOON + timedelta(minutes=minutes)
    return learn.answer(attempt, place, question, given, sure=True, step_id=step_id, now=at)


def test_practice_grades_at_once_and_tells() -> None:
    attempt = begun()
    assert not attempt.tells(3)
    step = answered(attempt, 3, right=True, step_id="s")
    assert (step.kind, step.score) == ("submit", 1.0)
    after = learn.fold(attempt, [step])
    assert after.tells(3)
    assert not after.tells(4)
    assert (after.answered, after.next_place, after.score) == (1, 1, 0.1)


def test_an_answer_in_practice_is_final() -> None:
    attempt = begun()
    after = learn.fold(attempt, [answered(attempt, 1, right=False, step_id="s")])
    with pytest.raises(NotNow):
        answered(after, 1, right=True, step_id="t")


def test_practice_ends_with_its_last_answer() -> None:
    attempt = begun()
    steps = [
        answered(attempt, place, right=True, step_id=f"s{place}", minutes=place) for place in range(1, 11)
    ]
    assert learn.fold(attempt, steps[:9]).finished is None
    assert learn.fold(attempt, steps).finished == NOON + timedelta(minutes=10)


def test_an_exam_tells_nothing_before_its_end() -> None:
    attempt = begun("exam")
    step = answered(attempt, 1, right=True, step_id="s")
    assert (step.kind, step.score) == ("save", None)
    during = learn.fold(attempt, [step])
    assert not any(during.tells(place) for place in range(1, 11))
    ended = learn.fold(during, learn.finish(during, ASKED, now=NOON))
    assert all(ended.tells(place) for place in range(1, 11))
    assert ended.score == 0.1


def test_in_an_exam_the_last_kept_answer_counts() -> None:
    attempt = begun("exam")
    first = answered(attempt, 1, right=False, step_id="s", minutes=1)
    attempt = learn.fold(attempt, [first])
    attempt = learn.fold(attempt, [answered(attempt, 1, right=True, step_id="t", minutes=2)])
    assert learn.fold(attempt, learn.finish(attempt, ASKED, now=NOON)).slot(1).score == 1


def test_ending_an_exam_twice_makes_the_same_steps_and_takes_no_more_answers() -> None:
    attempt = begun("exam")
    attempt = learn.fold(attempt, [answered(attempt, 2, right=True, step_id="s")])
    steps = learn.finish(attempt, ASKED, now=NOON)
    assert steps == learn.finish(attempt, ASKED, now=NOON)
    ended = learn.fold(attempt, [*steps, *steps])
    assert ended == learn.fold(attempt, steps)
    with pytest.raises(NotNow):
        answered(ended, 3, right=True, step_id="t")


def test_practice_is_not_ended_by_hand() -> None:
    with pytest.raises(NotNow):
        learn.finish(begun(), ASKED, now=NOON)


@pytest.mark.parametrize("place", [0, -1, 11])
def test_there_is_no_place_outside_the_set(place: int) -> None:
    with pytest.raises(NoSuchPlace):
        begun().slot(place)


@given(modes, st.lists(st.tuples(places, st.booleans())), st.randoms(use_true_random=False))
def test_the_fold_is_the_same_in_one_go_as_step_by_step(
    mode: Mode, doings: list[tuple[int, bool]], rng: random.Random
) -> None:
    attempt, steps = begun(mode), []
    for number, (place, right) in enumerate(doings):
        if not attempt.tells(place):
            step = answered(attempt, place, right=right, step_id=f"s{number}", minutes=number)
            steps.append(step)
            attempt = learn.fold(attempt, [step])
    assert learn.fold(begun(mode), steps) == attempt
    assert 0 <= attempt.score <= 1
    assert attempt.answered == len({step.place for step in steps})


@given(st.integers(0, 2**64 - 1))
def test_each_question_is_shown_as_a_permutation_that_the_seed_gives(seed: int) -> None:
    for question in ASKED:
        shown = learn.show(question, seed)
        assert sorted(shown) == sorted(question.keys())
        assert shown == learn.show(question, seed)
