"""What is replaced in the standard library for a run; a child runs one program, so nothing is put back.

Private names are touched here and in `loop`, where nothing public does the same; `tests/lab` runs each of
these on every Python.
"""

from __future__ import annotations

import asyncio
import builtins
import datetime as datetime_module
import io
import linecache
import math
import os
import queue
import random
import subprocess
import sys
import threading
import time
import traceback
import warnings
from asyncio import events, tasks
from collections.abc import Callable, Iterator
from typing import Any

from quizapp.lab import labels
from quizapp.lab.clock import VirtualClock
from quizapp.lab.loop import loop_class
from quizapp.lab.recording import Recorder
from quizapp.lab.threads import Worker

HOME = __file__.rpartition(os.sep)[0]


def put_all(recorder: Recorder, program: str) -> None:
    """Put the recorder between the program and the standard library."""
    sys.stdout = _stream(recorder, 1)
    sys.stderr = _stream(recorder, 2)
    put_source(program)
    put_warnings(recorder)
    put_tracebacks()
    put_loop(recorder)
    put_sync_marks(recorder)
    put_set_order(recorder)
    random.seed(recorder.schedule.seed)
    if recorder.is_virtual:
        put_clock(recorder)
        put_thread_waits(recorder)
        put_refusals(recorder)
    else:
        _put_real_sleep(recorder)


class _Capture(io.RawIOBase):
    """Writes to a file descriptor at once, and tells the recorder what reaches standard output."""

    def __init__(self, recorder: Recorder, fd: int) -> None:
        self._recorder, self._fd = recorder, fd
        self.name = ("<stdin>", "<stdout>", "<stderr>")[fd]

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._fd

    def write(self, data: Any, /) -> int:
        if self._recorder.closed:
            return len(data)
        if self._fd == 1:
            self._recorder.print(bytes(data).decode(errors="replace"))
        return os.write(self._fd, data)


def _stream(recorder: Recorder, fd: int) -> io.TextIOWrapper:
    errors = "strict" if fd == 1 else "backslashreplace"
    raw: Any = _Capture(recorder, fd)  # unbuffered, as in `python -u`
    return io.TextIOWrapper(raw, "utf-8", errors, newline="\n", write_through=True)


def put_source(program: str) -> None:
    """Let tracebacks and warnings show the program's lines."""
    lines = program.splitlines(keepends=True)
    linecache.cache[labels.PROGRAM] = len(program), None, lines, labels.PROGRAM


def put_warnings(recorder: Recorder) -> None:
    """Record warnings, and where a coroutine that nobody awaited was made."""

    def show(
        message: Any, category: Any, filename: str, lineno: int, file: Any = None, line: Any = None
    ) -> None:
        in_program = filename == labels.PROGRAM
        recorder.warned(category.__name__, str(message), lineno if in_program else None)
        (file or sys.stderr).write(warnings.formatwarning(message, category, filename, lineno, line))

    def never_awaited(coroutine: Any) -> None:
        made = next((line for name, line, _ in coroutine.cr_origin or () if name == labels.PROGRAM), None)
        recorder.event("never-awaited", what=coroutine.__qualname__, line=made)
        text = f"coroutine '{coroutine.__qualname__}' was never awaited"
        dropped_in = sys._getframe(1).f_code.co_filename
        if dropped_in.startswith(HOME):  # at the end of the program: Python itself would name no line
            warnings.warn_explicit(text, RuntimeWarning, "sys", 1, source=coroutine)
        else:
            warnings.warn(text, RuntimeWarning, stacklevel=2, source=coroutine)

    warnings.showwarning = show
    # Python calls this private hook by name; there is no public one that is given the coroutine.
    warnings._warn_unawaited_coroutine = never_awaited  # type: ignore[attr-defined]
    sys.set_coroutine_origin_tracking_depth(4)


