"""The doctor: what is wrong with a database, and how to mend it. Changes nothing."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from quizapp.bank import Bank
from quizapp.learn import missing
from quizapp.store import tables as t
from quizapp.store.assignments import paper_of
from quizapp.store.backups import backups_in
from quizapp.store.database import Database, file_of
from quizapp.store.derived import Drift, drift
from quizapp.store.errors import StoreBusy, StoreError, in_one_line
from quizapp.store.files import SIDECARS, Unreadable, faults_of, looking
from quizapp.store.holding import holders, holders_of, who
from quizapp.store.sqlite import JOURNAL, VERSION, driver
from quizapp.store.upgrading import lacking, revision, revisions

Level = Literal["ok", "warn", "bad"]

LITTLE, FEW = 50_000_000, 500_000_000
"""Bytes: with less than these on the disk it is bad, or soon will be."""
AHEAD = timedelta(minutes=5)
OLD = timedelta(hours=26)
"""A daily backup that is older has failed once."""
LOCK_SECONDS = 2.0
REBUILD = "mend it with: quizapp rebuild"
SETTINGS = {
    "server_encoding": ("UTF8",),
    "fsync": ("on",),
    "synchronous_commit": ("on", "local", "remote_write", "remote_apply"),
    "full_page_writes": ("on",),
}
"""What PostgreSQL must have so that no acknowledged answer is lost and none refused."""
RESTORE = "go back to a backup with: quizapp restore BACKUP --replace"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at, and how it is; `mend` says what to do about it."""

    level: Level
    about: str
    text: str
    mend: str = ""


def examine(
    address: str, bank: Bank, *, backups: Path | None = None, quick: bool = False
) -> Iterator[Finding]:
    """Look at a database and at what is around it; `quick` leaves out what reads all answers.

    `backups` is the folder of the backups; by default the one beside the database. Raises StoreError for an
    address that makes no sense.
    """
    path, now = file_of(address), datetime.now(UTC)
    if path is None:
        yield from _server(address, bank, now, quick=quick)
        return
    yield _build()
    if not path.exists():
        yield Finding("bad", "database", f"there is no {path}", "the server makes it when it starts")
        return
    yield from _around(path)
    yield from _backups(backups or path.parent / "backups", path, now, is_named=backups is not None)
    yield from _locks(path)
    try:
        with looking(path) as db:
            yield from _file(db, quick=quick)
            yield from _inside(db, bank, now, quick=quick)
    except Unreadable as error:
        yield _unreadable(path, error)


# -- a database on a server


def _server(address: str, bank: Bank, now: datetime, *, quick: bool) -> Iterator[Finding]:
    """Whether the server answers, keeps what it acknowledges, and takes every text."""
    database = Database(address)
    try:
        with database.reading() as db:
            yield Finding(
                "ok", "server", f"{database.kind.name} answers, version {_setting(db, 'server_version')}"
            )
            for name, wanted in SETTINGS.items():
                found = _setting(db, name)
                level: Level = "ok" if found in wanted else "bad"
                mend = "" if level == "ok" else f"set {name} to {wanted[0]} in the server or the database"
                yield Finding(level, "server", f"{name} is {found}", mend)
            yield from _inside(db, bank, now, quick=quick)
    except (StoreBusy, DBAPIError) as error:
        said = f"{database.kind.name} can't be read: {in_one_line(error)}"
        yield Finding("bad", "server", said, "start it, and see its log")
    finally:
        database.close()


def _setting(db: sa.Connection, name: str) -> str:
    return str(db.execute(sa.text("SELECT current_setting(:name)"), {"name": name}).scalar_one())


# -- around an SQLite file


def _build() -> Finding:
    text = f"{'.'.join(map(str, VERSION))}, {JOURNAL} journal"
    if JOURNAL == "WAL":
        return Finding("ok", "SQLite", text)
    return Finding(
        "warn",
        "SQLite",
        f"{text}: this version may lose pages in WAL mode, so a slower mode is used, which is safe",
        "pip install pysqlite3, and start the server again",
    )


