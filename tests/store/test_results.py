"""Results read what `settle` wrote, which is nothing but a fold of the steps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from quizapp import learn
from quizapp.learn import Outcome
from quizapp.store import Accounts, Groups, Line, Member, Missing, Results, Sitting, Store
from quizapp.store import tables as t
from quizapp.store.results import state_of
from quizapp.store.store import settle
from tests.classroom import QUESTIONS, give, joined, new_account, new_group
from tests.crowd import crowd
from tests.sat import previewed
from tests.taking import BANK, begin, reply, right, take, tries_by_hand, wrong

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def results(app: Flask) -> Results:
    found: Results = app.extensions["results"]
    return found


def line(*shares: float, counts_from: int = 1, running: int = 0) -> Line:
    sittings = tuple(
        Sitting(
            f"a{number}",
            NOON,
            None if number > len(shares) - running else NOON,
            None,
            Outcome(number, share, 1.0, 1.0, number <= len(shares) - running),
        )
        for number, share in enumerate(shares, start=counts_from)
    )
    return Line(Member("m", "g", "l", "Ann", (), NOON), sittings)


@pytest.mark.parametrize(
    ("counts", "attempt", "share"),
    [("best", "a2", 0.75), ("first", "a1", 0.5), ("last", "a3", 0.25), ("mean", "a3", 0.5)],
)
def test_the_attempt_that_counts_follows_the_rule(counts: learn.Counts, attempt: str, share: float) -> None:
    found = line(0.5, 0.75, 0.25)
    sitting = found.counting(counts)
    assert sitting is not None
    assert sitting.attempt == attempt
    assert found.share(counts) == share


def test_an_attempt_that_runs_counts_only_without_others() -> None:
    assert (line(0.5, 1.0, running=1).counting("best") or line().sittings[0]).attempt == "a1"
    assert (line(1.0, running=1).counting("best") or line().sittings[0]).attempt == "a1"
    assert line().counting("best") is None
    assert line().share("best") is None


@pytest.mark.parametrize(
    ("score", "sure", "is_answered", "is_late", "state"),
    [
        (1.0, True, True, False, "right"),
        (1.0, False, True, False, "right"),
        (0.0, True, True, False, "wrong"),
        (0.0, False, True, False, "unsure"),
        (0.5, True, True, True, "partly"),
        (None, True, True, False, "waits"),
        (None, True, False, True, "late"),
        (None, True, False, False, "empty"),
    ],
)
def test_a_cell_has_one_state(
    score: float | None, sure: bool, is_answered: bool, is_late: bool, state: str
) -> None:
    assert state_of(score, sure=sure, is_answered=is_answered, is_late=is_late) == state


def test_a_crowd_is_what_settling_would_write(app: Flask) -> None:
    store: Store = app.extensions["store"]
    made = crowd(store, BANK, learners=6, questions=8, running=1)

    def derived() -> list[object]:
        with store.database.reading() as db:
            slots = db.execute(t.slot.select().order_by(t.slot.c.attempt, t.slot.c.place)).all()
            attempts = db.execute(t.attempt.select().order_by(t.attempt.c.id)).all()
        return [*map(tuple, slots), *map(tuple, attempts)]

    before = derived()
    for attempt in made.attempts:
        store.database.write(lambda db, which=attempt: settle(db, which))
    assert derived() == before


def test_first_tries_are_those_of_attempts_folded_one_by_one(app: Flask, results: Results) -> None:
    made = crowd(app.extensions["store"], BANK, learners=9, questions=7, running=2)
    board = results.board(made.assignment)
    assert len(board.lines) == 9
    for column in board.columns:
        expected = sorted(tries_by_hand(app, made.assignment, column.question), key=lambda each: each.learner)
        found = sorted(
            (each for each, _ in results.tries(board, column.question)), key=lambda each: each.learner
        )
        assert [replace(each, rest=0.0, sure=True) for each in found] == [
            replace(each, rest=0.0, sure=True) for each in expected
        ]
        assert [each.rest for each in found] == pytest.approx([each.rest for each in expected])
        assert column.answers == len(expected)
        assert column.facility == pytest.approx(sum(each.score for each in expected) / len(expected))


def test_only_first_attempts_of_members_count_for_a_question(app: Flask, results: Results) -> None:
    owner, _ = new_account(app.extensions["store"], "Mona", "trainer")
    group = new_group(app, owner)
    given = give(app, group)
    (_, ann), (_, ben) = joined(app, group, "Ann"), joined(app, group, "Ben")
    answers = [wrong(each) for each in QUESTIONS]
    take(app, given, ann, answers)
    take(app, given, ann, [right(each) for each in QUESTIONS])
    take(app, given, ben, [right(each) for each in QUESTIONS])
    columns = {each.question: each for each in results.board(given).columns}
    assert columns[QUESTIONS[0]].answers == 2
    assert columns[QUESTIONS[0]].facility == 0.5
    first, _ = results.board(given).lines
    assert first.share("best") == 1.0
    groups: Groups = app.extensions["groups"]
    groups.remove_member(ann.id, owner)
    board = results.board(given)
    assert [line.member.name for line in board.lines] == ["Ben"]
    assert {each.facility for each in board.columns} == {1.0}


def test_a_preview_counts_nowhere(app: Flask, results: Results) -> None:
    owner, _ = new_account(app.extensions["store"], "Mona", "trainer")
    given = give(app, new_group(app, owner))
    previewed(app, given)
    with pytest.raises(Missing):
        results.newest(owner)
    assert results.board(given).columns == ()


def test_the_version_changes_with_answers_marks_and_names(app: Flask, results: Results) -> None:
    owner, _ = new_account(app.extensions["store"], "Mona", "trainer")
    group = new_group(app, owner)
    given = give(app, group)
    seen = {results.version(given)}
    _, ann = joined(app, group, "Ann")
    seen.add(results.version(given))
    attempt = begin(app, given, ann)
    seen.add(results.version(given))
    reply(app, attempt, 1, right(QUESTIONS[0]))
    seen.add(results.version(given))
    groups: Groups = app.extensions["groups"]
    groups.change_member(ann.id, owner, name="Bea", labels=())
    seen.add(results.version(given))
    assert len(seen) == 5
    assert results.version(given) in seen


def test_a_guest_who_signs_in_is_known_by_the_account_at_once(app: Flask, results: Results) -> None:
    owner, _ = new_account(app.extensions["store"], "Mona", "trainer")
    group = new_group(app, owner)
    given = give(app, group)
    _, guest = joined(app, group, "Ann")
    begin(app, given, guest)
    assert [each.member.learner for each in results.board(given).lines] == [guest.learner]
    kept, _ = new_account(app.extensions["store"], "Ann")
    accounts: Accounts = app.extensions["accounts"]
    account = accounts.of_learner(kept)
    assert account
    accounts.sign_in(account, guest=guest.learner, old_token="", new_token="new", device="", now=NOON)
    (line,) = results.board(given).lines
    assert (line.member.learner, len(line.sittings)) == (kept, 1)


def test_what_is_remembered_is_never_old(app: Flask, results: Results) -> None:
    owner, _ = new_account(app.extensions["store"], "Mona", "trainer")
    group = new_group(app, owner)
    given = give(app, group)
    _, ann = joined(app, group, "Ann")
    attempt = begin(app, given, ann)
    for place, question_id in enumerate(QUESTIONS, start=1):
        reply(app, attempt, place, right(question_id))
        board = results.board(given)
        results.forget()
        assert board == results.board(given)
        assert sum(each.answers for each in board.columns) == place
    assert board.lines[0].is_finished
    assert board.lines[0].active is not None
    assert board.lines[0].active - attempt.started < timedelta(minutes=5)
