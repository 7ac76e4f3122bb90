from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizapp import learn
from quizapp.bank import Bank, load
from quizapp.learn import NothingToAsk, Quiz
from quizapp.shipped import shipped

BANK = load(shipped("questions"))
IDS = [question.id for question in BANK if not question.rated]
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)

seeds = st.integers(0, 2**64 - 1)
seen_sets = st.sets(st.sampled_from(IDS))


def draw(quiz: Quiz, seed: int = 1, seen: set[str] | None = None, **more: object) -> tuple[str, ...]:
    times = dict.fromkeys(seen or (), NOON)
    drawn = learn.draw(quiz, BANK, seed=seed, seen=times, **more)  # type: ignore[arg-type]
    return tuple(question.id for question in drawn)


@given(seeds)
def test_the_same_seed_draws_the_same_questions(seed: int) -> None:
    assert draw(Quiz(), seed) == draw(Quiz(), seed)


@given(seeds, seen_sets)
def test_a_set_asks_nothing_twice_and_unseen_questions_come_first(seed: int, seen: set[str]) -> None:
    asked = draw(Quiz(), seed, seen)
    assert len(asked) == len(set(asked)) == 10
    unseen = set(IDS) - seen
    assert len(unseen & set(asked)) == min(10, len(unseen))


def test_interview_questions_are_in_no_quiz() -> None:
    samples = load(Path(__file__).parent.parent / "bank" / "samples")
    rated = [question for question in samples if question.rated]
    assert rated
    assert not any(Quiz(source="one", of=question.id).admits(question) for question in rated)
    drawn = learn.draw(Quiz(count=100), samples, seed=1, seen={})
    assert len(drawn) == len(samples) - len(rated)
    assert "open" not in {topic.topic for topic in learn.by_topic(samples, {})}


@given(seeds)
def test_a_set_goes_from_easy_to_hard(seed: int) -> None:
    levels = [BANK[question].level for question in draw(Quiz(), seed)]
    assert levels == sorted(levels, key=["beginner", "intermediate", "advanced"].index)


@given(seeds, st.sampled_from([topic.id for topic in BANK.topics]))
def test_a_topic_set_stays_in_its_topic(seed: int, topic: str) -> None:
    assert {BANK[question].topic for question in draw(Quiz(source="topic", of=topic), seed)} == {topic}


@given(seeds, st.sampled_from(IDS))
def test_what_is_asked_first_is_asked_once(seed: int, first: str) -> None:
    asked = draw(Quiz(), seed, first=BANK[first])
    assert asked[0] == first
    assert asked.count(first) == 1
    assert len(asked) == 10


@given(seeds, st.sets(st.sampled_from(IDS), min_size=1))
def test_answering_again_asks_what_was_missed(seed: int, missed: set[str]) -> None:
    asked = draw(Quiz(source="missed"), seed, missed, missed=frozenset(missed))
    assert set(asked) <= missed
    assert len(asked) == min(10, len(missed))


def test_among_seen_questions_the_longest_unseen_come_first() -> None:
    times = {question: NOON + timedelta(days=number) for number, question in enumerate(IDS)}
    asked = learn.draw(Quiz(), BANK, seed=1, seen=times)
    assert {question.id for question in asked} == set(IDS[:10])


@pytest.mark.parametrize(
    "quiz", [Quiz(source="topic", of="no-such-topic"), Quiz(source="missed"), Quiz(source="one", of="a/b")]
)
def test_nothing_to_ask_is_said(quiz: Quiz) -> None:
    with pytest.raises(NothingToAsk):
        draw(quiz)


@given(st.dates(date(2026, 1, 1), date(2036, 1, 1)))
def test_the_question_of_the_day_is_short_and_for_beginners(day: date) -> None:
    question = learn.question_of_the_day(BANK, day)
    assert question is not None
    assert question == learn.question_of_the_day(BANK, day)
    assert question.level == "beginner"
    assert len(question.code.splitlines()) <= 12


def test_the_question_of_the_day_changes() -> None:
    month = [learn.question_of_the_day(BANK, date(2026, 11, day)) for day in range(1, 31)]
    assert len({question.id for question in month if question}) >= 5


def test_an_empty_bank_has_no_question_of_the_day() -> None:
    empty = Bank(title="", topics=(), concepts={}, misconceptions={})
    assert learn.question_of_the_day(empty, date(2026, 11, 20)) is None
