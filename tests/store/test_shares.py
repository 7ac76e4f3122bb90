"""Links to interviews, what an interview keeps, and what is refused once it is over."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

import pytest

from quizapp import learn
from quizapp.bank import Open, Question
from quizapp.learn import Attempt, NotNow, Plan, Profile
from quizapp.store import Account, Accounts, Missing, Shares, Store
from tests.store.keeping import BANK, NOON, at_once, begin, rows

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LATER = NOON + DAY
IDS = (f"step {number}" for number in count())


@pytest.fixture
def shares(store: Store) -> Shares:
    return Shares(store.database, store)


def interview(
    store: Store, attempt_id: str = "i", learner: str = "ann", at: datetime = NOON
) -> tuple[Attempt, list[Question]]:
    store.add_learner(learner, f"token of {learner}", NOON)
    plan = Plan("mid", 15)
    picks = learn.script(plan, BANK, Profile(), seed=3)
    attempt = learn.start(plan.quiz, picks, attempt_id=attempt_id, learner=learner, seed=3, now=at)
    asked = [pick.question for pick in picks]
    store.add_attempt(attempt, asked)
    return attempt, asked


def rate(attempt: Attempt, question: Question, words: str = "", minute: int = 5) -> learn.Step:
    assert isinstance(question, Open)
    given = (words, *("good" for _ in question.rubric))
    now = NOON + minute * MINUTE
    return learn.answer(attempt, 1, question, given, sure=True, step_id=next(IDS), now=now)


def end(store: Store, attempt: Attempt, asked: list[Question], at: datetime = NOON + 20 * MINUTE) -> None:
    store.finish(attempt.id, attempt.learner, lambda current: learn.finish(current, asked, now=at))


# -- links


def test_a_link_opens_its_attempt_and_no_other(store: Store, shares: Shares) -> None:
    interview(store)
    interview(store, "other", "bob")
    shares.add("hash", "i", now=NOON, expires=LATER)
    assert shares.attempt("hash", NOON) == store.attempt("i", "ann")
    for token_hash in ("", "other", "i", "HASH", "hash "):
        with pytest.raises(Missing):
            shares.attempt(token_hash, NOON)


def test_a_link_expires_to_the_microsecond(store: Store, shares: Shares) -> None:
    interview(store)
    shares.add("hash", "i", now=NOON, expires=LATER)
    last = LATER - timedelta(microseconds=1)
    assert shares.attempt("hash", last).id == "i"
    assert shares.expires("i", last) == LATER
    with pytest.raises(Missing):
        shares.attempt("hash", LATER)
    assert shares.expires("i", LATER) is None


def test_a_new_link_ends_the_old_one(store: Store, shares: Shares) -> None:
    interview(store)
    interview(store, "other", "bob")
    shares.add("of bob", "other", now=NOON, expires=LATER)
    shares.add("old", "i", now=NOON, expires=LATER)
    shares.add("new", "i", now=NOON, expires=LATER + DAY)
    assert shares.attempt("new", NOON).id == "i"
    assert shares.expires("i", NOON) == LATER + DAY
    with pytest.raises(Missing):
        shares.attempt("old", NOON)
    assert shares.attempt("of bob", NOON).id == "other"


def test_of_twenty_links_made_at_once_one_works(store: Store, shares: Shares) -> None:
    interview(store)
    at_once(20, lambda number: shares.add(f"hash {number}", "i", now=NOON, expires=LATER))
    assert len(rows(store)["share"]) == 1


def test_a_link_that_was_taken_back_opens_nothing(store: Store, shares: Shares) -> None:
    interview(store)
    interview(store, "other", "bob")
    shares.add("hash", "i", now=NOON, expires=LATER)
    shares.add("of bob", "other", now=NOON, expires=LATER)
    shares.revoke("i")
    shares.revoke("i")
    with pytest.raises(Missing):
        shares.attempt("hash", NOON)
    assert shares.expires("i", NOON) is None
    assert shares.attempt("of bob", NOON).id == "other"


def test_what_is_not_shared_has_no_link(store: Store, shares: Shares) -> None:
    interview(store)
    assert shares.expires("i", NOON) is None
    assert shares.expires("nothing", NOON) is None


def test_a_link_follows_its_interview_to_an_account(store: Store, shares: Shares) -> None:
    accounts = Accounts(store.database)
    store.add_learner("owner", "token of owner", NOON)
    account = Account("account", "owner", "Ann", "ann", NOON)
    accounts.add(account, "secret", old_token="token of owner", new_token="kept", device="a browser")
    interview(store)
    shares.add("hash", "i", now=NOON, expires=LATER)
    accounts.sign_in(
        account, guest="ann", old_token="token of ann", new_token="new", device="phone", now=NOON
    )
    found = shares.attempt("hash", NOON)
    assert (found.id, found.learner) == ("i", "owner")


def test_erasing_a_learner_erases_the_links_and_no_others(store: Store, shares: Shares) -> None:
    interview(store)
    interview(store, "other", "bob")
    shares.add("hash", "i", now=NOON, expires=LATER)
    shares.add("of bob", "other", now=NOON, expires=LATER)
    Accounts(store.database).erase("ann")
    assert [row[0] for row in rows(store)["share"]] == ["of bob"]
    with pytest.raises(Missing):
        shares.attempt("hash", NOON)
    assert shares.attempt("of bob", NOON).id == "other"


# -- what an interview keeps


def test_all_that_is_said_noted_and_paused_comes_back_in_order(store: Store) -> None:
    attempt, asked = interview(store)
    now = [NOON + number * MINUTE for number in range(10)]
    steps = [
        learn.pause(attempt, 3, stop=True, step_id=next(IDS), now=now[1]),
        learn.pause(attempt, 1, stop=False, step_id=next(IDS), now=now[3]),
        learn.say(attempt, 1, "my words\n\n```\ncode\n```", step_id=next(IDS), now=now[4]),
        rate(attempt, asked[0], "my words"),
        learn.note(attempt, 1, "well said", step_id=next(IDS), now=now[6]),
        learn.note(attempt, 2, "hm", step_id=next(IDS), now=now[7]),
        learn.pause(attempt, 2, stop=True, step_id=next(IDS), now=now[8]),
    ]
    for step in steps:
        assert store.add_step(attempt, step)
    kept = store.attempt("i", "ann")
    assert kept == learn.fold(attempt, steps)
    assert kept.pauses == ((now[1], now[3]), (now[8], None))
    assert kept.slot(1).said == "my words\n\n```\ncode\n```"
    assert (kept.slot(1).note, kept.slot(2).note) == ("well said", "hm")


def test_of_two_ratings_at_once_one_counts(store: Store) -> None:
    attempt, asked = interview(store)
    steps = [rate(attempt, asked[0], f"words {number}") for number in range(10)]
    kept = at_once(10, lambda number: store.add_step(attempt, steps[number]))
    assert kept.count(True) == 1
    assert store.attempt("i", "ann").slot(1).step == steps[kept.index(True)]
    assert len(store.answers_of("ann")) == 1


def test_a_step_that_was_on_its_way_when_the_interview_ended_is_refused(store: Store) -> None:
    attempt, asked = interview(store)
    steps = [
        rate(attempt, asked[0]),
        learn.say(attempt, 1, "late", step_id=next(IDS), now=NOON),
        learn.note(attempt, 1, "late", step_id=next(IDS), now=NOON),
        learn.pause(attempt, 1, stop=True, step_id=next(IDS), now=NOON),
    ]
    end(store, attempt, asked)
    before = rows(store)
    for step in steps:
        with pytest.raises(NotNow):
            store.add_step(attempt, step)
    assert rows(store) == before


def rate_or_end(
    store: Store, which: int, attempt: Attempt, step: learn.Step, asked: list[Question]
) -> bool | Attempt:
    if which == 0:
        return store.add_step(attempt, step)
    end(store, attempt, asked)
    return store.attempt(attempt.id, "ann")


def test_rating_while_the_interview_ends_is_in_the_report_or_refused(store: Store) -> None:
    for number in range(5):
        attempt, asked = interview(store, f"i{number}")
        step = rate(attempt, asked[0])

        kept, told = at_once(2, lambda which, a=attempt, s=step, q=asked: rate_or_end(store, which, a, s, q))
        assert isinstance(told, Attempt)
        assert store.attempt(attempt.id, "ann") == told
        assert (kept is True) == (told.answered == 1)
        assert kept is True or isinstance(kept, NotNow)


# -- lists


def test_attempts_are_listed_by_mode(store: Store) -> None:
    begin(store, "practice")
    begin(store, "exam", mode="exam")
    for number in range(3):
        interview(store, f"interview {number}", at=NOON + number * DAY)
    interview(store, "of bob", "bob")

    def listed(mode: str, most: int = 10) -> list[str]:
        return [each.id for each in store.attempts_of("ann", most=most, mode=mode)]

    assert listed("interview") == ["interview 2", "interview 1", "interview 0"]
    assert listed("interview", most=2) == ["interview 2", "interview 1"]
    assert (listed("practice"), listed("exam"), listed("nothing")) == (["practice"], ["exam"], [])
    assert len(listed("")) == 5


def test_the_mode_comes_before_the_limit(store: Store) -> None:
    interview(store, "old", at=NOON - DAY)
    for number in range(5):
        begin(store, f"practice {number}")
    assert [each.id for each in store.attempts_of("ann", most=1, mode="interview")] == ["old"]


def test_a_list_tells_how_far_an_interview_is(store: Store) -> None:
    attempt, asked = interview(store)
    store.add_step(attempt, learn.say(attempt, 1, "words", step_id=next(IDS), now=NOON))
    store.add_step(attempt, rate(attempt, asked[0]))
    store.add_step(attempt, learn.note(attempt, 1, "noted", step_id=next(IDS), now=NOON + 6 * MINUTE))
    (listed,) = store.attempts_of("ann", most=1, mode="interview")
    assert (listed.places, listed.answered, listed.points, listed.ended) == (len(asked), 1, 0.75, None)
    assert listed.is_open
    end(store, attempt, asked)
    (listed,) = store.attempts_of("ann", most=1, mode="interview")
    assert (listed.ended, listed.is_open) == (NOON + 20 * MINUTE, False)
    assert listed.quiz == attempt.quiz
