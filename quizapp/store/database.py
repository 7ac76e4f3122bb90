"""The connection to the database: how it is opened, read and written, one writer at a time."""

from __future__ import annotations

import random
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

if sys.platform != "win32":
    import fcntl

Result = TypeVar("Result")

WAL_SAFE = (3, 51, 3)
"""Before this version SQLite can lose committed pages of a WAL database with several connections."""
BUSY_SECONDS = 2
TRIES = 3


class StoreError(Exception):
    """The database can't be used; the text is one plain sentence for who runs the server."""


class StoreBusy(Exception):
    """The database took no write in time. Nothing was stored; the same request may be sent again."""


class Database:
    """An SQLite file. Raises StoreError when the address makes no sense."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.path = path_of(address)
        self.engine = sa.create_engine(address, pool_size=16, max_overflow=16)
        sa.event.listen(self.engine, "connect", _configure)
        sa.event.listen(self.engine, "begin", _begin)
        self._reading = self.engine
        self._writing = self.engine.execution_options(writes=True)
        self._lock = threading.Lock()

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection that sees one state of the data."""
        with self._reading.connect() as connection:
            yield connection

    def write(self, act: Callable[[sa.Connection], Result]) -> Result:
        """Run `act` in one transaction, durable once this returns; again from the start when it must yield.

        `act` may run more than once, so it does nothing but SQL. Raises StoreBusy after several tries.
        """
        tries = 0
        while True:
            tries += 1
            try:
                with self._alone(), self._writing.begin() as connection:
                    return act(connection)
            except DBAPIError as error:
                if not _may_retry(error):
                    raise
                if tries == TRIES:
                    raise StoreBusy("the database is busy") from error
            time.sleep(random.uniform(0, 0.02 * tries))  # noqa: S311 - spreads retries

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One writer at a time, in this process and, by a lock file, across processes.

        SQLite's own waiting starves writers for seconds when several compete.
        """
        with self._lock, Path(f"{self.path}.lock").open("ab") as file:
            if sys.platform != "win32":  # there, one process serves and the thread lock is enough
                fcntl.flock(file, fcntl.LOCK_EX)
            yield


def path_of(address: str) -> Path:
    """The file an address such as `sqlite:////var/lib/quizapp.db` names. Raises StoreError for others."""
    try:
        url = make_url(address)
    except ArgumentError:
        raise StoreError(
            f"{address!r} is no database address; write sqlite:////full/path/quizapp.db"
        ) from None
    if url.get_backend_name() != "sqlite":
        raise StoreError(f"quizapp keeps its data in SQLite; {url.drivername!r} is not supported (yet)")
    if not url.database or url.database == ":memory:":
        raise StoreError("the database address names no file; write sqlite:////full/path/quizapp.db")
    return Path(url.database)


def _configure(connection: Any, _record: Any) -> None:
    """FULL makes an acknowledged answer survive a power cut. Own BEGIN: see `_begin`."""
    connection.isolation_level = None
    journal = "WAL" if sqlite3.sqlite_version_info >= WAL_SAFE else "TRUNCATE"
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    cursor.execute(f"PRAGMA journal_mode={journal}")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin(connection: sa.Connection) -> None:
    """A write locks at once: a read that later turns into a write would fail without waiting."""
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _may_retry(error: DBAPIError) -> bool:
    return isinstance(error.orig, sqlite3.OperationalError) and "locked" in str(error.orig)
