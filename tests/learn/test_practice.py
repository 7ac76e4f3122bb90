from collections.abc import Iterable
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quizapp import learn
from quizapp.bank import Question
from quizapp.learn import DAILY, Answered, Mastery, Pick, Profile
from tests.learn.logs import BANK, DAY, NOON, QUESTIONS, folded, logs, said

IDS = [question.id for question in QUESTIONS]
NEW = ("weak", "new")

seeds = st.integers(0, 2**64 - 1)
waits = st.integers(0, 400)


def telling(
    profile: Profile,
    days: int = 0,
    *,
    seed: int = 1,
    count: int = len(QUESTIONS),
    of: Iterable[Question] = QUESTIONS,
) -> tuple[Pick, ...]:
    return learn.most_telling(of, profile, now=NOON + days * DAY, seed=seed, count=count)


def all_answered(days: int = 0) -> list[Answered]:
    """Every question answered right once, one a second."""
    return [
        said(question, NOON + days * DAY + timedelta(seconds=number))
        for number, question in enumerate(QUESTIONS)
    ]


@settings(deadline=None)
@given(logs(), waits)
def test_what_is_due_is_most_forgotten_first_and_nothing_else(log: list[Answered], days: int) -> None:
    profile = folded(log)
    now = NOON + days * DAY
    found = learn.due(profile, IDS, now)
    cards = profile.cards
    waiting = {question for question, card in cards.items() if card.memory.due <= now}
    chances = [learn.recall(cards[question].memory, now) for question in found.now]
    assert chances == sorted(chances)
    assert set(found.now) <= waiting
    assert len(found.now) + found.later == len(waiting)
    assert (found.next_at is None) == (len(waiting) == len(cards))


def test_a_question_that_is_gone_from_the_bank_is_never_due() -> None:
    profile = folded(all_answered())
    found = learn.due(profile, IDS[:3], NOON + 50 * DAY)
    assert sorted(found.now) == sorted(IDS[:3])


def test_what_is_overdue_is_spread_over_days_the_most_forgotten_first() -> None:
    profile, day, asked = folded(all_answered()), 40, []
    while (found := learn.due(profile, IDS, NOON + day * DAY)).now:
        assert len(found.now) == min(DAILY, len(IDS) - len(asked))
        assert found.later == len(IDS) - len(asked) - len(found.now)
        answers = [
            said(BANK[question], NOON + day * DAY + timedelta(minutes=number))
            for number, question in enumerate(found.now)
        ]
        profile = folded(answers, profile)
        asked += found.now
        assert learn.due(profile, IDS, NOON + day * DAY + timedelta(hours=3)).now == ()
        day += 1
    assert sorted(asked) == sorted(IDS)
    assert day == 40 - (-len(IDS) // DAILY)


def test_what_was_answered_of_it_today_is_taken_off_the_daily_number() -> None:
    profile, now = folded(all_answered()), NOON + 40 * DAY
    first = learn.due(profile, IDS, now).now[:8]
    answers = [said(BANK[question], now, ()) for question in first]
    after = folded(answers, profile)
    assert len(learn.due(after, IDS, now).now) == DAILY - 8
    assert len(learn.due(after, IDS, now + DAY).now) == DAILY


@pytest.mark.parametrize(("questions", "minutes"), [(0, 1), (1, 1), (6, 3), (20, 10)])
def test_the_time_it_takes_is_told_in_minutes(questions: int, minutes: int) -> None:
    profile = folded(all_answered()[:questions])
    assert learn.due(profile, IDS, NOON + 40 * DAY).minutes == minutes


@settings(deadline=None)
@given(logs(), waits, seeds, st.integers(0, 400))
def test_the_same_arguments_pick_the_same(log: list[Answered], days: int, seed: int, count: int) -> None:
    profile = folded(log)
    picks = telling(profile, days, seed=seed, count=count)
    assert picks == telling(folded(log), days, seed=seed, count=count)
    assert picks == telling(profile, days, seed=seed)[:count]
    assert len({pick.question.id for pick in picks}) == len(picks) == min(count, len(QUESTIONS))


@settings(deadline=None)
@given(logs(), waits, seeds)
def test_due_comes_first_then_unseen_then_what_is_not_due_yet(
    log: list[Answered], days: int, seed: int
) -> None:
    profile, now = folded(log), NOON + days * DAY
    picks = telling(profile, days, seed=seed)
    due = learn.due(profile, IDS, now).now
    assert tuple(pick.question.id for pick in picks if pick.reason == "due") == due
    groups = {"due": 0, "weak": 1, "new": 1, "seen": 2}
    order = [groups[pick.reason] for pick in picks]
    assert order == sorted(order)
    seen = {pick.question.id for pick in picks if pick.reason in ("due", "seen")}
    assert seen == set(profile.cards)


@settings(deadline=None)
@given(logs(), seeds)
def test_a_reason_is_true(log: list[Answered], seed: int) -> None:
    profile = folded(log)
    for pick in telling(profile, seed=seed):
        known = pick.question.concepts[0] in profile.concepts
        assert pick.reason not in ("weak", "new") or (pick.reason == "weak") == known
        assert (pick.question.id in profile.cards) == (pick.reason in ("due", "seen"))


@settings(deadline=None)
@given(logs(), seeds)
def test_no_concept_gives_a_second_question_before_the_others_gave_one(
    log: list[Answered], seed: int
) -> None:
    profile = folded(log)
    unseen = [pick.question.concepts[0] for pick in telling(profile, seed=seed) if pick.reason in NEW]
    turns = [unseen[: place + 1].count(concept) for place, concept in enumerate(unseen)]
    assert turns == sorted(turns)


@settings(deadline=None)
@given(logs(), seeds)
def test_in_each_turn_the_concept_that_can_be_relied_on_least_comes_first(
    log: list[Answered], seed: int
) -> None:
    profile = folded(log)
    unseen = [pick.question.concepts[0] for pick in telling(profile, seed=seed) if pick.reason in NEW]
    first = list(dict.fromkeys(unseen))
    lows = [profile.concepts.get(concept, Mastery()).low for concept in first]
    assert lows == sorted(lows)


def test_a_concept_with_wrong_answers_comes_before_a_new_one_and_that_before_a_known_one() -> None:
    by_concept: dict[str, list[Question]] = {}
    for question in QUESTIONS:
        by_concept.setdefault(question.concepts[0], []).append(question)
    known, new, weak = [concept for concept, found in by_concept.items() if len(found) > 1][:3]
    profile = folded([said(by_concept[weak][0], NOON, ()), said(by_concept[known][0], NOON)])
    picks = telling(profile, of=[*by_concept[known], *by_concept[new], *by_concept[weak]], count=3)
    assert [pick.question.concepts[0] for pick in picks] == [weak, new, known]
    assert [pick.reason for pick in picks] == ["weak", "new", "weak"]


def test_another_seed_picks_others_among_equals() -> None:
    drawn = [telling(Profile(), seed=seed, count=10) for seed in range(20)]
    assert len({tuple(pick.question.id for pick in picks) for picks in drawn}) > 10


def test_unseen_questions_of_a_concept_go_from_easy_to_hard() -> None:
    levels: dict[str, list[int]] = {}
    for pick in telling(Profile()):
        place = ["beginner", "intermediate", "advanced"].index(pick.question.level)
        levels.setdefault(pick.question.concepts[0], []).append(place)
    assert all(order == sorted(order) for order in levels.values())
