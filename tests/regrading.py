"""An assignment that many have answered, put into the database at once, and what its steps come to."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import sqlalchemy as sa

from quizapp import learn
from quizapp.bank import Question, revive
from quizapp.learn import PRESETS, Attempt, Paper, Part, Pick, Quiz, Rules, Step, make_terms
from quizapp.store import Assignment, Assignments, Group, Groups, Store
from quizapp.store import tables as t
from quizapp.store.inserting import insert
from quizapp.store.store import (
    ADD_QUESTION,
    ANYBODYS,
    ATTEMPTS,
    _attempt,
    _attempt_row,
    _question_row,
    _slot_row,
    _step_row,
    settle,
)
from tests.learn.logs import BANK, NOON

MINUTE = timedelta(minutes=1)
OPTIONS = ("one", "two", "three", "four")
ROOM = Group("group", "trainer", "Team Kestrel", "CODEOFGROUP", True, NOON)
OTHERS = ("coroutines/calling-does-not-run", "coroutines/what-a-call-returns")


def choice(*texts: str, right: str, question_id: str = "coroutines/regraded") -> Question:
    """A single-choice question with these options."""
    options = [{"right" if text == right else "wrong": text, "why": "So."} for text in texts or OPTIONS]
    return revive(
        {
            "type": "single-choice",
            "id": question_id,
            "level": "beginner",
            "concepts": ["coroutine-call"],
            "prompt": "Which?",
            "explanation": "So.",
            "options": options,
        }
    )


ASKED = choice(*OPTIONS, right="one")
MENDED = choice("four", "three", "two", "one", right="two")
"""The key is another, and so is the order of the options."""


Taken = tuple[Attempt, list[Step], list[Question]]
"""An attempt as it began, its steps, and what it asks."""
Rows = dict[str, list[dict[str, Any]]]
"""The rows of an attempt, by table."""


@dataclass(frozen=True)
class Crowd:
    """A trainer's assignment with the attempts at it."""

    assignment: Assignment
    attempts: tuple[str, ...]


def new_assignment(store: Store, question: Question, rules: Rules = PRESETS["test"]) -> Assignment:
    """A trainer's assignment that asks a question, and two others after it."""
    store.add_learner("trainer", "token of the trainer", NOON)
    Groups(store.database).add(ROOM)
    paper = Paper("Regraded", tuple(Part(question=each) for each in (question.id, *OTHERS)))
    assignment = Assignment(
        id="assignment",
        owner="trainer",
        group=ROOM.id,
        title="Regraded",
        code="CODE",
        paper=paper,
        rules=rules,
        made=NOON,
    )
    Assignments(store.database).add(assignment)
    return assignment


def answered(
    assignment: Assignment, question: Question, name: str, given: Sequence[tuple[str, ...]], number: int = 1
) -> Taken:
    """An attempt of a learner with its steps: these answers to its questions, place by place."""
    asked = [question, *(BANK[each] for each in OTHERS)]
    terms = make_terms(assignment.rules, assignment.id, number, NOON)
    quiz = Quiz(source="assignment", of=assignment.id, mode=assignment.rules.behaviour, count=len(asked))
    picks = [Pick(each, weight=weight) for each, weight in zip(asked, (2.0, 1.0, 1.0), strict=True)]
    attempt = learn.start(
        quiz, picks, attempt_id=f"{name} {number}", learner=name, seed=1, now=NOON, terms=terms
    )
    steps = []
    for place, answer in enumerate(given, start=1):
        now = NOON + place * MINUTE
        step_id = f"step {name} {number} {place}"
        if answer:
            steps.append(
                learn.answer(attempt, place, asked[place - 1], answer, sure=True, step_id=step_id, now=now)
            )
    if assignment.rules.behaviour == "exam":
        steps += learn.finish(learn.fold(attempt, steps), asked, now=NOON + 9 * MINUTE)
    return attempt, steps, asked


def keep(store: Store, attempts: Sequence[Taken]) -> tuple[str, ...]:
    """Put attempts with their steps into the database, with what is derived from them."""
    kept = {each.revision: each for _, _, asked in attempts for each in asked}
    _keep(store, [_rows(attempt, steps) for attempt, steps, _ in attempts], list(kept.values()))
    return tuple(attempt.id for attempt, _, _ in attempts)


SUBMITS = sa.select(sa.func.count()).where(t.step.c.learner == t.learner.c.id, t.step.c.kind == "submit")
COUNT = sa.update(t.learner).values(answers=SUBMITS.scalar_subquery())


