"""The oracle of all faults: whether a database kept, once and unchanged, all that was acknowledged."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from quizapp.bank import Answer, Question, revive
from quizapp.learn import Attempt
from quizapp.store import tables as t
from quizapp.store.database import Database
from quizapp.store.store import ATTEMPTS, _attempt, settle

DERIVED = (t.slot.c.attempt, t.slot.c.place, t.slot.c.score, t.slot.c.grader, t.slot.c.seconds)
ENDS = (t.attempt.c.id, t.attempt.c.points, t.attempt.c.finished)
STEPS = sa.select(
    t.step.c.id, t.step.c.attempt, t.step.c.place, t.step.c.kind, t.step.c.answer, t.step.c.sure
)


@dataclass
class Said:
    """One answer that somebody sent: the values of the form, and whether the server said that it is kept.

    `ids` are the ids it was sent under: one, however often it was sent, unless somebody breaks that rule.
    """

    attempt: str
    place: int
    values: tuple[str, ...]
    sure: bool
    ids: list[str]
    is_acknowledged: bool = False
    replays: int = 0
    wal: int = 0
    """How long the write-ahead log was when the acknowledgement came, in bytes; 0 where nobody looked."""


@dataclass(frozen=True)
class Verdict:
    """What a fault did: counts, and every broken promise in words."""

    acknowledged: int = 0
    kept: int = 0
    lost: int = 0
    doubled: int = 0
    replays: int = 0
    broken: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether every promise was kept."""
        return not self.broken

    def __add__(self, other: Verdict) -> Verdict:
        return Verdict(
            self.acknowledged + other.acknowledged,
            self.kept + other.kept,
            self.lost + other.lost,
            self.doubled + other.doubled,
            self.replays + other.replays,
            self.broken + other.broken,
        )


@dataclass
class Found:
    """All that the oracle reads of a database."""

    steps: Mapping[str, Any]
    attempts: Mapping[str, Attempt]
    questions: Mapping[str, Question]
    answers: Mapping[str, int]
    """By learner, how many graded answers are counted."""
    damage: list[str] = field(default_factory=list)


class _Undo(Exception):
    """Ends a transaction that must leave nothing behind."""


def examine(address: str, told: Iterable[Sequence[Said]], *, is_all: bool = True) -> Verdict:
    """Open the database after a fault and hold it against what each client was told, in order.

    With `is_all` nobody else has answered, so that what nobody sent is a fault, too.
    """
    clients = [list(each) for each in told]
    sent = [said for client in clients for said in client]
    try:
        found = _read(address)
    except (sa.exc.SQLAlchemyError, LookupError, ValueError) as error:
        acknowledged = sum(said.is_acknowledged for said in sent)
        return Verdict(acknowledged, lost=acknowledged, broken=(f"it can't be read: {error}",))
    kept = {said.ids[0]: [each for each in said.ids if each in found.steps] for said in sent}
    lost = [said for said in sent if said.is_acknowledged and not kept[said.ids[0]]]
    doubled = sum(max(0, len(rows) - 1) for rows in kept.values())
    broken = [
        *found.damage,
        *(f"an acknowledged answer is lost: {said.ids[0]}" for said in lost),
        *(f"an answer is kept {len(rows)} times: {rows}" for rows in kept.values() if len(rows) > 1),
        *_changed(found, sent),
        *_holes(clients, kept),
        *(_unasked(found, sent) if is_all else ()),
        *_miscounted(found),
        *_misgraded(found),
    ]
    return Verdict(
        acknowledged=sum(said.is_acknowledged for said in sent),
        kept=sum(len(rows) for rows in kept.values()),
        lost=len(lost),
        doubled=doubled,
        replays=sum(said.replays for said in sent),
        broken=tuple(broken),
    )


def _read(address: str) -> Found:
    database = Database(address)
    try:
        with database.reading() as db:
            damage = list(_damage(db))
            steps = {row.id: row for row in db.execute(STEPS)}
            rows: dict[str, list[Any]] = defaultdict(list)
            for row in db.execute(ATTEMPTS):
                rows[row.id].append(row)
            bodies = db.execute(sa.select(t.question.c.revision, t.question.c.body))
            questions = {revision: revive(json.loads(body)) for revision, body in bodies}
            answers = {row.id: row.answers for row in db.execute(sa.select(t.learner))}
        attempts = {attempt: _attempt(several) for attempt, several in rows.items()}
        damage += _unsettled(database, [each.id for each in attempts.values() if each.terms])
    finally:
        database.close()
    return Found(steps, attempts, questions, answers, damage)


