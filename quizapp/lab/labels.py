"""What a thing of asyncio stands for, told from the frames that made it: `sleep`, `Queue.get on Queue#1` …"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import itertools
import math
import os
import re
import reprlib
import sys
import weakref
from collections.abc import Callable, Iterator
from types import FrameType, TracebackType
from typing import Any

from quizapp.lab.trace import Place

PROGRAM = "program.py"
"""The file name that every program carries."""

ASYNCIO = asyncio.__file__.rpartition("__init__")[0]

# Who makes a future inside asyncio, by module and function; what is made elsewhere is just a "future".
_MAKERS = {
    "tasks.sleep": "sleep",
    "tasks._wait": "wait",
    "tasks.shield": "shield",
    "tasks.wait_for": "wait_for",
    "tasks._cancel_and_wait": "wait_for",
    "queues.Queue.get": "Queue.get",
    "queues.Queue.put": "Queue.put",
    "locks.Event.wait": "Event.wait",
    "locks.Lock.acquire": "Lock.acquire",
    "locks.Semaphore.acquire": "Semaphore.acquire",
    "locks.Condition.wait": "Condition.wait",
    "taskgroups.TaskGroup.__aexit__": "TaskGroup exit",
    "taskgroups.TaskGroup._aexit": "TaskGroup exit",
    "base_events.BaseEventLoop.run_in_executor": "thread",
    "streams.StreamReader._wait_for_data": "data",
    "streams.FlowControlMixin._drain_helper": "drain",
}

# These wait by means of the ones above, and are what the program asked for.
_ASKED = {
    "queues.Queue.join": "Queue.join",
    "locks.Barrier.wait": "Barrier.wait",
    "tasks.as_completed.<locals>._wait_for_one": "as_completed",
    "tasks._AsCompletedIterator._wait_for_one": "as_completed",
}

# Who cancels a task on behalf of whom.
_CANCELLERS = {
    "taskgroups.TaskGroup._abort": "TaskGroup",
    "taskgroups.TaskGroup._on_task_done": "TaskGroup",
    "timeouts.Timeout._on_timeout": "timeout",
    "tasks._cancel_and_wait": "wait_for",
    "tasks._GatheringFuture.cancel": "gather",
    "runners._cancel_all_tasks": "end of the run",
    "runners.Runner._on_sigint": "Ctrl-C",
}

_TIMERS = {
    "_set_result_unless_cancelled": "sleep",
    "Timeout._on_timeout": "timeout",
    "_release_waiter": "timeout",
    "_wait.<locals>._on_timeout": "timeout",
    "as_completed.<locals>._on_timeout": "timeout",
    "_AsCompletedIterator._handle_timeout": "timeout",
}

_LIBRARY = os.__file__.rpartition("os.py")[0]
_ADDRESS = re.compile(r"( at 0x)[0-9A-Fa-f]{6,}")
_LIBRARY_LINE = re.compile(re.escape(_LIBRARY) + r"([\w/.-]*)(?::\d+)?")

_short = reprlib.Repr()
_short.maxother = 1_000  # cut below, once it is tidy

LONGEST = 80
"""Characters that are kept of a value's representation."""


def has_address(text: str) -> bool:
    """Whether the text says where in memory something lies."""
    return _ADDRESS.search(text) is not None


def tidy(text: str) -> str:
    """The text without what differs from run to run or machine to machine: addresses, the library's place."""
    if " at 0x" in text:
        text = _ADDRESS.sub(r"\1…", text)
    return _LIBRARY_LINE.sub(r"<python>/\1", text) if _LIBRARY in text else text


def shown(value: object) -> str:
    """A short representation that is the same in each run."""
    whole = tidy(_short.repr(value))
    return whole if len(whole) <= LONGEST else whole[: LONGEST - 1] + "…"


def function_name(function: Any) -> str:
    """The name of what a thread runs, looked up behind `functools.partial` and `Context.run`."""
    while isinstance(function, functools.partial):
        inner = function.func
        is_context = isinstance(getattr(inner, "__self__", None), contextvars.Context)
        function = function.args[0] if is_context and function.args else inner
    return str(getattr(function, "__qualname__", type(function).__name__))


def frames(frame: FrameType | None) -> Iterator[FrameType]:
    """A frame and those that called it, up to the loop's own machinery."""
    while frame is not None and frame.f_code.co_name != "_run_once":
        yield frame
        frame = frame.f_back


def here() -> int | None:
    """The line of the program that is being run; None when the loop itself is at work."""
    for frame in frames(sys._getframe(1)):
        if frame.f_code.co_filename == PROGRAM:
            return frame.f_lineno
    return None


def line_of(traceback: TracebackType | None) -> int | None:
    """The innermost line of the program in a traceback."""
    line = None
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == PROGRAM:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line


def awaited_at(coroutine: Any) -> tuple[Place, ...]:
    """Where a suspended coroutine stands, and those it awaits: outermost first, lines of the program only."""
    places = []
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "gi_frame", None)
        if frame is not None and frame.f_code.co_filename == PROGRAM:
            places.append(Place(frame.f_code.co_qualname, frame.f_lineno))
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "gi_yieldfrom", None)
    return tuple(places)


def maker() -> tuple[str, FrameType | None]:
    """Which function of asyncio makes a future right now, and its frame."""
    found, made_by = "", None
    for name, frame in _asyncio_frames():
        if name in _ASKED:
            return _ASKED[name], frame
        if not found and name in _MAKERS:
            found, made_by = _MAKERS[name], frame
    return found or "future", made_by


def canceller() -> str:
    """On whose behalf asyncio cancels a task right now; empty when the program itself does."""
    return next((_CANCELLERS[name] for name, _ in _asyncio_frames() if name in _CANCELLERS), "")


def timer_label(callback: Callable[..., object]) -> str:
    """What a timer is for."""
    name = str(getattr(callback, "__qualname__", type(callback).__name__))
    return _TIMERS.get(name, name)


def seconds_in(frame: FrameType) -> float | None:
    """The length of the sleep that this frame is."""
    delay = frame.f_locals.get("delay")
    return float(delay) if isinstance(delay, int | float) and math.isfinite(delay) else None


class Names:
    """Names for objects that have none: `Queue#1`, `Queue#2`, in order of appearance. Keeps nothing alive."""

    def __init__(self) -> None:
        """No object has appeared yet."""
        self._names: dict[int, tuple[str, weakref.ref[Any] | None]] = {}
        self._counts: dict[str, Iterator[int]] = {}

    def __call__(self, thing: object) -> str:
        """The name of this object."""
        key = id(thing)
        if key not in self._names:
            kind = type(thing).__name__
            number = next(self._counts.setdefault(kind, itertools.count(1)))
            try:
                ref = weakref.ref(thing, lambda _: self._names.pop(key, None) and None)
            except TypeError:
                ref = None
            self._names[key] = f"{kind}#{number}", ref
        return self._names[key][0]


def _asyncio_frames() -> Iterator[tuple[str, FrameType]]:
    """The frames of asyncio above this one as `module.function`, up to the program."""
    for frame in frames(sys._getframe(2)):
        name = frame.f_code.co_filename
        if name == PROGRAM:
            return
        if name.startswith(ASYNCIO):
            yield f"{name[len(ASYNCIO) : -3]}.{frame.f_code.co_qualname}", frame
