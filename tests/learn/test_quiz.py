from datetime import date, timedelta
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quizapp import learn
from quizapp.bank import Bank, Question, load
from quizapp.learn import DAILY, Answered, NothingToAsk, Pick, Profile, Quiz, Source
from tests.learn.logs import BANK, DAY, NOON, QUESTIONS, folded, logs, said

IDS = [question.id for question in QUESTIONS]

seeds = st.integers(0, 2**64 - 1)
seen_sets = st.sets(st.sampled_from(IDS))
sources = st.sampled_from(get_args(Source))
waits = st.integers(0, 400)


def knowing(seen: set[str], *, missed: bool = False) -> Profile:
    """The profile of who has answered these questions at the same time."""
    return folded([said(BANK[each], NOON, () if missed else None) for each in sorted(seen)])


def draw(
    quiz: Quiz, seed: int = 1, profile: Profile | None = None, first: Question | None = None, days: int = 0
) -> tuple[str, ...]:
    now = NOON + days * DAY
    drawn = learn.draw(quiz, BANK, seed=seed, profile=profile or Profile(), now=now, first=first)
    return tuple(pick.question.id for pick in drawn)


def quiz_from(source: Source) -> Quiz:
    """A quiz of that source, about something in the bank."""
    of: dict[str, str] = {"topic": BANK.topics[0].id, "idea": sorted(BANK.misconceptions)[0], "one": IDS[0]}
    return Quiz(source=source, of=of.get(source, ""))


@settings(deadline=None)
@given(seeds)
def test_the_same_seed_draws_the_same_questions(seed: int) -> None:
    assert draw(Quiz(), seed) == draw(Quiz(), seed)


@settings(deadline=None)
@given(seeds, seen_sets)
def test_a_set_asks_nothing_twice_and_unseen_questions_come_first(seed: int, seen: set[str]) -> None:
    asked = draw(Quiz(), seed, knowing(seen))
    assert len(asked) == len(set(asked)) == 10
    unseen = set(IDS) - seen
    assert len(unseen & set(asked)) == min(10, len(unseen))


def test_interview_questions_are_in_no_quiz() -> None:
    samples = load(Path(__file__).parent.parent / "bank" / "samples")
    rated = [question for question in samples if question.rated]
    assert rated
    assert not any(Quiz(source="one", of=question.id).admits(question) for question in rated)
    drawn = learn.draw(Quiz(count=100), samples, seed=1, profile=Profile(), now=NOON)
    assert len(drawn) == len(samples) - len(rated)
    assert "open" not in {topic.topic for topic in learn.by_topic(samples, Profile())}


@settings(deadline=None)
@given(seeds)
def test_a_set_goes_from_easy_to_hard(seed: int) -> None:
    levels = [BANK[question].level for question in draw(Quiz(), seed)]
    assert levels == sorted(levels, key=["beginner", "intermediate", "advanced"].index)


@settings(deadline=None)
@given(seeds, st.sampled_from([topic.id for topic in BANK.topics]))
def test_a_topic_set_stays_in_its_topic(seed: int, topic: str) -> None:
    assert {BANK[question].topic for question in draw(Quiz(source="topic", of=topic), seed)} == {topic}


@settings(deadline=None)
@given(seeds, st.sampled_from(IDS))
def test_what_is_asked_first_is_asked_once(seed: int, first: str) -> None:
    asked = draw(Quiz(), seed, first=BANK[first])
    assert asked[0] == first
    assert asked.count(first) == 1
    assert len(asked) == 10


@settings(deadline=None)
@given(seeds, st.sets(st.sampled_from(IDS), min_size=1))
def test_answering_again_asks_what_was_missed(seed: int, missed: set[str]) -> None:
    known = [said(BANK[each], NOON) for each in IDS if each not in missed]
    profile = folded([*known, *(said(BANK[each], NOON, ()) for each in sorted(missed))])
    asked = draw(Quiz(source="missed"), seed, profile)
    assert set(asked) <= missed
    assert len(asked) == min(10, len(missed))


def test_among_seen_questions_the_longest_unseen_come_first() -> None:
    log = [said(question, NOON + timedelta(minutes=number)) for number, question in enumerate(QUESTIONS)]
    assert set(draw(Quiz(), 1, folded(log))) == set(IDS[:10])


