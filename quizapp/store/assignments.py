"""Assignments: what a group is given, under which rules, and the attempts at it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from quizapp.bank import Question
from quizapp.learn import Attempt, Outcome, Override, Paper, Rules, ends, may_begin, prolonged, resolve
from quizapp.store import tables as t
from quizapp.store.database import Database
from quizapp.store.groups import Member
from quizapp.store.inserting import insert
from quizapp.store.store import (
    ADD_ATTEMPT,
    ADD_QUESTION,
    ADD_SLOT,
    ANYBODYS,
    Missing,
    _attempt,
    _attempt_row,
    _question_row,
    _slot_row,
    _terms,
    packing,
    rules_of,
    terms_in,
)


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """A paper that a trainer, the `owner`, gives to a group. Whoever has the `code` can join and begin."""

    id: str
    owner: str
    group: str
    title: str
    code: str
    paper: Paper
    rules: Rules
    made: datetime
    ends: datetime | None = None
    """When it is closed for everybody, with all overrides and attempts that run; None while no end is set."""

    def is_closed(self, now: datetime) -> bool:
        """Whether nobody can begin or answer any more."""
        return self.ends is not None and now >= self.ends


@dataclass(frozen=True)
class Kept:
    """A paper that a trainer built and may assign again."""

    id: str
    owner: str
    paper: Paper
    made: datetime


@dataclass(frozen=True)
class Sitting:
    """A learner's attempt at an assignment in short: which one, since when, and what came of it."""

    attempt: str
    started: datetime
    finished: datetime | None
    deadline: datetime | None
    outcome: Outcome


@dataclass(frozen=True)
class Assigned:
    """An assignment as one learner meets it: the learner's own rules, and how far the learner is."""

    assignment: Assignment
    group: str
    """The group's name."""
    rules: Rules
    begun: int
    """How many attempts there are, the running one included."""
    running: str
    """The id of the attempt that runs; empty when none does."""
    deadline: datetime | None
    """Until when that attempt runs."""
    unmarked: int
    """How many answers of ended attempts wait for a trainer's mark."""


Begin = Callable[[Rules, int], tuple[Attempt, Iterable[Question]]]
"""Makes the attempt of a number, under rules, with what it asks."""


@dataclass(frozen=True)
class Taking:
    """How far a group is: how many have begun, have finished an attempt, and are answering now."""

    begun: int = 0
    finished: int = 0
    running: int = 0


class HasAttempts(Exception):
    """The assignment can't be removed: somebody has begun it."""


ASSIGNMENT = sa.select(t.assignment)
MINE = (t.assignment.c.id == sa.bindparam("which")) & (t.assignment.c.owner == sa.bindparam("who"))
ONE = ASSIGNMENT.where(MINE)
BY_ID = ASSIGNMENT.where(t.assignment.c.id == sa.bindparam("which"))
BY_CODE = ASSIGNMENT.where(t.assignment.c.code == sa.bindparam("wanted"))
NEWEST = (t.assignment.c.made.desc(), t.assignment.c.id.desc())
OF_OWNER = (
    ASSIGNMENT.where(t.assignment.c.owner == sa.bindparam("who"))
    .order_by(*NEWEST)
    .limit(sa.bindparam("most"))
)
OF_GROUP = ASSIGNMENT.where(t.assignment.c.group == sa.bindparam("which")).order_by(*NEWEST)
THEIRS = (
    sa.select(
        t.assignment,
        t.group.c.name.label("group_name"),
        t.member.c.id.label("member_id"),
        t.member.c.learner,
        t.member.c.labels,
    )
    .join(t.member, t.member.c.group == t.assignment.c.group)
    .join(t.group, t.group.c.id == t.assignment.c.group)
    .where(t.member.c.learner == sa.bindparam("learner_id"))
    .order_by(*NEWEST)
    .limit(sa.bindparam("most"))
)


