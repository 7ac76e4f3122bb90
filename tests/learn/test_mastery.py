import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quizapp import learn
from quizapp.learn import READY, Mastery
from quizapp.learn.mastery import FADE, HALF_LIFE, beta_share

LEARNERS = 10_000

shares = st.floats(1e-6, 1 - 1e-6)
scores = st.lists(st.floats(0, 1), max_size=300)


def of(scores: list[float]) -> Mastery:
    mastery = Mastery()
    for score in scores:
        mastery = mastery.after(score)
    return mastery


def tail(at: float, a: int, b: int) -> float:
    """The share of Beta(a, b) below a point for whole a and b: a or more of a + b - 1 coins fall right."""
    coins = a + b - 1
    return math.fsum(
        math.comb(coins, right) * at**right * (1 - at) ** (coins - right) for right in range(a, coins + 1)
    )


@settings(deadline=None)
@given(shares, st.integers(1, 150), st.integers(1, 150))
def test_the_share_below_a_point_is_the_tail_of_the_binomial(at: float, a: int, b: int) -> None:
    assert beta_share(at, a, b) == pytest.approx(tail(at, a, b), abs=1e-11)


@settings(deadline=None)
@given(st.floats(0.001, 0.999), st.floats(1, 150), st.floats(1, 150))
def test_the_quantile_inverts_the_share(share: float, a: float, b: float) -> None:
    at = learn.beta_quantile(share, a, b)
    assert 0 < at < 1
    assert beta_share(at, a, b) == pytest.approx(share, abs=1e-8)


@settings(deadline=None)
@given(st.floats(0.001, 0.999), st.floats(1, 150), st.floats(1, 150))
def test_the_quantile_of_the_mirrored_distribution_is_mirrored(share: float, a: float, b: float) -> None:
    mirrored = 1 - learn.beta_quantile(1 - share, b, a)
    assert learn.beta_quantile(share, a, b) == pytest.approx(mirrored, abs=1e-8)


@settings(deadline=None)
@given(scores)
def test_the_estimate_lies_in_its_range_and_the_range_in_zero_to_one(scores: list[float]) -> None:
    mastery = of(scores)
    assert 0 < mastery.low < mastery.estimate < mastery.high < 1
    assert mastery.answers == len(scores)


@settings(deadline=None)
@given(scores)
def test_weights_are_what_each_score_counts(scores: list[float]) -> None:
    mastery, weights = of(scores), [FADE**age for age in range(len(scores))]
    assert mastery.weight == pytest.approx(sum(weights))
    assert mastery.squares == pytest.approx(sum(weight**2 for weight in weights))
    points = sum(weight * score for weight, score in zip(weights, reversed(scores), strict=True))
    assert mastery.points == pytest.approx(points)


def test_after_its_half_life_an_answer_counts_half() -> None:
    then_wrong = of([1.0, *[0.0] * HALF_LIFE])
    assert then_wrong.points == pytest.approx(0.5)


def test_without_answers_everything_is_possible_and_nothing_is_ready() -> None:
    assert Mastery().estimate == 0.5
    assert (Mastery().low, Mastery().high) == pytest.approx((0.1, 0.9))
    assert not Mastery().is_ready


def test_few_answers_make_a_wide_range_and_many_a_narrow_one() -> None:
    widths = [of([1.0, 0.0] * pairs) for pairs in (1, 4, 16, 64)]
    spans = [mastery.high - mastery.low for mastery in widths]
    assert spans == sorted(spans, reverse=True)
    assert spans[-1] < spans[0] / 3


def test_the_mark_is_reached_at_four_in_five() -> None:
    assert READY == 0.8
    ready = [of([1.0] * right).is_ready for right in range(8)]
    assert ready == [False, False, False, False, True, True, True, True]


def test_learning_shows_older_answers_fade() -> None:
    assert of([0.0] * 40 + [1.0] * 40).estimate > 0.55
    assert of([1.0] * 40 + [0.0] * 40).estimate < 0.45


@pytest.mark.bulk
@pytest.mark.parametrize("answers", [3, 10, 40, 150])
def test_the_range_holds_the_truth_for_four_in_five_learners(
    answers: int, record_property: Callable[[str, object], None]
) -> None:
    dice, held = random.Random(answers), 0
    for _ in range(LEARNERS):
        truth = dice.random()
        mastery = of([float(dice.random() < truth) for _ in range(answers)])
        held += mastery.low <= truth <= mastery.high
    print(f"{answers} answers: the range holds the truth for {held / LEARNERS:.1%} of {LEARNERS:,} learners")
    record_property(f"share held after {answers} answers", held / LEARNERS)
    assert 0.75 <= held / LEARNERS <= 0.85
