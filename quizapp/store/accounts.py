"""Accounts: names under which answers are found again, the devices they are used on, and failed sign-ins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from quizapp.store import tables as t
from quizapp.store.database import Database
from quizapp.store.store import ADD_SESSION, Missing


class NameTaken(Exception):
    """Somebody else has this name."""


class AlreadyKept(Exception):
    """These answers are under an account already."""


@dataclass(frozen=True)
class Account:
    """A name and the learner whose answers it stands for; `folded` is the name as it is compared."""

    id: str
    learner: str
    name: str
    folded: str
    made: datetime


@dataclass(frozen=True)
class Device:
    """A browser that is signed in. `id` names it without giving its cookie away."""

    id: str
    device: str
    made: datetime
    seen: datetime


@dataclass(frozen=True)
class Failures:
    """How often signing in has failed under a key lately, and when last."""

    failures: int
    last: datetime


PASSWORD = "password"  # noqa: S105 - a kind of credential
ADD_ACCOUNT = insert(t.account).on_conflict_do_nothing()
ADD_CREDENTIAL = insert(t.credential)
ACCOUNT = sa.select(
    t.account.c.id, t.account.c.learner, t.account.c.name, t.account.c.folded, t.account.c.made
)
BY_NAME = (
    ACCOUNT.add_columns(t.credential.c.secret)
    .join(t.credential, (t.credential.c.account == t.account.c.id) & (t.credential.c.kind == PASSWORD))
    .where(t.account.c.folded == sa.bindparam("wanted"))
)
OF_LEARNER = ACCOUNT.where(t.account.c.learner == sa.bindparam("who"))
HAS_NAME = sa.select(t.account.c.id).where(t.account.c.folded == sa.bindparam("wanted"))
NEW_SECRET = (
    sa.update(t.credential)
    .where(t.credential.c.account == sa.bindparam("which"), t.credential.c.kind == PASSWORD)
    .values(secret=sa.bindparam("new"), made=sa.bindparam("now"))
)
DEVICES = (
    sa.select(t.session.c.token_hash, t.session.c.device, t.session.c.made, t.session.c.seen)
    .where(t.session.c.learner == sa.bindparam("who"))
    .order_by(t.session.c.seen.desc(), t.session.c.token_hash)
)
END = sa.delete(t.session).where(t.session.c.token_hash == sa.bindparam("token_hash"))
END_OTHERS = sa.delete(t.session).where(
    t.session.c.learner == sa.bindparam("who"), t.session.c.token_hash != sa.bindparam("but")
)
ADD_FAILURE = insert(t.throttle)
ADD_FAILURE = ADD_FAILURE.on_conflict_do_update(
    index_elements=["key"],
    set_={
        "failures": sa.case(
            (t.throttle.c.last < sa.bindparam("since", type_=t.Moment), 1),
            else_=t.throttle.c.failures + 1,
        ),
        "last": ADD_FAILURE.excluded.last,
    },
)
FAILURES = sa.select(t.throttle.c.failures, t.throttle.c.last).where(
    t.throttle.c.key == sa.bindparam("wanted")
)
CLEAR = sa.delete(t.throttle).where(t.throttle.c.key == sa.bindparam("wanted"))
OLD_FAILURES = sa.delete(t.throttle).where(t.throttle.c.last < sa.bindparam("since", type_=t.Moment))


class Accounts:
    """Accounts, their credentials and their devices."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # -- keeping answers under a name

    def add(self, account: Account, secret: str, *, old_token: str, new_token: str, device: str) -> None:
        """Keep a guest's answers under a name; the browser goes on with a new token.

        Raises NameTaken, AlreadyKept when the learner has an account, Missing when there is no such guest.
        """

        def act(db: sa.Connection) -> None:
            if db.execute(HAS_NAME, {"wanted": account.folded}).first():
                raise NameTaken(account.name)
            if db.execute(OF_LEARNER, {"who": account.learner}).first():
                raise AlreadyKept(account.learner)
            if not db.execute(END, {"token_hash": old_token}).rowcount:
                raise Missing(account.learner)
            db.execute(ADD_ACCOUNT, vars(account))
            credential = {"account": account.id, "kind": PASSWORD, "secret": secret, "made": account.made}
            db.execute(ADD_CREDENTIAL, credential)
            _add_session(db, new_token, account.learner, account.made, device)

        self._database.write(act)

    def by_name(self, folded: str) -> tuple[Account, str] | None:
        """The account of that name and what its password is checked against; None when there is none."""
        with self._database.reading() as db:
            row = db.execute(BY_NAME, {"wanted": folded}).one_or_none()
        return (Account(*row[:-1]), row[-1]) if row else None

    def all(self) -> tuple[Account, ...]:
        """All accounts by name."""
        with self._database.reading() as db:
            return tuple(Account(*row) for row in db.execute(ACCOUNT.order_by(t.account.c.folded)))

    def of_learner(self, learner_id: str) -> Account | None:
        """The learner's account; None for a guest."""
        with self._database.reading() as db:
            row = db.execute(OF_LEARNER, {"who": learner_id}).one_or_none()
        return Account(*row) if row else None

    def sign_in(
        self, account: Account, *, guest: str, old_token: str, new_token: str, device: str, now: datetime
    ) -> None:
        """Let a browser use the account. What its guest has answered goes to the account, all at once.

        `guest` is the learner that the browser was before, or empty; one with an account keeps its answers.
        Raises Missing when the account was erased meanwhile.
        """

        def act(db: sa.Connection) -> None:
            if not db.execute(OF_LEARNER, {"who": account.learner}).first():
                raise Missing(account.id)
            if old_token:
                db.execute(END, {"token_hash": old_token})
            if guest and guest != account.learner and not db.execute(OF_LEARNER, {"who": guest}).first():
                _move(db, guest, account.learner)
            _add_session(db, new_token, account.learner, now, device)

        self._database.write(act)

    def set_secret(self, account_id: str, secret: str, *, but: str, now: datetime) -> None:
        """Change the password; every other browser than the one of token `but` is signed out.

        Raises Missing when there is no such account.
        """

        def act(db: sa.Connection) -> None:
            if not db.execute(NEW_SECRET, {"which": account_id, "new": secret, "now": now}).rowcount:
                raise Missing(account_id)
            owner = sa.select(t.account.c.learner).where(t.account.c.id == account_id)
            db.execute(END_OTHERS, {"who": db.execute(owner).scalar_one(), "but": but})

        self._database.write(act)

    # -- devices

    def devices(self, learner_id: str) -> tuple[Device, ...]:
        """The browsers that are signed in, the last seen first."""
        with self._database.reading() as db:
            rows = db.execute(DEVICES, {"who": learner_id}).all()
        return tuple(Device(device_id(row.token_hash), row.device, row.made, row.seen) for row in rows)

    def device_of(self, token_hash: str) -> str:
        """What names the browser of a token in `devices`."""
        return device_id(token_hash)

    def end_session(self, token_hash: str) -> None:
        """Sign a browser out."""
        self._database.write(lambda db: db.execute(END, {"token_hash": token_hash}))

    def end_device(self, learner_id: str, which: str) -> bool:
        """Sign one of a learner's browsers out; False when there is no such device."""

        def act(db: sa.Connection) -> bool:
            for row in db.execute(DEVICES, {"who": learner_id}).all():
                if device_id(row.token_hash) == which:
                    return bool(db.execute(END, {"token_hash": row.token_hash}).rowcount)
            return False

        return self._database.write(act)

    # -- failed sign-ins

    def failures(self, key: str) -> Failures | None:
        """The failures kept under a key; None when there are none."""
        with self._database.reading() as db:
            row = db.execute(FAILURES, {"wanted": key}).one_or_none()
        return Failures(*row) if row else None

    def add_failure(self, keys: tuple[str, ...], *, now: datetime, since: datetime) -> None:
        """Count a failure under each key; what is older than `since` is forgotten."""

        def act(db: sa.Connection) -> None:
            db.execute(OLD_FAILURES, {"since": since})
            for key in keys:
                db.execute(ADD_FAILURE, {"key": key, "failures": 1, "last": now, "since": since})

        self._database.write(act)

    def clear_failures(self, key: str) -> None:
        """Forget the failures under a key."""
        self._database.write(lambda db: db.execute(CLEAR, {"wanted": key}))

    # -- erasing

    def erase(self, learner_id: str) -> int:
        """Delete a learner with all answers, devices and the account. Gives how many answers there were."""
        return self._database.write(lambda db: _erase(db, learner_id))


