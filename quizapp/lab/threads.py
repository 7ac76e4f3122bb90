"""Worker threads under the virtual clock: real threads, of which one runs at a time, by passing a baton."""

from __future__ import annotations

import asyncio
import concurrent.futures
import itertools
import math
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from quizapp.lab import labels

if TYPE_CHECKING:
    from quizapp.lab.recording import Recorder

GRACE = 2.0
"""Real seconds in which a running worker must end or sleep on the virtual clock."""

DEFAULT_WORKERS = 8
"""Threads of the default executor; asyncio takes four more than the machine has cores."""


class Work:
    """One call that a pool was asked for."""

    def __init__(self, lane: int, function: Callable[..., Any], args: tuple[Any, ...]) -> None:
        """A call that has not begun."""
        self.lane, self.function, self.args = lane, function, args
        self.future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        self.has_begun = self.is_done = False

    def call(self) -> None:
        """Do it, and keep what came of it."""
        try:
            result = self.function(*self.args)
        except BaseException as error:
            self.future.set_exception(error)
        else:
            self.future.set_result(result)


class Wait:
    """Somebody's wait in `Condition.wait`, on which events, futures and queues of threads are built."""

    def __init__(self, condition: threading.Condition) -> None:
        """A wait that nobody has ended yet."""
        self.condition = condition
        self.is_over = False


class Worker(threading.Thread):
    """A thread of a pool. It runs only between `run` and the moment it sleeps or has nothing to do."""

    def __init__(self, threads: Threads, name: str) -> None:
        """A thread that waits for its first work."""
        super().__init__(name=name, daemon=True)
        self.work: Work | None = None
        self.wake: int | None = None  # when it sleeps: until when, in virtual ns
        self.wait: Wait | None = None
        self.is_dismissed = False
        self._threads = threads
        self._go, self._back = threading.Lock(), threading.Lock()
        self._go.acquire()
        self._back.acquire()

    def give_baton(self) -> bool:
        """Let it run; whether it gave the baton back in time."""
        self._go.release()
        return self._back.acquire(timeout=GRACE)

    def give_way(self) -> None:
        """Hand the baton back and wait for the next."""
        self._back.release()
        self._go.acquire()

    def run(self) -> None:
        """Do one work after the other."""
        self._go.acquire()
        while not self.is_dismissed:
            if self.work is not None:
                self._threads.do(self.work)
            self.give_way()
        self._back.release()


class Pool:
    """The workers of one executor."""

    def __init__(self, threads: Threads, prefix: str) -> None:
        """A pool without workers yet."""
        self.queue: list[Work] = []
        self._threads, self._prefix = threads, prefix
        self._idle: list[Worker] = []
        self._size = 0
        self._numbers = itertools.count()

    def start(self, limit: int) -> list[Worker]:
        """The workers that now take work from the queue; no more than `limit` exist."""
        started = []
        while self.queue and (self._idle or self._size < limit):
            work = self.queue.pop(0)
            if work.future.set_running_or_notify_cancel():
                worker = self._idle.pop(0) if self._idle else self._new()
                worker.work = work
                started.append(worker)
        return started

    def done(self, worker: Worker) -> None:
        """A worker is free again."""
        worker.work = None
        self._idle.append(worker)

    def dismiss(self) -> None:
        """Let the workers end that have nothing to do."""
        for worker in self._idle:
            worker.is_dismissed = True
            worker.give_baton()
        self._size -= len(self._idle)
        self._idle.clear()

    def _new(self) -> Worker:
        worker = Worker(self._threads, f"{self._prefix}_{next(self._numbers)}")
        self._size += 1
        self._threads.is_starting = True
        worker.start()
        self._threads.is_starting = False
        return worker


