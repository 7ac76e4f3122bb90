"""Moving: a whole installation copied into another database, of whatever kind, all of it or nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from quizapp.store.contents import BATCH, Content, Digest, contents, counts, differing
from quizapp.store.database import Database, file_of, name_of
from quizapp.store.errors import StoreBusy, StoreError, in_one_line
from quizapp.store.files import looking
from quizapp.store.holding import alone
from quizapp.store.tables import meta
from quizapp.store.upgrading import lacking, revision, revisions, upgrade

Told = Callable[[str, int, int], None]
"""Is told a table, how many of its rows are there, and how many there will be."""

BUSY = "stop the server, so that no answer is left behind, or copy what there is now with --while-serving"
OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


@dataclass(frozen=True)
class Moved:
    """What a move came to: rows by table, as counted in the target, and how long it took."""

    tables: dict[str, Content]
    seconds: float

    @property
    def rows(self) -> int:
        """All rows of all tables."""
        return sum(content.rows for content in self.tables.values())


def move(
    source: str, target: str, *, while_serving: bool = False, told: Told = lambda table, done, of: None
) -> Moved:
    """Copy all that one database holds into another, empty one, and verify it there before it counts.

    One state of the source is copied, which stays as it is. What people do after that moment is not in the
    target, so that nobody may use the source meanwhile, unless `while_serving`. Raises StoreError, and the
    target is as empty as before.
    """
    began = time.monotonic()
    if _same_place(source, target):
        raise StoreError("the two addresses name the same database")
    with _source(source, while_serving=while_serving) as (db, name), _target(target) as new:
        _expect_current(db, name)
        _expect_empty(new, target)
        tables = _write(new, lambda into: _copy(db, into, told))
    return Moved(tables, time.monotonic() - began)


def _same_place(one: str, other: str) -> bool:
    files = [file and file.resolve() for file in map(file_of, (one, other))]
    return files[0] == files[1] if any(files) else name_of(one) == name_of(other)


@contextmanager
def _source(address: str, *, while_serving: bool) -> Iterator[tuple[sa.Connection, str]]:
    """One state of the source, and its name; while we read, nobody else uses it, unless that is wanted."""
    file = file_of(address)
    if file and not file.is_file():
        raise StoreError(f"there is no database {file} to move")
    if file and not while_serving:
        with alone(file, BUSY), looking(file) as db:
            yield db, str(file)
        return
    database = Database(address)
    try:
        with database.reading() as db:
            if not while_serving:
                _expect_alone(db, database.kind.name)
            yield db, database.kind.name
    except StoreBusy as error:
        raise StoreError(f"{database.kind.name} does not answer ({error})") from error
    except DatabaseError as error:
        raise StoreError(f"{database.kind.name} can't be read: {in_one_line(error)}") from error
    finally:
        database.close()


@contextmanager
def _target(address: str) -> Iterator[Database]:
    database = Database(address)
    database.kind.prepare()
    try:
        yield database
    finally:
        database.close()


def _expect_current(db: sa.Connection, name: str) -> None:
    found, known = revision(db), revisions()
    if not found:
        raise StoreError(f"{name} holds nothing of quizapp; name what you have with --from")
    if found not in known:
        raise StoreError(f"{name} was made by a newer quizapp (schema {found}); move it with that version")
    if found != known[-1]:
        raise StoreError(f"{name} has the older schema {found}; first run: quizapp upgrade --database-url …")
    if lost := ", ".join(lacking(db)):
        raise StoreError(f"{name} lacks {lost}; somebody changed it by hand, so it is not moved")


def _expect_alone(db: sa.Connection, name: str) -> None:
    if count := db.execute(sa.text(OTHERS)).scalar_one():
        raise StoreError(f"{name} is in use by {count} other connections; {BUSY}")


def _expect_empty(database: Database, address: str) -> None:
    """Make the tables of the target, if need be, and see that nothing is in them."""
    upgrade(address)
    with database.reading() as db:
        full = [name for name, count in counts(db).items() if count]
    if full:
        raise StoreError(
            f"{database.kind.name} is not empty (it has {', '.join(full)}); nothing is ever mixed: name an"
            " empty database with --to"
        )


def _write(database: Database, act: Callable[[sa.Connection], dict[str, Content]]) -> dict[str, Content]:
    try:
        return database.write(act)
    except StoreBusy as error:
        raise StoreError(
            f"{database.kind.name} did not take all rows ({error}); it is as empty as before"
        ) from error
    except DatabaseError as error:
        raise StoreError(
            f"{database.kind.name} can't hold a row ({in_one_line(error)}); it is as empty as before"
        ) from error


def _copy(db: sa.Connection, into: sa.Connection, told: Told) -> dict[str, Content]:
    """Copy table by table, so that what is referred to is there first; then compare what is read back."""
    expected, sizes = {}, counts(db)
    for table in map(_plain, meta.sorted_tables):
        digest, done = Digest(), 0
        has_truths = any(isinstance(column.type, sa.Boolean) for column in table.c)
        for rows in db.execute(sa.select(table).execution_options(yield_per=BATCH)).partitions():
            into.execute(sa.insert(table), [row._asdict() for row in rows])
            digest.add(map(_numbers, rows) if has_truths else rows)
            done += len(rows)
            told(table.name, done, sizes[table.name])
        expected[table.name] = digest.content
    found = contents(into)
    if lost := differing(expected, found):
        raise StoreError(f"the copy differs in {', '.join(lost)}; nothing was kept in the target")
    return found


def _plain(table: sa.Table) -> sa.Table:
    """A table with its columns in the order of their names, and times as the numbers that are kept."""
    columns = sorted(table.c, key=lambda column: column.name)
    return sa.Table(table.name, sa.MetaData(), *(sa.Column(each.name, _kept_type(each)) for each in columns))


def _kept_type(column: sa.Column[Any]) -> Any:
    kind = column.type
    return kind.impl_instance if isinstance(kind, sa.types.TypeDecorator) else kind


def _numbers(row: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(int(value) if isinstance(value, bool) else value for value in row)
