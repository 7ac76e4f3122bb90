"""Runs one program in this process, and makes the trace of it."""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import platform
import random
import resource
import signal
import sys
import threading
import traceback
import types
from collections.abc import Callable, Iterator

from quizapp.lab import labels, patches
from quizapp.lab.jobs import Job
from quizapp.lab.recording import Recorder
from quizapp.lab.trace import Outcome, OutcomeKind, Raised, Trace


def perform(job: Job, report: Callable[[Trace], None]) -> None:
    """Run the job's program; `report` gets the trace and must end the process.

    Standard output and error (file descriptors 1 and 2) must be readable files. SIGALRM ends the run as a
    timeout.
    """
    recorder = Recorder(job, stopped=lambda: report(trace_of(job, recorder, Outcome(*_verdict(recorder)))))
    text = f"more than {job.limits.seconds:g} real seconds"
    signal.signal(signal.SIGALRM, lambda *_: recorder.stop("timeout", text))
    ballast = _shuffle_addresses(job.schedule.seed)
    patches.put_all(recorder, job.program)
    ended = _Ended(recorder)
    ended.by(lambda: _execute(job.program))
    elapsed = recorder.clock.seconds()
    ended.by(lambda: _leave(recorder))
    del ballast
    report(trace_of(job, recorder, ended.outcome, elapsed))


class _Ended:
    """How the program ended: the first thing that ended it counts."""

    def __init__(self, recorder: Recorder) -> None:
        self.outcome = Outcome("ok")
        self._recorder = recorder

    def by(self, act: Callable[[], None]) -> None:
        """Do something of the program's, and see whether it ends the program."""
        try:
            act()
        except SystemExit as leaving:
            if self.outcome.kind == "ok":
                self.outcome = _exit(leaving)
        except BaseException as error:
            outcome = _failure(error)
            if self.outcome.kind == "ok":
                self.outcome = outcome
            raised = outcome.raised
            if raised is not None:
                self._recorder.event("uncaught", raised=raised.type, text=raised.text, line=raised.line)
            _excepthook(error)
            traceback.clear_frames(error.__traceback__)  # what they hold is dropped now, as at exit


def _execute(program: str) -> None:
    main = types.ModuleType("__main__")
    main.__file__ = labels.PROGRAM
    sys.modules["__main__"] = main
    code = compile(program, labels.PROGRAM, "exec", dont_inherit=True)
    exec(code, main.__dict__)  # noqa: S102 - the program is the bank's, which is trusted


def _leave(recorder: Recorder) -> None:
    """What Python does after the last line: threads end, exit handlers run, names are dropped."""
    if recorder.is_virtual:
        recorder.threads.run_until(1 << 62)
    threading._shutdown()  # type: ignore[attr-defined]  # joins threads; Python itself calls it by this name
    atexit._run_exitfuncs()
    sys.modules["__main__"].__dict__.clear()
    gc.collect()


def _exit(leaving: SystemExit) -> Outcome:
    if leaving.code is None or isinstance(leaving.code, int):
        return Outcome("exit", f"sys.exit({leaving.code or 0})", code=leaving.code or 0)
    print(leaving.code, file=sys.stderr)  # noqa: T201 - as Python does
    return Outcome("exit", "sys.exit with a message", code=1)


def _failure(error: BaseException) -> Outcome:
    text = labels.tidy(str(error)[:300])
    if isinstance(error, SyntaxError) and error.filename == labels.PROGRAM:
        return Outcome("syntax-error", error.msg, Raised(type(error).__name__, error.msg, error.lineno))
    raised = Raised(type(error).__name__, text, labels.line_of(error.__traceback__), tuple(_leaves(error)))
    return Outcome("error", f"{raised.type}: {text}" if text else raised.type, raised)


def _leaves(error: BaseException) -> Iterator[str]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner) if isinstance(inner, BaseExceptionGroup) else (type(inner).__name__,)


def _excepthook(error: BaseException) -> None:
    if sys.excepthook is sys.__excepthook__:
        traceback.print_exception(error)
    else:
        sys.excepthook(type(error), error, error.__traceback__)


def _verdict(recorder: Recorder) -> tuple[OutcomeKind, str]:
    return recorder.verdict or ("ok", "")


def _shuffle_addresses(seed: int) -> list[bytearray]:
    """Memory with holes, so that what is made next lies elsewhere than without; nothing for seed 0."""
    chance = random.Random(seed)  # noqa: S311 - perturbs a schedule, guards no secret
    ballast = [bytearray(chance.randrange(16, 400)) for _ in range(4_000 if seed else 0)]
    chance.shuffle(ballast)
    return ballast[::2]


def trace_of(job: Job, recorder: Recorder, outcome: Outcome, elapsed: float | None = None) -> Trace:
    """All that is known of the run."""
    limit_memory(None)  # the program may have used up what it was given
    stdout, stderr = written(1, job.limits.output), written(2, job.limits.output)
    if labels.has_address(stdout):
        recorder.note("address", "the program prints an address, which differs from run to run")
    if recorder.waiting:
        outcome = Outcome(outcome.kind, outcome.why, waiting=recorder.waiting)
    return Trace(
        python=platform.python_version(),
        clock=job.clock,
        outcome=outcome,
        elapsed=recorder.clock.seconds() if elapsed is None else elapsed,
        stdout=labels.tidy(stdout),
        stderr=labels.tidy(stderr),
        deterministic=recorder.is_virtual,
        ties=recorder.ties,
        turns=recorder.turns,
        warnings=tuple(recorder.warnings),
        loop_errors=tuple(recorder.loop_errors),
        notes=tuple(recorder.notes.values()),
        lanes=tuple(recorder.lanes),
        events=tuple(recorder.events),
    )


def limit_memory(size: int | None) -> None:
    """Limit this process's address space to so many bytes, or lift that limit, where the system has one."""
    with contextlib.suppress(ValueError, OSError):
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (hard if size is None else size, hard))


def written(fd: int, limit: int) -> str:
    """What was written to a file descriptor, from the beginning, in at most so many characters."""
    size = os.fstat(fd).st_size
    text = os.pread(fd, min(size, 4 * limit), 0).decode(errors="replace")
    return text[:limit]
