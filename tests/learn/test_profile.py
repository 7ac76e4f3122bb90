from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quizapp.bank import Question
from quizapp.learn import Answered, Idea, Profile, Tally, fold_answers
from tests.learn.logs import BANK, DAY, NOON, QUESTIONS, folded, logs, offers, said

ONE, OTHER = QUESTIONS[0], QUESTIONS[1]
HOUR = timedelta(hours=1)
BELIEF = "a-belief"


def mastered(profile: Profile, question: Question = ONE) -> int:
    """How many answers to the question's topic count for mastery."""
    return profile.topics[question.topic].answers


def believed(doings: str) -> Idea:
    """An idea after questions that offer it: + chose it, - chose otherwise, 0 said nothing."""
    answers, known = [], {}
    for number, doing in enumerate(doings):
        question, picks_it = offers(BELIEF, number)
        given = {"+": picks_it, "-": question.model(), "0": (), "?": ("c",)}[doing]
        known[question.id] = question
        answers.append(said(question, NOON + number * DAY, given))
    profile = fold_answers(Profile(), answers, lambda answered: known[answered.question])
    return profile.ideas.get(BELIEF, Idea(0, 0, 0, None))


@settings(deadline=None)
@given(logs(), st.lists(st.integers(0, 40)))
def test_folding_in_parts_is_folding_at_once(log: list[Answered], cuts: list[int]) -> None:
    profile, edges = Profile(), [0, *sorted(cuts), len(log)]
    for begin, end in pairwise(edges):
        profile = folded(log[begin:end], profile)
    assert repr(profile) == repr(folded(log))


@settings(deadline=None)
@given(logs(), logs())
def test_folding_changes_no_profile_that_was_made_before(early: list[Answered], late: list[Answered]) -> None:
    before = folded(early)
    was = repr(before)
    folded(late, before)
    assert repr(before) == was


@settings(deadline=None)
@given(logs())
def test_each_question_keeps_its_last_answer(log: list[Answered]) -> None:
    profile = folded(log)
    last = {answered.question: answered for answered in log}
    assert set(profile.cards) == set(last)
    for question, answered in last.items():
        card = profile.cards[question]
        assert (card.score, card.attempt, card.place) == (answered.score, "a", 1)
        assert card.seen == sum(each.question == question for each in log)
        assert profile.seen[question] == card.memory.last == answered.at
    assert profile.missed == {question for question, answered in last.items() if answered.score < 1}


@settings(deadline=None)
@given(logs())
def test_sums_count_every_answer_once(log: list[Answered]) -> None:
    profile, right = folded(log), sum(answered.score == 1 for answered in log)
    assert profile.total == Tally(len(log), right)
    assert sum(week.answers for week in profile.weeks.values()) == len(log)
    assert sum(week.right for week in profile.weeks.values()) == right
    assert (profile.last_at, profile.last_id) == ((log[-1].at, log[-1].id) if log else (None, ""))


@settings(deadline=None)
@given(logs())
def test_topics_and_concepts_count_the_same_answers(log: list[Answered]) -> None:
    profile = folded(log)
    counted = sum(mastery.answers for mastery in profile.topics.values())
    assert counted == sum(mastery.answers for mastery in profile.concepts.values()) <= len(log)
    assert set(profile.topics) == {answered.question.rpartition("/")[0] for answered in log}
    assert set(profile.concepts) == {BANK[answered.question].concepts[0] for answered in log}


@pytest.mark.parametrize(("later", "counts"), [(timedelta(0), 1), (12 * HOUR - HOUR / 60, 1), (12 * HOUR, 2)])
def test_within_twelve_hours_the_same_question_tells_nothing_of_mastery(
    later: timedelta, counts: int
) -> None:
    profile = folded([said(ONE, NOON, ()), said(ONE, NOON + later)])
    assert mastered(profile) == profile.concepts[ONE.concepts[0]].answers == counts
    assert profile.total.answers == profile.cards[ONE.id].seen == 2


def test_another_question_within_twelve_hours_tells() -> None:
    assert OTHER.topic == ONE.topic
    assert mastered(folded([said(ONE, NOON), said(OTHER, NOON)])) == 2


