"""Partial credit, against brute force."""

from itertools import chain, combinations, permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quizapp.bank import Answer, load, revive

BANK = load(Path(__file__).parent / "samples")
CHOICE = BANK["multiple-choice/members-of-a-range"]
ORDER = BANK["ordering/life-of-a-program"]
MATCH = BANK["matching/what-calls-give"]


def subsets(keys: Answer) -> list[Answer]:
    return list(chain.from_iterable(combinations(keys, size) for size in range(len(keys) + 1)))


@pytest.mark.parametrize("picked", subsets(CHOICE.keys()), ids="".join)
def test_multiple_choice_scores_right_ticks_minus_wrong_ones_and_never_below_0(picked: Answer) -> None:
    right = len([key for key in picked if key in CHOICE.model()])
    assert CHOICE.grade(picked).score == pytest.approx(max(0, right - (len(picked) - right)) / 3)


def test_multiple_choice_counts_a_tick_once() -> None:
    assert CHOICE.grade(("a", "a", "a")).score == pytest.approx(1 / 3)
    assert CHOICE.grade(("b", "b", *CHOICE.model())).score == pytest.approx(2 / 3)


def test_multiple_choice_tells_why_of_each_wrong_tick_only() -> None:
    grade = CHOICE.grade(("a", "b", "d"))
    assert [note.why for note in grade.notes] == [
        "This range begins at one.",
        "The end of a range is no part of it.",
    ]
    assert grade.misconceptions == ("counts-from-one",)


def common(first: Answer, second: Answer) -> int:
    """The longest common subsequence, by trying all."""
    of = set(subsets(second))
    return max(len(each) for each in subsets(first) if each in of)


@pytest.mark.parametrize("answer", list(permutations(ORDER.keys())), ids="".join)
def test_ordering_scores_the_longest_common_subsequence(answer: Answer) -> None:
    assert ORDER.grade(answer).score == pytest.approx((common(answer, ORDER.model()) - 1) / 3)


@settings(max_examples=80, deadline=None)
@given(st.integers(3, 8).flatmap(lambda size: st.permutations(range(size))))
def test_ordering_scores_steps_of_any_number_alike(order: list[int]) -> None:
    steps = [f"step {number}" for number in range(len(order))]
    question = revive(ORDER.body() | {"steps": steps, "mistakes": []})
    answer = tuple(question.keys()[place] for place in order)
    assert question.grade(answer).score == pytest.approx(
        (common(answer, question.model()) - 1) / (len(order) - 1)
    )


def test_ordering_names_the_misconception_of_a_foreseen_order() -> None:
    assert ORDER.grade(("a", "c", "b", "d")).misconceptions == ("prints-twice",)
    assert ORDER.grade(("d", "c", "b", "a")).notes == ()


def test_an_order_that_is_no_permutation_scores_nothing() -> None:
    for answer in (("a", "b", "c"), ("a", "a", "b", "c"), ("a", "b", "c", "d", "e")):
        assert ORDER.grade(answer).score == 0


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from([*MATCH.keys(), "", "x"]), min_size=4, max_size=4))
def test_matching_scores_the_share_of_right_pairs(given_keys: list[str]) -> None:
    shown = {"a": "2", "b": "0", "c": "3", "d": "12"}
    hits = sum(shown.get(key) == match for key, match in zip(given_keys, ["2", "2", "0", "3"], strict=True))
    assert MATCH.grade(tuple(given_keys)).score == hits / 4


def test_matching_names_the_misconception_of_a_foreseen_pair() -> None:
    assert MATCH.grade(("a", "a", "b", "d")).misconceptions == ("counts-from-one",)
    assert MATCH.grade(("a", "a", "b", "d")).score == 0.75
