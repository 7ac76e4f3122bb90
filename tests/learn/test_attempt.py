import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quizapp import learn
from quizapp.bank import Question, load, revive
from quizapp.learn import Attempt, NoSuchPlace, NotNow, Pick, Profile, Quiz, Shows, Slot, Step, Terms
from quizapp.learn.quiz import Mode
from quizapp.shipped import shipped

BANK = load(shipped("questions"))
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PICKS = learn.draw(Quiz(), BANK, seed=7, profile=Profile(), now=NOON)
ASKED = [pick.question for pick in PICKS]

modes = st.sampled_from(["practice", "exam"])
places = st.integers(1, 10)


def begun(mode: Mode = "practice") -> Attempt:
    return learn.start(Quiz(mode=mode), PICKS, attempt_id="a", learner="l", seed=7, now=NOON)


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


@settings(deadline=None)
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


@settings(deadline=None)
@given(st.integers(0, 2**64 - 1))
def test_each_question_is_shown_as_a_permutation_that_the_seed_gives(seed: int) -> None:
    for question in ASKED:
        shown = learn.show(question, seed)
        assert sorted(shown) == sorted(question.keys())
        assert shown == learn.show(question, seed)


def hinted(hints: int) -> Question:
    """The set's first question, with hints."""
    return revive(ASKED[0].body() | {"hints": [f"Hint {number}." for number in range(hints)]})


def hint(attempt: Attempt, question: Question, step_id: str, draft: tuple[str, ...] = ()) -> Step:
    return learn.ask_hint(attempt, 1, question, draft, step_id=step_id, now=NOON)


def test_hints_come_one_by_one_and_keep_what_was_filled_in() -> None:
    attempt, question = begun(), hinted(2)
    for number in range(2):
        step = hint(attempt, question, f"h{number}", (f"draft {number}",))
        assert (step.kind, step.score) == ("hint", None)
        attempt = learn.fold(attempt, [step])
        assert (attempt.slot(1).hints, attempt.slot(1).draft) == (number + 1, (f"draft {number}",))
        assert (attempt.answered, attempt.next_place, attempt.tells(1)) == (0, 1, False)
    with pytest.raises(NotNow):
        hint(attempt, question, "h3")


def test_a_hint_changes_nothing_of_the_score() -> None:
    attempt, question = begun(), hinted(1)
    attempt = learn.fold(attempt, [hint(attempt, question, "h")])
    after = learn.fold(attempt, [answered(attempt, 1, right=True, step_id="s")])
    assert (after.slot(1).score, after.slot(1).hints, after.score) == (1.0, 1, 0.1)


def test_there_is_no_hint_in_an_exam_nor_after_the_answer_nor_where_none_is_written() -> None:
    answered_already = learn.fold(begun(), [answered(begun(), 1, right=True, step_id="s")])
    for attempt, question in (
        (begun("exam"), hinted(1)),
        (answered_already, hinted(1)),
        (begun(), hinted(0)),
    ):
        with pytest.raises(NotNow):
            hint(attempt, question, "h")


def test_a_hint_that_was_asked_for_after_the_answer_counts_for_nothing() -> None:
    step = answered(begun(), 1, right=True, step_id="s")
    late = hint(begun(), hinted(1), "h")
    assert learn.fold(begun(), [step, late]) == learn.fold(begun(), [step])


def walked(attempt: Attempt, missed: set[int]) -> Attempt:
    """The set answered to its end, place by place, missing those first tries and all that comes back."""
    while (place := attempt.next_place) is not None:
        slot = attempt.slot(place)
        question = BANK[slot.question]
        given = () if place in missed or slot.again else question.model()
        step = learn.answer(attempt, place, question, given, sure=True, step_id=f"s{place}", now=NOON)
        back = learn.come_back(attempt, step, question)
        attempt = learn.fold(replace(attempt, slots=(*attempt.slots, *([back] if back else []))), [step])
    return attempt


@settings(deadline=None)
@given(st.sets(places), st.integers(1, 10))
def test_what_was_missed_comes_back_once_after_at_least_three_others(missed: set[int], count: int) -> None:
    picks = PICKS[:count]
    attempt = learn.start(Quiz(count=count), picks, attempt_id="a", learner="l", seed=7, now=NOON)
    done = walked(attempt, missed)
    order = [slot.question for slot in done.slots]
    for place, pick in enumerate(picks, start=1):
        times = [number for number, question in enumerate(order, start=1) if question == pick.question.id]
        if len(times) == 2:
            assert place in missed
            assert times[1] - times[0] > 3
            assert done.slot(times[1]).again
        else:
            assert times == [place]
            assert place not in missed or len(order) - place < 3 or count - place < 3
    assert done.finished is not None
    assert len(done.tries) == count


@settings(deadline=None)
@given(st.sets(places))
def test_scores_count_the_first_try_of_each_question(missed: set[int]) -> None:
    done = walked(begun(), missed)
    assert done.score == pytest.approx(1 - len(missed) / 10)
    assert [slot.question for slot in done.tries] == [question.id for question in ASKED]


