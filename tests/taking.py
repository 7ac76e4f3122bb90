"""Taking assignments in tests now, with answers of the shipped bank: begin, answer, end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from flask import Flask

from quizapp.bank import Answer
from quizapp.learn import Attempt, Try
from quizapp.store import Assignment, Assignments, Member, Results
from tests.learn.logs import BANK
from tests.sat import begun, ended, said

OPEN = [question for question in BANK if question.rated][:2]


def begin(app: Flask, assignment: Assignment, member: Member, *, now: datetime | None = None) -> Attempt:
    """A member's next attempt, with draws of their own."""
    seed = UUID(member.id).int % 2**32
    return begun(app, assignment, member, now or datetime.now(UTC), seed=seed)


def current(app: Flask, assignment: Assignment, attempt_id: str) -> Attempt:
    """The attempt as it stands now."""
    assignments: Assignments = app.extensions["assignments"]
    return assignments.attempt(attempt_id, assignment.owner)


def reply(
    app: Flask, attempt: Attempt, place: int, given: Answer, *, sure: bool = True, now: datetime | None = None
) -> None:
    """Answer one place."""
    said(app, attempt, place, given, now or datetime.now(UTC), sure=sure)


def take(
    app: Flask, assignment: Assignment, member: Member, answers: Sequence[Answer | None], *, ends: bool = True
) -> Attempt:
    """A whole attempt: these answers, None where there is none; then its end."""
    attempt = begin(app, assignment, member)
    for place, given in enumerate(answers, start=1):
        if given is not None:
            reply(app, current(app, assignment, attempt.id), place, given)
    attempt = current(app, assignment, attempt.id)
    if ends and attempt.finished is None:
        ended(app, attempt, datetime.now(UTC))
    return current(app, assignment, attempt.id)


def right(question_id: str) -> Answer:
    """The right answer to a question."""
    return BANK[question_id].model()


def wrong(question_id: str) -> Answer:
    """A wrong answer to a question with options."""
    question = BANK[question_id]
    parts = question.keys()
    return (next(key for key in parts if key not in question.model()),)


def tries_by_hand(app: Flask, assignment: Assignment, question_id: str) -> list[Try]:
    """The first tries at a question, from attempts that are folded one by one: nothing derived is read."""
    results: Results = app.extensions["results"]
    found = []
    for line in results.board(assignment).lines:
        for sitting in line.sittings[:1]:
            attempt = current(app, assignment, sitting.attempt)
            for slot in attempt.slots:
                if slot.question == question_id and (slot.score is not None or attempt.finished):
                    others = [each for each in attempt.slots if each is not slot]
                    possible = sum(each.weight for each in others)
                    earned = sum(each.weight * (each.score or 0.0) for each in others)
                    found.append(
                        Try(
                            learner=line.member.id,
                            answer=slot.step.answer if slot.step else (),
                            sure=slot.step.sure if slot.step else True,
                            score=slot.score or 0.0,
                            rest=earned / possible if possible else 0.0,
                            seconds=slot.seconds if slot.step else None,
                        )
                    )
    return found