def _assigned(theirs: sa.Subquery) -> sa.Select[Any]:
    """What is assigned to a learner, a row for each override that may concern them, with their attempts."""
    counted = (
        (t.attempt.c.assignment == theirs.c.id)
        & (t.attempt.c.learner == theirs.c.learner)
        & (t.attempt.c.number > 0)
    )
    running = counted & t.attempt.c.finished.is_(None)
    unmarked = (
        sa.select(sa.func.count())
        .select_from(t.attempt)
        .join(t.slot, t.slot.c.attempt == t.attempt.c.id)
        .join(t.step, (t.step.c.attempt == t.slot.c.attempt) & (t.step.c.place == t.slot.c.place))
        .where(
            counted,
            t.attempt.c.finished.is_not(None),
            t.slot.c.score.is_(None),
            t.step.c.kind == "held",
        )
    )
    concerns = (t.override.c.whom == "member " + theirs.c.member_id) | t.override.c.whom.startswith("label ")
    return (
        sa.select(
            theirs,
            t.override.c.whom,
            t.override.c.body,
            sa.select(sa.func.count(t.attempt.c.id)).where(counted).scalar_subquery().label("begun"),
            sa.select(sa.func.max(t.attempt.c.id)).where(running).scalar_subquery().label("running"),
            sa.select(sa.func.max(t.attempt.c.deadline, type_=t.Moment))
            .where(running)
            .scalar_subquery()
            .label("deadline"),
            unmarked.scalar_subquery().label("unmarked"),
        )
        .outerjoin(t.override, (t.override.c.assignment == theirs.c.id) & concerns)
        .order_by(theirs.c.made.desc(), theirs.c.id.desc())
    )