def _around(path: Path) -> Iterator[Finding]:
    yield from _rights(path)
    yield from _owners(path)
    free, size = shutil.disk_usage(path.parent).free, path.stat().st_size
    said = f"{free // 1_000_000:,} MB are free in {path.parent}"
    if free < LITTLE:
        yield Finding("bad", "disk", said, "make room; while the disk is full, answers are refused")
    elif free < max(FEW, 2 * size):
        yield Finding("warn", "disk", f"{said}, and the database has {size // 1_000_000:,} MB", "make room")
    else:
        yield Finding("ok", "disk", said)


def _rights(path: Path) -> Iterator[Finding]:
    mode = path.stat().st_mode & 0o777
    if os.name == "posix" and mode & 0o007 and path.parent.stat().st_mode & 0o001:
        yield Finding("warn", "rights", f"everybody on this machine can read {path}", f"chmod o= {path}")
    for place in (path, path.parent):
        if not _may_write(place):
            yield Finding(
                "bad",
                "rights",
                f"{place} can't be written by this user",
                "mount it writable, or give it to the server's user",
            )
            return
    yield Finding("ok", "rights", f"{path} and its folder can be written")


def _may_write(path: Path) -> bool:
    is_readonly = hasattr(os, "statvfs") and os.statvfs(path).f_flag & os.ST_RDONLY
    return os.access(path, os.W_OK) and not is_readonly


def _owners(path: Path) -> Iterator[Finding]:
    """A command that was run as root leaves files that the server's own user can't write."""
    owner = path.stat().st_uid
    for end in (*SIDECARS, ".lock"):
        with suppress(FileNotFoundError):
            found = Path(f"{path}{end}").stat()
            if found.st_uid != owner and not found.st_mode & 0o002:
                yield Finding(
                    "bad",
                    "owner",
                    f"{path}{end} belongs to another user than the database",
                    f"chown --reference={path} {path}{end}",
                )


def _backups(folder: Path, path: Path, now: datetime, *, is_named: bool) -> Iterator[Finding]:
    if not folder.is_dir():
        level: Level = "bad" if is_named else "warn"
        yield Finding(level, "backups", f"there are none in {folder}", "make one with: quizapp backup")
        return
    own = [(each, manifest) for each, manifest in backups_in(folder) if manifest.source == str(path)]
    if not own:
        yield Finding(
            "warn", "backups", f"there are none of this database in {folder}", "make one with: quizapp backup"
        )
        return
    newest, manifest = own[-1]
    age = now - manifest.made
    said = f"{len(own)} in {folder}, the newest is {_age(age)} old ({newest.name})"
    if age > OLD:
        yield Finding(
            "warn", "backups", said, "make one with: quizapp backup, and look why the timer did not"
        )
    else:
        yield Finding("ok", "backups", said)


