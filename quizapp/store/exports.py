"""Exports: an assignment with all attempts and answers, member by member, for files of any length."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from quizapp.learn import Attempt
from quizapp.store import tables as t
from quizapp.store.database import Database
from quizapp.store.groups import Member, _member
from quizapp.store.store import ANYBODYS, _attempt

AT_ONCE = 20
"""Members whose attempts are read in one go. Between two goes the database is free for others to write."""

GIVEN = (t.assignment.c.id == sa.bindparam("which")) & (t.assignment.c.owner == sa.bindparam("who"))
MEMBERS = (
    sa.select(t.member)
    .join(t.assignment, t.assignment.c.group == t.member.c.group)
    .where(GIVEN)
    .order_by(sa.func.lower(t.member.c.name), t.member.c.id)
)
ASKED = (
    sa.select(t.slot.c.question)
    .join(t.attempt, t.attempt.c.id == t.slot.c.attempt)
    .join(t.assignment, t.assignment.c.id == t.attempt.c.assignment)
    .where(GIVEN, t.attempt.c.number > 0)
    .group_by(t.slot.c.question)
    .order_by(sa.func.min(t.attempt.c.started), sa.func.min(t.slot.c.place), t.slot.c.question)
)
TAKEN = (
    sa.select(t.attempt.c.id, t.attempt.c.learner)
    .join(t.assignment, t.assignment.c.id == t.attempt.c.assignment)
    .where(GIVEN, t.attempt.c.number > 0, t.attempt.c.learner.in_(sa.bindparam("learners", expanding=True)))
    .order_by(t.attempt.c.learner, t.attempt.c.number)
)


class Exports:
    """What files tell of a trainer's assignment. Of one that is another's there is nothing to tell."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def asked(self, assignment_id: str, owner: str) -> tuple[str, ...]:
        """The ids of all questions that attempts asked, in the order in which they were first asked."""
        with self._database.reading() as db:
            return tuple(db.execute(ASKED, {"which": assignment_id, "who": owner}).scalars())

    def members(self, assignment_id: str, owner: str) -> tuple[Member, ...]:
        """Those to whom it is assigned, by name."""
        with self._database.reading() as db:
            return tuple(map(_member, db.execute(MEMBERS, {"which": assignment_id, "who": owner})))

    def attempts(
        self, assignment_id: str, owner: str, members: tuple[Member, ...]
    ) -> Iterator[tuple[Member, tuple[Attempt, ...]]]:
        """Each of the members with their attempts, first to last, as the steps leave them; no previews.

        Only so many as are read in one go are in memory at a time.
        """
        for start in range(0, len(members), AT_ONCE):
            some = members[start : start + AT_ONCE]
            found = self._found(assignment_id, owner, some)
            yield from ((member, tuple(found[member.learner])) for member in some)

    def _found(self, assignment_id: str, owner: str, members: tuple[Member, ...]) -> dict[str, list[Attempt]]:
        found: dict[str, list[Attempt]] = {member.learner: [] for member in members}
        given = {"which": assignment_id, "who": owner, "learners": list(found)}
        with self._database.reading() as db:
            for row in db.execute(TAKEN, given).all():
                steps = db.execute(ANYBODYS, {"attempt_id": row.id}).all()
                found[row.learner].append(_attempt(steps))
        return found