def put_tracebacks() -> None:
    """Let tracebacks show the program's lines only: no frames of ours, no paths of this machine."""

    def only_program(walk: Callable[[Any], Iterator[Any]]) -> Callable[[Any], Iterator[Any]]:
        def walk_program(start: Any) -> Iterator[Any]:
            return (item for item in walk(start) if item[0].f_code.co_filename == labels.PROGRAM)

        return walk_program

    private = "_walk_tb_with_full_positions"  # what TracebackException walks with, since 3.11
    for name in ("walk_tb", private):
        setattr(traceback, name, only_program(getattr(traceback, name)))


def put_loop(recorder: Recorder) -> None:
    """Make every way to get a loop give the recording one."""
    loop = loop_class(recorder)
    names = ("SelectorEventLoop", "EventLoop", "_UnixSelectorEventLoop")
    for module in (asyncio, asyncio.unix_events):
        for name in names:
            if hasattr(module, name):
                setattr(module, name, loop)
    # asyncio.run and Runner ask the policy; its getter is private since 3.14, where the public one warns
    policy: Any = getattr(events, "_get_event_loop_policy", None) or events.get_event_loop_policy
    type(policy())._loop_factory = loop


def put_set_order(recorder: Recorder) -> None:
    """Make `wait` and `as_completed` look at coroutines and futures in the schedule's order.

    Both begin with `set(…)`, whose order hangs on addresses. The name is looked up in their module first.
    """

    def in_order(things: Any = ()) -> Any:
        return recorder.in_some_order(things) if things else builtins.set()

    tasks.set = in_order  # type: ignore[attr-defined]


def put_sync_marks(recorder: Recorder) -> None:
    """Record what the program does to queues, locks and events."""
    marks: dict[type[Any], tuple[str, ...]] = {
        asyncio.Queue: ("put_nowait", "get_nowait", "task_done"),
        asyncio.Event: ("set", "clear"),
        asyncio.Lock: ("release",),
        asyncio.Semaphore: ("release",),
        asyncio.Condition: ("notify",),
    }
    for kind, methods in marks.items():
        for method in methods:
            setattr(kind, method, _marked(recorder, kind, method))


def _marked(recorder: Recorder, kind: type[Any], method: str) -> Callable[..., Any]:
    original = getattr(kind, method)
    what = f"{kind.__name__}.{method.removesuffix('_nowait')}"

    def call(self: Any, *args: Any, **named: Any) -> Any:
        result = original(self, *args, **named)
        is_queue = isinstance(self, asyncio.Queue)
        if _is_called_by_program(through="queues.py" if is_queue else ""):
            moved = {"put_nowait": args, "get_nowait": (result,)}.get(method, ())
            recorder.event(
                "sync",
                what=what,
                on=recorder.name_of(self),
                size=self.qsize() if is_queue else None,
                text=labels.shown(moved[0]) if moved else "",
                line=labels.here(),
            )
        return result

    call.__name__, call.__qualname__ = original.__name__, original.__qualname__
    return call


def _is_called_by_program(through: str) -> bool:
    """Whether the caller's caller is the program, be it through this file of asyncio or `async with`."""
    for frame in labels.frames(sys._getframe(2)):
        code = frame.f_code
        if code.co_name != "__aexit__" and not (through and code.co_filename.endswith(through)):
            return code.co_filename == labels.PROGRAM
    return False


def _put_real_sleep(recorder: Recorder) -> None:
    really_sleep = time.sleep

    def sleep(seconds: float) -> None:
        if threading.current_thread() is not threading.main_thread():
            return really_sleep(seconds)
        recorder.blocking("time.sleep", seconds)
        really_sleep(seconds)
        return recorder.event("unblock")

    setattr(time, "sleep", sleep)  # noqa: B010 - a plain assignment would not fit the declared type


