"""The loops: one that records, and one that besides jumps from timer to timer on the virtual clock."""

from __future__ import annotations

import asyncio
import collections.abc
import concurrent.futures
import heapq
import itertools
import math
import selectors
import threading
from asyncio import base_events, futures
from collections.abc import Callable
from contextvars import Context
from typing import Any

from quizapp.lab import labels
from quizapp.lab.recording import SECOND, Recorder
from quizapp.lab.tasks import Future, Stepped, Task
from quizapp.lab.threads import DEFAULT_WORKERS
from quizapp.lab.trace import Awaiting

SHORT_WAIT, LONG_WAIT = 0.25, 10.0
"""Real seconds that real input may take before the clock jumps, or before nothing more is expected."""


class TimerHandle(asyncio.TimerHandle):
    """A timer that records when it goes off, and comes before those of the same deadline set later.

    A heap does not keep the order of equal entries, and asyncio's own handles compare deadlines alone.
    """

    __slots__ = ("deadline", "lane", "number", "order", "recorder")

    recorder: Recorder
    deadline: float
    number: int
    order: int
    lane: int | None

    def __lt__(self, other: asyncio.TimerHandle) -> bool:
        """Which of two goes off first."""
        if isinstance(other, TimerHandle):
            return (self.deadline, self.order) < (other.deadline, other.order)
        return super().__lt__(other)

    def _run(self) -> None:
        # called by the loop when the timer's turn has come
        if math.isfinite(self.deadline):
            self.recorder.fired(int(self.deadline), self.lane)
        self.recorder.event("timer.fire", self.lane or 0, timer=self.number)
        super()._run()


class RecordingLoop(asyncio.SelectorEventLoop):
    """asyncio's loop on the real clock, with a recorder. A subclass made for the run names the recorder."""

    recorder: Recorder
    numbers: itertools.count[int]

    # What asyncio's loop keeps privately and this one works with.
    # mypy cannot compare its variadic signatures with ours, hence the ignored overrides.
    _scheduled: list[Any]  # the heap of timers
    _task_factory: Any
    _debug: bool
    _default_executor: Any
    _signal_handlers: dict[int, Any]
    _executor_shutdown_called: bool
    _clock_resolution: float
    _check_closed: Callable[[], None]
    _check_thread: Callable[[], None]
    _check_callback: Callable[[Any, str], None]
    _check_default_executor: Callable[[], None]

    def create_future(self) -> asyncio.Future[Any]:
        """A future that knows what it stands for."""
        return Future(loop=self)

    def create_task(self, coro: Any, **options: Any) -> Any:
        """A task whose steps are recorded; the program's own task factory, if any, makes it."""
        self._check_closed()
        if getattr(coro, "cr_code", None) in _TIDYING or not isinstance(coro, collections.abc.Coroutine):
            return super().create_task(coro, **options)
        stepped = Stepped(coro, self.recorder)
        if self._task_factory is not None and not _is_eager(self._task_factory):
            task: Any = super().create_task(stepped, **options)
            self.recorder.name_lane(stepped.lane, task.get_name() if hasattr(task, "get_name") else "")
            return task
        if self._task_factory is not None:
            options.setdefault("eager_start", True)
        options = {key: value for key, value in options.items() if value is not None}
        task = Task(stepped, loop=self, **options)
        if task._source_traceback:  # debug mode: where the task was made ends at the caller, as in asyncio
            del task._source_traceback[-2:]
        return task

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """Put a callback into the ready queue; one that steps a task wakes that task."""
        owner = getattr(callback, "__self__", None)
        if isinstance(owner, asyncio.Task):
            self.recorder.woken(owner)
        return super().call_soon(callback, *args, context=context)

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Set a timer, just as asyncio does, with a handle of our own."""
        if when is None:
            raise TypeError("when cannot be None")
        self._check_closed()
        if self._debug:
            self._check_thread()
            self._check_callback(callback, "call_at")
        timer = TimerHandle(when, callback, args, self, context)
        timer.recorder, timer.number = self.recorder, next(self.numbers)
        timer.deadline, timer.order = self._deadline(when), self._order(timer.number)
        timer.lane = self.recorder.current()
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True  # type: ignore[attr-defined]  # asyncio's, private
        at = self.recorder.clock.seconds(int(timer.deadline)) if math.isfinite(timer.deadline) else None
        self.recorder.event(
            "timer.set",
            timer=timer.number,
            at=at,
            what=labels.timer_label(callback),
            line=labels.here(),
        )
        return timer

    def _deadline(self, when: float) -> float:
        return self.recorder.clock.ns + (when - self.time()) * SECOND

    def _order(self, number: int) -> int:
        return 0  # the heap's own order

    def _timer_handle_cancelled(self, handle: Any) -> None:
        # called by a timer that is cancelled, also by one that has gone off already
        super()._timer_handle_cancelled(handle)  # type: ignore[misc]  # asyncio's, private
        if handle._scheduled and isinstance(handle, TimerHandle):
            self.recorder.event("timer.cancel", handle.lane or 0, timer=handle.number)

    def call_exception_handler(self, context: Any) -> None:
        """Report what nobody caught."""
        self.recorder.loop_error(context)
        super().call_exception_handler(context)


class JumpingSelector(selectors.DefaultSelector):
    """Never sleeps: where nothing is ready it moves the clock to the next timer."""

    loop: VirtualLoop
    own: int | None = None  # how many files are the loop's own; None while it is being made

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """Watch a file, which a program on the virtual clock cannot."""
        if self.own is not None and not self.loop.recorder.io_allowed:
            self.loop.recorder.needs_real_clock("a socket, a pipe or a file that the loop watches")
        return super().register(fileobj, events, data)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready now; else an empty list, once something else is."""
        recorder = self.loop.recorder
        recorder.turn()
        if recorder.threads.run_ready():
            return super().select(0)
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if recorder.io_allowed and (ready := self._real_input()):
            return ready
        self.loop.jump()
        return []

    def _real_input(self) -> list[tuple[selectors.SelectorKey, int]]:
        """What real sockets, processes and threads send, given a moment; for CPython's own tests."""
        loop = self.loop
        is_watched = len(self.get_map()) > (self.own or 0) or bool(loop._signal_handlers)
        if not is_watched and threading.active_count() == 1:
            return []
        return super().select(SHORT_WAIT if loop.has_timers() else LONG_WAIT)


