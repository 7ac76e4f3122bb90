"""Regrades: other scores for the answers to one question of an assignment, why, and the way back."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from heapq import nsmallest
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from quizapp.bank import Answer, Question
from quizapp.learn import (
    Change,
    Counts,
    Given,
    How,
    NotNow,
    Outcome,
    Regrading,
    Step,
    before,
    replay,
    result,
    take_back,
)
from quizapp.store import tables as t
from quizapp.store.assignments import ONE, POSSIBLE, outcome_of
from quizapp.store.database import Database
from quizapp.store.inserting import insert
from quizapp.store.store import (
    ADD_QUESTION,
    Missing,
    Taken,
    _question_row,
    _step,
    _step_row,
    _tuple,
    kept_question,
    rules_of,
)

BATCH = 500
"""So many learners, or steps, are looked at together, however many there are."""
TOO_SMALL = 1e-9
"""Results that differ by less are the same result, but for rounding."""


@dataclass(frozen=True, kw_only=True)
class Regrade:
    """A regrade of one question of an assignment: how, why, and what came of it.

    `mended` is the revision that grades now, `accepted` are the answers that count as right too, in words.
    `by` is the trainer's learner id and `name` the trainer's name; `changed` is how many scores were
    changed, of the `seen` answers that there were; `undone` is when it was taken back.
    """

    id: str
    assignment: str
    question: str
    how: How
    reason: str
    by: str
    made: datetime
    mended: str = ""
    accepted: tuple[Answer, ...] = ()
    never_lower: bool = False
    seen: int = 0
    changed: int = 0
    undone: datetime | None = None
    name: str = ""

    def regrading(self, mended: Question | None) -> Regrading:
        """The rules of it; `mended` is the question of the revision that grades now, if one does."""
        return Regrading(
            how=self.how,
            mended=mended,
            accepted=frozenset(self.accepted),
            never_lower=self.never_lower,
        )


@dataclass(frozen=True)
class DryRun:
    """What a regrade would do. `first` are the first changes by name; `whys` counts all answers by reason.

    `results` is how many learners would have another result of the assignment.
    """

    first: tuple[Change, ...] = ()
    up: int = 0
    down: int = 0
    results: int = 0
    whys: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many answers were looked at."""
        return sum(self.whys.values())

    @property
    def changed(self) -> int:
        """How many scores would be others."""
        return self.up + self.down


@dataclass(frozen=True)
class Asked:
    """A revision of a question that an assignment asked, and how often."""

    question: str
    revision: str
    times: int


@dataclass(frozen=True)
class Regraded:
    """What a learner is told of a regrade: the score before and now, and the trainer's reason."""

    old: float | None
    new: float | None
    reason: str


def _graded(kind: str) -> Any:
    return t.step.alias(kind)


HELD, SUBMIT, JUDGED = _graded("held"), _graded("submitted"), _graded("judged")
OF_ASSIGNMENT = (t.attempt.c.assignment == sa.bindparam("which")) & (t.attempt.c.number > 0)
"""Its attempts; a trainer's previews are none."""
OF_QUESTION = OF_ASSIGNMENT & (t.slot.c.question == sa.bindparam("of_question")) & sa.not_(t.slot.c.again)
IS_ANSWERED = HELD.c.id.is_not(None) | SUBMIT.c.id.is_not(None)
LAST_JUDGED = (
    sa.select(JUDGED.c.kind)
    .where(
        JUDGED.c.attempt == t.slot.c.attempt,
        JUDGED.c.place == t.slot.c.place,
        JUDGED.c.kind.in_(("mark", "regrade")),
    )
    .order_by(JUDGED.c.at.desc(), JUDGED.c.id.desc())
    .limit(1)
    .scalar_subquery()
)


def _at_slot(step: Any, kind: str) -> Any:
    return (step.c.attempt == t.slot.c.attempt) & (step.c.place == t.slot.c.place) & (step.c.kind == kind)


