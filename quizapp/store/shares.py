"""Shares: links that let somebody else be the interviewer, for a while and until they are taken back."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from quizapp.learn import Attempt
from quizapp.store import tables as t
from quizapp.store.database import Database
from quizapp.store.inserting import insert
from quizapp.store.store import Missing, Store

ADD = insert(t.share)
OPEN = (
    sa.select(t.share.c.attempt, t.attempt.c.learner)
    .join(t.attempt, t.attempt.c.id == t.share.c.attempt)
    .where(
        t.share.c.token_hash == sa.bindparam("token_hash"),
        t.share.c.expires > sa.bindparam("now", type_=t.Moment),
    )
)
EXPIRES = sa.select(sa.func.max(t.share.c.expires, type_=t.Moment)).where(
    t.share.c.attempt == sa.bindparam("which"), t.share.c.expires > sa.bindparam("now", type_=t.Moment)
)
REVOKE = sa.delete(t.share).where(t.share.c.attempt == sa.bindparam("which"))


class Shares:
    """Links to attempts, known by the hashes of their tokens."""

    def __init__(self, database: Database, store: Store) -> None:
        self._database = database
        self._store = store

    def add(self, token_hash: str, attempt_id: str, *, now: datetime, expires: datetime) -> None:
        """Share an attempt; links that it had before no longer work."""
        row = {"token_hash": token_hash, "attempt": attempt_id, "made": now, "expires": expires}

        def act(db: sa.Connection) -> None:
            db.execute(REVOKE, {"which": attempt_id})
            db.execute(ADD, row)

        self._database.write(act)

    def revoke(self, attempt_id: str) -> None:
        """Take an attempt's links back."""
        self._database.write(lambda db: db.execute(REVOKE, {"which": attempt_id}))

    def expires(self, attempt_id: str, now: datetime) -> datetime | None:
        """Until when an attempt is shared; None when it is not."""
        with self._database.reading() as db:
            found: datetime | None = db.execute(EXPIRES, {"which": attempt_id, "now": now}).scalar_one()
        return found

    def attempt(self, token_hash: str, now: datetime) -> Attempt:
        """The attempt behind a link that still works. Raises Missing."""
        with self._database.reading() as db:
            row = db.execute(OPEN, {"token_hash": token_hash, "now": now}).one_or_none()
        if row is None:
            raise Missing(token_hash)
        return self._store.attempt(row.attempt, row.learner)
