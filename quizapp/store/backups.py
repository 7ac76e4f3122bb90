"""Backups: whole copies of a database that say themselves what must be in them."""

from __future__ import annotations

import json
import os
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from quizapp.store.contents import MANIFEST, Content, contents, counts, differing
from quizapp.store.database import Database, file_of, name_of
from quizapp.store.errors import StoreError
from quizapp.store.files import (
    SIDECARS,
    copy_pages,
    keep_as,
    looking,
    settle,
    sound_contents,
    sync,
    sync_folder,
)
from quizapp.store.moving import move
from quizapp.store.sqlite import JOURNAL, driver, make_folder
from quizapp.store.upgrading import revision, revisions

STAMP = "%Y%m%dT%H%M%SZ"
PART = ".quizapp-backup-"
STALE_SECONDS = 24 * 3600
SUFFIX = ".db"

MAKE = f"CREATE TABLE {MANIFEST} (body TEXT NOT NULL)"
DROP = f"DROP TABLE IF EXISTS {MANIFEST}"
FIND = sa.select(sa.column("body", sa.Text)).select_from(sa.table(MANIFEST))


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself: of which database, when, in which schema, and what each table holds."""

    source: str
    made: datetime
    schema: str
    tables: Mapping[str, Content]

    @property
    def rows(self) -> int:
        """All rows of all tables."""
        return sum(content.rows for content in self.tables.values())


@dataclass(frozen=True)
class Backup:
    """A backup that was made: where it is, how large, what is in it, and the old ones that were removed."""

    path: Path
    size: int
    seconds: float
    manifest: Manifest
    removed: tuple[Path, ...] = ()


def back_up(address: str, to: Path | None = None, *, keep: int = 0, now: datetime | None = None) -> Backup:
    """Copy a database while people use it, and verify the copy before it gets its name.

    `to` is a file that is not there yet, or a folder, in which the name tells the time; by default that is
    `backups` beside the database, or here for one on a server. The copy is an SQLite file of either. With
    `keep`, so many of this database's backups stay in the folder. Raises StoreError, and leaves nothing
    behind then.
    """
    began, now = time.monotonic(), now or datetime.now(UTC)
    source = Source.of(address)
    path = _named(source, to, now)
    with _part(path.parent) as part:
        schema, tables = _copy(source, part) if source.file else _copy_from_server(address, part)
        manifest = Manifest(source.name, now, schema, tables)
        _write(part, manifest)
        sync(part)
        _name(part, path)
    removed = tuple(_prune(path.parent, source, keep)) if keep else ()
    return Backup(path, path.stat().st_size, time.monotonic() - began, manifest, removed)


@dataclass(frozen=True)
class Source:
    """A database to be backed up: its name in full and in short, and its file, unless it is on a server."""

    name: str
    short: str
    file: Path | None
    address: str

    @classmethod
    def of(cls, address: str) -> Source:
        """What an address names. Raises StoreError when there is no such file."""
        if file := file_of(address):
            if not file.is_file():
                raise StoreError(f"there is no database {file}; name yours with --database-url")
            return cls(str(file), file.stem, file, address)
        name = name_of(address)
        return cls(name, name.rpartition("/")[2].partition("?")[0] or "quizapp", None, address)


def manifest_in(db: sa.Connection) -> Manifest | None:
    """What a backup says of itself; None where it was not made by `back_up`."""
    if not sa.inspect(db).has_table(MANIFEST):
        return None
    body = json.loads(db.execute(FIND).scalar_one())
    tables = {name: Content(**found) for name, found in body.pop("tables").items()}
    return Manifest(**body | {"made": datetime.fromisoformat(body["made"]), "tables": tables})


def without_manifest(path: Path) -> None:
    """Make a database of a backup."""
    connection = driver.connect(str(path))
    connection.execute(DROP)
    connection.commit()
    connection.close()


def backups_in(folder: Path) -> list[tuple[Path, Manifest]]:
    """The backups with a manifest that lie in a folder, oldest first; other files are passed over."""
    found = []
    for path in folder.glob(f"*{SUFFIX}"):
        if path.is_file() and not path.is_symlink() and (manifest := _manifest_of(path)):
            found.append((path, manifest))
    return sorted(found, key=lambda each: each[1].made)


def _manifest_of(path: Path) -> Manifest | None:
    try:
        with looking(path) as db:
            return manifest_in(db)
    except (StoreError, ValueError, TypeError, KeyError):
        return None


def _named(source: Source, to: Path | None, now: datetime) -> Path:
    """The name that the backup gets. Raises StoreError when it is taken."""
    to = to or (source.file.parent if source.file else Path.cwd()) / "backups"
    is_file = to.suffix and not to.is_dir()
    path = to if is_file else to / f"{source.short}-{now:{STAMP}}{SUFFIX}"
    make_folder(path.parent)
    if path.exists():
        raise StoreError(f"{path} is there already and is not overwritten; choose another name")
    return path


@contextmanager
def _part(folder: Path) -> Iterator[Path]:
    """A file that only we may read, gone at the end; those of backups that were killed go, too."""
    for old in folder.glob(f"{PART}*"):
        if time.time() - old.stat().st_mtime > STALE_SECONDS:
            old.unlink(missing_ok=True)
    try:
        handle, name = tempfile.mkstemp(prefix=PART, dir=folder)
    except OSError as error:
        raise StoreError(f"nothing can be written into {folder}: {error.strerror}") from error
    os.close(handle)
    try:
        yield Path(name)
    except driver.DatabaseError as error:
        raise StoreError(f"the backup in {folder} could not be written: {error}") from error
    except OSError as error:
        raise StoreError(f"the backup in {folder} could not be written: {error.strerror}") from error
    finally:
        for end in ("", *SIDECARS, ".lock", ".open"):
            Path(f"{name}{end}").unlink(missing_ok=True)


def _copy(source: Source, part: Path) -> tuple[str, dict[str, Content]]:
    """Copy one state of the database, and verify the copy against that same state; gives schema and contents.

    Without WAL whoever reads keeps writers waiting, so that there the database itself is only counted.
    """
    database = Database(source.address)
    try:
        with database.reading() as db:
            schema = revision(db)
            if not schema:
                raise StoreError(
                    f"{source.name} holds nothing of quizapp; name its database with --database-url"
                )
            copy_pages(db, part)
            seen: Mapping[str, Any] = contents(db) if JOURNAL == "WAL" else counts(db)
    except DatabaseError as error:
        raise StoreError(_damaged(source, str(error.orig))) from error
    finally:
        database.close()
    try:
        found = sound_contents(part)
    except StoreError as error:
        raise StoreError(_damaged(source, str(error))) from error
    same = found if JOURNAL == "WAL" else {name: content.rows for name, content in found.items()}
    if lost := ", ".join(differing(seen, same)):
        raise StoreError(f"the copy differs from {source.name} in {lost}; nothing was kept, try again")
    return schema, found


def _copy_from_server(address: str, part: Path) -> tuple[str, dict[str, Content]]:
    """Copy one state of a database on a server into a file, row by row, and read it back."""
    tables = move(address, f"sqlite:///{part}", while_serving=True).tables
    settle(part)
    return revisions()[-1], tables


def _damaged(source: Source, how: str) -> str:
    return (
        f"{source.name} is damaged ({how}), so no backup was made of it;"
        " go back to the last good one with: quizapp restore BACKUP --replace"
    )


def _write(part: Path, manifest: Manifest) -> None:
    body = asdict(manifest) | {"made": manifest.made.isoformat()}
    connection = driver.connect(str(part))
    try:
        connection.execute(DROP)
        connection.execute(MAKE)
        connection.execute(f"INSERT INTO {MANIFEST} VALUES (?)", (json.dumps(body),))  # noqa: S608 - our name
        connection.commit()
    finally:
        connection.close()


def _name(part: Path, path: Path) -> None:
    try:
        keep_as(part, path)
    except FileExistsError:
        raise StoreError(f"{path} is there already and is not overwritten; choose another name") from None
    sync_folder(path.parent)


def _prune(folder: Path, source: Source, keep: int) -> Iterator[Path]:
    """Remove the oldest of this database's backups that have the names we give; never others."""
    named = re.compile(rf"{re.escape(source.short)}-\d{{8}}T\d{{6}}Z{re.escape(SUFFIX)}")
    own = [
        path
        for path, manifest in backups_in(folder)
        if named.fullmatch(path.name) and manifest.source == source.name
    ]
    for path in own[:-keep]:
        path.unlink()
        yield path
