import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import fsrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quizapp import learn
from quizapp.learn import Answered, Memory
from quizapp.learn.memory import LONGEST, RETENTION
from tests.learn.logs import DAY, NOON, QUESTIONS, folded, said

RATINGS = {"again": fsrs.Rating.Again, "hard": fsrs.Rating.Hard, "good": fsrs.Rating.Good}
CLOSE = 1e-9
ratings = st.sampled_from(["again", "hard", "good"])
gaps = st.lists(st.tuples(ratings, st.integers(0, 40 * 86_400)), min_size=1, max_size=30)


@dataclass
class Simulated:
    """A learner who forgets: the chance to know halves in a time that a right answer doubles."""

    dice: random.Random

    def days(self, days: int, each_day: int) -> list[Answered]:
        halves = {question.id: 1.5 for question in QUESTIONS}
        last: dict[str, datetime] = {}
        log = []
        for day in range(days):
            for number, question in enumerate(self.dice.sample(QUESTIONS, each_day)):
                at = NOON + day * DAY + timedelta(seconds=number * 40 + self.dice.random())
                since = (at - last.get(question.id, at - 3 * DAY)) / DAY
                right = self.dice.random() < 0.5 ** (since / halves[question.id])
                halves[question.id] *= 2 if right else 0.7
                last[question.id] = at
                given = question.model() if right else ()
                hints = int(self.dice.random() < 0.1)
                log.append(said(question, at, given, sure=self.dice.random() < 0.8, hints=hints))
        return log


def directly(log: list[Answered]) -> dict[str, fsrs.Card]:
    """What the package itself makes of a log, with one card a question and its own state throughout."""
    scheduler = fsrs.Scheduler(
        desired_retention=0.9,
        learning_steps=(),
        relearning_steps=(),
        maximum_interval=365,
        enable_fuzzing=False,
    )
    cards: dict[str, fsrs.Card] = {}
    for answered in log:
        wrong = fsrs.Rating.Again if answered.score < 1 else None
        clear = answered.sure and not answered.hints
        rating = wrong or (fsrs.Rating.Good if clear else fsrs.Rating.Hard)
        card = cards.get(answered.question) or fsrs.Card(card_id=7)
        cards[answered.question], _ = scheduler.review_card(card, rating, answered.at)
    return cards


def apart(memory: Memory, card: fsrs.Card) -> float:
    """The greatest difference between ours and the package's: days, or points of difficulty."""
    assert card.stability is not None
    assert card.difficulty is not None
    return max(
        abs(memory.stability - card.stability),
        abs(memory.difficulty - card.difficulty),
        abs((memory.due - card.due) / DAY),
    )


@pytest.mark.parametrize("seed", range(5))
def test_sixty_days_are_scheduled_as_the_package_run_directly_does(
    seed: int, record_property: Callable[[str, object], None]
) -> None:
    log = Simulated(random.Random(seed)).days(60, 12)
    cards, profile = directly(log), folded(log)
    assert set(profile.cards) == set(cards)
    worst = max(apart(profile.cards[question].memory, card) for question, card in cards.items())
    record_property("answers", len(log))
    record_property("greatest difference, days", worst)
    assert len(log) == 720
    assert worst < CLOSE


@settings(deadline=None)
@given(gaps)
def test_one_question_is_scheduled_as_the_package_run_directly_does(log: list[tuple[str, int]]) -> None:
    scheduler = fsrs.Scheduler(
        desired_retention=RETENTION,
        learning_steps=(),
        relearning_steps=(),
        maximum_interval=LONGEST,
        enable_fuzzing=False,
    )
    card, memory, at = fsrs.Card(card_id=7), None, NOON
    for rated, seconds in log:
        at += timedelta(seconds=seconds)
        card, _ = scheduler.review_card(card, RATINGS[rated], at)
        memory = learn.remember(memory, rated, at)
        assert apart(memory, card) < CLOSE
        later = at + timedelta(days=3)
        assert learn.recall(memory, later) == pytest.approx(scheduler.get_card_retrievability(card, later))


@settings(deadline=None)
@given(gaps)
def test_a_question_comes_back_after_whole_days_and_within_a_year(log: list[tuple[str, int]]) -> None:
    memory, at = None, NOON
    for rated, seconds in log:
        at += timedelta(seconds=seconds)
        memory = learn.remember(memory, rated, at)
        assert (memory.due - at) % DAY == timedelta(0)
        assert DAY <= memory.due - at <= LONGEST * DAY
        assert 1 <= memory.difficulty <= 10


@settings(deadline=None)
@given(st.sampled_from([0.0, 0.25, 0.5, 0.999, 1.0]), st.booleans(), st.integers(0, 3))
def test_a_rating_follows_from_what_was_seen_of_the_answer(score: float, sure: bool, hints: int) -> None:
    rated = learn.rating(score, sure=sure, hints=hints)
    assert (rated == "again") == (score < 1)
    assert (rated == "good") == (score == 1 and sure and hints == 0)
    assert rated in RATINGS


def test_a_better_rating_never_comes_back_sooner() -> None:
    known = learn.remember(learn.remember(None, "good", NOON), "good", NOON + 3 * DAY)
    for memory in (None, known):
        dues = [learn.remember(memory, rated, NOON + 20 * DAY).due for rated in ("again", "hard", "good")]
        assert dues == sorted(dues)


def test_the_chance_to_know_sinks_to_nine_in_ten_when_a_question_is_due() -> None:
    memory = learn.remember(learn.remember(None, "good", NOON), "good", NOON + 3 * DAY)
    chances = [learn.recall(memory, memory.last + days * DAY) for days in range(30)]
    assert chances[0] == 1
    assert chances == sorted(chances, reverse=True)
    assert learn.recall(memory, memory.due) == pytest.approx(RETENTION, abs=0.01)


def test_a_time_that_is_not_in_utc_is_refused() -> None:
    with pytest.raises(ValueError, match="UTC"):
        learn.remember(None, "good", NOON.astimezone(timezone(timedelta(hours=1))))
