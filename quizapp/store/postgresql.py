"""PostgreSQL: how a server is reached, what a transaction promises, and what its errors mean.

Nothing is kept in a connection, so a pooler may give each transaction another one: no prepared statements, no
settings, no locks that outlive a transaction.
"""

from __future__ import annotations

import re
import select
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, DisconnectionError

from quizapp.store.errors import StoreBusy, StoreError, StoreFull, in_one_line

DRIVERS = ("postgresql", "postgres", "postgresql+psycopg")
CONNECTING = {
    "prepare_threshold": None,
    "connect_timeout": 4,
    "keepalives_idle": 30,
    "tcp_user_timeout": 5000,  # milliseconds; a server that vanished is noticed
}
CONNECTIONS = 16
UPGRADING = 0x7175697A617070
"""Names the lock under which one node at a time upgrades: "quizapp" in ASCII."""
CONFLICTS = {"40001", "40P01", "55P03"}
AWAY = {"57P01", "57P02", "57P03", "57014", "53300", "53200", "25006"}
"""Shutting down, crashed, starting, cancelled, too many connections, no memory, a standby just now."""
BROKEN = {"53100", "58030"}  # disk full, I/O error
READONLY = "25006"
REFUSED = {"23505", "23503"}
"""A unique or a foreign key was broken: by another transaction of this moment, or by a mistake of ours."""
REFUSALS = 3
SHUT_OUT = re.compile(
    r"authentication failed|no password supplied|no pg_hba\.conf entry|permission denied for database"
    r"|(database|role) \".*\" does not exist|no such (database|user)"
)
"""What a server or a pooler says to whom it will not let in a second later either. Who does not get in hears
no SQLSTATE; one that says it in another language is tried again, as if it were busy."""


class PostgreSQL:
    """A database on a server, by its address. Raises StoreError when psycopg is missing."""

    def __init__(self, url: URL) -> None:
        url = url.set(drivername="postgresql+psycopg")
        self.path: Path | None = None  # there is no file
        self.name = url.render_as_string(hide_password=True).replace("+psycopg", "", 1)
        if not url.database:
            raise StoreError(
                "the database address names no database; write postgresql://user:password@host/quizapp"
            )
        try:
            engine = sa.create_engine(
                url,
                connect_args=CONNECTING,
                pool_size=CONNECTIONS,
                max_overflow=CONNECTIONS,
                pool_timeout=5,
                use_native_hstore=False,
                execution_options={"preserve_rowcount": True},  # of inserts, too: ON CONFLICT keeps some out
            )
        except ImportError:
            raise StoreError(
                "PostgreSQL needs psycopg, which is not installed; install it with: pip install"
                " 'quizapp[postgres]'"
            ) from None
        sa.event.listen(engine, "checkout", _expect_alive)
        sa.event.listen(engine, "begin", _begin)
        self.reading = engine.execution_options(begins=("REPEATABLE READ", True))
        self.writing = engine.execution_options(begins=("SERIALIZABLE", False))
        self.upgrading = engine.execution_options(begins=("READ COMMITTED", False))

    advice, busy = "", "can't be reached; check the address, the password, and that the server runs"

    def prepare(self) -> None:
        """Nothing: whoever runs the server makes the database."""

    def lock_schema(self, connection: sa.Connection) -> None:
        """Let one node at a time upgrade; the others wait, and find it done."""
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(UPGRADING)))

    @contextmanager
    def alone(self, deadline: float) -> Iterator[None]:
        """Writers need not wait for one another: the server orders them."""
        yield

    def trouble(self, error: DBAPIError, *, writes: bool) -> StoreBusy | None:
        """What an error says of the server; None when it says something of the statement."""
        state = getattr(error.orig, "sqlstate", None) or ""
        if state in BROKEN:
            return StoreFull(in_one_line(error))
        if state == READONLY and not writes:  # we wrote where we had said that we would read
            return None
        if state in CONFLICTS | AWAY or state.startswith("08") or error.connection_invalidated:
            return StoreBusy(in_one_line(error))
        if not state and isinstance(error, sa.exc.OperationalError):  # no server has said anything
            return StoreBusy(in_one_line(error))
        return None

    def may_retry(self, error: DBAPIError, tries: int) -> bool:
        """Whether the same transaction may succeed if it is run again."""
        state = getattr(error.orig, "sqlstate", None)
        if state in REFUSED:
            return tries < REFUSALS
        if not state and SHUT_OUT.search(str(error.orig)):
            return False
        return type(self.trouble(error, writes=True)) is StoreBusy

    def close(self) -> None:
        """Give all connections back."""
        self.reading.dispose()


def _begin(connection: sa.Connection) -> None:
    """psycopg sends the words along with its BEGIN; nothing of it stays in the connection."""
    level, read_only = connection.get_execution_options()["begins"]
    raw: Any = connection.connection.dbapi_connection
    raw.isolation_level = LEVELS[level]
    raw.read_only = read_only


LEVELS = {"READ COMMITTED": 2, "REPEATABLE READ": 3, "SERIALIZABLE": 4}
"""As psycopg's IsolationLevel numbers them."""


def _expect_alive(raw: Any, _record: Any, _proxy: Any) -> None:
    """A connection that waits in the pool has nothing to say, but that its server is going or gone.

    Looking costs microseconds; asking the server would cost a round trip. Raises DisconnectionError, after
    which the pool makes another one.
    """
    if raw.closed or select.select([raw.fileno()], [], [], 0)[0]:
        raise DisconnectionError("the server has gone")
