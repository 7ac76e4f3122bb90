"""Bringing a database to the schema of this version, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from quizapp.shipped import shipped
from quizapp.store.database import Database
from quizapp.store.errors import StoreBusy, StoreError, StoreFull, in_one_line
from quizapp.store.tables import meta

VERSION = sa.table("alembic_version", sa.column("version_num"))
REVISION: sa.Select[str] = sa.select(VERSION.c.version_num)


def upgrade(address: str) -> tuple[str, str]:
    """Create the database or upgrade it; all of it or nothing. Gives the old and the new revision.

    The old one is empty for a new database. Raises StoreError when it can't be written, is no database of
    quizapp, was changed by hand, or comes from a newer quizapp.
    """
    database = Database(address)
    name = database.kind.name
    try:
        database.kind.prepare()
        return database.change_schema(_upgrade)
    except StoreFull as error:
        raise StoreError(
            f"the database {name} can't be opened for writing ({error});"
            " check the path, its permissions, and the space on the disk"
        ) from error
    except StoreBusy as error:
        raise StoreError(f"the database {name} {database.kind.busy} ({error})") from error
    except DatabaseError as error:
        raise StoreError(f"{name} can't be used as a database: {in_one_line(error)}") from error
    finally:
        database.close()


def advice_on(address: str) -> str:
    """What whoever runs the server should know of this kind of database; empty when all is well."""
    database = Database(address)
    try:
        return database.kind.advice
    finally:
        database.close()


def _upgrade(connection: sa.Connection) -> tuple[str, str]:
    known, old = revisions(), revision(connection)
    tables = {*sa.inspect(connection).get_table_names()} - {"alembic_version"}
    if tables and not (old and "learner" in tables):
        raise StoreError("the database holds another program's tables; name another one with --database-url")
    if old and old not in known:
        raise StoreError(
            f"the database was made by a newer quizapp (schema {old}); "
            "install that version, or name another database"
        )
    new = known[-1]
    if old != new:
        _migrate(connection)
    if lost := ", ".join(lacking(connection)):
        raise StoreError(
            f"the database says that it has schema {new}, but it lacks {lost};"
            " somebody changed it by hand: go back to a backup from before that, with: quizapp restore"
        )
    return old, new


def _migrate(connection: sa.Connection) -> None:
    """Run the migrations. Importing Alembic takes long, and few starts need it."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(shipped("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@lru_cache(maxsize=1)
def revisions() -> tuple[str, ...]:
    """All schemas that this version knows, oldest first; the last is its own.

    They are the numbers that the files of the migrations begin with.
    """
    files = (shipped("migrations") / "versions").glob("[0-9]*_*.py")
    return tuple(sorted(path.name.partition("_")[0] for path in files))


def revision(connection: sa.Connection) -> str:
    """Which schema a database says that it has; empty for a new one. Raises StoreError for several."""
    is_new = not sa.inspect(connection).has_table(VERSION.name)
    heads = [] if is_new else list(connection.execute(REVISION).scalars())
    if len(heads) > 1:
        raise StoreError(
            f"the database says that it has several schemas ({', '.join(sorted(heads))});"
            " somebody changed it by hand: go back to a backup from before that, with: quizapp restore"
        )
    return heads[0] if heads else ""


def lacking(connection: sa.Connection) -> Iterator[str]:
    """The tables and columns that are not there, by name."""
    found = {table: {each["name"] for each in columns} for table, columns in _columns(connection).items()}
    for name, table in meta.tables.items():
        if name not in found:
            yield f"the table {name}"
        else:
            yield from (f"{name}.{each.name}" for each in table.c if each.name not in found[name])


def _columns(connection: sa.Connection) -> dict[str, list[sa.engine.interfaces.ReflectedColumn]]:
    return {table: columns for (_, table), columns in sa.inspect(connection).get_multi_columns().items()}
