"""Accounts: names that answers are found under, roles and invitations to them, devices, failed sign-ins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from quizapp.store import tables as t
from quizapp.store.database import Database
from quizapp.store.inserting import insert
from quizapp.store.store import ADD_LEARNER, ADD_SESSION, Missing

ROLES = ("learner", "trainer", "admin")
"""Each may do what the ones before it may."""


class NameTaken(Exception):
    """Somebody else has this name."""


class AlreadyKept(Exception):
    """These answers are under an account already."""


class LastAdmin(Exception):
    """Without this account nobody could give or take a role any more."""


@dataclass(frozen=True)
class Account:
    """A name and the learner whose answers it stands for; `folded` is the name as it is compared.

    `role` is one of `ROLES`.
    """

    id: str
    learner: str
    name: str
    folded: str
    made: datetime
    role: str = "learner"


@dataclass(frozen=True)
class ListedAccount:
    """An account as lists show it. `seen` is when a browser that is signed in was last here, to the day."""

    account: Account
    seen: datetime | None


@dataclass(frozen=True)
class Invitation:
    """A link that gives a role, once, until it expires. `id` names it without giving the link away."""

    id: str
    role: str
    whom: str
    """Whom it is meant for, in words."""
    by: str
    """The name of who made it; empty for whoever runs the server."""
    made: datetime
    expires: datetime


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
    t.account.c.id,
    t.account.c.learner,
    t.account.c.name,
    t.account.c.folded,
    t.account.c.made,
    t.account.c.role,
)
BY_ID = ACCOUNT.where(t.account.c.id == sa.bindparam("which"))
LIKE = t.account.c.folded.like(sa.bindparam("like"), escape="\\")
SEEN = (
    sa.select(sa.func.max(t.session.c.seen, type_=t.Moment))
    .where(t.session.c.learner == t.account.c.learner)
    .scalar_subquery()
)
FOUND = (
    ACCOUNT.add_columns(SEEN)
    .where(LIKE)
    .order_by(sa.case({"admin": 0, "trainer": 1}, value=t.account.c.role, else_=2), t.account.c.folded)
    .limit(sa.bindparam("most"))
    .offset(sa.bindparam("skip"))
)
COUNTED = sa.select(sa.func.count()).select_from(t.account).where(LIKE)
SET_ROLE = (
    sa.update(t.account).where(t.account.c.id == sa.bindparam("which")).values(role=sa.bindparam("new"))
)
OTHER_ADMIN = sa.select(t.account.c.id).where(
    t.account.c.role == "admin", t.account.c.learner != sa.bindparam("but")
)
ADD_INVITATION = insert(t.invitation)
IS_OPEN = t.invitation.c.used.is_(None) & (t.invitation.c.expires > sa.bindparam("now", type_=t.Moment))
INVITATIONS = (
    sa.select(
        t.invitation.c.token_hash,
        t.invitation.c.role,
        t.invitation.c["for"].label("whom"),
        sa.func.coalesce(t.account.c.name, "").label("by"),
        t.invitation.c.made,
        t.invitation.c.expires,
    )
    .outerjoin(t.account, t.account.c.learner == t.invitation.c.by)
    .where(IS_OPEN)
    .order_by(t.invitation.c.made.desc(), t.invitation.c.token_hash)
)
THIS_INVITATION = t.invitation.c.token_hash == sa.bindparam("which")
INVITATION = INVITATIONS.where(THIS_INVITATION)
SPEND = (
    sa.update(t.invitation).where(THIS_INVITATION, IS_OPEN).values({"used": sa.bindparam("now"), "for": ""})
)
REVOKE = sa.delete(t.invitation).where(THIS_INVITATION, t.invitation.c.used.is_(None))
REVOKE_BY = sa.delete(t.invitation).where(
    t.invitation.c.by == sa.bindparam("who"), t.invitation.c.used.is_(None)
)
OLD_INVITATIONS = sa.delete(t.invitation).where(t.invitation.c.expires <= sa.bindparam("now", type_=t.Moment))
RENEW = (
    sa.update(t.session)
    .where(t.session.c.token_hash == sa.bindparam("old"), t.session.c.learner == sa.bindparam("who"))
    .values(token_hash=sa.bindparam("new"))
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
            _keep(db, account, secret, old_token)
            _add_session(db, new_token, account.learner, account.made, device)

        self._database.write(act)

    def create(self, account: Account, secret: str) -> None:
        """Make an account with a learner of its own, who has answered nothing. Raises NameTaken."""
        self._database.write(lambda db: _create(db, account, secret))

    def by_name(self, folded: str) -> tuple[Account, str] | None:
        """The account of that name and what its password is checked against; None when there is none."""
        with self._database.reading() as db:
            row = db.execute(BY_NAME, {"wanted": folded}).one_or_none()
        return (Account(*row[:-1]), row[-1]) if row else None

    def all(self) -> tuple[Account, ...]:
        """All accounts by name."""
        with self._database.reading() as db:
            return tuple(Account(*row) for row in db.execute(ACCOUNT.order_by(t.account.c.folded)))

    def find(self, within: str = "", *, most: int, skip: int = 0) -> tuple[ListedAccount, ...]:
        """Accounts with this in their folded names: admins, trainers, learners, each by name."""
        with self._database.reading() as db:
            rows = db.execute(FOUND, {"like": _like(within), "most": most, "skip": skip}).all()
        return tuple(ListedAccount(Account(*row[:-1]), row[-1]) for row in rows)

    def count(self, within: str = "") -> int:
        """How many accounts have this in their folded names."""
        with self._database.reading() as db:
            return int(db.execute(COUNTED, {"like": _like(within)}).scalar_one())

    def account(self, account_id: str) -> Account:
        """The account of that id. Raises Missing."""
        with self._database.reading() as db:
            row = db.execute(BY_ID, {"which": account_id}).one_or_none()
        if row is None:
            raise Missing(account_id)
        return Account(*row)

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

    def set_secret(
        self, account_id: str, secret: str, *, now: datetime, old_token: str = "", new_token: str = ""
    ) -> None:
        """Change the password. The browser of the old token goes on with the new one; others are signed out.

        Raises Missing when there is no such account.
        """

        def act(db: sa.Connection) -> None:
            if not db.execute(NEW_SECRET, {"which": account_id, "new": secret, "now": now}).rowcount:
                raise Missing(account_id)
            owner = sa.select(t.account.c.learner).where(t.account.c.id == account_id)
            _renew(db, db.execute(owner).scalar_one(), old_token, new_token)

        self._database.write(act)

    # -- roles and invitations

    def set_role(self, account_id: str, role: str, *, old_token: str = "", new_token: str = "") -> None:
        """Give an account another role. It signs in anew, but for the browser of the old token, which goes on
        with the new one.

        Who is no admin any more invites nobody: what they sent and nobody has accepted stops working.
        Raises Missing when there is no such account, and LastAdmin.
        """

        def act(db: sa.Connection) -> None:
            row = db.execute(BY_ID, {"which": account_id}).one_or_none()
            if row is None:
                raise Missing(account_id)
            if row.role == role:
                return
            if row.role == "admin" != role:
                _expect_other_admin(db, row.learner)
                db.execute(REVOKE_BY, {"who": row.learner})
            db.execute(SET_ROLE, {"which": account_id, "new": role})
            _renew(db, row.learner, old_token, new_token)

        self._database.write(act)

    def add_invitation(
        self, token_hash: str, *, role: str, whom: str, by: str, now: datetime, expires: datetime
    ) -> None:
        """Keep an invitation to a role; those that have expired are forgotten."""
        row = {"token_hash": token_hash, "role": role, "for": whom, "by": by, "made": now, "expires": expires}

        def act(db: sa.Connection) -> None:
            db.execute(OLD_INVITATIONS, {"now": now})
            db.execute(ADD_INVITATION, row)

        self._database.write(act)

    def invitations(self, now: datetime) -> tuple[Invitation, ...]:
        """The invitations that can be accepted, the newest first."""
        with self._database.reading() as db:
            return tuple(map(_invitation, db.execute(INVITATIONS, {"now": now})))

    def invitation(self, token_hash: str, now: datetime) -> Invitation:
        """The invitation behind a link that can be accepted. Raises Missing."""
        with self._database.reading() as db:
            row = db.execute(INVITATION, {"which": token_hash, "now": now}).one_or_none()
        if row is None:
            raise Missing(token_hash)
        return _invitation(row)

    def revoke_invitation(self, which: str, now: datetime) -> bool:
        """Take an invitation back; False when it is not open (any more)."""

        def act(db: sa.Connection) -> bool:
            for row in db.execute(INVITATIONS, {"now": now}).all():
                if invitation_id(row.token_hash) == which:
                    return bool(db.execute(REVOKE, {"which": row.token_hash}).rowcount)
            return False

        return self._database.write(act)

    def accept(
        self, token_hash: str, learner_id: str, *, old_token: str, new_token: str, now: datetime
    ) -> bool:
        """Give the role of an invitation to a learner who is signed in; the browser goes on with a new token,
        and others are signed out.

        False when the learner may do as much already: then nothing changes, and the invitation stays open.
        Raises Missing when it can't be accepted (any more), or the browser was signed out meanwhile.
        """

        def act(db: sa.Connection) -> bool:
            role = _open_role(db, token_hash, now)
            account = db.execute(OF_LEARNER, {"who": learner_id}).one_or_none()
            if account is None:
                raise Missing(learner_id)
            if ROLES.index(role) <= ROLES.index(account.role):
                return False
            if not _renew(db, learner_id, old_token, new_token):
                raise Missing(learner_id)
            db.execute(SPEND, {"which": token_hash, "now": now})
            db.execute(SET_ROLE, {"which": account.id, "new": role})
            return True

        return self._database.write(act)

    def accept_anew(
        self, token_hash: str, account: Account, secret: str, *, old_token: str, new_token: str, device: str
    ) -> None:
        """Make an account with the role of an invitation. `old_token` is that of a guest, whose answers it
        keeps; empty for a stranger.

        Raises Missing when the invitation can't be accepted (any more), NameTaken, and AlreadyKept when the
        guest has an account.
        """

        def act(db: sa.Connection) -> None:
            invited = replace(account, role=_open_role(db, token_hash, account.made))
            db.execute(SPEND, {"which": token_hash, "now": account.made})
            if old_token:
                _keep(db, invited, secret, old_token)
            else:
                _create(db, invited, secret)
            _add_session(db, new_token, account.learner, account.made, device)

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
        """Delete a learner with all answers, devices and the account. Gives how many answers there were.

        Raises LastAdmin.
        """

        def act(db: sa.Connection) -> int:
            account = db.execute(OF_LEARNER, {"who": learner_id}).one_or_none()
            if account and account.role == "admin":
                _expect_other_admin(db, learner_id)
            return erase_learner(db, learner_id)

        return self._database.write(act)


def device_id(token_hash: str) -> str:
    """What names a browser on a page: nothing that could be used as its cookie."""
    return sha256(f"device {token_hash}".encode()).hexdigest()[:16]


def invitation_id(token_hash: str) -> str:
    """What names an invitation on a page: nothing that it could be accepted with."""
    return sha256(f"invitation {token_hash}".encode()).hexdigest()[:16]


def _invitation(row: Any) -> Invitation:
    return Invitation(invitation_id(row.token_hash), row.role, row.whom, row.by, row.made, row.expires)


def _open_role(db: sa.Connection, token_hash: str, now: datetime) -> str:
    row = db.execute(INVITATION, {"which": token_hash, "now": now}).one_or_none()
    if row is None:
        raise Missing(token_hash)
    return str(row.role)


def _expect_other_admin(db: sa.Connection, learner: str) -> None:
    if not db.execute(OTHER_ADMIN, {"but": learner}).first():
        raise LastAdmin(learner)


def _like(within: str) -> str:
    """What is searched for, as a pattern in which no character of it stands for others."""
    for special in "\\%_":
        within = within.replace(special, f"\\{special}")
    return f"%{within}%"


def _keep(db: sa.Connection, account: Account, secret: str, old_token: str) -> None:
    """Put a guest's answers under an account, and end the guest's session."""
    _expect_free(db, account)
    if db.execute(OF_LEARNER, {"who": account.learner}).first():
        raise AlreadyKept(account.learner)
    if not db.execute(END, {"token_hash": old_token}).rowcount:
        raise Missing(account.learner)
    _add_account(db, account, secret)


def _create(db: sa.Connection, account: Account, secret: str) -> None:
    _expect_free(db, account)
    db.execute(ADD_LEARNER, {"id": account.learner, "made": account.made, "answers": 0})
    _add_account(db, account, secret)


def _expect_free(db: sa.Connection, account: Account) -> None:
    if db.execute(HAS_NAME, {"wanted": account.folded}).first():
        raise NameTaken(account.name)


def _add_account(db: sa.Connection, account: Account, secret: str) -> None:
    db.execute(ADD_ACCOUNT, vars(account))
    credential = {"account": account.id, "kind": PASSWORD, "secret": secret, "made": account.made}
    db.execute(ADD_CREDENTIAL, credential)


def _add_session(db: sa.Connection, token_hash: str, learner: str, now: datetime, device: str) -> None:
    row = {"token_hash": token_hash, "learner": learner, "made": now, "seen": now, "device": device}
    db.execute(ADD_SESSION, row)


def _renew(db: sa.Connection, learner: str, old_token: str, new_token: str) -> bool:
    """Let one browser go on with a new token, and sign the learner's others out. False without that one."""
    renewed = {"old": old_token, "who": learner, "new": new_token}
    found = bool(old_token) and bool(db.execute(RENEW, renewed).rowcount)
    db.execute(END_OTHERS, {"who": learner, "but": new_token if found else ""})
    return found


