"""What is kept, and how it is found again; in and out go the frozen values of other rooms."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from quizapp.bank import Answer, Question, revive
from quizapp.learn import Answered, Attempt, NotNow, Quiz, Rules, Shows, Slot, Step, Terms, fold
from quizapp.store import tables as t
from quizapp.store.database import Database
from quizapp.store.inserting import insert

if TYPE_CHECKING:
    from pydantic import TypeAdapter

FAR = datetime(9999, 1, 1, tzinfo=UTC)
TRAINING = ("trainer", "admin")
AFTER_THE_END = ("late", "mark", "regrade")
IN_RESULTS = (*AFTER_THE_END, "note")
"""An assignment's results are marked, and marks commented on, when it has ended."""
MOST_KEPT = {"draft": 3000, "save": 3000, "late": 20}
"""Steps of a kind that one place takes: more than anybody types, so that no script fills the database, nor
the trainer's page."""


class Missing(LookupError):
    """There is no such thing, or it belongs to somebody else: nobody learns which."""


class Taken(Exception):
    """The id already names something else."""


@dataclass(frozen=True)
class Learner:
    """Who answers. `answers` is how many graded answers are kept; `name` is empty for a guest.

    `role` is that of the account: learner, trainer or admin. `seen` is when this browser was last here, to
    the day, and `since` when it signed in, or a guest began.
    """

    id: str
    answers: int
    name: str = ""
    role: str = "learner"
    seen: datetime | None = None
    since: datetime | None = None

    @property
    def trains(self) -> bool:
        """Whether groups and assignments may be theirs."""
        return self.role in TRAINING


@dataclass(frozen=True)
class Listed:
    """An attempt as lists show it: without what was asked."""

    id: str
    quiz: Quiz
    started: datetime
    ended: datetime | None
    places: int
    answered: int
    left: int
    """Places without an answer, with those at which something comes back."""
    points: float
    """Sum of the scores over the places, from 0 to `places`; 0 while an exam runs."""
    told: int = 0
    """Places whose score is told, and in `points`: in an assignment perhaps fewer than have an answer."""

    @property
    def is_open(self) -> bool:
        """Whether it waits for answers, or an exam for its end."""
        return self.ended is None and (self.quiz.mode != "practice" or self.left > 0)


ASKER = (
    t.learner.c.id.label("asker"),
    t.learner.c.answers,
    sa.func.coalesce(t.account.c.name, ""),
    sa.func.coalesce(t.account.c.role, "learner"),
    t.session.c.seen,
    t.session.c.made,
)
LEARNER = (
    sa.select(*ASKER)
    .join(t.session, t.session.c.learner == t.learner.c.id)
    .outerjoin(t.account, t.account.c.learner == t.learner.c.id)
    .where(t.session.c.token_hash == sa.bindparam("token_hash"))
)
MOVED = sa.select(t.learner.c.moved_to).where(t.learner.c.id == sa.bindparam("who"))
SAW = (
    sa.update(t.session)
    .where(t.session.c.token_hash == sa.bindparam("which"))
    .values(seen=sa.bindparam("now"), device=sa.bindparam("on"))
)
ADD_LEARNER = insert(t.learner)
ADD_SESSION = insert(t.session)
OWNER = sa.select(t.attempt.c.learner)
"""Whose an attempt is: a guest's answers may have gone to an account since the attempt was read."""
FORGET_PROFILE = sa.delete(t.profile).where(
    t.profile.c.learner == OWNER.where(t.attempt.c.id == sa.bindparam("which")).scalar_subquery()
)
"""A mark may change an answer that a kept profile holds."""
COUNT_ANSWER = (
    sa.update(t.learner)
    .where(t.learner.c.id == OWNER.where(t.attempt.c.id == sa.bindparam("which")).scalar_subquery())
    .values(answers=t.learner.c.answers + 1)
)
ADD_QUESTION = insert(t.question).on_conflict_do_nothing()
ADD_ATTEMPT = insert(t.attempt).on_conflict_do_nothing()
ADD_SLOT = insert(t.slot)


def _given(table: sa.Table, **found: Any) -> sa.Select[Any]:
    """A row as it will be given, but for the columns that are found in the database."""
    return sa.select(*(found.get(each.name, sa.bindparam(each.name, type_=each.type)) for each in table.c))