PLACES = (
    sa.select(
        t.slot.c.attempt,
        t.slot.c.place,
        t.attempt.c.learner,
        t.slot.c.revision,
        t.slot.c.weight,
        t.slot.c.score,
        sa.func.coalesce(HELD.c.answer, SUBMIT.c.answer, "[]").label("answer"),
        sa.case((HELD.c.id.is_not(None), HELD.c.score), else_=SUBMIT.c.score).label("first"),
        IS_ANSWERED.label("is_answered"),
        (sa.func.coalesce(LAST_JUDGED, "") == "mark").label("by_hand"),
        sa.func.coalesce(t.member.c.id, "").label("member"),
        sa.func.coalesce(t.member.c.name, "").label("name"),
    )
    .join(t.attempt, t.attempt.c.id == t.slot.c.attempt)
    .join(t.assignment, t.assignment.c.id == t.attempt.c.assignment)
    .outerjoin(HELD, _at_slot(HELD, "held"))
    .outerjoin(SUBMIT, _at_slot(SUBMIT, "submit"))
    .outerjoin(
        t.member, (t.member.c.group == t.assignment.c.group) & (t.member.c.learner == t.attempt.c.learner)
    )
    .where(OF_QUESTION, IS_ANSWERED | t.attempt.c.finished.is_not(None))
    .order_by(t.attempt.c.learner, t.attempt.c.number, t.slot.c.place)
)
SOME: Any = sa.bindparam("some", expanding=True)
OF_LEARNERS = PLACES.where(t.attempt.c.learner.in_(SOME))
LEARNERS = (
    sa.select(t.attempt.c.learner)
    .distinct()
    .where(OF_ASSIGNMENT, t.attempt.c.learner > sa.bindparam("after"))
    .order_by(t.attempt.c.learner)
    .limit(BATCH)
)
ASKED = (
    sa.select(t.slot.c.question, t.slot.c.revision, sa.func.count())
    .join(t.attempt, t.attempt.c.id == t.slot.c.attempt)
    .where(OF_ASSIGNMENT)
    .group_by(t.slot.c.question, t.slot.c.revision)
    .order_by(t.slot.c.question, sa.func.count().desc(), t.slot.c.revision)
)
HOW_MANY = sa.select(sa.func.count()).select_from(PLACES.order_by(None).subquery())
STILL_OPEN = (
    sa.select(sa.func.count())
    .select_from(t.slot)
    .join(t.attempt, t.attempt.c.id == t.slot.c.attempt)
    .outerjoin(HELD, _at_slot(HELD, "held"))
    .outerjoin(SUBMIT, _at_slot(SUBMIT, "submit"))
    .where(OF_QUESTION, t.attempt.c.finished.is_(None), sa.not_(IS_ANSWERED))
)
OUTCOMES = (
    sa.select(
        t.attempt.c.learner,
        t.attempt.c.id,
        t.attempt.c.number,
        t.attempt.c.points,
        t.attempt.c.finished,
        t.attempt.c.terms,
        POSSIBLE.label("possible"),
    )
    .where(OF_ASSIGNMENT, t.attempt.c.learner.in_(SOME))
    .order_by(t.attempt.c.learner, t.attempt.c.number)
)
ADD = insert(t.regrade).on_conflict_do_nothing()
SET_CHANGED = (
    sa.update(t.regrade)
    .where(t.regrade.c.id == sa.bindparam("which"))
    .values(changed=sa.bindparam("now_changed"), body=sa.bindparam("now_body"))
)
SET_UNDONE = (
    sa.update(t.regrade).where(t.regrade.c.id == sa.bindparam("which")).values(undone=sa.bindparam("now"))
)
REGRADE = sa.select(t.regrade, sa.func.coalesce(t.account.c.name, "").label("name")).outerjoin(
    t.account, t.account.c.learner == t.regrade.c.by
)
BY_ID = REGRADE.where(t.regrade.c.id == sa.bindparam("which"))
TRAIL = REGRADE.where(t.regrade.c.assignment == sa.bindparam("which")).order_by(
    t.regrade.c.made.desc(), t.regrade.c.id.desc()
)
ADD_STEPS = insert(t.step).on_conflict_do_nothing()
SET_SCORE = (
    sa.update(t.slot)
    .where(t.slot.c.attempt == sa.bindparam("which"), t.slot.c.place == sa.bindparam("where"))
    .values(score=sa.bindparam("now_score"), grader=sa.bindparam("now_grader"))
)
SET_POINTS = (
    sa.update(t.attempt)
    .where(t.attempt.c.id == sa.bindparam("which"))
    .values(
        points=sa.select(sa.func.sum(t.slot.c.weight * sa.func.coalesce(t.slot.c.score, 0.0)))
        .where(t.slot.c.attempt == t.attempt.c.id, sa.not_(t.slot.c.again))
        .scalar_subquery()
    )
)
DROP_PROFILE = sa.delete(t.profile).where(t.profile.c.learner == sa.bindparam("who"))
OWN_STEPS = (
    sa.select(t.step.c.id, t.step.c.attempt, t.step.c.place)
    .where(
        t.step.c.id > sa.bindparam("after"),
        t.step.c.id < sa.bindparam("until"),
        t.step.c.kind == "regrade",
        sa.not_(t.step.c.id.like("%.undo")),
    )
    .order_by(t.step.c.id)
    .limit(BATCH)
)
"""The steps of a regrade, whose ids all begin with its own."""
STEPS = (
    sa.select(
        t.step.c.id.label("step_id"),
        t.step.c.attempt,
        t.step.c.place,
        t.step.c.kind,
        t.step.c.at,
        t.step.c.answer,
        t.step.c.sure,
        t.step.c.score,
        t.step.c.actor,
        t.attempt.c.learner,
        t.slot.c.revision,
    )
    .join(t.slot, (t.slot.c.attempt == t.step.c.attempt) & (t.slot.c.place == t.step.c.place))
    .join(t.attempt, t.attempt.c.id == t.step.c.attempt)
    .where(
        t.step.c.attempt.in_(SOME),
        t.slot.c.question == sa.bindparam("of_question"),
        t.step.c.kind.in_(("submit", "held", "mark", "regrade")),
    )
    .order_by(t.step.c.attempt, t.step.c.place, t.step.c.at, t.step.c.id)
)


