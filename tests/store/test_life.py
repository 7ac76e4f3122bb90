"""An assignment's whole life, at random: whatever happens in whatever order, some things stay true."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from quizapp import learn
from quizapp.bank import Question
from quizapp.learn import (
    ALL,
    ANY,
    OWN,
    PRESETS,
    Attempt,
    NotNow,
    NotOpen,
    Outcome,
    Override,
    Paper,
    Part,
    Pick,
    Quiz,
    Rules,
    Shows,
    Sight,
    Step,
    make_terms,
    result,
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
    Regrade,
    Regrades,
    Results,
    Store,
    last_of,
)
from quizapp.store import tables as t
from quizapp.store.store import ATTEMPTS, _attempt
from tests.databases import IS_POSTGRESQL, Databases
from tests.regrading import ASKED, BANK, MENDED, OTHERS
from tests.store.keeping import NOON

OPEN = next(question for question in BANK if question.rated)
PICKS = [
    Pick(ASKED, weight=2.0),
    *(Pick(BANK[each], weight=0.7) for each in OTHERS),
    Pick(OPEN, weight=1.3),
]
QUESTIONS: dict[str, Question] = {pick.question.id: pick.question for pick in PICKS}
PAPER = Paper("Life", tuple(Part(question=pick.question.id, weight=pick.weight) for pick in PICKS))
TICK, MINUTE = timedelta(microseconds=1), timedelta(minutes=1)
LEARNERS = ("ann", "ben", "dan")
RULES = (
    *PRESETS.values(),
    replace(PRESETS["practice"], minutes=20, attempts=3, counts="mean"),
    replace(PRESETS["practice"], during=OWN, after=OWN, order="one-way", grace=60, counts="last"),
    replace(PRESETS["exam"], minutes=10, grace=0, late=50, due=NOON + 30 * MINUTE, counts="best", attempts=2),
)
GIVEN = ("right", "wrong", "blank")
who = st.sampled_from(LEARNERS)
places = st.integers(1, len(PICKS))
given = st.sampled_from(GIVEN)
spans = st.sampled_from([1, 61, 300, 1300, 4000])


def _hurry(connection: Any, _record: Any) -> None:
    """What is to be thrown away need not be on the disk."""
    connection.execute("PRAGMA synchronous=OFF")


def submits(attempt: Attempt, steps: Iterable[Step]) -> dict[int, Step]:
    """The answers of an attempt that its learner's progress counts, by place."""
    return {step.place: step for step in steps if step.kind == "submit"}


