"""The recorder: turns what the loop, its tasks and the patches report into the events of a trace."""

from __future__ import annotations

import asyncio
import itertools
import math
import random
import threading
from collections.abc import Callable
from typing import Any, Protocol

from quizapp.lab import labels
from quizapp.lab.clock import Clock, RealClock, VirtualClock
from quizapp.lab.jobs import Job
from quizapp.lab.threads import Threads
from quizapp.lab.trace import (
    Awaiting,
    Event,
    EventKind,
    Lane,
    LoopError,
    Note,
    OutcomeKind,
    Waiting,
    Warned,
)

SECOND = 10**9
NEXT_TURN = Awaiting("next turn")
NAMELESS = frozenset({"thread", "as_completed"})  # the object behind these is asyncio's own


class Stepped(Protocol):
    """A coroutine whose steps are seen: see `quizapp.lab.tasks.Stepped`."""

    lane: int
    inner: Any
    has_begun: bool


class _Here(threading.local):
    """Who is running, in each thread: a stack of lanes, since eager tasks nest."""

    def __init__(self) -> None:
        self.lanes: list[int] = []


class Recorder:
    """What one run did, so far.

    `stopped` is called when a limit is passed or nothing can wake the program; in a child process it sends
    the report and does not return.
    """

    def __init__(self, job: Job, stopped: Callable[[], None]) -> None:
        """Nothing has happened yet."""
        self.limits, self.schedule = job.limits, job.schedule
        self.is_virtual = job.clock == "virtual"
        self.io_allowed = not self.is_virtual
        self.events: list[Event] = []
        self.lanes: list[Lane] = [Lane(0, "main", "module")]
        self.notes: dict[str, Note] = {}
        self.warnings: list[Warned] = []
        self.loop_errors: list[LoopError] = []
        self.verdict: tuple[OutcomeKind, str] | None = None
        self.waiting: tuple[Waiting, ...] = ()
        self.turns = self.ties = self.printed = 0
        self.closed = False
        self.here = _Here()
        self.name_of = labels.Names()
        self._stopped = stopped
        self._waits: dict[int, tuple[Awaiting, int | None]] = {}
        self._ready: dict[int, None] = {}
        self._spinning = False
        self._last_deadline: tuple[int, int | None] = (-1, None)
        self._hashes = itertools.count(1)
        self._chance = random.Random(job.schedule.seed)  # noqa: S311 - perturbs a schedule, guards no secret
        self.virtual = VirtualClock(
            round(job.limits.virtual_seconds * SECOND),
            start=1_000 * job.schedule.seed if job.schedule.late else 0,
            spinning=self._spin,
            passed=lambda: self.stop("timeout", f"more than {job.limits.virtual_seconds:g} virtual seconds"),
        )
        self.clock: Clock = self.virtual if self.is_virtual else RealClock()
        self.threads = Threads(self)

    # What is happening?

    def event(self, kind: EventKind, lane: int | None = None, **rest: Any) -> None:
        """Add an event; without a lane it happens to whoever is running."""
        if self.closed:
            return
        if self._spinning and kind != "block":
            self._spinning = False
            self.event("unblock")
        if len(self.events) >= self.limits.events:
            self.note("events", f"only the first {self.limits.events:,} events are recorded")
            return
        lane = self.current() or 0 if lane is None else lane
        self.events.append(Event(kind, self.clock.seconds(), lane, **rest))

    def note(self, kind: str, text: str) -> None:
        """Say something about the run itself, once per kind."""
        self.notes.setdefault(kind, Note(kind, text))

    def stop(self, kind: OutcomeKind, why: str) -> None:
        """End the run with this verdict; the first one stands."""
        if self.verdict is None:
            self.verdict = kind, why
        self.closed = True
        self._stopped()

    def deadlock(self) -> None:
        """End the run because nothing is left that could wake it."""
        self.waiting = tuple(Waiting(lane, *wait) for lane, wait in sorted(self._waits.items()))
        who = "; ".join(
            f"{self.lanes[wait.lane].name or self.lanes[wait.lane].func} waits for {wait.awaiting}"
            + (f" (line {wait.line})" if wait.line else "")
            for wait in self.waiting
        )
        self.stop("deadlock", "nothing is left that could wake the program" + (f": {who}" if who else ""))

    def needs_real_clock(self, what: str) -> None:
        """End the run because the virtual clock cannot see this."""
        self.stop("needs-real-clock", f"{what} needs the real clock")

    def current(self) -> int | None:
        """The lane that is running; None when it is the loop, or the program outside tasks."""
        return self.here.lanes[-1] if self.here.lanes else None

    # Lanes

    def new_lane(self, kind: Any, func: str) -> int:
        """A lane for a task or thread that was just made."""
        self.lanes.append(Lane(len(self.lanes), kind, func))
        return len(self.lanes) - 1

    def name_lane(self, lane: int | None, name: str) -> None:
        """Give a lane its name."""
        if lane is not None:
            old = self.lanes[lane]
            self.lanes[lane] = Lane(old.id, old.kind, old.func, name)

    def created(self, func: str) -> int:
        """A task was made for this function."""
        by = self.current()
        lane = self.new_lane("task", func)
        self._ready[lane] = None
        self.event("task.create", lane, by=by, line=labels.here())
        return lane

    def next_hash(self) -> int:
        """The hash of the next task or future, which decides its place in sets."""
        number = next(self._hashes)
        return self._chance.getrandbits(60) if self.schedule.seed else number

    def in_some_order(self, things: Any) -> dict[Any, None]:
        """The things of a set without order, in an order: that in which they came, or a shuffled one."""
        unique = list(dict.fromkeys(things))
        if self.schedule.seed:
            self._chance.shuffle(unique)
        return dict.fromkeys(unique)

    # Steps of tasks

    def enter(self, coroutine: Stepped, thrown: str) -> None:
        """A task begins a step."""
        lane = coroutine.lane
        self._ready.pop(lane, None)
        awaiting, line = self._waits.pop(lane, (None, None))
        if coroutine.has_begun:
            self.event("task.resume", lane, line=line, awaiting=awaiting, raised=thrown)
        else:
            coroutine.has_begun = True
            code = getattr(coroutine.inner, "cr_code", None)
            in_program = code is not None and code.co_filename == labels.PROGRAM
            self.event(
                "task.start", lane, line=code.co_firstlineno if code and in_program else None, raised=thrown
            )
        self.here.lanes.append(lane)
        self._costs(200, 5_000)

    def suspended(self, coroutine: Stepped, awaited: Any) -> None:
        """The step ended at an `await`."""
        lane = self._left()
        places = labels.awaited_at(coroutine.inner)
        line = places[-1].line if places else None
        awaiting = self.describe(awaited)
        self._waits[lane] = awaiting, line
        self.event("task.suspend", lane, line=line, awaiting=awaiting, stack=places if places[1:] else ())

    def returned(self, value: object) -> None:
        """The task has its result."""
        self.event("task.finish", self._left(), text="" if value is None else labels.shown(value))

    def raised(self, error: BaseException) -> None:
        """The task ended with an exception."""
        line = labels.line_of(error.__traceback__)
        if isinstance(error, asyncio.CancelledError):
            self.event("task.cancelled", self._left(), line=line)
        else:
            text = labels.tidy(str(error)[:300])
            self.event("task.fail", self._left(), line=line, raised=type(error).__name__, text=text)

    def _left(self) -> int:
        if self._spinning:
            self._spinning = False
            self.event("unblock")
        return self.here.lanes.pop()

    def woken(self, task: object) -> None:
        """The loop has put a task into its ready queue."""
        lane = self.lane_of(task)
        if lane in self._waits and lane not in self._ready:
            self._ready[lane] = None
            self.event("task.ready", lane, by=self.current())

    def cancelling(self, task: object) -> None:
        """Somebody asks a task to cancel."""
        by, lane = self.current(), self.lane_of(task)
        if lane is not None:
            self.event("task.cancel", lane, by=by, what=labels.canceller(), line=labels.here())

    def lane_of(self, task: object) -> int | None:
        """The lane of a task, whoever made it; None when it is not recorded."""
        lane = getattr(task, "lane", None)
        if lane is None:
            lane = getattr(
                getattr(task, "_coro", None), "lane", None
            )  # made by the program's own task factory
        return lane

    def describe(self, awaited: Any) -> Awaiting:
        """What a task that yields this waits for."""
        if awaited is None:
            return NEXT_TURN
        if isinstance(awaited, asyncio.Task):
            return Awaiting("task", lanes=self._lanes_of([awaited]))
        children = getattr(awaited, "_children", None)  # asyncio's future for gather() has them
        if children is not None:
            return Awaiting("gather", lanes=self._lanes_of(children))
        awaiting: Awaiting = getattr(awaited, "awaiting", None) or Awaiting("future")
        return awaiting

    def awaiting_here(self) -> Awaiting:
        """What a future stands for that is being made right now."""
        what, frame = labels.maker()
        if frame is None:
            return Awaiting(what)
        if what == "sleep":
            return Awaiting(what, labels.seconds_in(frame))
        if what == "shield":
            return Awaiting(what, lanes=self._lanes_of([frame.f_locals.get("inner")]))
        if what == "wait":
            return Awaiting(what, lanes=self._lanes_of(frame.f_locals.get("fs") or ()))
        owner = None if what in NAMELESS else frame.f_locals.get("self")
        return Awaiting(what, on=self.name_of(owner) if owner is not None else "")

    def _lanes_of(self, tasks: Any) -> tuple[int, ...]:
        return tuple(sorted(lane for lane in map(self.lane_of, tasks) if lane is not None))

    # The loop

    def turn(self) -> None:
        """The loop begins another turn."""
        self.turns += 1
        if self.turns > self.limits.turns:
            self.stop("timeout", f"more than {self.limits.turns:,} turns of the loop")
        self.virtual.waited()
        self._costs(1_000, 50_000)

    def fired(self, deadline: int, lane: int | None) -> None:
        """A timer goes off; two lanes with one deadline are a tie."""
        last, other = self._last_deadline
        self.ties += last == deadline and other != lane
        self._last_deadline = deadline, lane

    def lateness(self) -> int:
        """How many nanoseconds too late the next wake-up comes."""
        return self._chance.randrange(1_500_000) if self.schedule.late else 0

    def _costs(self, least: int, most: int) -> None:
        if self.schedule.late and self.is_virtual:
            self.virtual.ns += self._chance.randrange(least, most)

    def loop_error(self, context: dict[str, Any]) -> None:
        """The loop reports something to its exception handler."""
        error = context.get("exception")
        lane = self.lane_of(context.get("task") or context.get("future"))
        message, raised = str(context.get("message")), type(error).__name__ if error else ""
        self._waits.pop(-1 if lane is None else lane, None)
        if not self.closed:
            self.loop_errors.append(LoopError(message, self.clock.seconds(), raised, lane))
        self.event("loop-error", lane, text=message, raised=raised)

    # The program

    def print(self, text: str) -> None:
        """The program writes to standard output; what `print` writes piece by piece becomes one event."""
        self.printed += len(text)
        if self.printed > self.limits.output:
            self.stop("output-limit", f"more than {self.limits.output:,} characters printed")
        lane, text = self.current() or 0, labels.tidy(text)
        last = self.events[-1] if self.events else None
        if last and last.kind == "print" and last.lane == lane and not last.text.endswith("\n"):
            self.events.pop()
            self.event("print", lane, line=last.line, text=last.text + text)
        else:
            self.event("print", lane, line=labels.here(), text=text)

    def warned(self, category: str, text: str, line: int | None) -> None:
        """Python gives a warning."""
        if not self.closed:
            text = labels.tidy(text)
            self.warnings.append(Warned(category, text, self.clock.seconds(), line))
            self.event("warning", what=category, text=text, line=line)

    def sleep(self, seconds: float) -> None:
        """`time.sleep` under the virtual clock: a worker thread gives way, anybody else blocks."""
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        ns = round(seconds * SECOND)
        seconds = float(seconds)
        if self.threads.sleep(ns):
            return
        end = self.virtual.ns + ns
        self.blocking("time.sleep", seconds)
        self.threads.run_until(end)
        self.virtual.advance_to(end)
        self.event("unblock")

    def blocking(self, what: str, seconds: float | None) -> None:
        """The running lane holds the loop for so long; those that could have run meanwhile starve."""
        starved: tuple[int, ...] = ()
        if self.current() is not None:
            end = math.inf if seconds is None else self.clock.ns + round(seconds * SECOND)
            starved = tuple(sorted({*self._ready, *self._due(end)}))
        self.event("block", what=what, seconds=seconds, starved=starved, line=labels.here())

    def _due(self, end: float) -> list[int]:
        loop: Any = asyncio._get_running_loop()
        timers = getattr(loop, "_scheduled", ())  # asyncio's heap of timers
        return [t.lane for t in timers if not t.cancelled() and t.deadline < end and t.lane is not None]

    def _spin(self) -> None:
        if not self._spinning:
            self._spinning = True
            self.note("spin", "a busy wait on the clock: each further read of it costs 1 ms")
            self.event("block", what="busy wait", line=labels.here())