def test_mastery_takes_in_the_scores_in_their_order() -> None:
    better = folded([said(ONE, NOON, ()), said(ONE, NOON + DAY)])
    worse = folded([said(ONE, NOON), said(ONE, NOON + DAY, ())])
    assert better.topics[ONE.topic].estimate > 0.5 > worse.topics[ONE.topic].estimate


@pytest.mark.parametrize(
    ("doings", "is_held"),
    [
        ("", False),
        ("+", True),
        ("-+", True),
        ("+-", True),
        ("+--", False),
        ("+0", True),
        ("+-0", True),
        ("+??", False),
        ("+--+", True),
        ("+--+-", True),
        ("++++--", False),
        ("----", False),
    ],
)
def test_an_idea_is_held_from_the_first_choice_until_two_chances_went_by(doings: str, is_held: bool) -> None:
    assert believed(doings).is_held is is_held


@settings(deadline=None)
@given(st.text("+-?0", max_size=12))
def test_the_evidence_for_an_idea_is_what_was_chosen_of_what_could_be(doings: str) -> None:
    idea, told = believed(doings), doings.replace("0", "")
    assert (idea.chosen, idea.chances) == (told.count("+"), len(told))
    assert idea.clear == len(told) - 1 - told.rfind("+")
    last = doings.rfind("+")
    assert idea.last == (NOON + last * DAY if last >= 0 else None)


@pytest.mark.parametrize(
    ("at", "monday"),
    [
        (datetime(2026, 11, 16, tzinfo=UTC), "2026-11-16"),
        (datetime(2026, 11, 22, 23, 59, 59, 999_999, tzinfo=UTC), "2026-11-16"),
        (datetime(2026, 11, 23, tzinfo=UTC), "2026-11-23"),
        (datetime(2027, 1, 1, tzinfo=UTC), "2026-12-28"),
    ],
)
def test_a_week_runs_from_monday_to_sunday(at: datetime, monday: str) -> None:
    assert dict(folded([said(ONE, at)]).weeks) == {monday: Tally(1, 1)}


def test_certainty_is_counted_apart_for_who_was_sure_and_who_was_not() -> None:
    wrong = next(key for key in ONE.shuffled(Random(1)) if ONE.grade((key,)).score < 1)
    log = [
        said(ONE, NOON, sure=True),
        said(ONE, NOON, (wrong,), sure=True),
        said(ONE, NOON, (wrong,), sure=False),
        said(ONE, NOON, (wrong,), sure=False),
        said(ONE, NOON, sure=False),
    ]
    assert (folded(log).certain, folded(log).doubtful) == (Tally(2, 1), Tally(3, 1))


@pytest.mark.parametrize("sure", [True, False])
def test_a_blank_answer_is_missed_and_says_nothing_of_certainty_or_ideas(sure: bool) -> None:
    question, _ = offers(BELIEF, 1)
    profile = fold_answers(Profile(), [said(question, NOON, (), sure=sure)], lambda _: question)
    assert (profile.certain, profile.doubtful, dict(profile.ideas)) == (Tally(), Tally(), {})
    assert profile.total == Tally(1, 0)
    assert profile.missed == {question.id}


def test_answers_to_what_was_due_are_counted_for_the_day() -> None:
    first = [said(ONE, NOON), said(OTHER, NOON)]
    due = NOON + 30 * DAY
    assert folded(first).reviewed == 0
    both = folded([*first, said(ONE, due), said(OTHER, due + HOUR), said(ONE, due + 2 * HOUR)])
    assert (both.reviewed_on, both.reviewed) == (due.date().isoformat(), 2)
    next_day = folded([said(ONE, due + 90 * DAY)], both)
    assert (next_day.reviewed_on, next_day.reviewed) == ((due + 90 * DAY).date().isoformat(), 1)


def test_hints_and_doubts_bring_a_question_back_sooner() -> None:
    plain, doubted = folded([said(ONE)]), folded([said(ONE, sure=False)])
    hinted = folded([replace(said(ONE), hints=1)])
    assert hinted.cards == doubted.cards
    assert hinted.cards[ONE.id].memory.due < plain.cards[ONE.id].memory.due
