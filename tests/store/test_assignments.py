"""Groups, assignments and attempts at them: nothing begins twice, no time is cut short, nobody reaches in."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from quizapp import learn
from quizapp.bank import Question
from quizapp.learn import (
    PRESETS,
    Attempt,
    NotNow,
    NotOpen,
    Override,
    Paper,
    Part,
    Rules,
    Step,
)
from quizapp.store import (
    Account,
    Accounts,
    Assignment,
    Assignments,
    Group,
    Groups,
    Member,
    Missing,
    Profiles,
    Store,
)
from quizapp.store import tables as t
from quizapp.store.store import ANYBODYS, settle
from tests.sat import maker
from tests.store.keeping import BANK, NOON, at_once

MINUTE, HOUR, TICK = timedelta(minutes=1), timedelta(hours=1), timedelta(microseconds=1)
IDS = [question.id for question in BANK if question.topic == "coroutines" and not question.rated][:4]
OPEN = next(question for question in BANK if question.rated)
PAPER = Paper("Coroutines", tuple(Part(question=each) for each in IDS))
EXAM = PRESETS["exam"]


class Classroom:
    """A trainer with a group of two and one assignment."""

    def __init__(self, store: Store, rules: Rules, paper: Paper = PAPER) -> None:
        self.store, self.rules, self.paper = store, rules, paper
        self.groups, self.assignments = Groups(store.database), Assignments(store.database)
        self.ids = map(str, itertools.count())
        for name in ("trainer", "rival", "ann", "ben"):
            store.add_learner(name, f"token of {name}", NOON)
        self.groups.add(Group("g", "trainer", "Kestrel", "GCODE", True, NOON))
        self.ann = self.join("ann", ("slow",))
        self.ben = self.join("ben")
        self.given = Assignment(
            id="a",
            owner="trainer",
            group="g",
            title="Title",
            code="ACODE",
            paper=paper,
            rules=rules,
            made=NOON,
        )
        self.assignments.add(self.given)

    def join(self, learner: str, labels: tuple[str, ...] = ()) -> Member:
        return self.groups.join(Member(f"m-{learner}", "g", learner, learner.title(), labels, NOON))

    def maker(self, learner: str, now: datetime) -> Callable[..., tuple[Attempt, Iterable[Question]]]:
        attempt_id = f"{learner}-{next(self.ids)}"
        return maker(self.given, learner, BANK, now, seed=1, attempt_id=attempt_id, shuffles=False)

    def begin(self, learner: str = "ann", now: datetime = NOON) -> Attempt:
        found = self.assignments.begin("a", learner, now, self.maker(learner, now))
        return self.store.attempt(found, learner)

    def answer(
        self, attempt: Attempt, place: int, *, right: bool = True, at: datetime = NOON
    ) -> tuple[Step, Attempt]:
        asked = BANK[attempt.slot(place).question]
        given = asked.model() if right else ("none of these",)
        given = given if right or not asked.keys() else asked.keys()[:0]
        step = learn.answer(
            attempt, place, asked, given, sure=True, step_id=f"{attempt.id}/{next(self.ids)}", now=at
        )
        self.store.add_step(attempt, step)
        return step, self.store.attempt(attempt.id, attempt.learner)

    def finish(self, attempt: Attempt, at: datetime) -> Attempt:
        asked = [BANK[slot.question] for slot in attempt.slots]
        self.store.finish(attempt.id, attempt.learner, lambda current: learn.finish(current, asked, now=at))
        return self.store.attempt(attempt.id, attempt.learner)

    def derived(self, attempt: Attempt) -> list[Any]:
        """What is written down beside the steps."""
        with self.store.database.reading() as db:
            rows = db.execute(
                sa.select(t.slot.c.score, t.slot.c.grader, t.slot.c.seconds)
                .where(t.slot.c.attempt == attempt.id)
                .order_by(t.slot.c.place)
            ).all()
            points = db.execute(
                sa.select(t.attempt.c.points).where(t.attempt.c.id == attempt.id)
            ).scalar_one()
        return [points, *map(tuple, rows)]


# -- beginning


def test_twenty_who_begin_at_once_begin_one_attempt(store: Store) -> None:
    room = Classroom(store, replace(EXAM, attempts=2))
    begun = at_once(20, lambda _: room.assignments.begin("a", "ann", NOON, room.maker("ann", NOON)))
    assert len(set(begun)) == 1
    assert [each.outcome.number for each in room.assignments.sittings("a", "ann")] == [1]


def test_twenty_attempts_at_the_last_one_allowed_give_one(store: Store) -> None:
    room = Classroom(store, replace(EXAM, attempts=2))
    room.finish(room.begin(), NOON + MINUTE)

    def begin_and_finish(_: int) -> str:
        attempt = room.begin()
        room.finish(attempt, NOON + 2 * MINUTE)
        return attempt.id

    done = at_once(20, begin_and_finish)
    assert len({each for each in done if isinstance(each, str)}) == 1
    assert all(isinstance(each, str | NotOpen) for each in done)
    assert [each.outcome.number for each in room.assignments.sittings("a", "ann")] == [1, 2]


def test_who_is_in_no_group_of_it_can_not_begin(store: Store) -> None:
    room = Classroom(store, EXAM)
    for learner, assignment in (("rival", "a"), ("ann", "none")):
        with pytest.raises(Missing):
            room.assignments.begin(assignment, learner, NOON, room.maker(learner, NOON))
    room.groups.remove_member(room.ann.id, "trainer")
    with pytest.raises(Missing):
        room.begin()


def test_it_begins_from_the_opening_until_the_end(store: Store) -> None:
    room = Classroom(store, replace(EXAM, opens=NOON, closes=NOON + HOUR))
    for at in (NOON - TICK, NOON + HOUR):
        with pytest.raises(NotOpen):
            room.begin(now=at)
    assert room.begin("ben", NOON + HOUR - TICK).terms
    assert room.begin("ann", NOON).terms


def test_overrides_reach_whom_they_are_for(store: Store) -> None:
    room = Classroom(store, replace(EXAM, minutes=20, closes=NOON + HOUR))
    room.assignments.set_override("a", "trainer", "label slow", Override(extra_time=50))
    room.assignments.set_override(
        "a", "trainer", f"member {room.ben.id}", Override(closes=NOON + 3 * HOUR, attempts=2)
    )
    assert room.assignments.by_id("a").ends == NOON + 3 * HOUR
    ann, ben = room.begin("ann").terms, room.begin("ben", NOON + 2 * HOUR).terms
    assert ann
    assert ann.deadline == NOON + 30 * MINUTE
    assert ben
    assert ben.deadline == NOON + 2 * HOUR + 20 * MINUTE
    room.assignments.set_override("a", "trainer", f"member {room.ben.id}", None)
    assert list(room.assignments.overrides("a")) == ["label slow"]
    assert room.assignments.by_id("a").ends == NOON + 2 * HOUR + 20 * MINUTE  # while ben's attempt runs


# -- deadlines


def test_a_deadline_stays_though_the_rules_are_made_stricter(store: Store) -> None:
    room = Classroom(store, replace(EXAM, minutes=30, closes=NOON + HOUR))
    attempt = room.begin()
    stricter = replace(room.rules, minutes=5, closes=NOON + 10 * MINUTE)
    room.assignments.change("a", "trainer", title="Title", paper=PAPER, rules=stricter)
    again = store.attempt(attempt.id, "ann")
    assert again.terms == attempt.terms
    assert room.assignments.by_id("a").ends == NOON + 30 * MINUTE  # nobody else sees the key before


def test_more_time_reaches_an_attempt_that_runs(store: Store) -> None:
    room = Classroom(store, replace(EXAM, minutes=30))
    attempt = room.begin()
    room.assignments.set_override("a", "trainer", f"member {room.ann.id}", Override(extra_time=100))
    terms = store.attempt(attempt.id, "ann").terms
    assert terms
    assert terms.deadline == NOON + HOUR


def test_a_label_that_brings_more_time_brings_it_to_what_runs(store: Store) -> None:
    room = Classroom(store, replace(EXAM, minutes=30))
    room.assignments.set_override("a", "trainer", "label slow", Override(extra_time=100))
    attempt = room.begin("ben")
    room.groups.change_member(room.ben.id, "trainer", name="Ben", labels=("slow",))
    room.assignments.refresh("g")
    terms = store.attempt(attempt.id, "ben").terms
    assert terms
    assert terms.deadline == NOON + HOUR


def test_closing_now_ends_what_was_promised_no_time(store: Store) -> None:
    room = Classroom(store, EXAM)
    attempt = room.begin()
    assert attempt.terms
    assert attempt.terms.deadline is None
    closed = replace(room.rules, closes=NOON + MINUTE)
    room.assignments.change("a", "trainer", title="Title", paper=PAPER, rules=closed)
    assert store.attempt(attempt.id, "ann").is_over(NOON + 2 * MINUTE)


@pytest.mark.parametrize(
    ("after", "kind"), [(timedelta(seconds=10), "save"), (timedelta(seconds=10) + TICK, "late")]
)
def test_the_grace_ends_to_the_microsecond(store: Store, after: timedelta, kind: str) -> None:
    room = Classroom(store, replace(EXAM, minutes=30))
    attempt = room.begin()
    step, attempt = room.answer(attempt, 1, at=NOON + 30 * MINUTE + after)
    assert step.kind == kind
    ended = room.finish(attempt, NOON + HOUR)
    assert ended.finished == NOON + 30 * MINUTE
    assert ended.points == (1 if kind == "save" else 0)
    assert [each.kind for each in ended.slot(1).late] == ([] if kind == "save" else ["late"])


def test_when_the_time_is_up_what_was_filled_in_counts(store: Store) -> None:
    room = Classroom(store, replace(EXAM, minutes=30, order="one-way"))
    attempt = room.begin()
    _, attempt = room.answer(attempt, 1)
    asked = BANK[attempt.slot(2).question]
    draft = learn.autosave(attempt, 2, asked, asked.model(), step_id="draft", now=NOON + MINUTE)
    assert draft.kind == "draft"
    store.add_step(attempt, draft)
    assert [each.id for each in room.assignments.overdue("a", NOON + 30 * MINUTE)] == []
    (over,) = room.assignments.overdue("a", NOON + 31 * MINUTE)
    ended = room.finish(over, NOON + HOUR)
    assert ended.points == 2
    assert ended.finished == NOON + 30 * MINUTE
    assert room.assignments.overdue("a", NOON + HOUR) == ()


def test_one_way_means_that_what_is_answered_stays_answered(store: Store) -> None:
    room = Classroom(store, replace(EXAM, order="one-way"))
    attempt = room.begin()
    _, attempt = room.answer(attempt, 1)
    for place in (1, 3):
        with pytest.raises(NotNow):
            room.answer(attempt, place)
    step, _ = room.answer(attempt, 2)
    assert step.kind == "save"


def test_an_answer_that_came_late_is_kept_even_when_the_attempt_has_been_ended(store: Store) -> None:
    room = Classroom(store, replace(EXAM, minutes=30))
    ended = room.finish(room.begin(), NOON + HOUR)
    step, ended = room.answer(ended, 1, at=NOON + HOUR)
    assert step.kind == "late"
    assert ended.slot(1).late == (step,)
    assert ended.points == 0


def test_who_ended_the_attempt_themselves_can_answer_no_more(store: Store) -> None:
    room = Classroom(store, replace(EXAM, minutes=30))
    ended = room.finish(room.begin(), NOON + MINUTE)
    with pytest.raises(NotNow):
        room.answer(ended, 1, at=NOON + 2 * MINUTE)


# -- held, released, marked


def test_what_may_not_be_told_is_in_nothing_that_tells(store: Store) -> None:
    room = Classroom(store, replace(EXAM, closes=NOON + HOUR))
    _, attempt = room.answer(room.begin(), 1)
    ended = room.finish(attempt, NOON + MINUTE)
    assert [slot.step.kind for slot in ended.slots if slot.step] == ["held"]
    assert ended.points == 1
    assert store.answers_of("ann") == ()
    assert store.history("ann", most=9) == ()
    (listed,) = store.attempts_of("ann", most=9)
    assert listed.points == 0
    assert learn.release(ended, NOON + HOUR) == ()  # an answer of another may be on its way
    later = NOON + HOUR + timedelta(seconds=EXAM.grace)
    for _ in range(2):
        store.release(ended, learn.release(ended, later))
    (told,) = store.answers_of("ann")
    assert (told.score, told.at) == (1, ended.finished)
    again = store.attempt(ended.id, "ann")
    assert again.points == 1
    assert [slot.step.kind for slot in again.slots if slot.step] == ["submit"]


def test_an_open_question_waits_for_its_mark(store: Store) -> None:
    paper = Paper("Open", (Part(question=OPEN.id, weight=4), *PAPER.parts))
    room = Classroom(store, replace(PRESETS["practice"]), paper)
    attempt = room.begin()
    words = learn.answer(attempt, 1, OPEN, ("So.",), sure=True, step_id="words", now=NOON)
    assert (words.kind, words.score) == ("held", None)
    store.add_step(attempt, words)
    attempt = store.attempt(attempt.id, "ann")
    assert attempt.slot(1).score is None
    marked = ("So.", *OPEN.model()[1:])
    mark = Step(
        id="mark",
        place=1,
        kind="mark",
        at=NOON,
        answer=marked,
        score=OPEN.grade(marked).score,
        actor="trainer",
    )
    store.add_step(attempt, mark)
    again = store.attempt(attempt.id, "ann")
    assert (again.slot(1).score, again.points) == (1, 4)
    assert room.derived(again)[:2] == [4, (1, None, 0)]
    assert [step.score for step in learn.release(again, NOON)] == [1]


@pytest.mark.parametrize("behaviour", ["practice", "exam"])
def test_what_is_written_down_beside_the_steps_is_what_they_come_to(store: Store, behaviour: Any) -> None:
    room = Classroom(store, replace(EXAM, behaviour=behaviour, after=learn.ALL, during=learn.ALL))
    attempt = room.begin()
    for place, right in enumerate((True, False, True, False), start=1):
        _, attempt = room.answer(attempt, place, right=right, at=NOON + place * MINUTE)
    if behaviour == "exam":
        attempt = room.finish(attempt, NOON + 9 * MINUTE)
    assert attempt.finished == NOON + (9 if behaviour == "exam" else 4) * MINUTE
    expected = [(slot.score, None, 60) for slot in attempt.slots]
    assert room.derived(attempt) == [attempt.points, *expected]
    assert [slot.score for slot in attempt.slots] == [1, 0, 1, 0]
    (sitting,) = room.assignments.sittings("a", "ann")
    assert (sitting.outcome.share, sitting.finished) == (0.5, attempt.finished)


def test_a_regrade_names_the_revision_that_counts_and_can_be_taken_back(store: Store) -> None:
    room = Classroom(store, PRESETS["practice"])
    _, attempt = room.answer(room.begin(), 1, right=False)
    for number, (revision, score) in enumerate([("mended", 1.0), (attempt.slot(1).revision, 0.0)]):
        step = Step(
            id=f"r{number}",
            place=1,
            kind="regrade",
            at=NOON + number * MINUTE,
            answer=(revision, "why"),
            score=score,
            actor="trainer",
        )
        store.add_step(attempt, step)
        again = store.attempt(attempt.id, "ann")
        grader = None if revision == attempt.slot(1).revision else revision
        assert room.derived(again)[:2] == [score, (score, grader, 0)]
        (answered,) = store.answers_of("ann")
        assert (answered.score, answered.revision) == (score, revision)


def test_writing_down_again_changes_nothing(store: Store) -> None:
    room = Classroom(store, PRESETS["practice"])
    _, attempt = room.answer(room.begin(), 1)
    before = room.derived(attempt)
    store.database.write(lambda db: settle(db, attempt.id))
    assert room.derived(attempt) == before


def test_a_preview_counts_nowhere(store: Store) -> None:
    room = Classroom(store, replace(PRESETS["practice"], attempts=1))
    for _ in range(2):
        found = room.assignments.preview("a", "trainer", room.maker("trainer", NOON))
        step, attempt = room.answer(store.attempt(found, "trainer"), 1)
        assert step.kind == "held"
        assert learn.release(attempt, NOON) == ()
    assert room.assignments.sittings("a", "trainer") == ()
    assert store.answers_of("trainer") == ()
    with pytest.raises(Missing):
        room.assignments.preview("a", "rival", room.maker("rival", NOON))


# -- whose


def test_nothing_of_a_trainer_is_there_for_another(store: Store) -> None:
    room = Classroom(store, EXAM)
    attempt = room.begin()
    groups, assignments = room.groups, room.assignments
    forbidden: list[Callable[[], object]] = [
        lambda: groups.group("g", "rival"),
        lambda: groups.change("g", "rival", name="x", joinable=False),
        lambda: groups.renew_code("g", "rival", "x"),
        lambda: groups.change_member(room.ann.id, "rival", name="x", labels=()),
        lambda: groups.remove_member(room.ann.id, "rival"),
        lambda: assignments.assignment("a", "rival"),
        lambda: assignments.change("a", "rival", title="x", paper=PAPER, rules=EXAM),
        lambda: assignments.set_override("a", "rival", "label x", Override()),
        lambda: assignments.attempt(attempt.id, "rival"),
        lambda: assignments.remove_paper("none", "rival"),
        lambda: store.attempt(attempt.id, "rival"),
    ]
    for act in forbidden:
        with pytest.raises(Missing):
            act()
    assert (groups.of_owner("rival"), assignments.of_owner("rival", most=9)) == ((), ())
    assert [group.name for group in groups.of_owner("trainer")] == ["Kestrel"]
    assert assignments.assignment("a", "trainer").title == "Title"
    assert assignments.attempt(attempt.id, "trainer").learner == "ann"
    assert [each.assignment.id for each in assignments.assigned("ann", most=9)] == ["a"]
    assert assignments.assigned("rival", most=9) == ()


def test_joining_twice_keeps_the_first_name(store: Store) -> None:
    room = Classroom(store, EXAM)
    again = room.groups.join(Member("other", "g", "ann", "Somebody", (), NOON))
    assert (again.id, again.name) == (room.ann.id, "Ann")
    assert [member.name for member in room.groups.members("g")] == ["Ann", "Ben"]


def keep(store: Store, learner: str, name: str) -> Account:
    """Keep a guest's answers under a name."""
    account = Account(id=f"account of {name}", learner=learner, name=name, folded=name, made=NOON)
    Accounts(store.database).add(
        account, "secret", old_token=f"token of {learner}", new_token=f"new token of {learner}", device=""
    )
    return account