ASSIGNED = _assigned(THEIRS.subquery())
OPEN = t.assignment.c.ends.is_(None) | (t.assignment.c.ends > sa.bindparam("now", type_=t.Moment))
STILL_OPEN = _assigned(THEIRS.where(OPEN).subquery())
ADD = insert(t.assignment).on_conflict_do_nothing(index_elements=["id"])
CHANGE = (
    sa.update(t.assignment)
    .where(MINE)
    .values(
        title=sa.bindparam("new_title"),
        paper=sa.bindparam("new_paper"),
        rules=sa.bindparam("new_rules"),
    )
)
SET_END = (
    sa.update(t.assignment)
    .where(t.assignment.c.id == sa.bindparam("which"))
    .values(ends=sa.bindparam("new_ends", type_=t.Moment))
)
OVERRIDES = sa.select(t.override.c.whom, t.override.c.body).where(
    t.override.c.assignment == sa.bindparam("which")
)
SET_OVERRIDE = insert(t.override)
SET_OVERRIDE = SET_OVERRIDE.on_conflict_do_update(
    index_elements=["assignment", "whom"], set_={"body": SET_OVERRIDE.excluded.body}
)
DROP_OVERRIDE = sa.delete(t.override).where(
    t.override.c.assignment == sa.bindparam("which"), t.override.c.whom == sa.bindparam("for_whom")
)
ADD_PAPER = insert(t.paper).on_conflict_do_nothing(index_elements=["id"])
PAPERS = (
    sa.select(t.paper)
    .where(t.paper.c.owner == sa.bindparam("who"))
    .order_by(t.paper.c.made.desc(), t.paper.c.id)
)
DROP_PAPER = sa.delete(t.paper).where(
    t.paper.c.id == sa.bindparam("which"), t.paper.c.owner == sa.bindparam("who")
)
IS_OVER = t.attempt.c.finished.is_not(None)
TAKING = (
    sa.select(
        t.attempt.c.assignment,
        sa.func.count(sa.distinct(t.attempt.c.learner)),
        sa.func.count(sa.distinct(sa.case((IS_OVER, t.attempt.c.learner)))),
        sa.func.count(sa.distinct(sa.case((sa.not_(IS_OVER), t.attempt.c.learner)))),
    )
    .where(t.attempt.c.assignment.in_(sa.bindparam("which", expanding=True)), t.attempt.c.number > 0)
    .group_by(t.attempt.c.assignment)
)
COUNTED = sa.select(t.attempt.c.id).where(
    t.attempt.c.assignment == sa.bindparam("which"), t.attempt.c.number > 0
)
PREVIEWS = sa.select(t.attempt.c.id).where(t.attempt.c.assignment == sa.bindparam("which"))
REMOVE = (
    sa.update(t.report)
    .where(t.report.c.assignment == sa.bindparam("which"))
    .values(assignment=None, attempt=None, place=0),
    sa.delete(t.step).where(t.step.c.attempt.in_(PREVIEWS)),
    sa.delete(t.slot).where(t.slot.c.attempt.in_(PREVIEWS)),
    sa.delete(t.attempt).where(t.attempt.c.assignment == sa.bindparam("which")),
    sa.delete(t.override).where(t.override.c.assignment == sa.bindparam("which")),
    sa.delete(t.regrade).where(t.regrade.c.assignment == sa.bindparam("which")),
    sa.delete(t.assignment).where(t.assignment.c.id == sa.bindparam("which")),
)
"""All rows of an assignment that nobody has begun, previews included, in an order that keys allow."""
WHOLE = t.slot.alias("whole")
POSSIBLE = sa.select(sa.func.sum(WHOLE.c.weight)).where(WHOLE.c.attempt == t.attempt.c.id).scalar_subquery()
SITTING = (
    sa.select(
        t.attempt.c.id,
        t.attempt.c.started,
        t.attempt.c.finished,
        t.attempt.c.deadline,
        t.attempt.c.assignment,
        t.attempt.c.number,
        t.attempt.c.terms,
        t.attempt.c.points,
        t.assignment.c.rules,
        POSSIBLE.label("possible"),
    )
    .join(t.assignment, t.assignment.c.id == t.attempt.c.assignment)
    .where(t.attempt.c.learner == sa.bindparam("learner_id"))
    .order_by(t.attempt.c.number)
)
SITTINGS = SITTING.where(t.attempt.c.assignment == sa.bindparam("which"))
ALL_SITTINGS = SITTING.where(t.attempt.c.number > 0)
MEMBER_OF = sa.select(t.member).where(
    t.member.c.group == sa.bindparam("which"), t.member.c.learner == sa.bindparam("learner_id")
)
OVERDUE = (
    sa.select(t.attempt.c.id)
    .where(
        t.attempt.c.assignment == sa.bindparam("which"),
        t.attempt.c.finished.is_(None),
        t.attempt.c.deadline < sa.bindparam("now", type_=t.Moment),
    )
    .order_by(t.attempt.c.deadline)
    .limit(sa.bindparam("most"))
)
RUNNING = (
    sa.select(
        t.attempt.c.id,
        t.attempt.c.assignment,
        t.attempt.c.number,
        t.attempt.c.started,
        t.attempt.c.deadline,
        t.attempt.c.terms,
        t.assignment.c.rules,
        sa.func.coalesce(t.member.c.id, "").label("member_id"),
        sa.func.coalesce(t.member.c.labels, "[]").label("labels"),
    )
    .join(t.assignment, t.assignment.c.id == t.attempt.c.assignment)
    .outerjoin(
        t.member,
        (t.member.c.group == t.assignment.c.group) & (t.member.c.learner == t.attempt.c.learner),
    )
    .where(
        t.attempt.c.assignment == sa.bindparam("which"),
        t.attempt.c.finished.is_(None),
        t.attempt.c.number > 0,
    )
)
"""Who has left the group may come back, and goes on answering; nobody sees a key until that ends, too."""
PROLONG = (
    sa.update(t.attempt)
    .where(t.attempt.c.id == sa.bindparam("attempt_id"))
    .values(deadline=sa.bindparam("new_deadline", type_=t.Moment))
)
TAKEN_BY = (
    sa.select(t.attempt.c.id)
    .join(t.assignment, t.assignment.c.id == t.attempt.c.assignment)
    .where(t.attempt.c.id == sa.bindparam("attempt_id"), t.assignment.c.owner == sa.bindparam("who"))
)