THIS = sa.bindparam("attempt", type_=t.Text)
ADD_STEP = (
    insert(t.step)
    .from_select(
        t.step.c.keys(),
        _given(t.step, attempt=t.attempt.c.id, learner=t.attempt.c.learner).where(t.attempt.c.id == THIS),
    )
    .on_conflict_do_nothing()
)
ADD_LAST_SLOT = insert(t.slot).from_select(
    t.slot.c.keys(),
    _given(t.slot, place=sa.func.max(t.slot.c.place) + 1).where(t.slot.c.attempt == THIS),
)
GRADED = sa.select(t.step.c.id).where(
    t.step.c.attempt == sa.bindparam("which"),
    t.step.c.place == sa.bindparam("where"),
    t.step.c.kind == "submit",
)
KEPT = (
    sa.select(sa.func.count())
    .select_from(t.step)
    .where(
        t.step.c.attempt == sa.bindparam("which"),
        t.step.c.place == sa.bindparam("where"),
        t.step.c.kind == sa.bindparam("of_kind"),
    )
)
ENDED = sa.select(t.attempt.c.finished).where(t.attempt.c.id == sa.bindparam("which"))
FINISH = (
    sa.update(t.attempt)
    .where(t.attempt.c.id == sa.bindparam("which"), t.attempt.c.finished.is_(None))
    .values(finished=sa.bindparam("then"))
)
SETTLE_SLOT = (
    sa.update(t.slot)
    .where(t.slot.c.attempt == sa.bindparam("which"), t.slot.c.place == sa.bindparam("where"))
    .values(
        score=sa.bindparam("now_score"),
        grader=sa.bindparam("now_grader"),
        seconds=sa.bindparam("now_seconds"),
    )
)
SETTLE = (
    sa.update(t.attempt)
    .where(t.attempt.c.id == sa.bindparam("which"))
    .values(points=sa.bindparam("now_points"))
)
STEP_PLACE = sa.select(t.step.c.attempt, t.step.c.place).where(t.step.c.id == sa.bindparam("step_id"))
BODY = sa.select(t.question.c.body).where(t.question.c.revision == sa.bindparam("revision"))
OF_ATTEMPT = (
    *t.attempt.c,
    t.slot.c.place,
    t.slot.c.question,
    t.slot.c.revision,
    t.slot.c.shown,
    t.slot.c.again,
    t.slot.c.reason,
    t.slot.c.weight,
    t.assignment.c.rules,
    t.assignment.c.ends,
    t.step.c.id.label("step_id"),
    t.step.c.kind,
    t.step.c.answer,
    t.step.c.sure,
    t.step.c.score,
    t.step.c.at,
    t.step.c.actor,
)
IN_ORDER = (t.slot.c.place, t.step.c.at, t.step.c.id)
AT_SLOT = (t.step.c.attempt == t.slot.c.attempt) & (t.step.c.place == t.slot.c.place)
ATTEMPTS = (
    sa.select(*OF_ATTEMPT)
    .join(t.slot, t.slot.c.attempt == t.attempt.c.id)
    .outerjoin(t.step, AT_SLOT)
    .outerjoin(t.assignment, t.assignment.c.id == t.attempt.c.assignment)
    .order_by(*IN_ORDER)
)
ASKER_AT = (
    LEARNER.add_columns(*OF_ATTEMPT)
    .outerjoin(
        t.attempt,
        (t.attempt.c.learner == t.learner.c.id) & (t.attempt.c.id == sa.bindparam("attempt_id")),
    )
    .outerjoin(t.slot, t.slot.c.attempt == t.attempt.c.id)
    .outerjoin(t.step, AT_SLOT)
    .outerjoin(t.assignment, t.assignment.c.id == t.attempt.c.assignment)
    .order_by(*IN_ORDER)
)
"""Who asks, and the attempt that is asked for where it is theirs, in one go."""
ANYBODYS = ATTEMPTS.where(t.attempt.c.id == sa.bindparam("attempt_id"))
ATTEMPT = ANYBODYS.where(t.attempt.c.learner == sa.bindparam("learner_id"))
HINTS = (
    sa.select(sa.func.count())
    .select_from(HINT := t.step.alias("hint"))
    .where(
        HINT.c.attempt == t.step.c.attempt,
        HINT.c.place == t.step.c.place,
        HINT.c.kind == "hint",
    )
    .scalar_subquery()
)
REGRADED = (
    sa.select((STEP := t.step.alias("regrade")).c.answer)
    .where(
        STEP.c.attempt == t.step.c.attempt,
        STEP.c.place == t.step.c.place,
        STEP.c.kind == "regrade",
        t.slot.c.grader.is_not(None),
    )
    .order_by(STEP.c.at.desc(), STEP.c.id.desc())
    .limit(1)
    .scalar_subquery()
)
"""Where a mended question graded an answer: its revision, the regrade, and the answer in its keys."""
ANSWERS = (
    sa.select(
        t.step.c.id,
        t.slot.c.question,
        sa.func.coalesce(t.slot.c.grader, t.slot.c.revision).label("revision"),
        t.step.c.attempt,
        t.step.c.place,
        t.attempt.c.mode,
        t.step.c.answer,
        t.step.c.sure,
        HINTS.label("hints"),
        sa.func.coalesce(t.slot.c.score, t.step.c.score).label("score"),
        t.step.c.at,
        REGRADED.label("regraded"),
    )
    .join(t.slot, (t.slot.c.attempt == t.step.c.attempt) & (t.slot.c.place == t.step.c.place))
    .join(t.attempt, t.attempt.c.id == t.step.c.attempt)
    .where(t.step.c.learner == sa.bindparam("learner_id"), t.step.c.kind == "submit")
    .order_by(t.step.c.at, t.step.c.id)
)
SINCE = ANSWERS.where(
    sa.tuple_(t.step.c.at, t.step.c.id)
    > sa.tuple_(sa.bindparam("at", type_=t.Moment), sa.bindparam("after", type_=t.Text))
)
ANSWERED = t.step.alias("answered")
COUNTED = sa.not_(t.slot.c.again)
SCORE = sa.func.coalesce(t.slot.c.score, ANSWERED.c.score)
LEFT = sa.func.count(sa.distinct(t.slot.c.place)) - sa.func.count(sa.distinct(ANSWERED.c.place))
MINE_TO_LIST = (t.attempt.c.learner == sa.bindparam("learner_id")) & (t.attempt.c.number >= 0)
"""A learner's attempts without a trainer's previews, which count nowhere."""
TOLD = (ANSWERED.c.kind == "submit") & COUNTED
LISTED = (
    sa.select(
        t.attempt,
        sa.func.count(sa.distinct(sa.case((COUNTED, t.slot.c.place)))).label("places"),
        sa.func.count(sa.distinct(sa.case((COUNTED, ANSWERED.c.place)))).label("answered"),
        LEFT.label("left"),
        sa.func.coalesce(sa.func.sum(sa.case((TOLD, SCORE), else_=0.0)), 0.0).label("earned"),
        sa.func.count(sa.distinct(sa.case((TOLD, t.slot.c.place)))).label("told"),
    )
    .join(t.slot, t.slot.c.attempt == t.attempt.c.id)
    .outerjoin(
        ANSWERED,
        (ANSWERED.c.attempt == t.slot.c.attempt)
        & (ANSWERED.c.place == t.slot.c.place)
        & ANSWERED.c.kind.in_(("submit", "save", "held")),
    )
    .where(MINE_TO_LIST)
    .group_by(*t.attempt.c)
    .order_by(t.attempt.c.started.desc(), t.attempt.c.id.desc())
    .limit(sa.bindparam("most"))
)
LATEST = (
    sa.select(t.attempt.c.id)
    .where(MINE_TO_LIST)
    .order_by(t.attempt.c.started.desc(), t.attempt.c.id.desc())
    .limit(sa.bindparam("most"))
)
NEWEST = LISTED.where(t.attempt.c.id.in_(LATEST))
"""Only the newest attempts are summed up, however many there are."""
OF_MODE = LISTED.where(t.attempt.c.id.in_(LATEST.where(t.attempt.c.mode == sa.bindparam("mode"))))
OPEN = LISTED.where(
    t.attempt.c.finished.is_(None), t.attempt.c.started > sa.bindparam("since", type_=t.Moment)
).having((t.attempt.c.mode != "practice") | (LEFT > 0))
HISTORY = (
    ANSWERS.where(
        sa.tuple_(t.step.c.at, t.step.c.id)
        < sa.tuple_(sa.bindparam("at", type_=t.Moment), sa.bindparam("before", type_=t.Text)),
        sa.func.substr(t.slot.c.question, 1, sa.func.length(sa.bindparam("within")))
        == sa.bindparam("within"),
        sa.func.coalesce(t.slot.c.score, t.step.c.score) <= sa.bindparam("best"),
    )
    .order_by(None)
    .order_by(t.step.c.at.desc(), t.step.c.id.desc())
    .limit(sa.bindparam("most"))
)