@pytest.mark.parametrize(
    "quiz",
    [
        Quiz(source="topic", of="no-such-topic"),
        Quiz(source="missed"),
        Quiz(source="due"),
        Quiz(source="idea", of="no-such-idea"),
        Quiz(source="one", of="a/b"),
    ],
)
def test_nothing_to_ask_is_said(quiz: Quiz) -> None:
    with pytest.raises(NothingToAsk):
        draw(quiz)


@settings(deadline=None)
@given(sources, logs(), waits, seeds)
def test_every_source_asks_only_what_it_admits_each_once_and_the_same_again(
    source: Source, log: list[Answered], days: int, seed: int
) -> None:
    quiz, profile = quiz_from(source), folded(log)
    try:
        asked = draw(quiz, seed, profile, days=days)
    except NothingToAsk:
        assert source in ("due", "missed")
        return
    assert all(quiz.admits(BANK[question]) for question in asked)
    assert 1 <= len(asked) == len(set(asked)) <= quiz.count
    assert asked == draw(quiz, seed, profile, days=days)


@settings(deadline=None)
@given(sources, logs(), waits, seeds)
def test_the_set_that_begins_with_the_question_it_opened_with_has_as_many_questions(
    source: Source, log: list[Answered], days: int, seed: int
) -> None:
    quiz, profile = quiz_from(source), folded(log)
    try:
        opened = draw(quiz, seed, profile, days=days)
    except NothingToAsk:
        return
    begun = draw(quiz, seed, profile, BANK[opened[0]], days)
    assert (begun[0], len(begun)) == (opened[0], len(opened))
    if source in ("due", "matters"):
        assert begun == opened


@settings(deadline=None)
@given(logs(), waits)
def test_a_review_asks_what_is_due_and_nothing_else(log: list[Answered], days: int) -> None:
    profile = folded(log)
    due = learn.due(profile, IDS, NOON + days * DAY).now
    if due:
        assert draw(Quiz(source="due"), 1, profile, days=days) == due[:10]
    else:
        with pytest.raises(NothingToAsk):
            draw(Quiz(source="due"), 1, profile, days=days)


def test_a_review_asks_no_more_than_the_day_has_room_for() -> None:
    profile, now = knowing(set(IDS)), NOON + 40 * DAY
    done = [said(BANK[each], now) for each in learn.due(profile, IDS, now).now[: DAILY - 3]]
    profile = folded(done, profile)
    opened = draw(Quiz(source="due"), 1, profile, days=40)
    assert len(opened) == 3
    assert draw(Quiz(source="due"), 1, profile, BANK[opened[0]], 40) == opened


def test_a_review_that_was_opened_before_midnight_begins_with_what_it_showed() -> None:
    known = knowing(set(IDS[:3]))
    assert draw(Quiz(source="due"), 1, known, BANK[IDS[5]], 40)[0] == IDS[5]


@settings(deadline=None)
@given(logs(), waits, seeds)
def test_what_matters_is_what_tells_most(log: list[Answered], days: int, seed: int) -> None:
    profile = folded(log)
    now = NOON + days * DAY
    picks = learn.draw(Quiz(source="matters"), BANK, seed=seed, profile=profile, now=now)
    assert picks == learn.most_telling(QUESTIONS, profile, now=now, seed=seed, count=10)
    assert all(pick.reason for pick in picks)


@settings(deadline=None)
@given(seeds, st.sampled_from(sorted(BANK.misconceptions)))
def test_an_idea_is_separated_by_questions_that_offer_it(seed: int, idea: str) -> None:
    offered = {question.id for question in BANK.by_misconception.get(idea, ())}
    asked = draw(Quiz(source="idea", of=idea, count=3), seed) if offered else ()
    assert set(asked) <= offered
    assert len(asked) == min(3, len(offered))


def test_one_question_is_asked_alone() -> None:
    for question in IDS:
        assert draw(Quiz(source="one", of=question)) == (question,)


def test_what_is_drawn_at_random_gives_no_reason() -> None:
    drawn = learn.draw(Quiz(), BANK, seed=1, profile=Profile(), now=NOON)
    assert drawn == tuple(Pick(pick.question) for pick in drawn)


@settings(deadline=None)
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
