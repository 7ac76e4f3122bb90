"""The child's side: takes jobs from standard input, runs each in a fork of itself, answers with traces."""

from __future__ import annotations

import contextlib
import gc
import os
import platform
import resource
import select
import shutil
import signal
import tempfile
import time
import traceback
from typing import NoReturn

# Loaded here once rather than in every run.
from quizapp.lab import labels, program
from quizapp.lab.jobs import Job
from quizapp.lab.trace import Outcome, Trace

GRACE = 2.0
"""Real seconds that a run has to report its timeout before it is killed."""

LARGEST_FILE = 64 << 20
"""Bytes that a program may write to one file."""

BROKEN = b"broken: "
"""Begins an answer that is no trace but a fault of the lab itself."""


def serve() -> None:
    """Answer jobs until standard input ends. An answer is its length, a newline, the bytes."""
    jobs, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    gc.collect()
    gc.freeze()  # what is loaded now is no garbage later: collecting in a fork is quick
    # a TemporaryDirectory would be removed when the first fork ends
    folder = tempfile.mkdtemp(prefix="quizapp-lab-")
    try:
        for line in jobs:
            answer = Run(Job.from_json(line), folder).answer()
            answers.write(b"%d\n" % len(answer) + answer)
            answers.flush()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Run:
    """One job, in a process of its own, in an empty folder of its own."""

    def __init__(self, job: Job, folder: str) -> None:
        """Nothing has run yet."""
        self.job = job
        self._place = f"{folder}/run"
        self._outputs = [_empty_file(f"{folder}/{name}") for name in ("stdout", "stderr")]

    def answer(self) -> bytes:
        """Run it, and say what happened."""
        os.mkdir(self._place)  # noqa: PTH102 - pathlib would be loaded for this alone
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            self._child(writing)
        os.close(writing)
        answer = self._wait(pid, reading)
        os.close(reading)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)  # whatever the program left running
        _, status = os.waitpid(pid, 0)
        shutil.rmtree(self._place, ignore_errors=True)
        answer = answer or self._without_report(status)
        for fd in self._outputs:
            os.close(fd)
        return answer

    def _child(self, writing: int) -> NoReturn:
        try:
            os.setsid()
            for fd, output in enumerate(self._outputs, start=1):
                os.dup2(output, fd)
            os.chdir(self._place)
            if self.job.clock == "real":
                with open("program.py", "w") as file:  # noqa: PTH123 - for processes that load the program anew
                    file.write(self.job.program)
            _limit(self.job)
            program.perform(self.job, lambda trace: _send(writing, trace.to_json().encode()))
        except BaseException:
            _send(writing, BROKEN + traceback.format_exc().encode())
        os._exit(70)

    def _wait(self, pid: int, reading: int) -> bytes:
        """The report, as far as it comes in time; a run that is late is first asked, then made to stop."""
        deadline = time.monotonic() + self.job.limits.seconds
        asked = False
        data = b""
        while len(data) < 8 or len(data) < 8 + int.from_bytes(data[:8]):
            ready, _, _ = select.select([reading], [], [], max(0.0, deadline - time.monotonic()))
            if ready:
                chunk = os.read(reading, 1 << 16)
                if not chunk:
                    return b""
                data += chunk
            elif asked:
                os.killpg(pid, signal.SIGKILL)
                return self._trace(Outcome("timeout", f"more than {self.job.limits.seconds:g} real seconds"))
            else:
                asked, deadline = True, deadline + GRACE
                os.kill(pid, signal.SIGALRM)
        return data[8:]

    def _without_report(self, status: int) -> bytes:
        """What to say of a process that ended on its own account."""
        if os.WIFSIGNALED(status):
            name = signal.Signals(os.WTERMSIG(status)).name
            return self._trace(Outcome("crash", f"the interpreter was ended by {name}", signal=name))
        code = os.waitstatus_to_exitcode(status)
        return self._trace(Outcome("exit", f"os._exit({code})", code=code))

    def _trace(self, outcome: Outcome) -> bytes:
        stdout, stderr = (labels.tidy(program.written(fd, self.job.limits.output)) for fd in self._outputs)
        version = platform.python_version()
        trace = Trace(version, self.job.clock, outcome, stdout=stdout, stderr=stderr, deterministic=False)
        return trace.to_json().encode()


def _empty_file(name: str) -> int:
    return os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)


def _limit(job: Job) -> None:
    program.limit_memory(job.limits.memory)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))


def _send(writing: int, data: bytes) -> NoReturn:
    """Report, and end this process without further ado."""
    view = memoryview(len(data).to_bytes(8) + data)
    while view:
        view = view[os.write(writing, view) :]
    os._exit(0)