class Life(RuleBasedStateMachine):
    """Several learners, a trainer, one assignment, and a clock that only moves on."""

    def __init__(self, databases: Databases) -> None:
        super().__init__()
        self.lent = ExitStack()
        self.store = Store(self.lent.enter_context(databases.lent()))
        database = self.store.database
        if not IS_POSTGRESQL:
            sa.event.listen(database.kind.writing, "connect", _hurry)
        self.groups, self.assignments = Groups(database), Assignments(database)
        self.regrades, self.accounts = Regrades(database), Accounts(database)
        self.results, self.profiles = Results(database), Profiles(database)
        self.ids = (f"{number:06}" for number in itertools.count())
        self.now = NOON
        for name in (*LEARNERS, "trainer"):
            self.store.add_learner(name, f"token of {name}", NOON)
        self.accounts.add(
            Account("account of ann", "ann", "Ann", "ann", NOON),
            "secret",
            old_token="token of ann",
            new_token="other token of ann",
            device="",
        )
        self.groups.add(Group("g", "trainer", "Kestrel", "GCODE", True, NOON))
        for name in LEARNERS:
            self.joined(name)
        rules = PRESETS["practice"]
        self.assignments.add(
            Assignment(
                id="a",
                owner="trainer",
                group="g",
                title="Life",
                code="CODE",
                paper=PAPER,
                rules=rules,
                made=NOON,
            )
        )
        self.allowed = dict.fromkeys(LEARNERS, 0)
        self.deadlines: dict[str, datetime | None] = {}
        self.told: set[str] = set()
        self.is_moved = False
        self.snapshot: list[tuple[Attempt, list[Any]]] = []

    def teardown(self) -> None:
        self.everything_taken_back()
        self.store.close()
        self.lent.close()

    # -- the people

    @rule(name=who)
    def joined(self, name: str) -> None:
        try:
            self.groups.join(Member(next(self.ids), "g", name, name.title(), ("slow",), self.now))
        except Missing:
            return

    @rule(name=who)
    def leaves(self, name: str) -> None:
        self.groups.leave("g", name)

    @precondition(lambda self: not self.is_moved)
    @rule()
    def a_guest_signs_in(self) -> None:
        self.is_moved = True
        try:
            account = self.accounts.account("account of ann")
        except Missing:
            return
        self.accounts.sign_in(
            account, guest="dan", old_token="token of dan", new_token="dan as ann", device="", now=self.now
        )
        self.allowed["ann"] += self.allowed["dan"]

    @rule(name=st.sampled_from(["ben", "ann"]))
    def erases_everything(self, name: str) -> None:
        self.accounts.erase(name)

    # -- learners

    @rule(name=who)
    def begins(self, name: str) -> None:
        member = self.groups.member("g", name)
        attempts = self.assignments.rules_for(self.assignment, member).attempts
        self.allowed[name] = max(self.allowed[name], 10**6 if attempts == ANY else attempts)
        try:
            self.assignments.begin("a", name, self.now, lambda rules, number: self.made(name, rules, number))
        except (NotOpen, Missing):
            return

    def made(self, name: str, rules: Rules, number: int) -> tuple[Attempt, list[Question]]:
        quiz = Quiz(source="assignment", of="a", mode=rules.behaviour, count=len(PICKS))
        attempt = learn.start(
            quiz,
            PICKS,
            attempt_id=f"attempt {next(self.ids)}",
            learner=name,
            seed=1,
            now=self.now,
            terms=make_terms(rules, "a", number, self.now),
        )
        return attempt, list(QUESTIONS.values())

    @rule(name=who, place=places, what=given, sure=st.booleans(), is_draft=st.booleans())
    def answers(self, name: str, place: int, what: str, sure: bool, is_draft: bool) -> None:
        for attempt in self.latest(name):
            asked = QUESTIONS[attempt.slot(place).question]
            answer = {
                "right": asked.model(),
                "wrong": (asked.keys() or ("no",))[1:2] or ("no",),
                "blank": (),
            }[what]
            step_id = f"step {next(self.ids)}"
            try:
                if is_draft:
                    step = learn.autosave(attempt, place, asked, answer, step_id=step_id, now=self.now)
                else:
                    step = learn.answer(
                        attempt, place, asked, answer, sure=sure, step_id=step_id, now=self.now
                    )
                self.store.add_step(attempt, step)
            except NotNow:
                return

    @rule(name=who)
    def finishes(self, name: str) -> None:
        for attempt in self.latest(name):
            self.ended(attempt)

    @rule(name=who, whats=st.lists(given, max_size=len(PICKS)))
    def takes_it(self, name: str, whats: list[str]) -> None:
        self.begins(name)
        for place, what in enumerate(reversed(whats), start=len(PICKS) + 1 - len(whats)):
            self.answers(name, place, what, True, False)
        self.finishes(name)

    @rule()
    def they_look(self) -> None:
        """As every page of an attempt does: what is over is ended, and what may be told is."""
        for attempt in self.attempts():
            if attempt.is_over(self.now):
                self.ended(attempt)
            current = self.store.attempt(attempt.id, attempt.learner)
            self.store.release(current, learn.release(current, self.now))

    def ended(self, attempt: Attempt) -> None:
        asked = [QUESTIONS[slot.question] for slot in attempt.slots]
        self.store.finish(
            attempt.id, attempt.learner, lambda current: learn.finish(current, asked, now=self.now)
        )

    # -- time

    @rule(span=spans)
    def time_passes(self, span: int) -> None:
        self.now += timedelta(seconds=span)

    @rule(after=st.sampled_from([-TICK, timedelta(), TICK]))
    def time_passes_to_a_deadline(self, after: timedelta) -> None:
        running = [each.terms for each in self.attempts() if each.finished is None and each.terms]
        ends = [each.deadline + timedelta(seconds=each.grace) for each in running if each.deadline]
        self.now = max(self.now, min((each for each in ends if each > self.now), default=self.now) + after)

    # -- the trainer

    @rule()
    def the_trainer_looks(self) -> None:
        for attempt in self.assignments.overdue("a", self.now):
            self.ended(attempt)

    @rule(score=st.sampled_from([0.0, 0.5, 1.0]))
    def marks(self, score: float) -> None:
        for attempt in self.attempts():
            for place, slot in enumerate(attempt.slots, start=1):
                if slot.is_graded and QUESTIONS[slot.question].rated:
                    self.judged(attempt, place, slot.step.answer if slot.step else (), score)

    @rule()
    def counts_what_came_late(self) -> None:
        for attempt in self.attempts():
            for slot in attempt.slots:
                for step in slot.late[:1]:
                    asked = QUESTIONS[slot.question]
                    score = None if asked.rated else asked.grade(step.answer).score
                    self.judged(attempt, step.place, step.answer, score)

    def judged(self, attempt: Attempt, place: int, answer: tuple[str, ...], score: float | None) -> None:
        mark = Step(
            id=f"mark {next(self.ids)}",
            place=place,
            kind="mark",
            at=self.now,
            answer=answer,
            score=score,
            actor="trainer",
        )
        self.store.add_steps(attempt, [mark])

    @rule(how=st.sampled_from(["mended", "accept", "everyone"]), never_lower=st.booleans())
    def regrades_a_question(self, how: learn.How, never_lower: bool) -> None:
        regrade = Regrade(
            id=f"regrade {next(self.ids)}",
            assignment="a",
            question=ASKED.id,
            how=how,
            reason="The key was wrong.",
            by="trainer",
            made=self.now,
            mended=MENDED.revision if how == "mended" else "",
            accepted=(("two",),) if how == "accept" else (),
            never_lower=never_lower,
        )
        run = self.regrades.dry_run(regrade, "trainer", MENDED if how == "mended" else None, most=3)
        done = self.regrades.apply(regrade, "trainer", MENDED if how == "mended" else None)
        assert (done.seen, done.changed) == (run.total, run.changed)

    @rule()
    def takes_a_regrade_back(self) -> None:
        trail = self.regrades.of_assignment("a", "trainer")
        if last := last_of(trail, ASKED.id):
            self.regrades.undo(last.id, "a", "trainer", self.now)

    @rule(whom=st.sampled_from(["label slow", *LEARNERS]), extra=st.booleans(), span=spans)
    def overrides(self, whom: str, extra: bool, span: int) -> None:
        if whom in LEARNERS:
            member = self.groups.member("g", whom)
            if member is None:
                return
            whom = f"member {member.id}"
        closes = self.now + timedelta(seconds=span)
        override = Override(extra_time=50, closes=closes, attempts=2) if extra else None
        self.assignments.set_override("a", "trainer", whom, override)

    @rule(rules=st.sampled_from(RULES), span=st.one_of(st.none(), spans))
    def changes_the_rules(self, rules: Rules, span: int | None) -> None:
        closes = None if span is None else self.now + timedelta(seconds=span)
        self.changed(replace(rules, closes=closes))

    @rule()
    def closes_it_now(self) -> None:
        self.changed(replace(self.assignment.rules, closes=self.now))

    def changed(self, rules: Rules) -> None:
        self.assignments.change("a", "trainer", title="Life", paper=PAPER, rules=rules)

    @rule(what=given)
    def previews(self, what: str) -> None:
        attempt_id = self.assignments.preview(
            "a", "trainer", lambda rules, number: self.made("trainer", rules, number)
        )
        attempt = self.store.attempt(attempt_id, "trainer")
        self.ended(attempt)
        assert self.store.answers_of("trainer") == ()

    # -- what is kept

    @property
    def assignment(self) -> Assignment:
        return self.assignments.by_id("a")

    def latest(self, name: str) -> list[Attempt]:
        return self.attempts(name)[-1:]

    def attempts(self, name: str = "") -> list[Attempt]:
        """All attempts that count, or those of a learner, in the order of their numbers."""
        found = [attempt for attempt, _ in self.folded() if attempt.terms and attempt.terms.number > 0]
        mine = [each for each in found if name in ("", each.learner)]
        return sorted(mine, key=lambda each: each.terms.number if each.terms else 0)

    def folded(self) -> list[tuple[Attempt, list[Any]]]:
        """Each attempt, folded from its steps alone, with its rows."""
        if self.snapshot:
            return self.snapshot
        rows: dict[str, list[Any]] = {}
        with self.store.database.reading() as db:
            for row in db.execute(ATTEMPTS):
                rows.setdefault(row.id, []).append(row)
        return [(_attempt(each), each) for each in rows.values()]

    def steps(self) -> dict[str, list[Any]]:
        """All steps by attempt, oldest first."""
        found: dict[str, list[Any]] = {}
        with self.store.database.reading() as db:
            for row in db.execute(sa.select(t.step).order_by(t.step.c.at, t.step.c.id)):
                found.setdefault(row.attempt, []).append(row)
        return found

    # -- what stays true

    @invariant()
    def all_stays_true(self) -> None:
        self.snapshot = self.folded()
        self.what_is_derived_is_the_fold_of_the_steps()
        self.nobody_begins_more_often_than_was_ever_allowed()
        self.no_deadline_comes_sooner()
        self.nobody_sees_a_key_while_somebody_still_answers()
        self.nothing_is_told_before_it_may_be()
        self.own_pages_read_what_was_told_and_nothing_else()
        self.results_are_those_of_the_folds()
        self.snapshot = []

    def what_is_derived_is_the_fold_of_the_steps(self) -> None:
        with self.store.database.reading() as db:
            slots = {(row.attempt, row.place): row for row in db.execute(sa.select(t.slot))}
            attempts = {row.id: row for row in db.execute(sa.select(t.attempt))}
        steps = self.steps()
        for attempt, rows in self.folded():
            here = [step.at for step in steps.get(attempt.id, ()) if step.kind == "finish"]
            end = {"finished": min(here, default=None)}
            again = _attempt([SimpleNamespace(**row._asdict() | end) for row in rows])
            assert attempts[attempt.id].finished == again.finished
            assert attempts[attempt.id].points == pytest.approx(again.earned)
            for place, slot in enumerate(again.slots, start=1):
                kept = slots[attempt.id, place]
                assert (kept.score, kept.grader or kept.revision) == (slot.score, slot.grader)
                is_marked = slot.marked is not None and slot.marked.kind == "mark"
                assert kept.seconds == (slot.seconds if slot.is_graded or is_marked else None)

    def nobody_begins_more_often_than_was_ever_allowed(self) -> None:
        for name in LEARNERS:
            assert len(self.attempts(name)) <= self.allowed[name]

    def no_deadline_comes_sooner(self) -> None:
        for attempt in self.attempts():
            deadline = attempt.terms.deadline if attempt.terms else None
            before = self.deadlines.get(attempt.id)
            assert before is None or deadline is None or deadline >= before
            self.deadlines[attempt.id] = deadline

    def nobody_sees_a_key_while_somebody_still_answers(self) -> None:
        given = self.assignment
        if given.ends is None or self.now <= given.ends + timedelta(seconds=given.rules.grace):
            return
        for attempt in self.attempts():
            assert attempt.finished or (attempt.terms and not attempt.terms.takes(self.now))

    def sight(self, attempt: Attempt) -> Sight:
        """What may be told of a final answer now."""
        given = self.assignment
        rules = given.rules
        ends = given.ends and given.ends + timedelta(seconds=rules.grace)
        shows = Shows(rules.during, rules.after, rules.closed, ends)
        return shows.sight(finished=attempt.finished is not None, now=self.now)

    def nothing_is_told_before_it_may_be(self) -> None:
        steps = self.steps()
        for attempt, _ in self.folded():
            for step in submits(attempt, steps.get(attempt.id, ())).values():
                assert attempt.terms is not None
                assert attempt.terms.number > 0
                assert step.id in self.told or self.sight(attempt) == ALL
                self.told.add(step.id)

    def own_pages_read_what_was_told_and_nothing_else(self) -> None:
        steps, folded = self.steps(), [each for each, _ in self.folded()]
        with self.store.database.reading() as db:
            counts = {row.id: row.answers for row in db.execute(sa.select(t.learner))}
        for name, count in counts.items():
            own = [each for each in folded if each.learner == name]
            told = {each.id: submits(each, steps.get(each.id, ())) for each in own}
            ids = {step.id for each in told.values() for step in each.values()}
            assert len(ids) == count
            found = self.store.answers_of(name)
            assert {each.id for each in found} == ids
            assert {each.id for each in self.store.history(name, most=999)} == ids
            missed = {each.id for each in found if each.score < 1}
            assert {each.id for each in self.store.history(name, best=0.999, most=999)} == missed
            assert self.profiles.of(name, BANK).total.answers == count
            for listed in self.store.attempts_of(name, most=999):
                attempt = next(each for each in own if each.id == listed.id)
                scores = [attempt.slot(place).score for place in told[attempt.id]]
                assert listed.told == len(told[attempt.id])
                if None not in scores:
                    assert listed.points == pytest.approx(sum(filter(None, scores)))

    def results_are_those_of_the_folds(self) -> None:
        board = self.results.board(self.assignment)
        counts, first = self.assignment.rules.counts, []
        for line in board.lines:
            own = self.attempts(line.member.learner)
            outcomes = [_outcome(each) for each in own]
            assert [each.outcome for each in line.sittings] == [
                replace(each, points=pytest.approx(each.points), possible=pytest.approx(each.possible))
                for each in outcomes
            ]
            assert line.share(counts) == pytest.approx(result(outcomes, counts))
            first += [each for each in own if each.terms and each.terms.number == 1]
        for column in board.columns:
            slots = [
                (each, slot) for each in first for slot in each.slots if slot.question == column.question
            ]
            done = [
                slot.score or 0.0
                for each, slot in slots
                if slot.score is not None or (each.finished and not _waits(slot))
            ]
            assert column.answers == len(done)
            assert column.facility == pytest.approx(sum(done) / len(done) if done else 0.0)

    def everything_taken_back(self) -> None:
        """Once all regrades are undone, the scores are those of marks, else of the answers."""
        self.snapshot = []
        while last := last_of(self.regrades.of_assignment("a", "trainer"), ASKED.id):
            self.regrades.undo(last.id, "a", "trainer", self.now)
        steps = self.steps()
        for attempt in self.attempts():
            for place, slot in enumerate(attempt.slots, start=1):
                here = [each for each in steps.get(attempt.id, ()) if each.place == place]
                first = [each for kind in ("submit", "held", "mark") for each in here if each.kind == kind]
                assert slot.score == (first[-1].score if first else None)
        self.what_is_derived_is_the_fold_of_the_steps()
        self.results_are_those_of_the_folds()


def _waits(slot: learn.Slot) -> bool:
    """Whether a trainer has yet to mark an answer, be it one that came late and counts."""
    is_marked = slot.marked is not None and slot.marked.kind == "mark"
    return slot.score is None and (slot.is_graded or is_marked)


def _outcome(attempt: Attempt) -> Outcome:
    assert attempt.terms is not None
    return Outcome(
        attempt.terms.number,
        attempt.earned,
        attempt.possible,
        attempt.terms.credit(attempt.finished),
        attempt.finished is not None,
    )


@pytest.mark.bulk
def test_whatever_happens_to_an_assignment_some_things_stay_true(databases: Databases) -> None:
    run_state_machine_as_test(
        lambda: Life(databases),
        settings=settings(
            max_examples=4 if IS_POSTGRESQL else 12,  # the rules are the same, and each step asks much
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking such a life takes too long
        ),
    )
