"""What a trainer's assignments tell of the questions they asked: first answers, and which revisions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from quizapp.learn import GRADED, Try
from quizapp.store import tables as t
from quizapp.store.assignments import POSSIBLE
from quizapp.store.database import Database
from quizapp.store.results import IS_DONE, try_of


@dataclass(frozen=True)
class Use:
    """An assignment that asked a revision of a question: how often, and when first."""

    assignment: str
    title: str
    revision: str
    times: int
    first: datetime


IN_ASSIGNMENTS = t.slot.join(t.attempt, t.attempt.c.id == t.slot.c.attempt).join(
    t.assignment, t.assignment.c.id == t.attempt.c.assignment
)
OF_TRAINER = (t.assignment.c.owner == sa.bindparam("who")) & (t.attempt.c.number > 0)
NTH = sa.func.row_number().over(
    partition_by=(t.slot.c.question, t.attempt.c.learner), order_by=(t.attempt.c.started, t.attempt.c.id)
)
FIRST = (
    sa.select(t.slot.c.question, sa.func.coalesce(t.slot.c.score, 0.0).label("score"), NTH.label("nth"))
    .select_from(IN_ASSIGNMENTS)
    .where(
        OF_TRAINER,
        t.attempt.c.number == 1,
        IS_DONE,
        t.slot.c.question.in_(sa.bindparam("questions", expanding=True)),
    )
    .subquery()
)
FIGURES = (
    sa.select(FIRST.c.question, sa.func.count().label("answers"), sa.func.avg(FIRST.c.score).label("mean"))
    .where(FIRST.c.nth == 1)
    .group_by(FIRST.c.question)
)
TRIES = (
    sa.select(
        t.attempt.c.id,
        t.attempt.c.learner,
        t.attempt.c.points,
        POSSIBLE.label("possible"),
        t.slot.c.weight,
        t.slot.c.score,
        t.slot.c.seconds,
        t.slot.c.revision,
        t.step.c.kind,
        t.step.c.answer,
        t.step.c.sure,
    )
    .select_from(
        IN_ASSIGNMENTS.outerjoin(
            t.step,
            (t.step.c.attempt == t.slot.c.attempt)
            & (t.step.c.place == t.slot.c.place)
            & t.step.c.kind.in_((*GRADED, "mark")),
        )
    )
    .where(
        OF_TRAINER,
        t.attempt.c.number == 1,
        IS_DONE,
        t.slot.c.question == sa.bindparam("which"),
    )
    .order_by(t.attempt.c.started, t.attempt.c.id, t.step.c.at, t.step.c.id)
)
USES = (
    sa.select(
        t.assignment.c.id,
        t.assignment.c.title,
        t.slot.c.revision,
        sa.func.count().label("times"),
        sa.func.min(t.attempt.c.started, type_=t.Moment).label("first"),
    )
    .select_from(IN_ASSIGNMENTS)
    .where(OF_TRAINER, t.slot.c.question == sa.bindparam("which"))
    .group_by(t.assignment.c.id, t.assignment.c.title, t.slot.c.revision)
    .order_by(sa.func.min(t.attempt.c.started).desc(), t.assignment.c.id)
)
REVISIONS = sa.select(t.question.c.revision).where(t.question.c.id == sa.bindparam("which"))


class Usage:
    """Questions as a trainer's assignments asked them. Previews never count."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def figures(self, owner: str, questions: Iterable[str]) -> dict[str, tuple[int, float]]:
        """Of each question that was asked: of how many learners, and the mean of their first scores.

        Whoever ended an attempt without an answer counts as 0; what runs or waits for a mark counts not yet.
        """
        given = {"who": owner, "questions": list(questions)}
        with self._database.reading() as db:
            return {row.question: (row.answers, row.mean) for row in db.execute(FIGURES, given)}

    def tries(self, owner: str, question_id: str, revision: str) -> tuple[Try, ...]:
        """Each learner's first answer to a question, of those who were asked this revision then."""
        with self._database.reading() as db:
            rows = db.execute(TRIES, {"who": owner, "which": question_id}).all()
        first: dict[str, list[Any]] = {}
        for row in rows:
            mine = first.setdefault(row.learner, [])
            if not mine or mine[0].id == row.id:
                mine.append(row)
        return tuple(
            try_of(learner, mine, mine[0].possible)
            for learner, mine in first.items()
            if mine[0].revision == revision
        )

    def uses(self, owner: str, question_id: str) -> tuple[Use, ...]:
        """Which assignments asked which revisions of a question, the newest first."""
        with self._database.reading() as db:
            return tuple(Use(*row) for row in db.execute(USES, {"who": owner, "which": question_id}))

    def revisions(self, question_id: str) -> tuple[str, ...]:
        """All revisions of a question that anybody was ever asked."""
        with self._database.reading() as db:
            return tuple(db.execute(REVISIONS, {"which": question_id}).scalars())
