"""What the site remembers of itself, and what it forgets: guests and sessions that nobody comes back to."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from quizapp.store import tables as t
from quizapp.store.accounts import OLD_FAILURES, OLD_INVITATIONS, erase_learner
from quizapp.store.database import Database
from quizapp.store.inserting import insert
from quizapp.store.store import TRAINING

SECRET, TIDIED = "secret", "tidied"
SECRET_BYTES = 32


@dataclass(frozen=True)
class Cutoffs:
    """What is over: all that was last seen, made or has ended before these moments.

    `learners` and `trainers` are for sessions of accounts, by when they were last seen and when made.
    """

    now: datetime
    guests: datetime
    learners: tuple[datetime, datetime]
    trainers: tuple[datetime, datetime]
    failures: datetime


@dataclass(frozen=True)
class Tidied:
    """How many of each were forgotten."""

    guests: int = 0
    sessions: int = 0
    invitations: int = 0
    links: int = 0
    failures: int = 0

    def __add__(self, other: Tidied) -> Tidied:
        return Tidied(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


VALUE = sa.select(t.site.c.value).where(t.site.c.name == sa.bindparam("which"))
REMEMBER = insert(t.site).on_conflict_do_nothing()
REPLACE = (
    sa.update(t.site)
    .where(t.site.c.name == sa.bindparam("which"), t.site.c.value == sa.bindparam("old"))
    .values(value=sa.bindparam("new"))
)
HAS_ACCOUNT = sa.exists().where(t.account.c.learner == t.learner.c.id)
IS_MEMBER = sa.exists().where(t.member.c.learner == t.learner.c.id)
WAS_SEEN = sa.exists().where(
    t.session.c.learner == t.learner.c.id, t.session.c.seen >= sa.bindparam("cutoff", type_=t.Moment)
)
GUESTS = (
    sa.select(t.learner.c.id)
    .where(
        t.learner.c.made < sa.bindparam("cutoff", type_=t.Moment),
        t.learner.c.moved_to.is_(None),
        ~HAS_ACCOUNT,
        ~IS_MEMBER,
        ~WAS_SEEN,
    )
    .order_by(t.learner.c.made)
    .limit(sa.bindparam("most"))
)
STILL = GUESTS.where(t.learner.c.id.in_(sa.bindparam("found", expanding=True)))
OF_ROLE = sa.select(t.account.c.learner).where(
    t.account.c.role.in_(TRAINING) == sa.bindparam("trains", type_=sa.Boolean)
)
OLD_SESSIONS = sa.delete(t.session).where(
    t.session.c.learner.in_(OF_ROLE),
    (t.session.c.seen < sa.bindparam("unseen", type_=t.Moment))
    | (t.session.c.made < sa.bindparam("older", type_=t.Moment)),
)
OLD_LINKS = sa.delete(t.share).where(t.share.c.expires <= sa.bindparam("now", type_=t.Moment))


class Site:
    """The site itself, of which every node that serves it knows the same."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @cached_property
    def secret(self) -> bytes:
        """Random bytes that are the same on all nodes and leave none; made once, read once a process."""
        with self._database.reading() as db:
            found = db.execute(VALUE, {"which": SECRET}).scalar_one_or_none()
        return bytes.fromhex(found or self._database.write(_make_secret))

    def claim_tidying(self, now: datetime, every: timedelta) -> timedelta | None:
        """How long nobody has tidied, where it is time to and no other node does; None where it is not.

        Whoever is told has to do it. The first time it is no time at all.
        """
        with self._database.reading() as db:
            last = db.execute(VALUE, {"which": TIDIED}).scalar_one_or_none()
        if last is not None and now - datetime.fromisoformat(last) < every:
            return None

        def act(db: sa.Connection) -> bool:
            given = {"which": TIDIED, "old": last, "new": now.isoformat()}
            if last is None:
                return bool(db.execute(REMEMBER, {"name": TIDIED, "value": now.isoformat()}).rowcount)
            return bool(db.execute(REPLACE, given).rowcount)

        if not self._database.write(act):
            return None
        return now - datetime.fromisoformat(last) if last else timedelta(0)

    def erase_guests(self, cutoff: datetime, *, most: int) -> int:
        """Erase guests who were last seen before then, `most` of them in one transaction; gives how many.

        Who is a member of a group stays: the trainer may still need the results.
        """
        given = {"cutoff": cutoff, "most": most}
        with self._database.reading() as db:
            found = db.execute(GUESTS, given).scalars().all()

        def act(db: sa.Connection) -> int:
            still = db.execute(STILL, given | {"found": found}).scalars().all()
            for each in still:
                erase_learner(db, each)
            return len(still)

        return self._database.write(act) if found else 0

    def forget_ended(self, cutoffs: Cutoffs) -> Tidied:
        """Delete sessions, invitations, links and failed sign-ins that are over."""

        def act(db: sa.Connection) -> Tidied:
            def count(statement: Any, **given: Any) -> int:
                return db.execute(statement, given).rowcount

            return Tidied(
                sessions=sum(
                    count(OLD_SESSIONS, trains=trains, unseen=unseen, older=older)
                    for trains, (unseen, older) in ((False, cutoffs.learners), (True, cutoffs.trainers))
                ),
                invitations=count(OLD_INVITATIONS, now=cutoffs.now),
                links=count(OLD_LINKS, now=cutoffs.now),
                failures=count(OLD_FAILURES, since=cutoffs.failures),
            )

        return self._database.write(act)


def _make_secret(db: sa.Connection) -> str:
    db.execute(REMEMBER, {"name": SECRET, "value": secrets.token_hex(SECRET_BYTES)})
    return str(db.execute(VALUE, {"which": SECRET}).scalar_one())