class Regrades:
    """Regrades of a trainer's assignments. What somebody else owns is Missing, like what never was."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # -- before

    def answers(self, assignment_id: str, owner: str, question_id: str) -> Iterator[Given]:
        """All places at which a question was asked and is no longer open, learner by learner.

        Some are read at a time. Raises Missing.
        """
        with self._database.reading() as db:
            _owned(db, assignment_id, owner)
        return self._answers(assignment_id, question_id)

    def _answers(self, assignment_id: str, question_id: str) -> Iterator[Given]:
        after: str | None = ""
        while after is not None:
            with self._database.reading() as db:
                some, after = _batch(db, assignment_id, question_id, after)
            yield from some

    def changes(self, regrade: Regrade, owner: str, mended: Question | None) -> Iterator[Change]:
        """What a regrade would do at each place, learner by learner; nothing is kept. Raises Missing."""
        given = self.answers(regrade.assignment, owner, regrade.question)
        return replay(given, regrade.regrading(mended), self._question())

    def _question(self) -> Callable[[str], Question]:
        @lru_cache(BATCH)
        def find(revision: str) -> Question:
            with self._database.reading() as db:
                return kept_question(db, revision)

        return find

    def dry_run(self, regrade: Regrade, owner: str, mended: Question | None, *, most: int) -> DryRun:
        """What a regrade would do, with that many of its changes; nothing is kept. Raises Missing."""
        run = DryRun()
        with self._database.reading() as db:
            counts = _owned(db, regrade.assignment, owner)
        changes = self.changes(regrade, owner, mended)
        for some in _together(changes):
            changed = [each for each in some if each.is_change]
            run = DryRun(
                tuple(nsmallest(most, (*run.first, *changed), key=_by_name)),
                run.up + sum(each.gain > 0 for each in changed),
                run.down + sum(each.gain <= 0 for each in changed),
                run.results + self._results(regrade.assignment, counts, changed),
                Counter(run.whys) + Counter(each.why for each in some),
            )
        return run

    def _results(self, assignment_id: str, counts: Counts, changed: Sequence[Change]) -> int:
        """How many learners would have another result."""
        gains: dict[str, float] = defaultdict(float)
        for each in changed:
            gains[each.given.attempt] += each.given.weight * each.gain
        with self._database.reading() as db:
            given = {"which": assignment_id, "some": sorted({each.given.learner for each in changed})}
            rows = db.execute(OUTCOMES, given).all()
        return sum(
            _differs(list(attempts), gains, counts)
            for _, attempts in groupby(rows, key=lambda row: row.learner)
        )

    def asked(self, assignment_id: str, owner: str) -> tuple[Asked, ...]:
        """The questions that an assignment has asked, each in its revisions, most often asked first.

        Raises Missing.
        """
        with self._database.reading() as db:
            _owned(db, assignment_id, owner)
            return tuple(Asked(*row) for row in db.execute(ASKED, {"which": assignment_id}))

    def counted(self, assignment_id: str, question_id: str) -> tuple[int, int]:
        """How many answers to a question are final, and how many attempts may still answer it."""
        given = {"which": assignment_id, "of_question": question_id}
        with self._database.reading() as db:
            return db.execute(HOW_MANY, given).scalar_one(), db.execute(STILL_OPEN, given).scalar_one()

    # -- doing and undoing

    def apply(self, regrade: Regrade, owner: str, mended: Question | None) -> Regrade:
        """Regrade all answers as they stand in this moment, once; gives it with what came of it.

        Applying it again changes nothing. Raises Missing, and Taken when the id names another one.
        """

        def act(db: sa.Connection) -> Regrade:
            _owned(db, regrade.assignment, owner)
            made = _after(db, regrade.assignment, regrade.made)
            if not db.execute(ADD, _row(replace(regrade, made=made))).rowcount:
                return _known(db, regrade)
            if mended:
                db.execute(ADD_QUESTION, _question_row(mended))
            seen, changed = _apply(db, replace(regrade, made=made), mended)
            done = replace(regrade, made=made, seen=seen, changed=changed)
            given = {"which": regrade.id, "now_changed": changed, "now_body": _body(done)}
            db.execute(SET_CHANGED, given)
            return done

        return self._database.write(act)

    def undo(self, regrade_id: str, assignment_id: str, owner: str, now: datetime) -> Regrade:
        """Give back the scores that counted before a regrade, once; marks made since then stand.

        Raises Missing, and NotNow where the question was regraded again since.
        """

        def act(db: sa.Connection) -> Regrade:
            _owned(db, assignment_id, owner)
            trail = [_regrade(row) for row in db.execute(TRAIL, {"which": assignment_id})]
            found = next((each for each in trail if each.id == regrade_id), None)
            if found is None:
                raise Missing(regrade_id)
            if found.undone:
                return found
            if last_of(trail, found.question) != found:
                raise NotNow("this question was regraded again since")
            at = _after(db, assignment_id, now)
            _take_back(db, found, owner, at)
            db.execute(SET_UNDONE, {"which": regrade_id, "now": at})
            return replace(found, undone=at)

        return self._database.write(act)

    # -- after

    def of_assignment(self, assignment_id: str, owner: str) -> tuple[Regrade, ...]:
        """All regrades of an assignment, newest first, undone ones too. Raises Missing."""
        with self._database.reading() as db:
            _owned(db, assignment_id, owner)
            return tuple(_regrade(row) for row in db.execute(TRAIL, {"which": assignment_id}))

    def told(self, attempt_id: str, place: int, regraded: Step) -> Regraded | None:
        """What to tell a learner of the `regrade` step that counts at a place; None once it was undone."""
        regrade_id = regraded.answer[1] if len(regraded.answer) > 1 else ""
        with self._database.reading() as db:
            row = db.execute(BY_ID, {"which": regrade_id}).one_or_none()
            if row is None:
                return None
            given = {"some": [attempt_id], "of_question": row.question}
            steps = [each for each in db.execute(STEPS, given) if each.place == place]
        old = before([_step(each) for each in steps], regrade_id, "")
        return Regraded(old.score, regraded.score, row.reason) if old else None


def last_of(trail: Iterable[Regrade], question_id: str) -> Regrade | None:
    """The regrade of a question that holds now, from the newest-first list of an assignment's regrades."""
    return next((each for each in trail if each.question == question_id and not each.undone), None)