def device_id(token_hash: str) -> str:
    """What names a browser on a page: nothing that could be used as its cookie."""
    return sha256(f"device {token_hash}".encode()).hexdigest()[:16]


def _add_session(db: sa.Connection, token_hash: str, learner: str, now: datetime, device: str) -> None:
    row = {"token_hash": token_hash, "learner": learner, "made": now, "seen": now, "device": device}
    db.execute(ADD_SESSION, row)


def _move(db: sa.Connection, guest: str, learner: str) -> None:
    """Give all of a guest's rows to a learner. The guest stays as a sign that points there."""
    for table in (t.attempt, t.step, t.session):
        db.execute(sa.update(table).where(table.c.learner == guest).values(learner=learner))
    answers = sa.select(t.learner.c.answers).where(t.learner.c.id == guest)
    more = db.execute(answers).scalar_one_or_none() or 0
    db.execute(
        sa.update(t.learner).where(t.learner.c.id == learner).values(answers=t.learner.c.answers + more)
    )
    db.execute(sa.update(t.learner).where(t.learner.c.id == guest).values(answers=0, moved_to=learner))
    db.execute(sa.delete(t.profile).where(t.profile.c.learner.in_((guest, learner))))


def _erase(db: sa.Connection, learner: str) -> int:
    answers = db.execute(sa.select(t.learner.c.answers).where(t.learner.c.id == learner)).scalar_one_or_none()
    for statement in _erasing(learner):
        db.execute(statement)
    return answers or 0


def _erasing(learner: str) -> Iterator[Any]:
    """The statements that delete all rows of a learner, in an order that keys allow."""
    attempts = sa.select(t.attempt.c.id).where(t.attempt.c.learner == learner)
    accounts = sa.select(t.account.c.id).where(t.account.c.learner == learner)
    learners = sa.select(t.learner.c.id).where(
        (t.learner.c.id == learner) | (t.learner.c.moved_to == learner)
    )
    yield sa.delete(t.step).where(t.step.c.learner == learner)
    yield sa.delete(t.share).where(t.share.c.attempt.in_(attempts))
    yield sa.delete(t.slot).where(t.slot.c.attempt.in_(attempts))
    yield sa.delete(t.attempt).where(t.attempt.c.learner == learner)
    yield sa.delete(t.profile).where(t.profile.c.learner.in_(learners))
    yield sa.delete(t.credential).where(t.credential.c.account.in_(accounts))
    yield sa.delete(t.account).where(t.account.c.learner == learner)
    yield sa.delete(t.session).where(t.session.c.learner == learner)
    yield sa.delete(t.learner).where(t.learner.c.id.in_(learners))
