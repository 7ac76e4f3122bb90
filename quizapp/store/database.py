"""The connection to the database: how it is read and written, and what happens when it does not answer."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection

from quizapp.store.errors import StoreBusy, StoreError
from quizapp.store.postgresql import DRIVERS, PostgreSQL
from quizapp.store.sqlite import SQLiteFile

Result = TypeVar("Result")

WAIT = 4.0
"""Seconds for which a write is tried; the last try may take one more."""

EXAMPLES = "write sqlite:////full/path/quizapp.db or postgresql://user:password@host/quizapp"


class Database:
    """What an address names. Raises StoreError when it makes no sense.

    `engine` reads and can't write: the database itself refuses.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.kind = _kind_of(address)
        self.engine = self.kind.reading
        self.tell: Callable[[str], None] = _untold
        """Called with "retry", "busy", or the kind of a step that is newly kept, for whoever counts."""

    def close(self) -> None:
        """Give all connections back."""
        self.kind.close()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection that sees one state of the data. Raises StoreBusy, and StoreFull of a broken disk."""
        connection = self._retried(self.kind.reading.connect, time.monotonic() + WAIT, writes=False)
        try:
            with connection:
                yield connection
        except DBAPIError as error:
            if trouble := self.kind.trouble(error, writes=False):
                raise trouble from error
            raise

    def write(self, act: Callable[[sa.Connection], Result]) -> Result:
        """Run `act` in one transaction, durable once this returns; again from the start when it must yield.

        `act` may run more than once, even after a commit whose acknowledgement was lost, so it does nothing
        but SQL, under keys that the caller made. Raises StoreBusy when the database does not take the write
        within 5 seconds, and StoreFull.
        """
        return self._written(self.kind.writing, act)

    def change_schema(self, act: Callable[[sa.Connection], Result]) -> Result:
        """Run `act` as `write` does, while nobody else changes the schema."""

        def locked(connection: sa.Connection) -> Result:
            self.kind.lock_schema(connection)
            return act(connection)

        return self._written(self.kind.upgrading, locked)

    def _written(self, engine: sa.Engine, act: Callable[[sa.Connection], Result]) -> Result:
        deadline = time.monotonic() + WAIT

        def once() -> Result:
            with self.kind.alone(deadline), engine.begin() as connection:
                return act(connection)

        try:
            return self._retried(once, deadline, writes=True)
        except StoreBusy:
            self.tell("busy")
            raise

    def _retried(self, act: Callable[[], Result], deadline: float, *, writes: bool) -> Result:
        """What `act` gives, tried again until then where that may help. Raises StoreBusy or StoreFull."""
        pause, tries = 0.01, 0
        while True:
            tries += 1
            try:
                return act()
            except NoConnection as error:
                raise StoreBusy("all connections are in use") from error
            except DBAPIError as error:
                if not self.kind.may_retry(error, tries) or time.monotonic() >= deadline:
                    if trouble := self.kind.trouble(error, writes=writes):
                        raise trouble from error
                    raise
            self.tell("retry")
            time.sleep(random.uniform(0, pause))  # noqa: S311 - spreads retries
            pause = min(2 * pause, 0.3)


def file_of(address: str) -> Path | None:
    """The file that an address names; None where the database is on a server. Raises StoreError."""
    database = Database(address)
    database.close()
    return database.kind.path and database.kind.path.absolute()


def name_of(address: str) -> str:
    """The database that an address names, in words and without its password. Raises StoreError."""
    database = Database(address)
    database.close()
    return database.kind.name


def _kind_of(address: str) -> SQLiteFile | PostgreSQL:
    try:
        url = make_url(address)
    except ArgumentError:
        raise StoreError(f"{address!r} is no database address; {EXAMPLES}") from None
    if url.drivername in DRIVERS:
        return PostgreSQL(url)
    if url.drivername != "sqlite":
        raise StoreError(
            f"quizapp keeps its data in SQLite or PostgreSQL; {url.drivername!r} is not supported; {EXAMPLES}"
        )
    return SQLiteFile(url)


def _untold(_event: str) -> None:
    """Where nobody counts."""