def _move(db: sa.Connection, guest: str, learner: str) -> None:
    """Give all of a guest's rows to a learner. The guest stays as a sign that points there."""
    _move_memberships(db, guest, learner)
    for table in (t.attempt, t.step, t.session, t.report):
        db.execute(sa.update(table).where(table.c.learner == guest).values(learner=learner))
    answers = sa.select(t.learner.c.answers).where(t.learner.c.id == guest)
    more = db.execute(answers).scalar_one_or_none() or 0
    db.execute(
        sa.update(t.learner).where(t.learner.c.id == learner).values(answers=t.learner.c.answers + more)
    )
    db.execute(sa.update(t.learner).where(t.learner.c.id == guest).values(answers=0, moved_to=learner))
    db.execute(sa.delete(t.profile).where(t.profile.c.learner.in_((guest, learner))))


def _move_memberships(db: sa.Connection, guest: str, learner: str) -> None:
    """Who was in a group as both stays in it once, and goes on counting the attempts."""
    theirs = sa.select(t.member.c.group).where(t.member.c.learner == learner)
    is_guests = t.member.c.learner == guest
    db.execute(sa.delete(t.member).where(is_guests, t.member.c.group.in_(theirs)))
    db.execute(sa.update(t.member).where(is_guests).values(learner=learner))
    numbers = (
        sa.select(t.attempt.c.assignment, sa.func.max(t.attempt.c.number))
        .where(t.attempt.c.learner == learner, t.attempt.c.assignment.is_not(None), t.attempt.c.number > 0)
        .group_by(t.attempt.c.assignment)
    )
    for assignment, most in db.execute(numbers).all():
        db.execute(
            sa.update(t.attempt)
            .where(t.attempt.c.learner == guest, t.attempt.c.assignment == assignment)
            .values(number=t.attempt.c.number + most)
        )