class Assignments:
    """Assignments, their overrides and attempts. What somebody else owns is Missing, like what never was."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # -- what is given

    def add(self, assignment: Assignment) -> None:
        """Keep a new assignment, once: adding the same id again changes nothing."""
        row = vars(assignment) | {
            "paper": dumped(assignment.paper),
            "rules": dumped(assignment.rules),
            "ends": assignment.rules.closes,
        }
        self._database.write(lambda db: db.execute(ADD, row))

    def change(self, assignment_id: str, owner: str, *, title: str, paper: Paper, rules: Rules) -> None:
        """Give an assignment another title, paper or rules. Raises Missing.

        Attempts that run keep their terms, but for a later deadline.
        """
        given = {"which": assignment_id, "who": owner, "new_title": title}
        given |= {"new_paper": dumped(paper), "new_rules": dumped(rules)}

        def act(db: sa.Connection) -> None:
            if not db.execute(CHANGE, given).rowcount:
                raise Missing(assignment_id)
            _set_end(db, assignment_id, rules)

        self._database.write(act)

    def assignment(self, assignment_id: str, owner: str) -> Assignment:
        """One of a trainer's assignments. Raises Missing."""
        return self._found(ONE, {"which": assignment_id, "who": owner})

    def by_id(self, assignment_id: str) -> Assignment:
        """An assignment, whoever asks: for pages of one's own attempt. Raises Missing."""
        return self._found(BY_ID, {"which": assignment_id})

    def by_code(self, code: str) -> Assignment:
        """The assignment behind a code. Raises Missing."""
        return self._found(BY_CODE, {"wanted": code})

    def _found(self, statement: Any, given: Mapping[str, str]) -> Assignment:
        with self._database.reading() as db:
            row = db.execute(statement, given).one_or_none()
        if row is None:
            raise Missing(str(given))
        return _assignment(row)

    def of_owner(self, owner: str, *, most: int) -> tuple[Assignment, ...]:
        """A trainer's assignments, newest first."""
        with self._database.reading() as db:
            return tuple(map(_assignment, db.execute(OF_OWNER, {"who": owner, "most": most})))

    def of_group(self, group_id: str) -> tuple[Assignment, ...]:
        """A group's assignments, newest first."""
        with self._database.reading() as db:
            return tuple(map(_assignment, db.execute(OF_GROUP, {"which": group_id})))

    def taking(self, assignment_ids: Iterable[str]) -> Mapping[str, Taking]:
        """How far the groups are with these assignments; those that nobody has begun are left out."""
        with self._database.reading() as db:
            rows = db.execute(TAKING, {"which": list(assignment_ids)}).all()
        return {assignment_id: Taking(*counts) for assignment_id, *counts in rows}

    def remove(self, assignment_id: str, owner: str) -> None:
        """Forget an assignment that nobody has begun, with its overrides and previews.

        Raises HasAttempts when somebody has, and Missing.
        """

        def act(db: sa.Connection) -> None:
            given = {"which": assignment_id}
            if db.execute(ONE, given | {"who": owner}).first() is None:
                raise Missing(assignment_id)
            if db.execute(COUNTED, given).first() is not None:
                raise HasAttempts(assignment_id)
            for statement in REMOVE:
                db.execute(statement, given)

        self._database.write(act)

    def assigned(self, learner_id: str, *, most: int) -> tuple[Assigned, ...]:
        """What is or was assigned to a learner in all their groups, newest first."""
        with self._database.reading() as db:
            return _grouped(db.execute(ASSIGNED, {"learner_id": learner_id, "most": most}).all())

    def still_open(self, learner_id: str, now: datetime, *, most: int) -> tuple[Assigned, ...]:
        """What is assigned to a learner and not closed for everybody, newest first."""
        with self._database.reading() as db:
            given = {"learner_id": learner_id, "now": now, "most": most}
            return _grouped(db.execute(STILL_OPEN, given).all())

    # -- overrides: `member <id>` or `label <name>`

    def overrides(self, assignment_id: str) -> Mapping[str, Override]:
        """The overrides of an assignment, by whom they are for."""
        with self._database.reading() as db:
            return _overrides(db, assignment_id)

    def set_override(self, assignment_id: str, owner: str, whom: str, override: Override | None) -> None:
        """Set an override, or take it away with None. Raises Missing.

        Attempts that run keep their terms, but for a later deadline.
        """

        def act(db: sa.Connection) -> None:
            row = db.execute(ONE, {"which": assignment_id, "who": owner}).one_or_none()
            if row is None:
                raise Missing(assignment_id)
            if override is None:
                db.execute(DROP_OVERRIDE, {"which": assignment_id, "for_whom": whom})
            else:
                given = {"assignment": assignment_id, "whom": whom, "body": dumped(override)}
                db.execute(SET_OVERRIDE, given)
            _set_end(db, assignment_id, rules_of(row.rules))

        self._database.write(act)

    def refresh(self, group_id: str) -> None:
        """Bring deadlines up to date once the labels of a group's members have changed."""

        def act(db: sa.Connection) -> None:
            for row in db.execute(OF_GROUP, {"which": group_id}).all():
                _set_end(db, row.id, rules_of(row.rules))

        self._database.write(act)

    def rules_for(self, assignment: Assignment, member: Member | None) -> Rules:
        """The rules for one member, overrides applied; for nobody in particular, those of all."""
        if member is None:
            return assignment.rules
        with self._database.reading() as db:
            return _rules_for(db, assignment.id, assignment.rules, member.id, member.labels)

    # -- papers

    def add_paper(self, kept: Kept) -> None:
        """Keep a paper, to assign it again; adding the same id again changes nothing."""
        row = {"id": kept.id, "owner": kept.owner, "title": kept.paper.title, "made": kept.made}
        self._database.write(lambda db: db.execute(ADD_PAPER, row | {"body": dumped(kept.paper)}))

    def papers(self, owner: str) -> tuple[Kept, ...]:
        """The papers that a trainer has built, newest first."""
        with self._database.reading() as db:
            rows = db.execute(PAPERS, {"who": owner}).all()
        return tuple(Kept(row.id, row.owner, paper_of(row.body), row.made) for row in rows)

    def remove_paper(self, paper_id: str, owner: str) -> None:
        """Forget a paper; assignments made of it keep theirs. Raises Missing."""
        given = {"which": paper_id, "who": owner}
        if not self._database.write(lambda db: db.execute(DROP_PAPER, given).rowcount):
            raise Missing(paper_id)

    # -- attempts

    def begin(self, assignment_id: str, learner_id: str, now: datetime, make: Begin) -> str:
        """Begin a learner's next attempt, or find the one that runs; gives its id.

        `make` is given the learner's rules and the attempt's number; it may be called more than once and does
        no input or output. However many ask at once, one attempt begins. Raises Missing when the learner is
        in no such group, NotOpen when the rules allow no further attempt.
        """

        def act(db: sa.Connection) -> str:
            row, member = _seat(db, assignment_id, learner_id)
            given = {"which": assignment_id, "learner_id": learner_id}
            sittings = [each for each in db.execute(SITTINGS, given).all() if each.number > 0]
            if running := [each.id for each in sittings if each.finished is None]:
                return str(running[0])
            rules = _rules_for(
                db, assignment_id, rules_of(row.rules), member.id, tuple(json.loads(member.labels))
            )
            may_begin(rules, len(sittings), now)
            number = max((each.number for each in sittings), default=0) + 1
            return _add_attempt(db, *make(rules, number))

        return self._database.write(act)

    def preview(self, assignment_id: str, owner: str, make: Begin) -> str:
        """Begin a trainer's preview, which counts nowhere; gives its id. Raises Missing."""

        def act(db: sa.Connection) -> str:
            row = db.execute(ONE, {"which": assignment_id, "who": owner}).one_or_none()
            if row is None:
                raise Missing(assignment_id)
            given = {"which": assignment_id, "learner_id": owner}
            lowest = min((each.number for each in db.execute(SITTINGS, given)), default=0)
            return _add_attempt(db, *make(rules_of(row.rules), min(0, lowest) - 1))

        return self._database.write(act)

    def sittings(self, assignment_id: str, learner_id: str) -> tuple[Sitting, ...]:
        """A learner's attempts at an assignment, first to last; previews left out."""
        given = {"which": assignment_id, "learner_id": learner_id}
        with self._database.reading() as db:
            return tuple(
                sitting(row, row.possible or 0.0) for row in db.execute(SITTINGS, given) if row.number > 0
            )

    def all_sittings(self, learner_id: str) -> Mapping[str, tuple[Sitting, ...]]:
        """A learner's attempts at all assignments, by assignment, first to last; previews left out."""
        found: dict[str, tuple[Sitting, ...]] = {}
        with self._database.reading() as db:
            for row in db.execute(ALL_SITTINGS, {"learner_id": learner_id}):
                found[row.assignment] = (*found.get(row.assignment, ()), sitting(row, row.possible or 0.0))
        return found

    def overdue(self, assignment_id: str, now: datetime, *, most: int = 500) -> tuple[Attempt, ...]:
        """Attempts that nobody has ended though their time is up, grace included."""
        with self._database.reading() as db:
            given = {"which": assignment_id, "now": now, "most": most}
            found = [
                _attempt(db.execute(ANYBODYS, {"attempt_id": row.id}).all())
                for row in db.execute(OVERDUE, given).all()
            ]
        return tuple(each for each in found if each.is_over(now))

    def attempt(self, attempt_id: str, owner: str) -> Attempt:
        """An attempt at one of a trainer's assignments, whoever made it. Raises Missing."""
        with self._database.reading() as db:
            if db.execute(TAKEN_BY, {"attempt_id": attempt_id, "who": owner}).first() is None:
                raise Missing(attempt_id)
            return _attempt(db.execute(ANYBODYS, {"attempt_id": attempt_id}).all())


