"""Groups: who is in which, under which name, and the code by which one joins."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from quizapp.store import tables as t
from quizapp.store.database import Database
from quizapp.store.inserting import insert
from quizapp.store.store import Missing, _now


@dataclass(frozen=True)
class Group:
    """Some learners and their trainer, the `owner`. Whoever has the `code` may join while `joinable`."""

    id: str
    owner: str
    name: str
    code: str
    joinable: bool
    made: datetime
    members: int = 0


@dataclass(frozen=True)
class Member:
    """A learner within one group, under the name that the trainer sees; `labels` may bring other rules."""

    id: str
    group: str
    learner: str
    name: str
    labels: tuple[str, ...]
    joined: datetime


COUNTED = t.member.alias("counted")
COUNT = (
    sa.select(sa.func.count())
    .select_from(COUNTED)
    .where(COUNTED.c.group == t.group.c.id)
    .scalar_subquery()
    .label("members")
)
GROUP = sa.select(t.group, COUNT)
OF_OWNER = GROUP.where(t.group.c.owner == sa.bindparam("who")).order_by(t.group.c.made.desc(), t.group.c.id)
ONE = GROUP.where(t.group.c.id == sa.bindparam("which"), t.group.c.owner == sa.bindparam("who"))
BY_CODE = GROUP.where(t.group.c.code == sa.bindparam("wanted"))
ADD = insert(t.group).on_conflict_do_nothing(index_elements=["id"])
CHANGE = sa.update(t.group).where(
    t.group.c.id == sa.bindparam("which"), t.group.c.owner == sa.bindparam("who")
)
RENAME = CHANGE.values(name=sa.bindparam("new_name"), joinable=sa.bindparam("new_joinable"))
RENEW = CHANGE.values(code=sa.bindparam("new_code"))
ADD_MEMBER = insert(t.member).on_conflict_do_nothing()
MEMBERS = (
    sa.select(t.member)
    .where(t.member.c.group == sa.bindparam("which"))
    .order_by(sa.func.lower(t.member.c.name), t.member.c.id)
)
MEMBER = sa.select(t.member).where(
    t.member.c.group == sa.bindparam("which"), t.member.c.learner == sa.bindparam("learner_id")
)
GROUPS_OF = (
    sa.select(t.group, COUNT, t.member.c.id.label("member_id"), t.member.c.name.label("as_name"))
    .join(t.member, t.member.c.group == t.group.c.id)
    .where(t.member.c.learner == sa.bindparam("learner_id"))
    .order_by(t.member.c.joined.desc())
)
OWNED = sa.select(t.group.c.id).where(t.group.c.owner == sa.bindparam("who")).scalar_subquery()
THIS_MEMBER = (t.member.c.id == sa.bindparam("member_id")) & t.member.c.group.in_(OWNED)
CHANGE_MEMBER = (
    sa.update(t.member)
    .where(THIS_MEMBER)
    .values(name=sa.bindparam("new_name"), labels=sa.bindparam("new_labels"))
)
REMOVE_MEMBER = sa.delete(t.member).where(THIS_MEMBER)
LEAVE = sa.delete(t.member).where(
    t.member.c.group == sa.bindparam("which"), t.member.c.learner == sa.bindparam("learner_id")
)
RENAME_ONESELF = (
    sa.update(t.member)
    .where(t.member.c.group == sa.bindparam("which"), t.member.c.learner == sa.bindparam("learner_id"))
    .values(name=sa.bindparam("new_name"))
)
OPEN_ASSIGNMENTS = (
    sa.select(t.assignment.c.group, sa.func.count())
    .where(
        t.assignment.c.owner == sa.bindparam("who"),
        t.assignment.c.ends.is_(None) | (t.assignment.c.ends > sa.bindparam("now", type_=t.Moment)),
    )
    .group_by(t.assignment.c.group)
)
LAST_ATTEMPTS = (
    sa.select(t.member.c.id, sa.func.max(t.attempt.c.started, type_=t.Moment))
    .join(t.assignment, t.assignment.c.group == t.member.c.group)
    .join(
        t.attempt,
        (t.attempt.c.assignment == t.assignment.c.id) & (t.attempt.c.learner == t.member.c.learner),
    )
    .where(t.member.c.group == sa.bindparam("which"), t.attempt.c.number > 0)
    .group_by(t.member.c.id)
)


class Groups:
    """Groups and their members. What somebody else owns is Missing, like what never was."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, group: Group) -> None:
        """Keep a new group, once: adding the same id again changes nothing."""
        row = {name: value for name, value in vars(group).items() if name != "members"}
        self._database.write(lambda db: db.execute(ADD, row))

    def of_owner(self, owner: str) -> tuple[Group, ...]:
        """A trainer's groups, newest first."""
        with self._database.reading() as db:
            return tuple(Group(*row) for row in db.execute(OF_OWNER, {"who": owner}))

    def group(self, group_id: str, owner: str) -> Group:
        """One of a trainer's groups. Raises Missing."""
        with self._database.reading() as db:
            row = db.execute(ONE, {"which": group_id, "who": owner}).one_or_none()
        if row is None:
            raise Missing(group_id)
        return Group(*row)

    def by_code(self, code: str) -> Group:
        """The group that one joins by a code, joinable or not. Raises Missing."""
        with self._database.reading() as db:
            row = db.execute(BY_CODE, {"wanted": code}).one_or_none()
        if row is None:
            raise Missing(code)
        return Group(*row)

    def open_assignments(self, owner: str, now: datetime) -> Mapping[str, int]:
        """How many assignments are not closed for everybody, by group; groups without one are left out."""
        with self._database.reading() as db:
            return {row[0]: row[1] for row in db.execute(OPEN_ASSIGNMENTS, {"who": owner, "now": now})}

    def change(self, group_id: str, owner: str, *, name: str, joinable: bool) -> None:
        """Rename a group, or let nobody else join. Raises Missing."""
        given = {"which": group_id, "who": owner, "new_name": name, "new_joinable": joinable}
        self._one(RENAME, given)

    def renew_code(self, group_id: str, owner: str, code: str) -> None:
        """Give a group another code; the old one no longer works. Raises Missing."""
        self._one(RENEW, {"which": group_id, "who": owner, "new_code": code})

    def _one(self, statement: Any, given: dict[str, Any]) -> None:
        if not self._database.write(lambda db: db.execute(statement, given).rowcount):
            raise Missing(str(given.get("which", "")))

    # -- members

    def join(self, member: Member) -> Member:
        """Let a learner into a group; who is in it already stays as they are. Gives the member.

        Where a guest's answers have gone to an account meanwhile, the account joins. Raises Missing where
        they were erased.
        """

        def act(db: sa.Connection) -> Any:
            learner = _now(db, member.learner)
            row = vars(member) | {"learner": learner, "labels": json.dumps(member.labels)}
            db.execute(ADD_MEMBER, row)
            return db.execute(MEMBER, {"which": member.group, "learner_id": learner}).one()

        return _member(self._database.write(act))

    def members(self, group_id: str) -> tuple[Member, ...]:
        """All members of a group by name."""
        with self._database.reading() as db:
            return tuple(map(_member, db.execute(MEMBERS, {"which": group_id})))

    def member(self, group_id: str, learner_id: str) -> Member | None:
        """The learner as a member of the group; None who is not."""
        with self._database.reading() as db:
            row = db.execute(MEMBER, {"which": group_id, "learner_id": learner_id}).one_or_none()
        return _member(row) if row else None

    def last_attempts(self, group_id: str) -> Mapping[str, datetime]:
        """When members last began an attempt, by member; those who never did are left out."""
        with self._database.reading() as db:
            return {row[0]: row[1] for row in db.execute(LAST_ATTEMPTS, {"which": group_id})}

    def groups_of(self, learner_id: str) -> tuple[tuple[Group, str], ...]:
        """The groups that a learner is in, last joined first, each with the learner's name in it."""
        with self._database.reading() as db:
            rows = db.execute(GROUPS_OF, {"learner_id": learner_id}).all()
        return tuple((Group(*row[:-2]), row.as_name) for row in rows)

    def change_member(self, member_id: str, owner: str, *, name: str, labels: tuple[str, ...]) -> None:
        """Give a member of a trainer's group another name or other labels. Raises Missing."""
        given = {"member_id": member_id, "who": owner, "new_name": name, "new_labels": json.dumps(labels)}
        self._one(CHANGE_MEMBER, given)

    def remove_member(self, member_id: str, owner: str) -> None:
        """Take a member out of a trainer's group; their answers stay theirs. Raises Missing."""
        self._one(REMOVE_MEMBER, {"member_id": member_id, "who": owner})

    def rename_oneself(self, group_id: str, learner_id: str, name: str) -> None:
        """Let a learner go by another name in a group. Raises Missing."""
        self._one(RENAME_ONESELF, {"which": group_id, "learner_id": learner_id, "new_name": name})

    def leave(self, group_id: str, learner_id: str) -> None:
        """Let a learner leave a group."""
        self._database.write(lambda db: db.execute(LEAVE, {"which": group_id, "learner_id": learner_id}))


def _member(row: Any) -> Member:
    return Member(row.id, row.group, row.learner, row.name, tuple(json.loads(row.labels)), row.joined)