def _keep(store: Store, taken: Sequence[Rows], asked: Sequence[Question]) -> None:
    def act(db: sa.Connection) -> None:
        db.execute(ADD_QUESTION, [_question_row(each) for each in asked])
        for table in (t.learner, t.member, t.attempt, t.slot, t.step):
            if rows := [row for each in taken for row in each[table.name]]:
                db.execute(insert(table).on_conflict_do_nothing(), rows)
        db.execute(COUNT)

    store.database.write(act)


def _rows(attempt: Attempt, steps: list[Step]) -> Rows:
    name, folded = attempt.learner, learn.fold(attempt, steps)
    member = {"id": f"member {name}", "group": ROOM.id, "learner": name, "name": name.title()}
    return {
        "learner": [{"id": name, "made": NOON, "answers": 0}],
        "member": [member | {"labels": "[]", "joined": NOON}],
        "attempt": [_attempt_row(folded) | {"points": folded.points}],
        "slot": [
            _slot_row(attempt.id, place, slot) | {"score": slot.score, "seconds": slot.seconds}
            for place, slot in enumerate(folded.slots, start=1)
        ],
        "step": [_step_row(attempt.id, step) | {"learner": name} for step in steps],
    }


def crowd(store: Store, size: int, question: Question = ASKED, rules: Rules = PRESETS["test"]) -> Crowd:
    """That many learners have answered an assignment; some left the question out."""
    rng = random.Random(7)
    assignment = new_assignment(store, question, rules)
    asked = [question, *(BANK[each] for each in OTHERS)]
    answers = [[*zip(question.keys(), strict=True), ()], *([each.model(), ("a",)] for each in asked[1:])]
    made = [_rows(*answered(assignment, question, NAME, given)[:2]) for given in product(*answers)]
    names = [f"learner {number:05}" for number in range(size)]
    _keep(store, [_renamed(rng.choice(made), name) for name in names], asked)
    return Crowd(assignment, tuple(f"{name} 1" for name in names))


NAME = "@somebody"


def _renamed(rows: Rows, name: str) -> Rows:
    """The same rows of somebody else: taking thousands of attempts one by one would take long."""
    return {table: [_of(row, name) for row in found] for table, found in rows.items()}


def _of(row: dict[str, Any], name: str) -> dict[str, Any]:
    old = (NAME, NAME.title())
    return {
        key: value.replace(old[0], name).replace(old[1], name.title()) if isinstance(value, str) else value
        for key, value in row.items()
    }


def judge(store: Store, attempt_id: str, step: Step) -> None:
    """Keep a trainer's mark."""
    attempt = loaded(store, attempt_id)
    assert store.add_steps(attempt, [step])


def mark(attempt_id: str, score: float, at: datetime, step_id: str = "") -> Step:
    """A trainer's mark of the first place."""
    return Step(id=step_id or f"mark {attempt_id}", place=1, kind="mark", at=at, score=score, actor="trainer")


def loaded(store: Store, attempt_id: str) -> Attempt:
    """An attempt folded from its steps."""
    with store.database.reading() as db:
        return _attempt(db.execute(ANYBODYS, {"attempt_id": attempt_id}).all())


DERIVED = sa.select(
    t.slot.c.attempt, t.slot.c.place, t.slot.c.revision, t.slot.c.score, t.slot.c.grader, t.attempt.c.points
).join(t.attempt, t.attempt.c.id == t.slot.c.attempt)
Derived = dict[str, tuple[float | None, list[tuple[float | None, str]]]]
"""By attempt: its points, and the score and the grader of each place."""


def derived(store: Store) -> Derived:
    """What the database says of all attempts, as it was written down."""
    found: Derived = {}
    with store.database.reading() as db:
        for row in db.execute(DERIVED.order_by(t.slot.c.attempt, t.slot.c.place)):
            found.setdefault(row.attempt, (row.points, []))[1].append((row.score, row.grader or row.revision))
    return found


def refolded(store: Store) -> Derived:
    """The same, each attempt folded from its steps alone."""
    rows: dict[str, list[Any]] = {}
    with store.database.reading() as db:
        for row in db.execute(ATTEMPTS):
            rows.setdefault(row.id, []).append(row)
    attempts = map(_attempt, rows.values())
    return {each.id: (each.points, [(slot.score, slot.grader) for slot in each.slots]) for each in attempts}


def resettled(store: Store, attempts: Sequence[str]) -> Derived:
    """What the database says once each attempt was settled again."""
    store.database.write(lambda db: [settle(db, each) for each in attempts])
    return derived(store)


def same(one: Derived, other: Derived) -> bool:
    """Whether both say the same, points but for rounding."""
    return {name: slots for name, (_, slots) in one.items()} == {
        name: slots for name, (_, slots) in other.items()
    } and all(abs((one[name][0] or 0.0) - (other[name][0] or 0.0)) < 1e-9 for name in one)