def dumped(value: Any) -> str:
    """A frozen value as JSON."""
    kind: Any = type(value)
    text: bytes = packing(kind).dump_json(value)
    return text.decode()


def paper_of(text: str) -> Paper:
    """A paper as it was kept."""
    paper: Paper = packing(Paper).validate_json(text)
    return paper


def sitting(row: Any, possible: float) -> Sitting:
    """An attempt in short, from its row."""
    return Sitting(row.id, row.started, row.finished, row.deadline, outcome_of(row, row.points, possible))


def outcome_of(row: Any, points: float | None, possible: float) -> Outcome:
    """An attempt as the gradebook sees it with that many of all points, from its row."""
    credit = terms_in(row.terms).credit(row.finished)
    return Outcome(row.number, points, possible, credit, row.finished is not None)


def _assignment(row: Any) -> Assignment:
    found = {each.name: getattr(row, each.name) for each in t.assignment.c}
    return Assignment(**found | {"paper": paper_of(row.paper), "rules": rules_of(row.rules)})


def _grouped(rows: Sequence[Any]) -> tuple[Assigned, ...]:
    """One value for each assignment, of the rows that its overrides make."""
    return tuple(_one_assigned(list(several)) for _, several in groupby(rows, key=lambda row: row.id))


def _one_assigned(rows: Sequence[Any]) -> Assigned:
    row, assignment = rows[0], _assignment(rows[0])
    given = {each.whom: each.body for each in rows if each.whom is not None}
    overrides = {whom: packing(Override).validate_json(body) for whom, body in given.items()}
    rules = _resolved(assignment.rules, overrides, row.member_id, tuple(json.loads(row.labels)))
    return Assigned(
        assignment, row.group_name, rules, row.begun, row.running or "", row.deadline, row.unmarked
    )


