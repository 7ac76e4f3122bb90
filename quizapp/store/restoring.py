"""Restoring: a verified copy of a backup takes the place of a database, all at once."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from quizapp.store.backups import STAMP, Manifest, manifest_in, without_manifest
from quizapp.store.contents import Content, contents, counts, differing
from quizapp.store.database import file_of, name_of
from quizapp.store.errors import StoreError
from quizapp.store.files import (
    SIDECARS,
    copy_pages,
    faults_of,
    looking,
    own_as,
    settle,
    sound_contents,
    swap,
    sync,
)
from quizapp.store.holding import alone
from quizapp.store.moving import move
from quizapp.store.sqlite import driver, make_folder
from quizapp.store.upgrading import revision, revisions, upgrade


@dataclass(frozen=True)
class Restored:
    """What a restore came to. `kept` is where the database is now that was there before, if there was one.

    `manifest` is what the backup said of itself, None for a plain copy of a database file.
    """

    place: str
    seconds: float
    rows: int
    schema: str
    new_schema: str
    manifest: Manifest | None
    kept: Path | None


def restore(backup: Path, address: str, *, replace: bool = False, now: datetime | None = None) -> Restored:
    """Put a verified copy of a backup where the database is, or will be.

    The backup stays as it is. A database that is there is only replaced if that is wanted, and then kept
    beside it; on a server it must be empty. Raises StoreError, and then has changed nothing: when the backup
    is damaged, of a newer quizapp or of another program, and when somebody uses the database.
    """
    began, now = time.monotonic(), now or datetime.now(UTC)
    path = file_of(address)
    if path is None:
        return _restore_on_server(backup, address, began)
    make_folder(path.parent)
    with alone(path, "stop it, and restore again"), _folder(path.parent) as folder:
        is_there = _is_there(path, replace=replace)
        copied = _copy(backup, copy := folder / path.name)
        kept = _aside(path, now) if is_there else None
        settle(path)
        own_as(copy, path if path.exists() else path.parent)
        swap(copy, path, kept)
    return Restored(str(path), time.monotonic() - began, *copied, kept)


def _restore_on_server(backup: Path, address: str, began: float) -> Restored:
    """Put a backup into a database on a server, which must be empty: nothing there is ever replaced."""
    with tempfile.TemporaryDirectory(prefix="quizapp-restore-") as name:
        copied = _copy(backup, copy := Path(name) / "quizapp.db")
        move(f"sqlite:///{copy}", address)
    return Restored(name_of(address), time.monotonic() - began, *copied, None)


def _is_there(path: Path, *, replace: bool) -> bool:
    """Whether there is a database, or what is left of one. Raises StoreError unless it may be replaced."""
    found = [Path(f"{path}{end}") for end in ("", *SIDECARS)]
    there = [each for each in found if each.exists() or each.is_symlink()]
    if there and not replace:
        raise StoreError(
            f"{there[0]} is there already; with --replace it is kept under another name, and the backup takes"
            " its place"
        )
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise StoreError(f"{path} is no plain file; name the file itself with --database-url")
    return bool(there)


@contextmanager
def _folder(parent: Path) -> Iterator[Path]:
    """A folder of our own on the same disk, gone at the end."""
    try:
        with tempfile.TemporaryDirectory(prefix=".quizapp-restore-", dir=parent) as name:
            yield Path(name)
    except driver.DatabaseError as error:
        raise StoreError(f"the copy in {parent} could not be written: {error}") from error
    except OSError as error:
        raise StoreError(f"the copy in {parent} could not be written: {error.strerror}") from error


def _copy(backup: Path, copy: Path) -> tuple[int, str, str, Manifest | None]:
    """Copy a backup, verify the copy against what the backup says, and bring it to today's schema.

    Gives how many rows there are, the schema of the backup, and that of the copy.
    """
    with looking(backup) as db:
        schema = revision(db)
        if not schema:
            raise StoreError(f"{backup} is no backup of quizapp")
        if schema not in revisions():
            raise StoreError(
                f"{backup} was made by a newer quizapp (schema {schema}); install that version, and restore"
                " with it"
            )
        manifest = manifest_in(db)
        copy_pages(db, copy)
        expected = dict(manifest.tables) if manifest else contents(db)
    try:
        found = sound_contents(copy)
    except StoreError as error:
        raise StoreError(f"{backup} is damaged ({error}); take the one before it") from error
    if lost := ", ".join(differing(expected, found)):
        raise StoreError(
            f"{backup} is damaged: {lost} no longer holds what it held when it was made; take the one before"
            " it"
        )
    without_manifest(copy)
    _, new_schema = upgrade(f"sqlite:///{copy}")
    before, after = _rows(found), _finished(copy)
    if lost := ", ".join(differing(before, {name: after.get(name) for name in before})):
        raise StoreError(f"upgrading the copy of {backup} would lose rows of {lost}; nothing was changed")
    return sum(before.values()), schema, new_schema, manifest


def _rows(found: dict[str, Content]) -> dict[str, int]:
    return {name: content.rows for name, content in found.items()}


def _finished(copy: Path) -> dict[str, int]:
    """How many rows each table has, once all of the copy is in its one file and on the disk."""
    settle(copy)
    with looking(copy) as db:
        if faults := faults_of(db):
            raise StoreError(f"the copy is damaged after its upgrade ({faults[0]}); nothing was changed")
        found = counts(db)
    sync(copy)
    return found


def _aside(path: Path, now: datetime) -> Path:
    """The name under which the old database is kept."""
    name = path.with_name(f"{path.name}.replaced-{now:{STAMP}}")
    if name.exists():
        raise StoreError(f"{name} is there already; try again in a second")
    return name
