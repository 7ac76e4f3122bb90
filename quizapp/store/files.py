"""Database files as files: read without a trace, checked, copied, and put in another's place all at once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from quizapp.store.contents import Content, contents
from quizapp.store.errors import StoreError
from quizapp.store.sqlite import driver

SIDECARS = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a file: beside another file it would be played into that one."""
MOST_FAULTS = 5


class Unreadable(StoreError):
    """A file can't be read as a database, as it is."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} can't be read as a database: {reason}")
        self.reason = reason


@contextmanager
def looking(path: Path) -> Iterator[sa.Connection]:
    """One state of a database file, which stays as it is. Raises StoreError, Unreadable."""
    if not path.is_file():
        raise Unreadable(path, "there is no such file" if not path.exists() else "it is no file")
    has_sidecar = any(Path(f"{path}{end}").exists() for end in SIDECARS)
    how = "mode=ro" if has_sidecar else "mode=ro&immutable=1"  # immutable: also where nothing may be written
    uri = f"{path.absolute().as_uri()}?{how}"
    engine = sa.create_engine(
        "sqlite://",
        module=driver,
        creator=lambda: driver.connect(uri, uri=True, isolation_level=None, timeout=5),
        poolclass=NullPool,
    )
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            yield connection
    except DBAPIError as error:
        raise Unreadable(path, str(error.orig)) from error
    finally:
        engine.dispose()


def faults_of(db: sa.Connection) -> list[str]:
    """What is broken in an SQLite database: damaged pages and indexes, rows that refer to nothing."""
    damage = db.exec_driver_sql(f"PRAGMA integrity_check({MOST_FAULTS})").scalars().all()
    found = [text for text in damage if text != "ok"]
    lost = db.exec_driver_sql("PRAGMA foreign_key_check").all()
    return (
        found
        + [f"a row of {row[0]} refers to a row of {row[2]} that is not there" for row in lost][:MOST_FAULTS]
    )


def sound_contents(path: Path) -> dict[str, Content]:
    """What a database file holds. Raises StoreError with what is broken in it, if anything is."""
    with looking(path) as db:
        if faults := faults_of(db):
            raise StoreError(faults[0])
        return contents(db)


def copy_pages(db: sa.Connection, target: Path) -> None:
    """Copy all of an SQLite database into a file, as this connection sees it; writers go on."""
    copy = driver.connect(str(target), isolation_level=None)
    try:
        raw: Any = db.connection.driver_connection
        raw.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # all of it is in the one file
    finally:
        copy.close()


def settle(path: Path) -> None:
    """Bring what SQLite keeps beside a file into it. Raises StoreError where another program has it open.

    A file that can't be read as it is, damaged or cut off in the middle of a write, stays so.
    """
    if not is_sound(path):
        return
    connection = driver.connect(str(path), isolation_level=None, timeout=1)
    try:
        connection.execute("PRAGMA journal_mode=DELETE").fetchall()
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("ROLLBACK")
    except driver.OperationalError as error:
        raise StoreError(f"another program has {path} open ({error}); close it, and try again") from error
    finally:
        connection.close()


def is_sound(path: Path) -> bool:
    """Whether a database file can be read as it is. Raises StoreError while another program locks it."""
    try:
        with looking(path) as db:
            db.exec_driver_sql("SELECT count(*) FROM sqlite_master")
    except Unreadable as error:
        if "locked" in error.reason:
            raise
        return False
    return True


def swap(new: Path, path: Path, aside: Path | None) -> None:
    """Put a file in the place of another, which is kept under the name `aside`, with what belongs to it.

    At every moment there is a whole database at `path`, or none where there was none.
    """
    if aside:
        for end in ("", *SIDECARS):
            with suppress(FileNotFoundError):
                keep_as(Path(f"{path}{end}"), Path(f"{aside}{end}"))
        sync_folder(path.parent)
    for end in SIDECARS:
        Path(f"{path}{end}").unlink(missing_ok=True)
    sync_folder(path.parent)
    new.replace(path)
    sync_folder(path.parent)


def keep_as(path: Path, name: Path) -> None:
    """Give a file a second name; a copy where the file system knows no second names. Never overwrites."""
    try:
        os.link(path, name)
    except (FileExistsError, FileNotFoundError):
        raise
    except OSError:
        if name.exists():
            raise FileExistsError(name) from None
        shutil.copy2(path, name)
        sync(name)


def own_as(path: Path, model: Path) -> None:
    """Give a file the owner and the rights of another, or the owner of a folder, as far as we may.

    So a server's file stays the server's, whoever restores it.
    """
    found = model.stat()
    path.chmod(0o600 if model.is_dir() else found.st_mode & 0o777)
    with suppress(OSError, AttributeError):
        os.chown(path, found.st_uid, found.st_gid)


def sync(path: Path) -> None:
    """Have a file on the disk, whatever happens now."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Have the names of a folder on the disk; where folders can't be synced the system does so itself."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