class Store:
    """All that quizapp keeps, in one database that `upgrade` has prepared."""

    def __init__(self, address: str) -> None:
        self._database = Database(address)

    @property
    def database(self) -> Database:
        """The connection, which the other parts of this room share."""
        return self._database

    def close(self) -> None:
        """Give all connections back."""
        self._database.close()

    # -- who

    def learner(self, token_hash: str) -> Learner | None:
        """The learner who uses this browser, or None for a stranger."""
        with self._database.reading() as db:
            row = db.execute(LEARNER, {"token_hash": token_hash}).one_or_none()
        return Learner(*row) if row else None

    def learner_at(self, token_hash: str, attempt_id: str) -> tuple[Learner | None, Attempt | None]:
        """The learner who uses this browser, with their attempt; None for what there isn't."""
        given = {"token_hash": token_hash, "attempt_id": attempt_id}
        with self._database.reading() as db:
            rows = db.execute(ASKER_AT, given).all()
        if not rows:
            return None, None
        return Learner(*rows[0][: len(ASKER)]), _attempt(rows) if rows[0].place else None

    def add_learner(self, learner_id: str, token_hash: str, now: datetime, device: str = "") -> Learner:
        """Make a guest of a stranger; when two requests of one browser race, both get the same guest."""

        def act(db: sa.Connection) -> Learner:
            if row := db.execute(LEARNER, {"token_hash": token_hash}).one_or_none():
                return Learner(*row)
            db.execute(ADD_LEARNER, {"id": learner_id, "made": now, "answers": 0})
            session = {"token_hash": token_hash, "learner": learner_id, "made": now, "seen": now}
            db.execute(ADD_SESSION, session | {"device": device})
            return Learner(learner_id, 0, seen=now, since=now)

        return self._database.write(act)

    def saw(self, token_hash: str, now: datetime, device: str) -> None:
        """Note that a browser was here."""
        self._database.write(lambda db: db.execute(SAW, {"which": token_hash, "now": now, "on": device}))

    # -- attempts

    def add_attempt(
        self,
        attempt: Attempt,
        asked: Iterable[Question],
        first: Step | None = None,
        comes_back: Slot | None = None,
    ) -> None:
        """Keep a new attempt with what is asked, its first step and the slot where its question comes back.

        Adding the same attempt again changes nothing. Raises Taken when the id is somebody else's. Where a
        guest's answers have gone to an account meanwhile, the attempt goes there too; raises Missing where
        they were erased.
        """
        questions = list(asked)

        def act(db: sa.Connection) -> bool:
            learner = _now(db, attempt.learner)
            if not db.execute(ADD_ATTEMPT, _attempt_row(attempt) | {"learner": learner}).rowcount:
                if not db.execute(ATTEMPT, _mine(attempt.id, learner)).first():
                    raise Taken(attempt.id)
            else:
                db.execute(ADD_QUESTION, [_question_row(question) for question in questions])
                db.execute(
                    ADD_SLOT, [_slot_row(attempt.id, n, s) for n, s in enumerate(attempt.slots, start=1)]
                )
            return first is not None and _add_step(db, attempt, first, comes_back)

        if self._database.write(act) and first:
            self._database.tell(first.kind)

    def attempt(self, attempt_id: str, learner_id: str) -> Attempt:
        """The learner's attempt as its steps leave it. Raises Missing."""
        with self._database.reading() as db:
            rows = db.execute(ATTEMPT, _mine(attempt_id, learner_id)).all()
        if not rows:
            raise Missing(attempt_id)
        return _attempt(rows)

    def question(self, revision: str) -> Question:
        """A question as it was when it was asked. Raises Missing."""
        with self._database.reading() as db:
            return kept_question(db, revision)

    def attempts_of(self, learner_id: str, *, most: int, mode: str = "") -> tuple[Listed, ...]:
        """The learner's latest attempts, newest first; of one mode where it is given."""
        given = {"learner_id": learner_id, "most": most, "mode": mode}
        with self._database.reading() as db:
            rows = db.execute(OF_MODE if mode else NEWEST, given).all()
        return tuple(map(_listed, rows))

    def open_attempts_of(self, learner_id: str, *, since: datetime, most: int) -> tuple[Listed, ...]:
        """The learner's attempts begun since then that wait for answers or for their end, newest first."""
        with self._database.reading() as db:
            rows = db.execute(OPEN, {"learner_id": learner_id, "since": since, "most": most}).all()
        return tuple(map(_listed, rows))

    # -- steps

    def add_step(self, attempt: Attempt, step: Step, comes_back: Slot | None = None) -> bool:
        """Keep a step once, and with it the slot in which its question comes back, as the attempt's last.

        False when it, or another answer to that place, was there already. Durable once this returns. Raises
        Taken when the step's id was used for something else, NotNow when an exam or an interview has ended
        meanwhile, or a place was changed too often, and Missing when it was erased.
        """

        return self.add_steps(attempt, [step], comes_back)

    def has_step(self, attempt_id: str, step_id: str) -> bool:
        """Whether a step was kept before, so that its form has come again."""
        with self._database.reading() as db:
            row = db.execute(STEP_PLACE, {"step_id": step_id}).one_or_none()
        return row is not None and row.attempt == attempt_id

    def add_steps(self, attempt: Attempt, steps: Sequence[Step], comes_back: Slot | None = None) -> bool:
        """Keep several steps at once, as `add_step` does; whether any of them was new."""

        def act(db: sa.Connection) -> list[bool]:
            allowed = IN_RESULTS if attempt.terms else AFTER_THE_END
            if attempt.quiz.mode != "practice" and any(step.kind not in allowed for step in steps):
                _expect_open(db, attempt.id)
            new = [_add_step(db, attempt, step, comes_back) for step in steps]
            if attempt.terms and any(new):
                settle(db, attempt.id)
            if any(step.kind == "mark" for step in steps):
                db.execute(FORGET_PROFILE, {"which": attempt.id})
            return new

        new = self._database.write(act)
        for step, is_new in zip(steps, new, strict=True):
            if is_new:
                self._database.tell(step.kind)
        return any(new)

    def release(self, attempt: Attempt, steps: Sequence[Step]) -> None:
        """Let held answers count towards the learner's progress; what counts already stays as it is."""

        def act(db: sa.Connection) -> None:
            for step in steps:
                _add_step(db, attempt, step)

        if steps:
            self._database.write(act)

    def finish(self, attempt_id: str, learner_id: str, end: Callable[[Attempt], Sequence[Step]]) -> None:
        """End an attempt with the steps that `end` makes of it, as it stands in that moment; once.

        `end` may be called more than once and does no input or output. Raises Missing.
        """

        def act(db: sa.Connection) -> None:
            rows = db.execute(ATTEMPT, _mine(attempt_id, learner_id)).all()
            if not rows:
                raise Missing(attempt_id)
            attempt = _attempt(rows)
            if attempt.finished is None:
                for step in end(attempt):
                    _add_step(db, attempt, step)
                if attempt.terms:
                    settle(db, attempt_id)

        self._database.write(act)

    def answers_of(self, learner_id: str) -> tuple[Answered, ...]:
        """All graded answers of a learner, oldest first."""
        with self._database.reading() as db:
            return tuple(map(answered, db.execute(ANSWERS, {"learner_id": learner_id})))

    def history(
        self,
        learner_id: str,
        *,
        topic: str = "",
        best: float = 1.0,
        before: tuple[datetime, str] | None = None,
        most: int,
    ) -> tuple[Answered, ...]:
        """Graded answers, newest first, before a time and id; of one topic, and with at most that score."""
        at, step_id = before or (FAR, "")
        given = {"learner_id": learner_id, "at": at, "before": step_id, "best": best, "most": most}
        with self._database.reading() as db:
            return tuple(map(answered, db.execute(HISTORY, given | {"within": f"{topic}/" if topic else ""})))