def put_clock(recorder: Recorder) -> None:
    """Make the `time` module and `datetime` tell the virtual time. The child's time zone is UTC."""
    clock = recorder.virtual
    replaced: dict[str, Callable[..., Any]] = {
        "monotonic": lambda: clock.read() / 1e9,
        "monotonic_ns": clock.read,
        "perf_counter": lambda: clock.read() / 1e9,
        "perf_counter_ns": clock.read,
        "time": lambda: clock.epoch() / 1e9,
        "time_ns": clock.epoch,
        "sleep": lambda seconds, /: recorder.sleep(seconds),
    }
    for name in ("localtime", "gmtime", "ctime"):
        replaced[name] = _with_now(getattr(time, name), clock)
    strftime, asctime, gmtime = time.strftime, time.asctime, time.gmtime
    replaced["strftime"] = lambda form, when=None, /: strftime(form, when or gmtime(clock.epoch() / 1e9))
    replaced["asctime"] = lambda when=None, /: asctime(when or gmtime(clock.epoch() / 1e9))
    for name, function in replaced.items():
        setattr(time, name, function)
    _put_datetime(clock)


def _with_now(function: Callable[[float], Any], clock: VirtualClock) -> Callable[..., Any]:
    return lambda seconds=None, /: function(clock.epoch() / 1e9 if seconds is None else seconds)


def _put_datetime(clock: VirtualClock) -> None:
    real_date: Any = datetime_module.date
    real_datetime: Any = datetime_module.datetime

    class Stand(type):
        """Lets instances of the real class count as instances of its stand-in."""

        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, cls.__bases__[0])

    class date(real_date, metaclass=Stand):  # type: ignore[misc]  # noqa: N801 - stands in for datetime.date
        @classmethod
        def today(cls) -> Any:
            return real_datetime.fromtimestamp(clock.epoch() / 1e9).date()

    class datetime(real_datetime, metaclass=Stand):  # type: ignore[misc]  # noqa: N801 - stands in for datetime.datetime
        def __new__(cls, *args: Any, **named: Any) -> Any:
            return real_datetime(*args, **named)

        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return real_datetime.fromtimestamp(clock.epoch() / 1e9, tz)

        @classmethod
        def today(cls) -> Any:
            return cls.now()

        @classmethod
        def utcnow(cls) -> Any:
            return cls.now()

    datetime_module.date, datetime_module.datetime = date, datetime  # type: ignore[misc]


def put_thread_waits(recorder: Recorder) -> None:
    """Make threads wait for each other on the virtual clock, where the baton can pass."""
    really_wait, really_notify = threading.Condition.wait, threading.Condition.notify
    really_notify_all = threading.Condition.notify_all

    def wait(self: threading.Condition, timeout: float | None = None) -> bool:
        is_ours = isinstance(threading.current_thread(), Worker) or not recorder.io_allowed
        if is_ours and not recorder.threads.is_starting and recorder.verdict is None:
            return recorder.threads.wait(self, timeout)
        return really_wait(self, timeout)

    def notify(self: threading.Condition, n: int = 1) -> None:
        really_notify(self, n)
        recorder.threads.notify(self, n)

    def notify_all(self: threading.Condition) -> None:
        really_notify_all(self)
        recorder.threads.notify(self, math.inf)

    threading.Condition.wait = wait  # type: ignore[method-assign]
    threading.Condition.notify = notify  # type: ignore[method-assign]
    threading.Condition.notify_all = notify_all  # type: ignore[method-assign]
    # both took time.monotonic under another name when they were imported
    queue.time = threading._time = time.monotonic  # type: ignore[attr-defined]


def put_refusals(recorder: Recorder) -> None:
    """End the run where the program does what the virtual clock cannot see: its own threads and processes."""
    start_thread, start_process = threading.Thread.start, subprocess.Popen.__init__

    def start(self: threading.Thread) -> None:
        if not isinstance(self, Worker) and not recorder.io_allowed:
            recorder.needs_real_clock("a thread of the program's own")
        start_thread(self)

    def popen(self: Any, *args: Any, **named: Any) -> None:
        if not recorder.io_allowed:
            recorder.needs_real_clock("a child process")
        start_process(self, *args, **named)

    threading.Thread.start = start  # type: ignore[method-assign]
    subprocess.Popen.__init__ = popen  # type: ignore[method-assign]
    if not recorder.io_allowed:
        os.register_at_fork(before=lambda: recorder.needs_real_clock("a child process"))
