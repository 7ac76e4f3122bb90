"""The bank in use: loaded once, followed while its files change, and never taken down by a broken file."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from quizapp import bank, lab
from quizapp.bank import Bank, Fault, Question
from quizapp.web.witness import Witness, witness

LOOK_EVERY = 1.0
"""Seconds between two looks at the files."""

log = logging.getLogger("quizapp")


class BankFaulty(Exception):
    """The bank was never good, so there is nothing to serve; `faults` says why."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(f"the question bank has {len(faults)} faults")
        self.faults = faults


@dataclass(frozen=True)
class Trouble:
    """What keeps the newest files from being used, and since when the bank in use has been."""

    faults: tuple[Fault, ...]
    since: datetime


@lru_cache(maxsize=2)
def _loaded(folders: tuple[Path, ...], _seen: tuple[tuple[str, int, int], ...], cache: Path | None) -> Bank:
    """The bank of these folders as they were seen: several apps of one process read them once."""
    return bank.load(*folders, cache=_cache(folders, cache))


@lru_cache(maxsize=2)
def _cache(_folders: tuple[Path, ...], folder: Path | None) -> bank.Cache:
    """What this process has read of a bank: when one file changes, one is read again."""
    return bank.Cache(folder)


def read_bank(folders: tuple[Path, ...], cache: Path | None = None) -> Bank:
    """The bank of these folders as they are now, with all faults; what a process has read it reads once.

    `cache` is the folder that keeps what was read for other processes.
    """
    return _loaded(folders, bank.signature(*folders), cache)


class Shelf:
    """The bank of some folders. Raises BankFaulty when they can't be used to begin with."""

    def __init__(self, folders: tuple[Path, ...], cache: Path | None = None) -> None:
        self.folders = folders
        self._cache = cache
        self.trouble: Trouble | None = None
        self._seen = bank.signature(*folders)
        self._bank = _loaded(folders, self._seen, cache)
        self._forget_evidence()
        self._loaded = datetime.now(UTC)
        self._looked = time.monotonic()
        self._lock = threading.Lock()
        if self._bank.faults:
            raise BankFaulty(self._bank.faults)

    @property
    def loaded(self) -> datetime:
        """Since when the bank in use has been."""
        return self._loaded

    def bank(self) -> Bank:
        """The newest bank without faults. Looks at the files at most once a second."""
        if time.monotonic() - self._looked >= LOOK_EVERY and self._lock.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._looked = time.monotonic()
                self._lock.release()
        return self._bank

    def witness(self, question: Question) -> Witness | None:
        """What runs have shown of a question, read and drawn once and kept."""
        key = question.id, question.grounds
        if key not in self._witnesses:
            if question.topic not in self._evidence:
                self._evidence[question.topic] = self._read_evidence(question.topic)
            found = self._evidence[question.topic].get(question.id)
            self._witnesses[key] = witness(question, found)
        return self._witnesses[key]

    def _forget_evidence(self) -> None:
        """Let what lies beside the bank be read again when it is wanted."""
        self._witnesses: dict[tuple[str, str], Witness | None] = {}
        self._evidence: dict[str, Mapping[str, lab.Evidence]] = {}

    def _read_evidence(self, topic: str) -> Mapping[str, lab.Evidence]:
        """What lies beside the bank about a topic. Its questions are asked without it, too."""
        found: dict[str, lab.Evidence] = {}
        for folder in self.folders:
            try:
                found |= lab.topic_evidence(folder, topic)
            except lab.NotEvidence as error:
                log.warning("%s", error)
        return found

    def _look(self) -> None:
        try:
            seen = bank.signature(*self.folders)
        except OSError:  # a file went away while we looked; the next look sees a settled state
            return
        if seen == self._seen:
            return
        self._seen, found = seen, _loaded(self.folders, seen, self._cache)
        if found.faults:
            self.trouble = Trouble(found.faults, self._loaded)
            lines = "\n".join(map(str, found.faults))
            log.warning(
                "The changed bank has faults; the version from %s stays in use.\n%s", self._loaded, lines
            )
        else:
            self._bank, self._loaded, self.trouble = found, datetime.now(UTC), None
            self._forget_evidence()
            log.info("The changed bank is in use: %d questions.", len(found))