def _owned(db: sa.Connection, assignment_id: str, owner: str) -> Counts:
    """Which attempt counts in the assignment. Raises Missing when it is somebody else's."""
    row = db.execute(ONE, {"which": assignment_id, "who": owner}).one_or_none()
    if row is None:
        raise Missing(assignment_id)
    return rules_of(row.rules).counts


def _batch(
    db: sa.Connection, assignment_id: str, question_id: str, after: str
) -> tuple[list[Given], str | None]:
    """The places of the next learners, and the last of these learners; None once there are no more."""
    learners = db.execute(LEARNERS, {"which": assignment_id, "after": after}).scalars().all()
    if not learners:
        return [], None
    given = {"which": assignment_id, "of_question": question_id, "some": learners}
    return [_given(row) for row in db.execute(OF_LEARNERS, given)], learners[-1]


def _given(row: Any) -> Given:
    return Given(
        attempt=row.attempt,
        place=row.place,
        learner=row.learner,
        revision=row.revision,
        answer=_tuple(row.answer),
        first=row.first,
        score=row.score,
        by_hand=bool(row.by_hand),
        is_answered=bool(row.is_answered),
        weight=row.weight,
        member=row.member,
        name=row.name,
    )


def _together(changes: Iterable[Change]) -> Iterator[list[Change]]:
    """The changes in parts of about `BATCH`, none of which splits a learner's."""
    part: list[Change] = []
    for _, of_learner in groupby(changes, key=lambda each: each.given.learner):
        part += of_learner
        if len(part) >= BATCH:
            yield part
            part = []
    yield part