def _damage(db: sa.Connection) -> Iterator[str]:
    """What the engine itself finds wrong, and rows that point nowhere."""
    if db.dialect.name == "sqlite":
        for (said,) in db.exec_driver_sql("PRAGMA integrity_check").all():
            if said != "ok":
                yield f"integrity_check: {said}"
        for row in db.exec_driver_sql("PRAGMA foreign_key_check").all():
            yield f"foreign_key_check: {tuple(row)}"
    for table in t.meta.sorted_tables:
        for key in table.foreign_keys:
            orphan = key.parent.is_not(None) & ~sa.exists().where(key.column == key.parent)
            if count := db.execute(sa.select(sa.func.count()).select_from(table).where(orphan)).scalar_one():
                yield f"{count} rows of {table.name} name no {key.column.table.name}"


def _unsettled(database: Database, attempts: Sequence[str]) -> list[str]:
    """Whose derived columns differ from what the product's own rules write; the database stays as it is."""
    broken: list[str] = []

    def derived(db: sa.Connection) -> set[Any]:
        slots = db.execute(sa.select(*DERIVED).where(t.slot.c.attempt.in_(attempts)))
        ends = db.execute(sa.select(*ENDS).where(t.attempt.c.id.in_(attempts)))
        return {tuple(row) for row in (*slots, *ends)}

    def act(db: sa.Connection) -> None:
        before = derived(db)
        for attempt in attempts:
            settle(db, attempt)
        broken[:] = [f"a derived row differs: {row}" for row in sorted(before ^ derived(db), key=repr)]
        raise _Undo

    try:
        database.write(act)
    except _Undo:
        return broken
    raise AssertionError("the transaction was not undone")


def _changed(found: Found, sent: Iterable[Said]) -> Iterator[str]:
    """Answers that are kept with another content, or elsewhere, than they were sent."""
    for said in sent:
        for row in (found.steps[each] for each in said.ids if each in found.steps):
            if row.attempt != said.attempt or row.place != said.place:
                yield f"answer {row.id} is kept at {row.attempt} {row.place}"
            elif (tuple(json.loads(row.answer)), bool(row.sure)) != (_meant(found, said), said.sure):
                yield f"answer {row.id} is kept as {row.answer}, sure {row.sure}, and was {said.values}"


def _meant(found: Found, said: Said) -> Answer:
    """The answer that the values of the form stand for, by what the learner was shown."""
    slot = found.attempts[said.attempt].slot(said.place)
    return found.questions[slot.revision].read(list(said.values), slot.shown)


def _holes(clients: Iterable[Sequence[Said]], kept: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """What is kept though something that the same client sent before is not."""
    for client in clients:
        is_kept = [bool(kept[said.ids[0]]) for said in client]
        if any(is_kept[is_kept.index(False) :] if False in is_kept else ()):
            missing = client[is_kept.index(False)].ids[0]
            yield f"later answers are kept, and {missing} is not"


def _unasked(found: Found, sent: Iterable[Said]) -> Iterator[str]:
    """Answers that nobody sent. Those that ending an attempt makes are named after it."""
    known = {each for said in sent for each in said.ids}
    for row in found.steps.values():
        if row.id not in known and not row.id.startswith(f"{row.attempt}."):
            yield f"nobody sent the {row.kind} {row.id}"


def _miscounted(found: Found) -> Iterator[str]:
    graded = Counter((row.attempt, row.place) for row in found.steps.values() if row.kind == "submit")
    yield from (f"place {place} is graded {count} times" for place, count in graded.items() if count > 1)
    counted: Counter[str] = Counter()
    for (attempt, _), count in graded.items():
        counted[found.attempts[attempt].learner] += count
    for learner, answers in found.answers.items():
        if answers != counted[learner]:
            yield f"learner {learner} has {counted[learner]} graded answers, and {answers} are counted"


def _misgraded(found: Found) -> Iterator[str]:
    """Scores that grading the kept answer again does not give, and attempts that are half ended."""
    for attempt in found.attempts.values():
        for place, slot in enumerate(attempt.slots, start=1):
            question, step = found.questions[slot.revision], slot.step
            if (
                step
                and slot.is_graded
                and not question.rated
                and question.grade(step.answer).score != step.score
            ):
                yield f"{attempt.id} {place} was graded {step.score} and is worth another score"
            if step and attempt.finished and attempt.quiz.mode == "exam" and not slot.is_graded:
                yield f"{attempt.id} has ended, and its answer {place} was not handed in"
