"""The parent's side: has programs run by child processes, which are kept warm from one run to the next."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from quizapp.lab.jobs import PLAIN, Clock, Job, Limits, Schedule
from quizapp.lab.trace import Trace

CHILD = Path(__file__).with_name("child.py")
PATIENCE = 10.0
"""Real seconds beyond a job's own limit after which a child counts as lost."""


class LabBroken(RuntimeError):
    """The lab itself failed; nothing is known about the program."""


class Batch:
    """Runs many programs. Use it as a context manager, from as many threads as you like.

    Each run has a process of its own, forked from a child that has asyncio loaded. A fork of the process that
    made the batch starts children of its own.
    """

    def __init__(self) -> None:
        """No child is started before there is a job for it."""
        self._lock = threading.Lock()
        self._owner = os.getpid()
        self._idle: dict[tuple[str, int], list[_Child]] = {}
        self._inherited: list[object] = []

    def run(
        self,
        program: str,
        *,
        python: str = sys.executable,
        clock: Clock = "virtual",
        limits: Limits | None = None,
        schedule: Schedule = PLAIN,
    ) -> Trace:
        """Run a program and return what it did; raises LabBroken when that cannot be told."""
        job = Job(program, clock, limits or Limits(), schedule)
        key = python, schedule.seed
        child = self._take(key)
        try:
            answer = child.ask(job)
        except BaseException:
            child.stop()
            raise
        self._give_back(key, child)
        return Trace.from_json(answer)

    def _take(self, key: tuple[str, int]) -> _Child:
        with self._lock:
            if self._owner != os.getpid():
                self._inherited.append(self._idle)  # these answer to the process that started them
                self._owner, self._idle = os.getpid(), {}
            if self._idle.get(key):
                return self._idle[key].pop()
        return _Child(*key)

    def _give_back(self, key: tuple[str, int], child: _Child) -> None:
        with self._lock:
            self._idle.setdefault(key, []).append(child)

    def close(self) -> None:
        """End the children."""
        with self._lock:
            children = [child for idle in self._idle.values() for child in idle]
            self._idle = {}
        if self._owner == os.getpid():
            for child in children:
                child.stop()

    def __enter__(self) -> Self:
        """The batch itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the children."""
        self.close()


def run(
    program: str,
    *,
    python: str = sys.executable,
    clock: Clock = "virtual",
    limits: Limits | None = None,
    schedule: Schedule = PLAIN,
) -> Trace:
    """Run one program in a child process of its own; for more than one, a Batch is faster."""
    with Batch() as batch:
        return batch.run(program, python=python, clock=clock, limits=limits, schedule=schedule)


class _Child:
    """A child process that waits for jobs."""

    def __init__(self, python: str, seed: int) -> None:
        environment = {
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "PYTHONHASHSEED": str(seed),
            "PYTHONUTF8": "1",
        }
        # -P -s -S: only the standard library can be imported, neither what is installed nor what lies about
        self._process = subprocess.Popen(  # noqa: S603 - runs an interpreter that the caller names
            [python, "-P", "-s", "-S", str(CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            start_new_session=True,  # Ctrl-C in the terminal is for the parent to handle
        )

    def ask(self, job: Job) -> str:
        """The answer to one job; raises LabBroken when there is none."""
        overdue = threading.Timer(job.limits.seconds + PATIENCE, self._process.kill)
        overdue.start()
        try:
            answer = self._exchange(job)
        except OSError as error:
            raise LabBroken("the child process takes no job") from error
        finally:
            overdue.cancel()
        if answer.startswith(b"broken: "):
            raise LabBroken(answer.removeprefix(b"broken: ").decode())
        return answer.decode()

    def _exchange(self, job: Job) -> bytes:
        given, taken = self._process.stdin, self._process.stdout
        assert given is not None  # noqa: S101 - a pipe, see above
        assert taken is not None  # noqa: S101 - likewise
        given.write(job.to_json().encode() + b"\n")
        given.flush()
        length = taken.readline()
        if not length:
            raise LabBroken(f"the child process ended with exit code {self._process.wait()}")
        return taken.read(int(length))

    def stop(self) -> None:
        """Let it end, by closing its standard input."""
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):  # a job that it did not take is lost with it
                if pipe:
                    pipe.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
