"""Databases of the kind under test: SQLite files, or with TEST_DATABASE=postgresql those of a server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from quizapp.store import upgrade
from quizapp.store.tables import meta
from tests import postgres

IS_POSTGRESQL = os.environ.get("TEST_DATABASE") == "postgresql"
SERVER = "TEST_POSTGRESQL_SERVER"
"""Where the server that all of a run's processes share is told."""
CLEAN = "; ".join(f'DELETE FROM "{table.name}"' for table in reversed(meta.sorted_tables))  # noqa: S608 - ours


def lose(address: str) -> None:
    """Take a database away from whoever uses it."""
    if IS_POSTGRESQL:
        postgres.drop(address)
    else:
        Path(address.removeprefix("sqlite:///")).unlink()


class Databases:
    """Makes databases below a folder, or on the run's server."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)
        self._spare: list[str] = []
        self._model = ""

    def unmade(self) -> str:
        """The address of a database without tables."""
        if IS_POSTGRESQL:
            return postgres.create(os.environ[SERVER])
        return f"sqlite:///{self._folder}/{next(self._numbers)}.db"

    def new(self, folder: Path | None = None) -> str:
        """The address of a database that nobody has used; a file may be wanted in some folder."""
        if not self._model:
            self._model = self.unmade()
            upgrade(self._model)
        if IS_POSTGRESQL:
            return postgres.create(os.environ[SERVER], template=self._model.rpartition("/")[2])
        path = (folder / "quizapp.db") if folder else (self._folder / f"{next(self._numbers)}.db")
        return f"sqlite:///{shutil.copy(self._model.removeprefix('sqlite:///'), path)}"

    @contextmanager
    def lent(self, folder: Path | None = None) -> Iterator[str]:
        """The address of a database without rows, for a while: a server's is emptied and used again."""
        if not IS_POSTGRESQL:
            yield self.new(folder)
            return
        address = self._spare.pop() if self._spare else self.new()
        yield address
        postgres.execute(address, CLEAN)
        self._spare.append(address)
