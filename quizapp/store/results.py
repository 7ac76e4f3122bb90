"""What came of an assignment: who answered what, and how each question went. Reads derived columns.

Everything here takes an Assignment, which its owner alone can load. Members are those who are in the group
now; previews count nowhere.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import groupby
from typing import Any, Literal, TypeVar

import sqlalchemy as sa

from quizapp.bank import Answer
from quizapp.learn import GRADED, Counts, Try, counting, result
from quizapp.store import tables as t
from quizapp.store.assignments import Assignment, Sitting, sitting
from quizapp.store.database import Database
from quizapp.store.groups import Member, _member
from quizapp.store.store import Missing, _tuple

Tries = tuple[tuple[Try, str], ...]
"""First tries at a question, each with the revision that was asked."""
Made = TypeVar("Made")
State = Literal["right", "partly", "wrong", "unsure", "waits", "late", "empty"]

ROLLED = 16
"""Assignments whose figures are remembered: those that somebody looks at now. The least used one goes."""


def state_of(score: float | None, *, sure: bool, is_answered: bool, is_late: bool) -> State:
    """What became of a question, in a word: `waits` has an answer and no mark yet, `empty` has no answer."""
    if score is not None:
        if score in (0, 1):
            return "right" if score else "wrong" if sure else "unsure"
        return "partly"
    if is_answered:
        return "waits"
    return "late" if is_late else "empty"


@dataclass(frozen=True)
class Line:
    """A member with all their attempts at an assignment, first to last. `active` is when they last did
    something."""

    member: Member
    sittings: tuple[Sitting, ...]
    active: datetime | None = None

    @property
    def is_answering(self) -> bool:
        """Whether an attempt runs."""
        return any(each.finished is None for each in self.sittings)

    @property
    def is_finished(self) -> bool:
        """Whether an attempt has ended."""
        return any(each.finished is not None for each in self.sittings)

    def share(self, counts: Counts) -> float | None:
        """The result by the rule which attempt counts, from 0 to 1; None before anything began."""
        return result([each.outcome for each in self.sittings], counts)

    def counting(self, counts: Counts) -> Sitting | None:
        """The attempt that counts, the last one where the mean does; a running one only without others."""
        return counting(self.sittings, counts, lambda each: each.outcome)


@dataclass(frozen=True)
class Column:
    """A question of an assignment: how many first tries there are, and their mean score from 0 to 1.

    `waiting` is how many answers, of all attempts, wait for a mark.
    """

    question: str
    answers: int
    facility: float
    waiting: int = 0


@dataclass(frozen=True)
class Markable:
    """An answer to be marked: where it is and whose. `score` is None while it waits."""

    attempt: str
    number: int
    place: int
    member: str
    score: float | None


@dataclass(frozen=True)
class _Rolled:
    """The figures of an assignment at one version: what may be dropped at any time.

    `possible` are the points of each attempt, and `made` what others made of all that, by name.
    """

    version: str
    lines: tuple[Line, ...]
    columns: tuple[Column, ...]
    possible: Mapping[str, float]
    made: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Board:
    """An assignment with its members in the order in which they joined, and what was asked of anybody.

    `columns` stand in the order in which they were first asked, `version` changes with all of it.
    """

    assignment: Assignment
    version: str
    lines: tuple[Line, ...]
    columns: tuple[Column, ...]
    rolled: _Rolled

    def made(self, name: str, make: Callable[[], Made]) -> Made:
        """What `make` makes; made once for each state of the results, whose rules are no part of it."""
        made = self.rolled.made
        if name not in made:
            made[name] = make()
        found: Made = made[name]
        return found


THIS = sa.bindparam("which", type_=t.Text)
TRIES = (t.attempt.c.assignment == THIS) & (t.attempt.c.number > 0)
IS_MEMBER = (t.member.c.learner == t.attempt.c.learner) & (t.member.c.group == sa.bindparam("group_id"))
MEMBERS = sa.select(t.member).where(t.member.c.group == sa.bindparam("group_id"))
LAST_STEP = sa.select(sa.func.max(t.step.c.at)).where(t.step.c.attempt == t.attempt.c.id).scalar_subquery()
ATTEMPTS = (
    sa.select(
        t.attempt.c.id,
        t.attempt.c.learner,
        t.attempt.c.started,
        t.attempt.c.finished,
        t.attempt.c.deadline,
        t.attempt.c.number,
        t.attempt.c.terms,
        t.attempt.c.points,
        sa.type_coerce(sa.case((t.attempt.c.finished.is_(None), LAST_STEP)), t.Moment).label("latest"),
    )
    .where(TRIES)
    .order_by(t.attempt.c.learner, t.attempt.c.number)
)
NAMED = (
    sa.select((t.member.c.id + t.member.c.learner + t.member.c.name + t.member.c.labels).label("all"))
    .where(t.member.c.group == sa.bindparam("group_id"))
    .order_by(t.member.c.id)
    .subquery()
)
VERSION = sa.select(
    sa.select(sa.func.count())
    .select_from(t.attempt.join(t.step, t.step.c.attempt == t.attempt.c.id))
    .where(TRIES)
    .scalar_subquery(),
    sa.select(sa.func.aggregate_strings(NAMED.c.all, "\n")).scalar_subquery(),
    *(
        sa.select(each).where(TRIES).scalar_subquery()
        for each in (
            sa.func.count(t.attempt.c.id),
            sa.func.count(t.attempt.c.finished),
            sa.func.max(t.attempt.c.started),
            sa.func.coalesce(sa.func.sum(t.attempt.c.points), 0.0),
        )
    ),
)
"""Steps are only ever added, so their number tells of any change to answers and marks; the rest tells of
members, of whom each of them is by now, and of what was erased."""
IS_DONE = t.slot.c.score.is_not(None) | (t.attempt.c.finished.is_not(None) & t.slot.c.seconds.is_(None))
"""A mark, or an attempt that ended without an answer there. What waits for a mark has a time and no score."""
WAITS = t.slot.c.score.is_(None) & t.slot.c.seconds.is_not(None)
IS_FIRST = IS_DONE & (t.attempt.c.number == 1) & t.member.c.id.is_not(None)
ZERO_OR_MORE = sa.func.coalesce(t.slot.c.score, 0.0)
FIGURES = (
    sa.select(
        t.slot.c.question,
        sa.func.count(sa.case((IS_FIRST, 1))).label("answers"),
        sa.func.avg(sa.case((IS_FIRST, ZERO_OR_MORE))).label("facility"),
        sa.func.count(sa.case((WAITS & t.member.c.id.is_not(None), 1))).label("waiting"),
    )
    .select_from(t.attempt)
    .join(t.slot, t.slot.c.attempt == t.attempt.c.id)
    .outerjoin(t.member, IS_MEMBER)
    .where(TRIES)
    .group_by(t.slot.c.question)
    .order_by(sa.func.min(t.attempt.c.started), sa.func.min(t.slot.c.place), t.slot.c.question)
)
POSSIBLE = (
    sa.select(t.attempt.c.id, sa.func.sum(t.slot.c.weight).label("possible"))
    .join(t.slot, t.slot.c.attempt == t.attempt.c.id)
    .where(TRIES)
    .group_by(t.attempt.c.id)
)
OF_SLOT = (t.step.c.attempt == t.slot.c.attempt) & (t.step.c.place == t.slot.c.place)
IS_ANSWER = t.step.c.kind.in_(("submit", "held"))
IS_UNCLEAR = t.slot.c.score.is_(None) | (t.slot.c.score == 0)
"""What is right, or partly so, needs no look at its steps."""
CELLS = (
    sa.select(
        t.slot.c.attempt,
        t.slot.c.question,
        t.slot.c.score,
        sa.func.min(sa.case((IS_ANSWER, sa.cast(t.step.c.sure, sa.Integer)))).label("sure"),
        sa.func.count(sa.case((t.step.c.kind != "late", 1))).label("answers"),
        sa.func.count(sa.case((t.step.c.kind == "late", 1))).label("late"),
    )
    .select_from(t.slot)
    .outerjoin(t.step, OF_SLOT & IS_UNCLEAR & t.step.c.kind.in_(("submit", "held", "save", "late")))
    .where(t.slot.c.attempt.in_(sa.bindparam("attempts", expanding=True)))
    .group_by(t.slot.c.attempt, t.slot.c.place)
)
FIRST_TRIES = (
    sa.select(
        t.attempt.c.id,
        t.member.c.id.label("member"),
        t.attempt.c.points,
        t.slot.c.score,
        t.slot.c.weight,
        t.slot.c.seconds,
        t.slot.c.revision,
        t.slot.c.grader,
        t.step.c.kind,
        t.step.c.answer,
        t.step.c.sure,
    )
    .select_from(t.attempt)
    .join(t.slot, t.slot.c.attempt == t.attempt.c.id)
    .join(t.member, IS_MEMBER)
    .outerjoin(t.step, OF_SLOT & t.step.c.kind.in_(("submit", "held", "mark", "regrade")))
    .where(TRIES & IS_DONE, t.attempt.c.number == 1, t.slot.c.question == sa.bindparam("of"))
    .order_by(t.attempt.c.id, t.step.c.at, t.step.c.id)
)
ANSWERED = (
    sa.select(
        t.attempt.c.id, t.attempt.c.number, t.slot.c.place, t.member.c.id.label("member"), t.slot.c.score
    )
    .select_from(t.attempt)
    .join(t.slot, t.slot.c.attempt == t.attempt.c.id)
    .join(t.member, IS_MEMBER)
    .where(TRIES, t.slot.c.question == sa.bindparam("of"), t.slot.c.seconds.is_not(None))
)
WITH_ANSWERS = sa.exists().where((t.attempt.c.assignment == t.assignment.c.id) & (t.attempt.c.number > 0))
NEWEST = (
    sa.select(t.assignment.c.id)
    .where(t.assignment.c.owner == sa.bindparam("who"), WITH_ANSWERS)
    .order_by(t.assignment.c.made.desc(), t.assignment.c.id.desc())
    .limit(1)
)


class Results:
    """The results of assignments."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rolled: OrderedDict[str, _Rolled] = OrderedDict()
        self._lock = threading.Lock()

    def forget(self) -> None:
        """Drop what is remembered, which costs time alone."""
        with self._lock:
            self._rolled.clear()

    def newest(self, owner: str) -> str:
        """The id of a trainer's newest assignment that somebody has begun. Raises Missing."""
        with self._database.reading() as db:
            found = db.execute(NEWEST, {"who": owner}).scalar_one_or_none()
        if found is None:
            raise Missing(owner)
        return str(found)

    def version(self, assignment: Assignment) -> str:
        """Changes with whatever results show."""
        with self._database.reading() as db:
            return _version(db, assignment)

    def board(self, assignment: Assignment) -> Board:
        """All members with their attempts, and all questions with their figures."""
        with self._database.reading() as db:
            rolled = self._roll(db, assignment)
        return Board(assignment, rolled.version, rolled.lines, rolled.columns, rolled)

    def states(self, attempts: Iterable[str]) -> Mapping[str, Mapping[str, State]]:
        """For each attempt, what became of each question."""
        found: dict[str, dict[str, State]] = {each: {} for each in attempts}
        with self._database.reading() as db:
            rows = db.execute(CELLS, {"attempts": list(found)}).all()
        for attempt, question_id, score, sure, answers, late in rows:
            found[attempt][question_id] = state_of(
                score, sure=sure != 0, is_answered=answers > 0, is_late=late > 0
            )
        return found

    def tries(self, board: Board, question_id: str) -> Tries:
        """The first tries at a question, each with the revision that graded it."""
        with self._database.reading() as db:
            rows = db.execute(FIRST_TRIES, _of(board.assignment) | {"of": question_id}).all()
        possible = board.rolled.possible
        grouped = (list(found) for _, found in groupby(rows, lambda row: row.id))
        return tuple(
            (try_of(each[0].member, each, possible.get(each[0].id, 0.0)), each[0].grader or each[0].revision)
            for each in grouped
        )

    def answers(self, assignment: Assignment, question_id: str) -> tuple[Markable, ...]:
        """All final answers to a question, of all attempts."""
        with self._database.reading() as db:
            rows = db.execute(ANSWERED, _of(assignment) | {"of": question_id}).all()
        return tuple(Markable(*row) for row in rows)

    def _roll(self, db: sa.Connection, assignment: Assignment) -> _Rolled:
        """The figures, counted again only when something has changed: paging through costs no more."""
        version = _version(db, assignment)
        with self._lock:
            known = self._rolled.get(assignment.id)
        if known and known.version == version:
            return known
        columns = tuple(
            Column(row.question, row.answers, row.facility or 0.0, row.waiting)
            for row in db.execute(FIGURES, _of(assignment))
        )
        possible = {row.id: row.possible for row in db.execute(POSSIBLE, _of(assignment))}
        rolled = _Rolled(version, _lines(db, assignment, possible), columns, possible)
        with self._lock:
            self._rolled[assignment.id] = rolled
            self._rolled.move_to_end(assignment.id)
            if len(self._rolled) > ROLLED:
                self._rolled.popitem(last=False)
        return rolled


