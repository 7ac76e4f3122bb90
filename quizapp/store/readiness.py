"""Whether the database can serve this version now, at the cost of one statement: a proxy asks often."""

from __future__ import annotations

import os
import shutil

from sqlalchemy.exc import SQLAlchemyError

from quizapp.store.database import Database
from quizapp.store.errors import StoreBusy
from quizapp.store.sqlite import SQLiteFile
from quizapp.store.upgrading import REVISION, revisions

LEAST_FREE = 16 * 1024 * 1024
"""Bytes that must be free beside an SQLite file: some thousand answers, and the time to make room."""


def unready(database: Database) -> str:
    """Why the database can't serve this version now, in a few words without secrets; empty when it can.

    A schema that this version does not know was made by a newer one while this one runs: a rolling upgrade,
    which never takes away what the version before it needs.
    """
    try:
        with database.reading() as db:
            found = db.execute(REVISION).scalar_one_or_none() or ""
    except (SQLAlchemyError, StoreBusy):
        return "the database does not answer, or is none of quizapp"
    known = revisions()
    if found in known[:-1] or not found:
        return (
            f"the database has schema {found or 'none'}, and this version needs {known[-1]}: quizapp upgrade"
        )
    return _unwritable(database.kind) if isinstance(database.kind, SQLiteFile) else ""


def _unwritable(file: SQLiteFile) -> str:
    """Why an SQLite file can't grow."""
    if not os.access(file.path, os.W_OK):
        return "the database file can't be written"
    if shutil.disk_usage(file.path.absolute().parent).free < LEAST_FREE:
        return f"the disk of the database has less than {LEAST_FREE // 2**20} MB left"
    return ""
