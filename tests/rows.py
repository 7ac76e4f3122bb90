"""Reading a database beside the program that uses it, whatever kind it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from quizapp.store.database import Database


def rows(address: str, sql: str, **given: Any) -> Sequence[tuple[Any, ...]]:
    """What a statement finds."""
    database = Database(address)
    try:
        with database.reading() as db:
            return [tuple(row) for row in db.execute(sa.text(sql), given)]
    finally:
        database.close()


def change(address: str, sql: str, **given: Any) -> None:
    """Change rows behind the program's back."""
    database = Database(address)
    try:
        database.write(lambda db: db.execute(sa.text(sql), given))
    finally:
        database.close()
