"""A crowd for tests and measurements: many members of one group whose answers are there at once."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from quizapp import learn
from quizapp.bank import Answer, Bank, Question
from quizapp.learn import PRESETS, Attempt, Paper, Part, Pick, Quiz, Rules, Step, Terms
from quizapp.store import Assignment, Assignments, Group, Groups, Store
from quizapp.store import tables as t
from quizapp.store.store import ADD_QUESTION, _attempt_row, _question_row, _slot_row, _step_row

MORNING = datetime(2026, 11, 20, 8, tzinfo=UTC)
BATCH = 100
"""Learners that are written at once."""


@dataclass(frozen=True)
class Crowd:
    """What was made: who teaches, what was given, and who answered."""

    owner: str
    group: Group
    assignment: Assignment
    attempts: tuple[str, ...]


def questions_for(bank: Bank, count: int) -> list[Question]:
    """So many questions with a key, from all topics."""
    fitting = [each for each in bank if not each.rated]
    return [fitting[number * len(fitting) // count] for number in range(count)]


def crowd(
    store: Store,
    bank: Bank,
    *,
    learners: int,
    questions: int,
    owner: str = "",
    seed: int = 1,
    rules: Rules = PRESETS["practice"],
    running: int = 0,
) -> Crowd:
    """A group whose members have all answered one assignment, but for the last `running`, who are halfway.

    The derived columns hold what `settle` would write.
    """
    rng = random.Random(seed)
    asked = questions_for(bank, questions)
    owner = owner or _learner(store, rng)
    group = Group(_id(rng), owner, "Crowd", _id(rng)[-10:].upper(), True, MORNING)
    Groups(store.database).add(group)
    assignment = Assignment(
        id=_id(rng),
        owner=owner,
        group=group.id,
        title="Many questions",
        code=_id(rng)[-10:].upper(),
        paper=Paper("Many questions", tuple(Part(question=each.id) for each in asked)),
        rules=rules,
        made=MORNING,
    )
    Assignments(store.database).add(assignment)
    likely = {each.id: _answers(each) for each in asked}
    attempts: list[str] = []
    for start in range(0, learners, BATCH):
        numbers = range(start, min(learners, start + BATCH))
        batch = [
            _answered(rng, assignment, asked, likely, number, is_done=number < learners - running)
            for number in numbers
        ]
        _write(store, group, asked, batch, numbers, rng)
        attempts += [attempt.id for attempt, _ in batch]
    return Crowd(owner, group, assignment, tuple(attempts))


def _id(rng: random.Random) -> str:
    return str(UUID(int=rng.getrandbits(128), version=4))


def _learner(store: Store, rng: random.Random) -> str:
    learner_id = _id(rng)
    row = {"id": learner_id, "made": MORNING, "answers": 0}
    store.database.write(lambda db: db.execute(t.learner.insert(), row))
    return learner_id


def _answers(question: Question) -> list[tuple[Answer, float]]:
    """A right, a wrong and an empty answer, with their scores."""
    model = question.model()
    wrong: Answer = tuple(reversed(model)) if len(model) > 1 else ("nothing of this kind",)
    parts = question.keys()
    if parts and len(model) == 1:
        wrong = (next(key for key in parts if key not in model),)
    return [(each, question.grade(each).score) for each in (model, wrong, ())]


def _answered(
    rng: random.Random,
    assignment: Assignment,
    asked: Sequence[Question],
    likely: dict[str, list[tuple[Answer, float]]],
    number: int,
    *,
    is_done: bool,
) -> tuple[Attempt, list[Step]]:
    """One learner's first attempt and its steps; the later the question, the harder."""
    began = MORNING + timedelta(seconds=number)
    attempt = learn.start(
        Quiz(source="assignment", of=assignment.id, mode=assignment.rules.behaviour, count=len(asked)),
        [Pick(each) for each in asked],
        attempt_id=_id(rng),
        learner=_id(rng),
        seed=number,
        now=began,
        terms=Terms(assignment=assignment.id, number=1),
    )
    strength, steps = rng.random(), []
    for place, question in enumerate(asked if is_done else asked[: len(asked) // 2], start=1):
        is_right = rng.random() < 0.3 + 0.6 * strength - 0.3 * place / len(asked)
        given, score = likely[question.id][0 if is_right else rng.choice((1, 1, 1, 2))]
        at = began + timedelta(seconds=20 * place + rng.randrange(10))
        steps.append(
            Step(
                id=_id(rng),
                place=place,
                kind="submit",
                at=at,
                answer=given,
                sure=rng.random() < 0.8,
                score=score,
            )
        )
    if attempt.quiz.mode == "exam" and is_done:
        steps.append(Step(id=f"{attempt.id}.end", place=0, kind="finish", at=steps[-1].at))
    return learn.fold(attempt, steps), steps


def _write(
    store: Store,
    group: Group,
    asked: Sequence[Question],
    batch: Sequence[tuple[Attempt, list[Step]]],
    numbers: range,
    rng: random.Random,
) -> None:
    learners = [{"id": each.learner, "made": MORNING, "answers": 0} for each, _ in batch]
    members = [
        {
            "id": _id(rng),
            "group": group.id,
            "learner": each.learner,
            "name": f"Learner No. {number:04}",
            "labels": "[]",
            "joined": MORNING + timedelta(seconds=number),
        }
        for number, (each, _) in zip(numbers, batch, strict=True)
    ]

    def act(db: sa.Connection) -> None:
        db.execute(t.learner.insert(), learners)
        db.execute(t.member.insert(), members)
        db.execute(ADD_QUESTION, [_question_row(question) for question in asked])
        db.execute(t.attempt.insert(), [_attempt_row(each) | {"points": each.points} for each, _ in batch])
        db.execute(t.slot.insert(), [row for each, _ in batch for row in _slots(each)])
        db.execute(t.step.insert(), [row for each, steps in batch for row in _steps(each, steps)])

    store.database.write(act)


def _slots(attempt: Attempt) -> list[dict[str, Any]]:
    return [
        _slot_row(attempt.id, place, slot)
        | ({"score": slot.score, "seconds": slot.seconds} if slot.is_graded else {})
        for place, slot in enumerate(attempt.slots, start=1)
    ]


def _steps(attempt: Attempt, steps: Sequence[Step]) -> list[dict[str, Any]]:
    return [_step_row(attempt.id, step) | {"learner": attempt.learner} for step in steps]