def answered(row: Any) -> Answered:
    """A graded answer from its row."""
    found = row._asdict()
    regraded = found.pop("regraded")
    answer = _tuple(regraded)[2:] if regraded else _tuple(row.answer)
    return Answered(**found | {"answer": answer})


def _now(db: sa.Connection, learner_id: str) -> str:
    """Whose a guest's answers are now. Raises Missing."""
    row = db.execute(MOVED, {"who": learner_id}).one_or_none()
    if row is None:
        raise Missing(learner_id)
    return row.moved_to or learner_id


def _expect_open(db: sa.Connection, attempt_id: str) -> None:
    """Raises NotNow for an exam or an interview that has ended, Missing for one that is gone."""
    row = db.execute(ENDED, {"which": attempt_id}).one_or_none()
    if row is None:
        raise Missing(attempt_id)
    if row.finished is not None:
        raise NotNow("these questions are finished")


def _add_step(db: sa.Connection, attempt: Attempt, step: Step, comes_back: Slot | None = None) -> bool:
    if step.kind == "hint" and db.execute(GRADED, {"which": attempt.id, "where": step.place}).first():
        return False  # what a learner had seen before an answer never changes after it
    if step.kind in MOST_KEPT and _kept(db, attempt, step) >= MOST_KEPT[step.kind]:
        raise NotNow("this was changed too often")
    if not db.execute(ADD_STEP, _step_row(attempt.id, step)).rowcount:
        known = db.execute(STEP_PLACE, {"step_id": step.id}).one_or_none()
        if known is not None and tuple(known) != (attempt.id, step.place):
            raise Taken(step.id)
        return False
    if step.kind == "submit":
        db.execute(COUNT_ANSWER, {"which": attempt.id})
    if step.kind == "finish":
        db.execute(FINISH, {"which": attempt.id, "then": step.at})
    if comes_back:
        db.execute(ADD_LAST_SLOT, _slot_row(attempt.id, 0, comes_back))
    return True


