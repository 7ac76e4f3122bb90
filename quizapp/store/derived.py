"""What is derived from answers and kept beside them: whether it is what they come to, and making it anew."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from quizapp.bank import Bank, Question
from quizapp.learn import Attempt, Profile, ends, fold_answers
from quizapp.store import tables as t
from quizapp.store.assignments import _overrides, _set_end
from quizapp.store.database import Database
from quizapp.store.profiles import Profiles, kept_profiles, questions_of
from quizapp.store.store import (
    ANSWERS,
    ATTEMPTS,
    SETTLE,
    SETTLE_SLOT,
    _attempt,
    _tuple,
    answered,
    kept_question,
    rules_of,
    settled,
)

BATCH = 100
"""Attempts that are folded in one go; between two goes of a rebuild the database is free for others."""
REMEMBERED = 2000
CLOSE = 1e-9

SUBMITS = (
    sa.select(sa.func.count())
    .where(t.step.c.learner == t.learner.c.id, t.step.c.kind == "submit")
    .scalar_subquery()
)
MISCOUNTED = sa.select(t.learner.c.id).where(t.learner.c.answers != SUBMITS).order_by(t.learner.c.id)
RECOUNT = sa.update(t.learner).where(t.learner.c.id == sa.bindparam("which")).values(answers=SUBMITS)
SOME = (
    sa.select(t.attempt.c.id)
    .where(t.attempt.c.assignment.is_not(None), t.attempt.c.id > sa.bindparam("after"))
    .order_by(t.attempt.c.id)
    .limit(BATCH)
)
IN_FULL = (
    ATTEMPTS.add_columns(
        t.slot.c.score.label("kept_score"),
        t.slot.c.grader.label("kept_grader"),
        t.slot.c.seconds.label("kept_seconds"),
    )
    .where(t.attempt.c.id.in_(sa.bindparam("some", expanding=True)))
    .order_by(None)
    .order_by(t.attempt.c.id, t.slot.c.place, t.step.c.at, t.step.c.id)
)
ENDS = (
    sa.select(t.step.c.attempt, sa.func.min(t.step.c.at, type_=t.Moment).label("at"))
    .where(t.step.c.kind == "finish")
    .group_by(t.step.c.attempt)
    .subquery()
)
MISENDED = (
    sa.select(t.attempt.c.id)
    .outerjoin(ENDS, ENDS.c.attempt == t.attempt.c.id)
    .where(
        t.attempt.c.assignment.is_(None),
        sa.func.coalesce(t.attempt.c.finished, sa.literal(-1, sa.BigInteger))
        != sa.func.coalesce(ENDS.c.at, sa.literal(-1, sa.BigInteger)),
    )
    .order_by(t.attempt.c.id)
)
END_AGAIN = (
    sa.update(t.attempt)
    .where(t.attempt.c.id == sa.bindparam("which"))
    .values(finished=sa.select(ENDS.c.at).where(ENDS.c.attempt == t.attempt.c.id).scalar_subquery())
)
GRADED = (
    sa.select(t.step.c.id, t.step.c.answer, t.step.c.score, t.slot.c.revision)
    .join(t.slot, (t.slot.c.attempt == t.step.c.attempt) & (t.slot.c.place == t.step.c.place))
    .where(t.step.c.kind.in_(("submit", "held")), t.step.c.score.is_not(None))
)
ASSIGNMENTS = sa.select(t.assignment.c.id, t.assignment.c.rules, t.assignment.c.ends)


@dataclass(frozen=True)
class Drift:
    """What is kept beside the answers and is not what they come to, by id.

    `counts` are learners, `profiles` too, `ends` assignments. `scores` are steps that today's rules grade
    otherwise than they were graded: no rebuild changes these.
    """

    counts: tuple[str, ...]
    attempts: tuple[str, ...]
    ends: tuple[str, ...]
    profiles: tuple[str, ...]
    scores: tuple[str, ...]


@dataclass(frozen=True)
class Rebuilt:
    """How much was made anew: profiles that were dropped, learners and attempts that were wrong."""

    profiles: int
    counts: int
    attempts: int
    ends: int


def drift(db: sa.Connection, bank: Bank) -> Drift:
    """Fold all answers, those of profiles over this bank, and compare with what is kept of them."""
    asked = lru_cache(REMEMBERED)(lambda revision: kept_question(db, revision))
    return Drift(
        counts=tuple(db.execute(MISCOUNTED).scalars()),
        attempts=(*db.execute(MISENDED).scalars(), *_unsettled(db)),
        ends=tuple(_misclosed(db)),
        profiles=tuple(_misfolded(db, bank)),
        scores=tuple(_misgraded(db, asked)),
    )


def rebuild(database: Database) -> Rebuilt:
    """Make anew what is derived from answers; the answers stay as they are, and people may go on."""

    def count(db: sa.Connection) -> int:
        wrong = db.execute(MISCOUNTED).scalars().all()
        if wrong:
            db.execute(RECOUNT, [{"which": each} for each in wrong])
        return len(wrong)

    def end(db: sa.Connection) -> int:
        wrong = db.execute(MISENDED).scalars().all()
        if wrong:
            db.execute(END_AGAIN, [{"which": each} for each in wrong])
        return len(wrong)

    def close(db: sa.Connection) -> int:
        wrong = list(_misclosed(db))
        for row in db.execute(ASSIGNMENTS.where(t.assignment.c.id.in_(wrong))).all():
            _set_end(db, row.id, rules_of(row.rules))
        return len(wrong)

    counts, attempts, closed = database.write(count), database.write(end), database.write(close)
    with database.reading() as db:
        wrong = list(_unsettled(db))
    for some in (wrong[begin : begin + BATCH] for begin in range(0, len(wrong), BATCH)):
        database.write(partial(_settle_again, some=some))
    return Rebuilt(Profiles(database).forget(), counts, attempts + len(wrong), closed)


def _unsettled(db: sa.Connection) -> Iterator[str]:
    """The attempts of assignments whose kept scores, times, points or end are not what their steps say."""
    after = ""
    while some := db.execute(SOME, {"after": after}).scalars().all():
        after = some[-1]
        for rows in _attempts(db, some):
            if not _is_settled(rows):
                yield rows[0].id


def _attempts(db: sa.Connection, some: Sequence[str]) -> Iterator[list[Any]]:
    found = db.execute(IN_FULL, {"some": list(some)}).all()
    return (list(rows) for _, rows in groupby(found, key=lambda row: row.id))


def _from_scratch(rows: Sequence[Any]) -> Attempt:
    """An attempt by its steps alone; an end that only the clock gave is no step, and stays."""
    attempt = _attempt(rows)
    ended = min((row.at for row in rows if row.kind == "finish"), default=None)
    return replace(attempt, finished=ended) if ended else attempt


def _is_settled(rows: Sequence[Any]) -> bool:
    attempt, first = _from_scratch(rows), rows[0]
    kept = {row.place: (row.kept_score, row.kept_grader, row.kept_seconds) for row in rows}
    return (
        first.finished == attempt.finished
        and _same(first.points, attempt.earned)
        and all(
            _same(kept[row["where"]][0], row["now_score"])
            and kept[row["where"]][1] == row["now_grader"]
            and _same(kept[row["where"]][2], row["now_seconds"])
            for row in settled(attempt)
        )
    )


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, abs_tol=CLOSE)


def _settle_again(db: sa.Connection, some: Sequence[str]) -> None:
    for rows in _attempts(db, some):
        attempt = _from_scratch(rows)
        db.execute(SETTLE_SLOT, settled(attempt))
        db.execute(SETTLE, {"which": attempt.id, "now_points": attempt.earned})
        db.execute(sa.update(t.attempt).where(t.attempt.c.id == attempt.id).values(finished=attempt.finished))


def _misclosed(db: sa.Connection) -> Iterator[str]:
    """The assignments that are said to be closed for everybody before their rules allow it."""
    for row in db.execute(ASSIGNMENTS).all():
        least = ends(rules_of(row.rules), _overrides(db, row.id).values())
        if (least is None) != (row.ends is None) or (least and row.ends < least):
            yield row.id


def _misfolded(db: sa.Connection, bank: Bank) -> Iterator[str]:
    """The learners whose kept profile is not the fold of the answers that it says it holds.

    Where an answer came late, from before the kept ones, or the bank is another, the next page folds anew.
    """
    asked = questions_of(db, bank.by_revision)
    for learner, kept in kept_profiles(db, bank):
        rows = db.execute(ANSWERS, {"learner_id": learner}).all()
        known = (
            [row for row in rows if (row.at, row.id) <= (kept.last_at, kept.last_id)] if kept.last_at else []
        )
        if len(known) == kept.total.answers and fold_answers(Profile(), map(answered, known), asked) != kept:
            yield learner


def _misgraded(db: sa.Connection, asked: Callable[[str], Question]) -> Iterator[str]:
    for row in db.execute(GRADED.execution_options(yield_per=1000)):
        if row.id.endswith(".told"):
            continue  # its score is a trainer's
        if not _same(asked(row.revision).grade(_tuple(row.answer)).score, row.score):
            yield row.id