class VirtualLoop(RecordingLoop):
    """asyncio's loop on the virtual clock."""

    def __init__(self) -> None:
        """A loop with a selector that jumps."""
        selector = JumpingSelector()
        selector.loop = self
        super().__init__(selector)
        selector.own = len(selector.get_map())
        self._clock_resolution = 0.5 / SECOND

    def time(self) -> float:
        """The monotonic reading in seconds."""
        return self.recorder.virtual.read() / SECOND

    def _deadline(self, when: float) -> float:
        return round(when * SECOND) - self.recorder.virtual.start if math.isfinite(when) else math.inf

    def _order(self, number: int) -> int:
        return number if self.recorder.schedule.ties == "fifo" else -number

    def has_timers(self) -> bool:
        """Whether a timer is set that will go off."""
        return bool(self._scheduled) and math.isfinite(self._scheduled[0].deadline)

    def jump(self) -> None:
        """Move the clock to the next thing that is due; without one the program is deadlocked."""
        recorder = self.recorder
        moments = [int(self._scheduled[0].deadline)] if self.has_timers() else []
        if (wake := recorder.threads.next_wake()) is not None:
            moments.append(wake)
        if not moments:
            recorder.deadlock()
            return
        recorder.virtual.advance_to(min(moments) + recorder.lateness())
        recorder.threads.wake_due()
        recorder.threads.run_ready()

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Any, *args: Any
    ) -> Any:
        """Run a function in a worker thread under the virtual clock; only thread pools know it."""
        self._check_closed()
        if self._debug:
            self._check_callback(func, "run_in_executor")
        if executor is None:
            self._check_default_executor()
            executor = self._default_executor
        if executor is not None and type(executor) is not concurrent.futures.ThreadPoolExecutor:
            return super().run_in_executor(executor, func, *args)
        work, lane = self.recorder.threads.submit(_pool(executor or self), func, args)
        future: Any = futures.wrap_future(work, loop=self)
        future.awaiting = Awaiting("thread", lanes=(lane,))
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """Wait for the worker threads, as `asyncio.run` does at its end."""
        self._executor_shutdown_called = True
        await self.recorder.threads.idle(self)
        if self._default_executor is not None:
            self._default_executor.shutdown(wait=False)

    def close(self) -> None:
        """Close the loop and let its worker threads end."""
        super().close()
        self.recorder.threads.dismiss(self)


# asyncio.run tidying up with these is no part of the program's story.
_TIDYING = {
    base_events.BaseEventLoop.shutdown_asyncgens.__code__,
    base_events.BaseEventLoop.shutdown_default_executor.__code__,
    VirtualLoop.shutdown_default_executor.__code__,
}

TimerHandle.__module__ = "asyncio.events"


def loop_class(recorder: Recorder) -> type[RecordingLoop]:
    """The loop for this run, under the name that the program would see without the lab."""
    base = VirtualLoop if recorder.is_virtual else RecordingLoop
    original = asyncio.SelectorEventLoop
    members = {"recorder": recorder, "numbers": itertools.count(1), "__module__": original.__module__}
    return type(original.__name__, (base,), members)


def _is_eager(factory: object) -> bool:
    return factory is getattr(asyncio, "eager_task_factory", None)  # new in 3.12


def _pool(executor: Any) -> tuple[object, str, int]:
    """Which pool a call is for, what its threads are called, and how many there may be."""
    if isinstance(executor, VirtualLoop):
        return executor, "asyncio", DEFAULT_WORKERS
    if executor._shutdown:
        raise RuntimeError("cannot schedule new futures after shutdown")
    return executor, executor._thread_name_prefix, executor._max_workers
