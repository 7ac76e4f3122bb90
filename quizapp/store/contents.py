"""What a database holds, as counts and digests that are the same on every kind of database."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

MANIFEST = "quizapp_backup"
"""The table of a backup that says what must be in it."""
APART = ("alembic_version", MANIFEST)
"""Tables that are no contents."""
BATCH = 2000
WIDE = 1 << 128


@dataclass(frozen=True)
class Content:
    """What a table holds: how many rows, and a digest of all of them, whatever their order."""

    rows: int
    digest: str


class Digest:
    """A digest of rows that are added in any order: the sum of what each row comes to alone."""

    def __init__(self) -> None:
        self._rows, self._sum = 0, 0

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        """Take rows in, each with its values in the order of the columns' names."""
        digest, made, total = hashlib.blake2b, int.from_bytes, 0
        for row in rows:
            total += made(digest(repr(tuple(row)).encode(), digest_size=16).digest(), "big")
            self._rows += 1
        self._sum = (self._sum + total) % WIDE

    @property
    def content(self) -> Content:
        """What was added so far."""
        return Content(self._rows, f"{self._sum:032x}")


def contents(db: sa.Connection) -> dict[str, Content]:
    """What each table holds, whatever the schema."""
    found = {}
    for name, columns in _columns(db).items():
        digest = Digest()
        statement = _all_of(name, columns, db.dialect.identifier_preparer.quote_identifier)
        for rows in db.exec_driver_sql(statement, execution_options={"yield_per": BATCH}).partitions():
            digest.add(rows)
        found[name] = digest.content
    return found


def counts(db: sa.Connection) -> dict[str, int]:
    """How many rows each table has."""
    quote = db.dialect.identifier_preparer.quote_identifier
    return {
        name: int(db.exec_driver_sql(f"SELECT count(*) FROM {quote(name)}").scalar_one())  # noqa: S608 - quoted
        for name in _columns(db)
    }


def _columns(db: sa.Connection) -> dict[str, dict[str, bool]]:
    """By table, its columns by name, and whether each holds truths, which databases give in several forms."""
    found = sa.inspect(db).get_multi_columns()
    return {
        table: {each["name"]: isinstance(each["type"], sa.Boolean) for each in columns}
        for (_, table), columns in sorted(found.items(), key=lambda item: item[0][1])
        if table not in APART
    }


def _all_of(table: str, columns: Mapping[str, bool], quote: Callable[[str], str]) -> str:
    """All rows as text, numbers and NULL, with the columns in the order of their names."""
    wanted = [
        f"CAST({quote(name)} AS INTEGER)" if is_truth else quote(name)
        for name, is_truth in sorted(columns.items())
    ]
    return f"SELECT {', '.join(wanted)} FROM {quote(table)}"  # noqa: S608 - quoted names


def differing(one: Mapping[str, object], other: Mapping[str, object]) -> tuple[str, ...]:
    """The names of the tables that do not hold the same."""
    return tuple(sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name)))
