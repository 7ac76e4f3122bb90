"""What need not be read twice: sheets of topic files, known by the hash of all that they depend on.

An entry only ever saves the reading. Its name is the hash of the file's content, of the topic and of the
code that reads; its first line is the hash of its content. What is missing, broken, of another version or
open to others is as good as not there: it is made from the file and written anew.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import pydantic
import yaml

from quizapp.bank.sheets import NoSheet, Sheet, kept, revived, sheet

ROOM = 4_000
"""Entries in the folder, above which the older half goes."""
PART, HOUR = ".part", 3_600
OTHERS_WRITE = 0o022


class Cache:
    """Sheets that were read before: those of the load before in memory and, with a folder, many on disk."""

    def __init__(self, folder: Path | None = None, room: int = ROOM) -> None:
        self._room = room
        self._folder = folder if _reader() else None
        self._before: dict[str, Sheet] = {}
        self._now: dict[str, Sheet] = {}
        self._wrote = False

    @contextmanager
    def load(self) -> Iterator[None]:
        """The time of one load: what is not used in it is forgotten with the next."""
        self._before, self._now, self._wrote = self._now, {}, False
        yield
        if self._wrote:
            self._tidy()

    def sheet(self, topic_id: str, data: bytes, read: Callable[[], dict[str, Any]]) -> Sheet:
        """The sheet of a file that holds `data`; where it is not known, `read` gives its content.

        Raises NoSheet.
        """
        key = _hash(b"\n".join([_reader(), topic_id.encode(), data]))
        found = self._before.get(key) or self._kept(key)
        if found is None:
            content = read()
            found = sheet(content)
            self._keep(key, content, found)
        self._now[key] = found
        return found

    def _kept(self, key: str) -> Sheet | None:
        if self._folder is None:
            return None
        try:
            digest, _, data = _own(self._folder / key).partition(b"\n")
            return revived(data) if digest == _seal(key, data) else None
        except (OSError, NoSheet):
            return None

    def _keep(self, key: str, content: dict[str, Any], found: Sheet) -> None:
        """Write an entry whole or not at all, whoever else does the same. Never raises."""
        if self._folder is None:
            return
        data = kept(content, found)
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(dir=self._folder, suffix=PART)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(_seal(key, data) + b"\n" + data)
                Path(part).replace(self._folder / key)
                self._wrote = True
            finally:
                Path(part).unlink(missing_ok=True)

    def _tidy(self) -> None:
        """Let the oldest go where there are too many, and what a killed process left half written."""
        if self._folder is None:
            return
        with suppress(OSError):
            found = sorted((each.stat().st_mtime, each) for each in self._folder.iterdir())
            many = len(found) - self._room // 2 if len(found) > self._room else 0
            for age, (at, path) in enumerate(found):
                stale = path.suffix == PART and at < time.time() - HOUR
                if stale or (age < many and path.name not in self._now):
                    path.unlink(missing_ok=True)


def _own(path: Path) -> bytes:
    """The file, if nobody else can have written it. Raises OSError."""
    with path.open("rb", buffering=0) as file:
        if os.name == "posix":
            found = os.fstat(file.fileno())
            if found.st_uid != os.geteuid() or found.st_mode & OTHERS_WRITE:
                raise PermissionError(path)
        return file.read()


def _seal(key: str, data: bytes) -> bytes:
    """What the first line of an entry must be: an entry under another's name is no good either."""
    return _hash(key.encode() + data).encode()


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@cache
def _reader() -> bytes:
    """The hash of the code that reads and looks at questions, this room's; empty where that can't be had."""
    try:
        sources = [path.read_bytes() for path in sorted(Path(__file__).parent.rglob("*.py"))]
    except OSError:
        sources = []
    versions = [pydantic.VERSION.encode(), yaml.__version__.encode()]
    return _hash(b"\n".join([*versions, *sources])).encode() if sources else b""