def _of(assignment: Assignment) -> dict[str, str]:
    return {"which": assignment.id, "group_id": assignment.group}


def _version(db: sa.Connection, assignment: Assignment) -> str:
    found = "-".join(map(str, db.execute(VERSION, _of(assignment)).one()))
    return sha256(found.encode()).hexdigest()[:24]


def _lines(db: sa.Connection, assignment: Assignment, possible: Mapping[str, float]) -> tuple[Line, ...]:
    rows = db.execute(ATTEMPTS, _of(assignment)).all()
    sat = {who: _sat(list(own), possible) for who, own in groupby(rows, lambda row: row.learner)}
    members = [_member(row) for row in db.execute(MEMBERS, _of(assignment)).all()]
    members.sort(key=lambda each: (each.joined, each.id))
    return tuple(Line(each, *sat.get(each.learner, ((), None))) for each in members)


def _sat(rows: Sequence[Any], possible: Mapping[str, float]) -> tuple[tuple[Sitting, ...], datetime]:
    """A learner's attempts, first to last, and when they last did something."""
    sittings = tuple(sitting(row, possible.get(row.id, 0.0)) for row in rows)
    return sittings, max(row.finished or row.latest or row.started for row in rows)


def try_of(learner: str, rows: Sequence[Any], possible: float) -> Try:
    """A try from its answer and its marks.

    A mark may hold the answer that counts, with what was heard, and a regrade by a mended question the answer
    in the keys of that one.
    """
    row = rows[0]
    answer: Answer = ()
    for each in rows:
        given = _tuple(each.answer) if each.answer else ()
        if each.kind == "regrade":
            given = given[2:] if row.grader else ()
        answer = given or answer
    score, others = row.score or 0.0, possible - row.weight
    return Try(
        learner=learner,
        answer=answer,
        sure=all(each.sure for each in rows if each.kind in GRADED),
        score=score,
        rest=((row.points or 0.0) - row.weight * score) / others if others > 0 else 0.0,
        seconds=row.seconds if any(each.kind in ("submit", "held") for each in rows) else None,
    )