def _age(age: timedelta) -> str:
    hours = int(age.total_seconds() // 3600)
    return f"{hours // 24} days" if hours >= 48 else f"{hours} hours"


def _locks(path: Path) -> Iterator[Finding]:
    """Who uses the database, and whether anybody keeps all others from writing."""
    users = holders_of(path)
    yield Finding("ok", "in use", f"by {who(users)}" if users else "by nobody")
    database = Database(f"sqlite:///{path}")
    try:
        with database.kind.alone(time.monotonic() + LOCK_SECONDS):
            connection = driver.connect(str(path), isolation_level=None, timeout=LOCK_SECONDS)
            try:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("ROLLBACK")
            finally:
                connection.close()
    except StoreBusy as error:
        holder = who(holders(Path(f"{path}.lock")))
        yield Finding("bad", "lock", f"{holder} keeps all others from writing ({error})", "end that process")
    except driver.DatabaseError as error:
        if "locked" in str(error):
            yield Finding(
                "bad", "lock", "another program locks the database", f"find it with: fuser {path}, and end it"
            )
    except StoreError as error:
        yield Finding("bad", "lock", str(error))
    else:
        yield Finding("ok", "lock", "a write begins at once")
    finally:
        database.close()


def _unreadable(path: Path, error: Unreadable) -> Finding:
    journal = Path(f"{path}-journal")
    if journal.exists() and journal.stat().st_size and "readonly" in error.reason:
        return Finding(
            "warn",
            "database",
            "a write was cut off in the middle",
            "the next start of the server takes it back by itself",
        )
    return Finding("bad", "database", f"{path} can't be read: {error.reason}", RESTORE)


def _file(db: sa.Connection, *, quick: bool) -> Iterator[Finding]:
    if quick:
        return
    faults = faults_of(db)
    for fault in faults:
        yield Finding("bad", "database", f"it is damaged: {fault}", RESTORE)
    if not faults:
        yield Finding("ok", "database", "every page, index and reference is whole")


# -- inside, whatever the kind of database


def _inside(db: sa.Connection, bank: Bank, now: datetime, *, quick: bool) -> Iterator[Finding]:
    schema = _schema(db)
    yield schema
    if schema.level != "ok":
        return
    yield from _clock(db, now)
    yield from _papers(db, bank, now)
    if not quick:
        yield from _derived(drift(db, bank))


def _schema(db: sa.Connection) -> Finding:
    try:
        found = revision(db)
    except StoreError as error:
        return Finding("bad", "schema", str(error), RESTORE)
    known = revisions()
    if not found:
        if sa.inspect(db).get_table_names():
            return Finding(
                "bad", "schema", "this is another program's database", "name yours with --database-url"
            )
        return Finding(
            "warn", "schema", "the database is empty", "the server makes its tables when it starts"
        )
    if found not in known:
        return Finding("bad", "schema", f"{found} is of a newer quizapp", "install that version again")
    if found != known[-1]:
        return Finding(
            "warn",
            "schema",
            f"{found} is older than {known[-1]}; nothing more was looked at",
            "make a backup, then: quizapp upgrade",
        )
    if lost := ", ".join(lacking(db)):
        return Finding("bad", "schema", f"it says {found}, but lacks {lost}", RESTORE)
    return Finding("ok", "schema", f"{found}, which is current")


def _clock(db: sa.Connection, now: datetime) -> Iterator[Finding]:
    newest = [
        db.execute(sa.select(sa.func.max(column, type_=t.Moment))).scalar()
        for column in (t.step.c.at, t.attempt.c.started, t.session.c.seen, t.learner.c.made)
    ]
    latest = max((each for each in newest if each), default=None)
    if latest and latest > now + AHEAD:
        yield Finding(
            "bad",
            "clock",
            f"the newest row is of {latest:%Y-%m-%d %H:%M} UTC, and here it is {now:%Y-%m-%d %H:%M} UTC",
            "set this machine's clock, or wait: it was ahead when that was written",
        )
    else:
        yield Finding("ok", "clock", f"no row is of the future; it is {now:%Y-%m-%d %H:%M} UTC")


def _papers(db: sa.Connection, bank: Bank, now: datetime) -> Iterator[Finding]:
    """Whether the bank still has what open assignments ask."""
    rows = db.execute(
        sa.select(t.assignment.c.title, t.assignment.c.paper).where(
            t.assignment.c.ends.is_(None) | (t.assignment.c.ends > sa.literal(now, t.Moment))
        )
    ).all()
    short = [row.title for row in rows if missing(paper_of(row.paper), bank)]
    for title in short:
        yield Finding(
            "warn",
            "bank",
            f"the assignment “{title}” asks for questions that the bank does not have (any more)",
            "give it others on its page, or serve the bank that has them",
        )
    if not short:
        yield Finding("ok", "bank", f"it has all that {len(rows)} open assignments ask")


def _derived(found: Drift) -> Iterator[Finding]:
    said = {
        "counts of answers": found.counts,
        "scores, points or ends of attempts": found.attempts,
        "ends of assignments": found.ends,
        "profiles of learners": found.profiles,
    }
    for what, ids in said.items():
        if ids:
            some = ", ".join(ids[:3]) + ", …" * (len(ids) > 3)
            yield Finding(
                "bad", "derived", f"{len(ids)} {what} are not what the answers come to ({some})", REBUILD
            )
    if not any(said.values()):
        yield Finding("ok", "derived", "scores, points, counts and profiles are what the answers come to")
    if found.scores:
        yield Finding(
            "warn",
            "scores",
            f"{len(found.scores)} answers would be graded otherwise today ({', '.join(found.scores[:3])})",
            "they stand as they were graded; regrade an assignment on its page where that is wrong",
        )