class Threads:
    """All worker threads of a run."""

    def __init__(self, recorder: Recorder) -> None:
        """No thread has been asked for."""
        self.is_starting = False  # whether a worker is being started, which waits for it in real time
        self._recorder = recorder
        self._pools: dict[object, tuple[Pool, int]] = {}
        self._runnable: list[tuple[Pool, Worker]] = []
        self._sleeping: list[tuple[Pool, Worker]] = []
        self._waits: list[Wait] = []
        self._when_idle: list[asyncio.Future[None]] = []

    def submit(
        self, pool: tuple[object, str, int], function: Callable[..., Any], args: tuple[Any, ...]
    ) -> tuple[concurrent.futures.Future[Any], int]:
        """Ask a pool (key, prefix of thread names, size) for a call: its future and its lane."""
        key, prefix, limit = pool
        chosen, _ = self._pools.setdefault(key, (Pool(self, prefix), limit))
        by = self._recorder.current()
        lane = self._recorder.new_lane("thread", labels.function_name(function))
        self._recorder.event("thread.submit", lane, by=by, line=labels.here())
        work = Work(lane, function, args)
        chosen.queue.append(work)
        self._fill(chosen, limit)
        if self._recorder.schedule.threads == "eager":
            self.run_ready()
        return work.future, lane

    def _fill(self, pool: Pool, limit: int) -> None:
        self._runnable += [(pool, worker) for worker in pool.start(limit)]

    def run_ready(self) -> bool:
        """Let each worker that can run do so until it sleeps or ends; whether there was one."""
        ran = bool(self._runnable)
        while self._runnable:
            pool, worker = self._runnable.pop(0)
            worker.wake = None
            if not worker.give_baton():
                self._recorder.needs_real_clock("a worker thread that waits for something else than time")
            if worker.wake is not None or worker.wait is not None:
                self._sleeping.append((pool, worker))
            elif worker.work is not None and worker.work.is_done:
                pool.done(worker)
                self._fill(pool, self._limit_of(pool))
        if ran and self._is_idle():
            self._tell_idle()
        return ran

    def _limit_of(self, pool: Pool) -> int:
        return next(limit for other, limit in self._pools.values() if other is pool)

    def next_wake(self) -> int | None:
        """When the first sleeping worker wakes, in virtual ns."""
        return min((worker.wake for _, worker in self._sleeping if worker.wake is not None), default=None)

    def wake_due(self) -> None:
        """Make the workers runnable whose sleep is over."""
        now = self._recorder.virtual.ns
        due = [item for item in self._sleeping if item[1].wake is not None and item[1].wake <= now]
        self._sleeping = [item for item in self._sleeping if item not in due]
        self._runnable += sorted(due, key=lambda item: item[1].wake or 0)

    def run_until(self, end: float, wait: Wait | None = None) -> None:
        """Let the workers go on while the main thread blocks, until then (virtual ns) or its wait is over."""
        self.run_ready()
        while not (wait and wait.is_over) and (wake := self.next_wake()) is not None and wake <= end:
            self._recorder.virtual.advance_to(wake)
            self.wake_due()
            self.run_ready()

    def wait(self, condition: Any, timeout: float | None) -> bool:
        """`Condition.wait` under the virtual clock: whether it was ended by `notify`."""
        wait = Wait(condition)
        self._waits.append(wait)
        held = condition._release_save()  # gives the lock up, however often it is held
        end = None if timeout is None else self._recorder.virtual.ns + round(max(0.0, timeout) * 1e9)
        worker = threading.current_thread()
        if isinstance(worker, Worker):
            worker.wake, worker.wait = end, wait
            worker.give_way()
            worker.wait = None
        else:
            self._block_main(wait, end)
        condition._acquire_restore(held)
        self._waits.remove(wait)
        return wait.is_over

    def _block_main(self, wait: Wait, end: int | None) -> None:
        recorder = self._recorder
        recorder.blocking("waiting for a thread", None if end is None else (end - recorder.virtual.ns) / 1e9)
        self.run_until(math.inf if end is None else end, wait)
        if not wait.is_over and end is None:
            recorder.deadlock()
        elif not wait.is_over and end is not None:
            recorder.virtual.advance_to(end)
        recorder.event("unblock")

    def notify(self, condition: threading.Condition, count: float) -> None:
        """End so many waits for this condition."""
        for wait in [wait for wait in self._waits if wait.condition is condition and not wait.is_over]:
            if count > 0:
                count -= 1
                wait.is_over = True
                ended = [item for item in self._sleeping if item[1].wait is wait]
                self._sleeping = [item for item in self._sleeping if item not in ended]
                self._runnable += ended

    def dismiss(self, key: object) -> None:
        """An executor is no longer needed."""
        if key in self._pools:
            self._pools.pop(key)[0].dismiss()

    def sleep(self, ns: int) -> bool:
        """Put the calling worker to sleep; False when the caller is none."""
        worker = threading.current_thread()
        if not isinstance(worker, Worker):
            return False
        worker.wake = self._recorder.virtual.ns + ns
        self._recorder.event("thread.sleep", seconds=ns / 1e9, line=labels.here())
        worker.give_way()
        self._recorder.event("thread.resume")
        return True

    def do(self, work: Work) -> None:
        """Called in a worker: run the work as its lane."""
        self._recorder.here.lanes.append(work.lane)
        self._recorder.event("thread.start")
        work.call()
        error = work.future.exception()
        self._recorder.event("thread.end", raised=type(error).__name__ if error else "")
        self._recorder.here.lanes.clear()
        work.is_done = True

    async def idle(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wait until no worker has anything to do."""
        if not self._is_idle():
            future: asyncio.Future[None] = loop.create_future()
            self._when_idle.append(future)
            await future

    def _is_idle(self) -> bool:
        return not (self._runnable or self._sleeping)

    def _tell_idle(self) -> None:
        for future in self._when_idle:
            if not future.done():
                future.set_result(None)
        self._when_idle.clear()