def _overrides(db: sa.Connection, assignment_id: str) -> dict[str, Override]:
    rows = db.execute(OVERRIDES, {"which": assignment_id}).all()
    return {row.whom: packing(Override).validate_json(row.body) for row in rows}


def _rules_for(
    db: sa.Connection, assignment_id: str, rules: Rules, member_id: str, labels: tuple[str, ...]
) -> Rules:
    return _resolved(rules, _overrides(db, assignment_id), member_id, labels)


def _resolved(rules: Rules, found: Mapping[str, Override], member_id: str, labels: tuple[str, ...]) -> Rules:
    own = found.get(f"member {member_id}")
    return resolve(rules, own, [found[f"label {each}"] for each in labels if f"label {each}" in found])


def _set_end(db: sa.Connection, assignment_id: str, rules: Rules) -> None:
    """Bring what depends on the rules up to date: the deadlines of what runs, and the end for everybody."""
    overrides = _overrides(db, assignment_id)
    end = ends(rules, overrides.values())
    for row in db.execute(RUNNING, {"which": assignment_id}).all():
        theirs = _resolved(rules, overrides, row.member_id, tuple(json.loads(row.labels)))
        terms = _terms(row)
        deadline = prolonged(terms, theirs, row.started) if terms else None
        db.execute(PROLONG, {"attempt_id": row.id, "new_deadline": deadline})
        if end and deadline and terms:
            end = max(end, deadline + timedelta(seconds=max(0, terms.grace - rules.grace)))
    db.execute(SET_END, {"which": assignment_id, "new_ends": end})


def _seat(db: sa.Connection, assignment_id: str, learner_id: str) -> tuple[Any, Any]:
    """The rows of the assignment and of the learner as a member of its group. Raises Missing."""
    row = db.execute(BY_ID, {"which": assignment_id}).one_or_none()
    if row is None:
        raise Missing(assignment_id)
    member = db.execute(MEMBER_OF, {"which": row.group, "learner_id": learner_id}).one_or_none()
    if member is None:
        raise Missing(assignment_id)
    return row, member


def _add_attempt(db: sa.Connection, attempt: Attempt, asked: Iterable[Question]) -> str:
    db.execute(ADD_ATTEMPT, _attempt_row(attempt))
    db.execute(ADD_QUESTION, [_question_row(question) for question in asked])
    db.execute(
        ADD_SLOT, [_slot_row(attempt.id, place, slot) for place, slot in enumerate(attempt.slots, start=1)]
    )
    return attempt.id