def _kept(db: sa.Connection, attempt: Attempt, step: Step) -> int:
    """How many steps of that kind a place has."""
    where = {"which": attempt.id, "where": step.place, "of_kind": step.kind}
    return int(db.execute(KEPT, where).scalar_one())


def settle(db: sa.Connection, attempt_id: str) -> None:
    """Write down what the steps of an assignment's attempt come to: scores, times, points, and its end."""
    attempt = _attempt(db.execute(ANYBODYS, {"attempt_id": attempt_id}).all())
    rows = [
        row
        for row, slot in zip(settled(attempt), attempt.slots, strict=True)
        if slot.is_graded or slot.marked  # full marks for all go to those, too, who gave no answer
    ]
    if rows:
        db.execute(SETTLE_SLOT, rows)
    db.execute(SETTLE, {"which": attempt_id, "now_points": attempt.earned})
    if attempt.finished:
        db.execute(FINISH, {"which": attempt_id, "then": attempt.finished})


def settled(attempt: Attempt) -> list[dict[str, Any]]:
    """What is written down of each place of an assignment's attempt; None of what nobody graded."""
    return [
        {
            "which": attempt.id,
            "where": place,
            "now_score": slot.score if slot.is_graded or slot.marked else None,
            "now_grader": slot.grader if slot.grader != slot.revision else None,
            "now_seconds": slot.seconds if slot.is_graded or _is_marked(slot) else None,
        }
        for place, slot in enumerate(attempt.slots, start=1)
    ]


