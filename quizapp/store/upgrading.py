"""Bringing a database to the schema of this version, in one transaction."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DatabaseError

from quizapp.shipped import shipped
from quizapp.store.database import Database, StoreBusy, StoreError, path_of


def upgrade(address: str) -> tuple[str, str]:
    """Create the database or upgrade it; all of it or nothing. Gives the old and the new revision.

    The old one is empty for a new database. Raises StoreError when the file can't be written, is no database
    of quizapp, or comes from a newer quizapp.
    """
    _make_folder(path_of(address))
    database = Database(address)
    try:
        return database.write(_upgrade)
    except StoreBusy:
        raise StoreError(f"the database {database.path} is in use by another program; try again") from None
    except DatabaseError as error:
        raise StoreError(_sentence(database.path, error)) from error
    except OSError as error:
        raise StoreError(f"the database {database.path} can't be written: {error.strerror}") from error
    finally:
        database.close()


def _upgrade(connection: sa.Connection) -> tuple[str, str]:
    config = Config()
    config.set_main_option("script_location", str(shipped("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    old = MigrationContext.configure(connection).get_current_revision() or ""
    if old and old not in {script.revision for script in scripts.walk_revisions()}:
        raise StoreError(
            f"the database was made by a newer quizapp (schema {old}); "
            "install that version, or name another database"
        )
    if not old and sa.inspect(connection).get_table_names():
        raise StoreError("the file holds another program's database; name another one with --database-url")
    new = scripts.get_current_head() or ""
    if old != new:
        command.upgrade(config, "head")
    return old, new


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"the folder {path.parent} can't be made: {error.strerror}") from error


def _sentence(path: Path, error: DatabaseError) -> str:
    reason = str(error.orig)
    if isinstance(error.orig, sqlite3.OperationalError):
        return (
            f"the database {path} can't be opened for writing ({reason}); check the path and its permissions"
        )
    return f"{path} can't be used as a database: {reason}"