def _by_name(change: Change) -> tuple[str, str, int]:
    return change.given.name.casefold(), change.given.attempt, change.given.place


def _differs(attempts: Sequence[Any], gains: Mapping[str, float], counts: Counts) -> bool:
    old = [_outcome(row, 0.0) for row in attempts]
    new = [_outcome(row, gains.get(row.id, 0.0)) for row in attempts]
    return abs((result(new, counts) or 0.0) - (result(old, counts) or 0.0)) > TOO_SMALL


def _outcome(row: Any, gain: float) -> Outcome:
    return outcome_of(row, (row.points or 0.0) + gain, row.possible or 0.0)


def _after(db: sa.Connection, assignment_id: str, now: datetime) -> datetime:
    """Now, or right after the last regrade or undo where the clock was set back: their order must hold."""
    rows = db.execute(TRAIL, {"which": assignment_id}).all()
    times: list[datetime] = [each for row in rows for each in (row.made, row.undone) if each]
    return max([now, *(each + timedelta(microseconds=1) for each in times)])


def _apply(db: sa.Connection, regrade: Regrade, mended: Question | None) -> tuple[int, int]:
    """Change the scores; gives how many answers were seen, and how many changed."""
    asked = lru_cache(BATCH)(lambda revision: kept_question(db, revision))
    after: str | None = ""
    seen = changed = 0
    while after is not None:
        given, after = _batch(db, regrade.assignment, regrade.question, after)
        changes = [each for each in replay(given, regrade.regrading(mended), asked) if each.is_change]
        steps = [each.step(regrade.id, actor=regrade.by, at=regrade.made) for each in changes]
        places = [(each.given.attempt, each.given.learner, each.given.revision) for each in changes]
        _write(db, list(zip(steps, places, strict=True)))
        seen, changed = seen + len(given), changed + len(changes)
    return seen, changed


