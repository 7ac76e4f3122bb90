"""SQLite: which driver, how a file is opened, one writer at a time, and what its errors mean.

This is the one place that knows the driver: `driver` is pysqlite3, which brings a new SQLite, where it is
installed, else Python's own sqlite3.
"""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from quizapp.store.errors import StoreBusy, StoreError, StoreFull
from quizapp.store.holding import Hold, InUse

try:
    from pysqlite3 import dbapi2 as driver
except ImportError:
    import sqlite3 as driver

if sys.platform != "win32":
    import fcntl

__all__ = ["JOURNAL", "VERSION", "SQLiteFile", "driver", "is_wal_safe", "make_folder"]

VERSION: tuple[int, ...] = driver.sqlite_version_info
MENDED = ((3, 44, 6), (3, 50, 7), (3, 51, 3))
"""Where SQLite no longer loses committed pages of a WAL database that several connections use: in this
version of each of these lines, and in all later lines."""
READ_SECONDS, WRITE_SECONDS = 4, 1
"""How long SQLite itself waits for a lock. A write is tried several times."""
READERS = 16
BUSY = {5, 6, 15}  # SQLITE_BUSY, _LOCKED, _PROTOCOL
BROKEN = {8, 10, 13, 14}  # SQLITE_READONLY, _IOERR, _FULL, _CANTOPEN
READONLY = 8


def is_wal_safe(version: tuple[int, ...]) -> bool:
    """Whether this version of SQLite may write a WAL database from several connections."""
    mended = next((each for each in MENDED if each[:2] == version[:2]), MENDED[-1])
    return version >= mended


JOURNAL = "WAL" if is_wal_safe(VERSION) else "TRUNCATE"


class SQLiteFile:
    """A database in one file, by its address. Raises StoreError when that names no file."""

    def __init__(self, url: URL) -> None:
        if not url.database or url.database == ":memory:":
            raise StoreError("the database address names no file; write sqlite:////full/path/quizapp.db")
        self.path = Path(url.database)
        self.name = str(self.path)
        self.reading = self._engine(url, _open_to_read, "BEGIN", READERS)
        self.writing = self.upgrading = self._engine(url, _open_to_write, "BEGIN IMMEDIATE", 1)
        self._lock = threading.Lock()
        self._hold: Hold | None = None
        if self.path.parent.is_dir():
            self._share()

    def _engine(self, url: URL, opened: Any, begin: str, size: int) -> sa.Engine:
        """Own BEGIN: a read that later turns into a write would fail without waiting."""
        engine = sa.create_engine(
            url, module=driver, hide_parameters=True, pool_size=size, max_overflow=size, pool_timeout=5
        )
        sa.event.listen(engine, "do_connect", self._share)
        sa.event.listen(engine, "connect", opened)
        sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
        return engine

    busy = "is in use by another program; try again"

    @property
    def advice(self) -> str:
        """What whoever runs the server should know of this build; empty when all is well."""
        if JOURNAL == "WAL":
            return ""
        return (
            f"SQLite {'.'.join(map(str, VERSION))} may lose pages of a WAL database,"
            " so the slower TRUNCATE journal is used, which is safe; installing pysqlite3 brings a mended one"
        )

    def prepare(self) -> None:
        """Make the file, for its owner alone, and its folder. Raises StoreError."""
        make_folder(self.path.parent)
        with suppress(OSError):  # SQLite says what it can't open
            os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600))

    def lock_schema(self, connection: sa.Connection) -> None:
        """Nothing: every write has the file to itself."""

    @contextmanager
    def alone(self, deadline: float) -> Iterator[None]:
        """One writer at a time, in this process and, by a lock file, across processes.

        SQLite's own waiting starves writers for seconds when several compete. Raises StoreBusy when the
        others have not finished at `deadline`, a time of the monotonic clock, and StoreFull.
        """
        if not self._lock.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise StoreBusy("other writers took too long")
        try:
            with _lock_file(self.path) as file:
                _wait_for(file, deadline)
                yield
        finally:
            self._lock.release()

    def trouble(self, error: DBAPIError, *, writes: bool) -> StoreBusy | None:
        """What an error says of the database; None when it says something of the statement."""
        extended = getattr(error.orig, "sqlite_errorcode", 0)
        if extended & 0xFF in BUSY:
            return StoreBusy(str(error.orig))
        is_mistake = extended == READONLY and not writes  # we wrote where we had said that we would read
        if extended & 0xFF in BROKEN and not is_mistake:
            return StoreFull(str(error.orig))
        return None

    def may_retry(self, error: DBAPIError, tries: int) -> bool:
        """Whether the same transaction may succeed if it is run again."""
        return type(self.trouble(error, writes=True)) is StoreBusy

    def _share(self, *_: Any) -> None:
        """Let nobody put another file in the place of this one from now on. Raises StoreError.

        Where nothing can be written beside the file, SQLite itself will say so.
        """
        if self._hold:
            return
        try:
            self._hold = Hold(self.path)
        except InUse as error:
            raise StoreError(f"{self.path} is just being replaced by {error}; try again after that") from None
        except OSError:
            return

    def close(self) -> None:
        """Give all connections back."""
        self.reading.dispose()
        self.writing.dispose()
        if self._hold:
            self._hold.release()
            self._hold = None


def make_folder(folder: Path) -> None:
    """Make a folder, with those above it. Raises StoreError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"the folder {folder} can't be made: {error.strerror}") from error


def _open_to_write(connection: Any, _record: Any) -> None:
    _configure(connection, WRITE_SECONDS)


def _open_to_read(connection: Any, _record: Any) -> None:
    """SQLite itself refuses a write in a transaction that was not begun for it."""
    _configure(connection, READ_SECONDS)
    connection.execute("PRAGMA query_only=ON")


def _configure(connection: Any, seconds: float) -> None:
    """FULL makes an acknowledged answer survive a power cut. Raises the driver's OperationalError."""
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={int(seconds * 1000)}")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    (journal,) = connection.execute(f"PRAGMA journal_mode={JOURNAL}").fetchone()
    if journal == "wal" != JOURNAL.lower():
        raise driver.OperationalError("another program uses the database in WAL mode")


def _lock_file(path: Path) -> IO[bytes]:
    try:
        return Path(f"{path}.lock").open("ab")
    except OSError as error:
        raise StoreFull(f"{path}.lock can't be opened: {error.strerror}") from error


def _wait_for(file: IO[bytes], deadline: float) -> None:
    """Lock a file, however many processes want to; the lock ends with the file."""
    pause = 0.0005
    while not _locks(file):
        if time.monotonic() >= deadline:
            raise StoreBusy("writers of other processes took too long")
        time.sleep(random.uniform(0, pause))  # noqa: S311 - spreads retries
        pause = min(2 * pause, 0.01)


def _locks(file: IO[bytes]) -> bool:
    if sys.platform != "win32":  # there, one process serves and the thread lock is enough
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