def _is_marked(slot: Slot) -> bool:
    """Whether a trainer looked at the place, which then has an answer, be it one that came late."""
    return slot.marked is not None and slot.marked.kind == "mark"


def _mine(attempt_id: str, learner_id: str) -> dict[str, str]:
    return {"attempt_id": attempt_id, "learner_id": learner_id}


def _attempt_row(attempt: Attempt) -> dict[str, Any]:
    return {
        "id": attempt.id,
        "learner": attempt.learner,
        "source": attempt.quiz.source,
        "of": attempt.quiz.of,
        "mode": attempt.quiz.mode,
        "count": attempt.quiz.count,
        "seed": str(attempt.seed),
        "started": attempt.started,
        "finished": attempt.finished,
        **_terms_row(attempt.terms),
    }


def _terms_row(terms: Terms | None) -> dict[str, Any]:
    if terms is None:
        return {"assignment": None, "number": 0, "deadline": None, "terms": "", "points": None}
    body = packing(Terms).dump_json(terms, exclude={"assignment", "number", "deadline"}).decode()
    return {
        "assignment": terms.assignment,
        "number": terms.number,
        "deadline": terms.deadline,
        "terms": body,
        "points": None,
    }


def _terms(row: Any) -> Terms | None:
    if row.assignment is None or row.rules is None:
        return None
    body = json.loads(row.terms)
    fixed = {"assignment": row.assignment, "number": row.number, "deadline": row.deadline}
    terms: Terms = packing(Terms).validate_python(body | fixed)
    return terms