def test_what_comes_back_is_in_an_order_of_its_own_and_begins_anew() -> None:
    attempt = begun()
    step = answered(attempt, 1, right=False, step_id="s")
    back = learn.come_back(attempt, step, ASKED[0])
    assert back == Slot(
        question=ASKED[0].id,
        revision=ASKED[0].revision,
        shown=learn.show(ASKED[0], 7, again=True),
        again=True,
    )
    orders = {(learn.show(ASKED[0], seed), learn.show(ASKED[0], seed, again=True)) for seed in range(20)}
    assert any(first != second for first, second in orders)


def test_nothing_comes_back_in_an_exam() -> None:
    exam = begun("exam")
    kept = answered(exam, 1, right=False, step_id="s")
    assert learn.come_back(exam, kept, ASKED[0]) is None
    ended = learn.fold(exam, [kept])
    for step in learn.finish(ended, ASKED, now=NOON):
        if step.kind == "submit":
            assert learn.come_back(ended, step, ASKED[step.place - 1]) is None


def test_an_answer_that_is_right_or_a_hint_brings_nothing_back() -> None:
    attempt = begun()
    assert learn.come_back(attempt, answered(attempt, 1, right=True, step_id="s"), ASKED[0]) is None
    assert learn.come_back(attempt, hint(attempt, hinted(1), "h"), ASKED[0]) is None


def test_the_reason_of_a_pick_goes_with_its_question() -> None:
    picks = [Pick(ASKED[0], "due"), Pick(ASKED[1])]
    attempt = learn.start(Quiz(), picks, attempt_id="a", learner="l", seed=7, now=NOON)
    assert [slot.reason for slot in attempt.slots] == ["due", ""]


def assigned(mode: Mode = "exam", **terms: Any) -> Attempt:
    held = {"assignment": "x", "number": 1, "deadline": NOON + timedelta(minutes=30)} | terms
    return replace(begun(mode), terms=Terms(**held), shows=Shows())


def saved(attempt: Attempt, *, minutes: int = 0) -> Step:
    at = NOON + timedelta(minutes=minutes)
    return learn.autosave(attempt, 1, ASKED[0], ASKED[0].model(), step_id="s", now=at)


def test_a_change_that_is_saved_is_an_answer_where_answers_may_change_and_a_draft_elsewhere() -> None:
    assert saved(begun("exam")).kind == saved(assigned()).kind == "save"
    for attempt in (assigned(order="one-way"), assigned("practice"), begun("practice")):
        step = saved(attempt)
        assert (step.kind, step.score) == ("draft", None)
        assert learn.fold(attempt, [step]).slot(1).draft == ASKED[0].model()
    assert saved(assigned(), minutes=31).kind == "late"


@pytest.mark.parametrize("seconds", [0, 5, 10, 11, 9_999])
def test_who_ends_after_the_deadline_ended_at_the_deadline(seconds: int) -> None:
    attempt = assigned()
    assert attempt.terms
    assert attempt.terms.deadline
    kept = learn.fold(attempt, [saved(attempt)])
    steps = learn.finish(kept, ASKED, now=attempt.terms.deadline + timedelta(seconds=seconds))
    ended = learn.fold(kept, steps)
    assert ended.finished == attempt.terms.deadline
    assert ended.slot(1).score == 1
    before = attempt.terms.deadline - timedelta(seconds=1)
    assert learn.fold(kept, learn.finish(kept, ASKED, now=before)).finished == before


def test_an_open_answer_waits_for_a_mark_and_an_empty_one_earns_nothing() -> None:
    asked = next(question for question in BANK if question.rated)
    quiz = Quiz(source="assignment", of="x", count=1)
    attempt = learn.start(
        quiz,
        [Pick(asked)],
        attempt_id="a",
        learner="l",
        seed=7,
        now=NOON,
        terms=Terms(assignment="x", number=1),
        shows=Shows(),
    )
    for words, kind, score in ((("Words",), "held", None), (("",), "submit", 0.0)):
        step = learn.answer(attempt, 1, asked, words, sure=True, step_id="s", now=NOON)
        assert (step.kind, step.score) == (kind, score)


def test_there_is_no_hint_once_an_assignments_time_is_up() -> None:
    attempt, late = assigned("practice"), NOON + timedelta(minutes=31)
    ask = {"draft": (), "step_id": "h"}
    assert learn.ask_hint(attempt, 1, hinted(1), **ask, now=NOON).kind == "hint"  # type: ignore[arg-type]
    for over in (attempt, replace(attempt, finished=NOON)):
        with pytest.raises(NotNow):
            learn.ask_hint(over, 1, hinted(1), **ask, now=late)  # type: ignore[arg-type]


def test_a_clock_that_is_set_back_does_not_let_an_older_answer_count() -> None:
    attempt = begun("exam")
    first = answered(attempt, 1, right=False, step_id="z", minutes=60)
    attempt = learn.fold(attempt, [first])
    second = answered(attempt, 1, right=True, step_id="a", minutes=0)
    assert second.at > first.at
    assert (
        learn.fold(begun("exam"), sorted([first, second], key=lambda step: (step.at, step.id))).slot(1).step
        == second
    )