def sign_in(store: Store, account: Account, guest: str) -> None:
    Accounts(store.database).sign_in(
        account, guest=guest, old_token=f"token of {guest}", new_token=f"next of {guest}", device="", now=NOON
    )


@pytest.mark.parametrize("is_member_twice", [False, True])
def test_a_guests_place_in_a_group_goes_to_the_account(store: Store, is_member_twice: bool) -> None:
    room = Classroom(store, replace(EXAM, attempts=3))
    store.add_learner("laptop", "token of laptop", NOON)
    account = keep(store, "laptop", "annie")
    if is_member_twice:
        room.join("laptop")
        room.finish(room.begin("laptop"), NOON + MINUTE)
    attempt = room.begin("ann")
    sign_in(store, account, "ann")
    numbers = [each.outcome.number for each in room.assignments.sittings("a", "laptop")]
    assert numbers == ([1, 2] if is_member_twice else [1])
    assert store.attempt(attempt.id, "laptop").terms
    assert [member.learner for member in room.groups.members("g")].count("laptop") == 1
    assert room.groups.member("g", "ann") is None


def test_erasing_a_learner_takes_them_out_of_the_group(store: Store) -> None:
    room = Classroom(store, EXAM)
    _, attempt = room.answer(room.begin(), 1)
    Accounts(store.database).erase("ann")
    assert [member.name for member in room.groups.members("g")] == ["Ben"]
    with pytest.raises(Missing):
        store.attempt(attempt.id, "ann")