@lru_cache(maxsize=256)
def terms_in(body: str) -> Terms:
    """The terms that attempts have in common, for the credit of late ones."""
    terms: Terms = packing(Terms).validate_python({**json.loads(body), "assignment": "", "number": 0})
    return terms


def _shows(row: Any) -> Shows | None:
    if row.assignment is None or row.rules is None:
        return None
    return rules_of(row.rules).shows(row.ends)


@lru_cache(maxsize=256)
def rules_of(text: str) -> Rules:
    """The rules of an assignment as they were kept."""
    rules: Rules = packing(Rules).validate_json(text)
    return rules


@cache
def packing(kind: Any) -> TypeAdapter[Any]:
    """What turns frozen values of a kind into JSON and back."""
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


def _question_row(question: Question) -> dict[str, Any]:
    body = json.dumps(question.body(), ensure_ascii=False)
    return {"revision": question.revision, "id": question.id, "body": body}


def kept_question(db: sa.Connection, revision: str) -> Question:
    """The question of a revision. Raises Missing."""
    body = db.execute(BODY, {"revision": revision}).scalar_one_or_none()
    if body is None:
        raise Missing(revision)
    return revive(json.loads(body))


def _slot_row(attempt_id: str, place: int, slot: Slot) -> dict[str, Any]:
    return {
        "attempt": attempt_id,
        "place": place,
        "question": slot.question,
        "revision": slot.revision,
        "shown": json.dumps(slot.shown),
        "again": slot.again,
        "reason": slot.reason,
        "weight": slot.weight,
        "score": None,
        "grader": None,
        "seconds": None,
    }


def _step_row(attempt_id: str, step: Step) -> dict[str, Any]:
    return vars(step) | {"attempt": attempt_id, "answer": json.dumps(step.answer)}


def _tuple(text: str) -> Answer:
    return tuple(json.loads(text))


def _listed(row: Any) -> Listed:
    return Listed(
        row.id,
        _quiz(row),
        row.started,
        row.finished,
        row.places,
        row.answered,
        row.left,
        row.earned,
        row.told,
    )


def _quiz(row: Any) -> Quiz:
    return Quiz(source=row.source, of=row.of, mode=row.mode, count=row.count)


def _attempt(rows: Sequence[Any]) -> Attempt:
    """One attempt from its rows: one a step, or one a slot without steps, by place and time."""
    first = rows[0]
    places = {row.place: row for row in rows}
    slots = tuple(
        Slot(
            question=row.question,
            revision=row.revision,
            shown=_tuple(row.shown),
            again=row.again,
            reason=row.reason,
            weight=row.weight,
        )
        for row in places.values()
    )
    bare = Attempt(
        id=first.id,
        learner=first.learner,
        quiz=_quiz(first),
        seed=int(first.seed),
        started=first.started,
        finished=first.finished,
        slots=slots,
        terms=_terms(first),
        shows=_shows(first),
    )
    steps = sorted((_step(row) for row in rows if row.step_id), key=lambda step: (step.at, step.id))
    return fold(bare, steps)


def _step(row: Any) -> Step:
    return Step(
        id=row.step_id,
        place=row.place,
        kind=row.kind,
        at=row.at,
        answer=_tuple(row.answer),
        sure=row.sure,
        score=row.score,
        actor=row.actor,
    )
