"""Reading a database beside the program that uses it, whatever kind it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from quizapp.store.database import Database
from quizapp.store.tables import meta


def rows(address: str, sql: str, **given: Any) -> Sequence[tuple[Any, ...]]:
    """What a statement finds."""
    database = Database(address)
    try:
        with database.reading() as db:
            return [tuple(row) for row in db.execute(sa.text(sql), given)]
    finally:
        database.close()


def tables_of(address: str) -> list[str]:
    """The names of all tables that there are."""
    database = Database(address)
    try:
        with database.reading() as db:
            return sa.inspect(db).get_table_names()
    finally:
        database.close()


def everything(address: str) -> str:
    """All that all tables hold, as text: to look for what must not be there, however it is kept."""
    found = [row for table in meta.tables for row in rows(address, f'SELECT * FROM "{table}"')]  # noqa: S608
    return "\n".join(repr(value) for row in found for value in row)


def change(address: str, sql: str, **given: Any) -> None:
    """Change rows behind the program's back."""
    database = Database(address)
    try:
        database.write(lambda db: db.execute(sa.text(sql), given))
    finally:
        database.close()