def erase_learner(db: sa.Connection, learner: str) -> int:
    """Delete all rows of a learner; gives how many answers there were."""
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
    yield from _erasing_groups(learner)
    yield sa.delete(t.report).where(t.report.c.learner == learner)
    places = sa.select(sa.literal("member ") + t.member.c.id).where(t.member.c.learner == learner)
    yield sa.delete(t.override).where(t.override.c.whom.in_(places))
    yield sa.delete(t.member).where(t.member.c.learner == learner)
    yield sa.delete(t.step).where(t.step.c.learner == learner)
    yield sa.delete(t.share).where(t.share.c.attempt.in_(attempts))
    yield sa.delete(t.slot).where(t.slot.c.attempt.in_(attempts))
    yield sa.delete(t.attempt).where(t.attempt.c.learner == learner)
    yield sa.delete(t.profile).where(t.profile.c.learner.in_(learners))
    yield sa.delete(t.credential).where(t.credential.c.account.in_(accounts))
    yield sa.delete(t.account).where(t.account.c.learner == learner)
    yield sa.delete(t.session).where(t.session.c.learner == learner)
    yield sa.delete(t.invitation).where(t.invitation.c.by == learner)
    yield sa.delete(t.learner).where(t.learner.c.id.in_(learners))


def _erasing_groups(trainer: str) -> Iterator[Any]:
    """The statements that delete what a trainer gave out; attempts at it stay with those who made them."""
    groups = sa.select(t.group.c.id).where(t.group.c.owner == trainer)
    given = sa.select(t.assignment.c.id).where(t.assignment.c.owner == trainer)
    yield sa.update(t.attempt).where(t.attempt.c.assignment.in_(given)).values(assignment=None)
    yield sa.update(t.report).where(t.report.c.assignment.in_(given)).values(assignment=None)
    for table in (t.override, t.regrade):
        yield sa.delete(table).where(table.c.assignment.in_(given))
    yield sa.delete(t.assignment).where(t.assignment.c.owner == trainer)
    yield sa.delete(t.paper).where(t.paper.c.owner == trainer)
    yield sa.delete(t.member).where(t.member.c.group.in_(groups))
    yield sa.delete(t.group).where(t.group.c.owner == trainer)