def test_erasing_a_trainer_leaves_learners_their_answers(store: Store) -> None:
    room = Classroom(store, PRESETS["practice"])
    _, attempt = room.answer(room.begin(), 1)
    Accounts(store.database).erase("trainer")
    again = store.attempt(attempt.id, "ann")
    assert (again.terms, again.shows, again.slot(1).score) == (None, None, 1)
    assert room.groups.groups_of("ann") == ()
    with pytest.raises(Missing):
        room.assignments.by_code("ACODE")


def test_any_attempt_reads_the_same_by_whoever_may_read_it(store: Store) -> None:
    room = Classroom(store, EXAM)
    _, attempt = room.answer(room.begin(), 1)
    with store.database.reading() as db:
        rows = db.execute(ANYBODYS, {"attempt_id": attempt.id}).all()
    assert len(rows) == len(IDS)
    assert room.assignments.attempt(attempt.id, "trainer") == attempt


def test_a_mark_that_comes_later_reaches_what_is_derived(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = Paper("Open", (Part(question=OPEN.id),))
    room, profiles = Classroom(store, PRESETS["practice"], paper), Profiles(store.database)
    attempt = room.begin()
    store.add_step(attempt, learn.answer(attempt, 1, OPEN, ("So.",), sure=True, step_id="words", now=NOON))
    for number, levels in enumerate((("weak",) * len(OPEN.rubric), ("strong",) * len(OPEN.rubric))):
        given = ("So.", *levels)
        mark = Step(
            id=f"mark {number}",
            place=1,
            kind="mark",
            at=NOON + number * MINUTE,
            answer=given,
            score=OPEN.grade(given).score,
            actor="trainer",
        )
        store.add_step(attempt, mark)
        attempt = store.attempt(attempt.id, "ann")
        store.release(attempt, learn.release(attempt, NOON))
        monkeypatch.setattr("quizapp.store.profiles.KEEP_EVERY", 1)
        assert profiles.of("ann", BANK).cards[OPEN.id].score == attempt.slot(1).score
    assert attempt.slot(1).score == 1


def test_closing_now_ends_the_time_of_those_who_have_left_too(store: Store) -> None:
    room = Classroom(store, PRESETS["exam"])
    attempt = room.begin()
    assert attempt.terms
    assert attempt.terms.deadline is None
    room.groups.leave("g", "ann")
    later = NOON + HOUR
    room.assignments.change(
        "a", "trainer", title="Title", paper=PAPER, rules=replace(room.rules, closes=later)
    )
    room.join("ann")
    terms = store.attempt(attempt.id, "ann").terms
    assert terms
    assert terms.deadline == later


def test_a_key_waits_for_the_longer_grace_of_an_attempt_that_runs(store: Store) -> None:
    room = Classroom(store, replace(EXAM, closes=NOON + HOUR, grace=600))
    attempt = room.begin()
    room.assignments.change("a", "trainer", title="Title", paper=PAPER, rules=replace(room.rules, grace=0))
    shows = store.attempt(attempt.id, "ann").shows
    assert shows
    assert shows.ends == NOON + HOUR + timedelta(seconds=600)


def test_a_guest_who_turns_out_to_be_the_trainer_keeps_a_first_attempt(store: Store) -> None:
    room, accounts = Classroom(store, PRESETS["practice"]), Accounts(store.database)
    account = Account("account", "trainer", "Mona", "mona", NOON)
    accounts.add(account, "secret", old_token="token of trainer", new_token="new", device="")
    room.assignments.preview("a", "trainer", room.maker("trainer", NOON))
    attempt = room.begin()
    accounts.sign_in(
        account, guest="ann", old_token="token of ann", new_token="signed in", device="", now=NOON
    )
    moved = store.attempt(attempt.id, "trainer")
    assert moved.terms
    assert moved.terms.number == 1
    assert [each.attempt for each in room.assignments.sittings("a", "trainer")] == [attempt.id]