def _take_back(db: sa.Connection, regrade: Regrade, owner: str, at: datetime) -> None:
    after, until = f"{regrade.id}.", f"{regrade.id}/"  # the sign after the full stop
    while own := db.execute(OWN_STEPS, {"after": after, "until": until}).all():
        after = own[-1].id
        _write(db, list(_taken_back(db, regrade, own, owner, at)))


def _taken_back(
    db: sa.Connection, regrade: Regrade, own: Sequence[Any], owner: str, at: datetime
) -> Iterator[tuple[Step, tuple[str, str, str]]]:
    wanted = {(row.attempt, row.place) for row in own}
    given = {"some": sorted({attempt for attempt, _ in wanted}), "of_question": regrade.question}
    found = groupby(db.execute(STEPS, given).all(), key=lambda row: (row.attempt, row.place))
    for where, rows in found:
        steps = list(rows)
        revision = steps[0].revision
        back = take_back([_step(row) for row in steps], regrade.id, revision, actor=owner, at=at)
        if where in wanted and back:
            yield back, (steps[0].attempt, steps[0].learner, revision)


def _write(db: sa.Connection, judged: Sequence[tuple[Step, tuple[str, str, str]]]) -> None:
    """Keep `regrade` steps, each with its attempt, learner and asked revision, and what follows from them."""
    if not judged:
        return
    db.execute(
        ADD_STEPS, [_step_row(attempt, step) | {"learner": learner} for step, (attempt, learner, _) in judged]
    )
    db.execute(SET_SCORE, [_score_row(step, attempt, revision) for step, (attempt, _, revision) in judged])
    db.execute(SET_POINTS, [{"which": attempt} for attempt in sorted({each[0] for _, each in judged})])
    db.execute(DROP_PROFILE, [{"who": learner} for learner in sorted({each[1] for _, each in judged})])


def _score_row(step: Step, attempt: str, revision: str) -> dict[str, Any]:
    grader = step.answer[0] if step.answer[0] != revision else None
    return {"which": attempt, "where": step.place, "now_score": step.score, "now_grader": grader}


def _known(db: sa.Connection, regrade: Regrade) -> Regrade:
    """The regrade that was kept under this id before. Raises Taken when it is of something else."""
    found = _regrade(db.execute(BY_ID, {"which": regrade.id}).one())
    if (found.assignment, found.question, found.by) != (regrade.assignment, regrade.question, regrade.by):
        raise Taken(regrade.id)
    return found


def _body(regrade: Regrade) -> str:
    kept = ("mended", "accepted", "never_lower", "seen")
    return json.dumps({name: getattr(regrade, name) for name in kept}, ensure_ascii=False)


def _row(regrade: Regrade) -> dict[str, Any]:
    columns = {each.name: getattr(regrade, each.name) for each in t.regrade.c if each.name != "body"}
    return columns | {"body": _body(regrade)}


def _regrade(row: Any) -> Regrade:
    body = json.loads(row.body)
    accepted = tuple(tuple(each) for each in body.pop("accepted", ()))
    columns = {each.name: getattr(row, each.name) for each in t.regrade.c if each.name != "body"}
    return Regrade(**columns, **body, accepted=accepted, name=row.name)
