"""The trace: what one run of a program did, as frozen values with one JSON text each."""

from __future__ import annotations

import json
import reprlib
from collections.abc import Callable, Iterator
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from math import isfinite
from types import UnionType
from typing import Any, Literal, NoReturn, get_args, get_origin, get_type_hints

FORMAT = 1
"""The version of the JSON text. A reader refuses any other."""

OutcomeKind = Literal[
    "ok",
    "error",
    "deadlock",
    "timeout",
    "exit",
    "syntax-error",
    "output-limit",
    "crash",
    "needs-real-clock",
]

EventKind = Literal[
    "task.create",
    "task.start",
    "task.suspend",
    "task.ready",
    "task.resume",
    "task.cancel",
    "task.finish",
    "task.cancelled",
    "task.fail",
    "timer.set",
    "timer.fire",
    "timer.cancel",
    "thread.submit",
    "thread.start",
    "thread.sleep",
    "thread.resume",
    "thread.end",
    "block",
    "unblock",
    "sync",
    "print",
    "warning",
    "never-awaited",
    "loop-error",
    "uncaught",
]


class NotATrace(ValueError):
    """The text is no trace of this format."""


@dataclass(frozen=True, slots=True)
class Awaiting:
    """What a task waits for: `sleep`, `task`, `gather`, `Queue.get`, `next turn`, `future` …

    `seconds` is the length of a sleep, `on` names an object (`Queue#1`), `lanes` the tasks waited for.
    """

    what: str
    seconds: float | None = None
    on: str = ""
    lanes: tuple[int, ...] = ()

    def __str__(self) -> str:
        """The same in words, such as `sleep(2)` or `Queue.get on Queue#1`."""
        if self.seconds is not None:
            return f"{self.what}({self.seconds:g})"
        return f"{self.what} on {self.on}" if self.on else self.what


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the program, and the function it stands in."""

    func: str
    line: int


@dataclass(frozen=True, slots=True)
class Lane:
    """One line of execution. Lane 0 is the program outside tasks; `name` is the task's, such as `Task-1`."""

    id: int
    kind: Literal["main", "task", "thread"]
    func: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `docs/lab.md` says which kind fills which field.

    `t` is seconds since the program began; `line` is a line of the program, from 1; `lane` is who it happened
    to and `by` who did it.
    """

    kind: EventKind
    t: float
    lane: int
    line: int | None = None
    by: int | None = None
    awaiting: Awaiting | None = None
    stack: tuple[Place, ...] = ()
    timer: int | None = None
    at: float | None = None
    seconds: float | None = None
    what: str = ""
    on: str = ""
    size: int | None = None
    text: str = ""
    raised: str = ""
    starved: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Raised:
    """The exception that ended the program. `leaves` are the classes inside an exception group, flattened."""

    type: str
    text: str
    line: int | None = None
    leaves: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A task that will never go on, and what it waits for."""

    lane: int
    awaiting: Awaiting
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the run ended, in words in `why`. `code` is an exit code, `signal` a name such as `SIGSEGV`."""

    kind: OutcomeKind
    why: str = ""
    raised: Raised | None = None
    code: int | None = None
    signal: str = ""
    waiting: tuple[Waiting, ...] = ()


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning that Python gave. `line` is None when it points outside the program."""

    category: str
    text: str
    t: float
    line: int | None = None


@dataclass(frozen=True, slots=True)
class LoopError:
    """Something the loop reported to its exception handler."""

    message: str
    t: float
    raised: str = ""
    lane: int | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Something to know about the run itself, such as `spin` or `address`."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Trace:
    """What one run did. `elapsed` is seconds of its clock; `ties` counts equal deadlines of two tasks."""

    python: str
    clock: Literal["virtual", "real"]
    outcome: Outcome
    elapsed: float = 0.0
    stdout: str = ""
    stderr: str = ""
    deterministic: bool = True
    ties: int = 0
    turns: int = 0
    warnings: tuple[Warned, ...] = ()
    loop_errors: tuple[LoopError, ...] = ()
    notes: tuple[Note, ...] = ()
    lanes: tuple[Lane, ...] = ()
    events: tuple[Event, ...] = ()

    def to_json(self) -> str:
        """The trace as text: the same trace gives the same text, and each event has a line of its own."""
        return "{" + ",\n".join([f'"format":{FORMAT}', *_rows(self)]) + "}\n"

    @classmethod
    def from_json(cls, text: str) -> Trace:
        """Read the text of a trace; raises NotATrace when it is none."""
        try:
            data = json.loads(text, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise NotATrace(f"not a trace: {error}") from error
        if type(data) is not dict or data.pop("format", None) != FORMAT:
            raise NotATrace(f"not a trace of format {FORMAT}")
        trace: Trace = _reads(Trace)(data)
        lanes = {lane.id for lane in trace.lanes}
        named = {lane for event in trace.events for lane in _named(event)}
        if len(lanes) < len(trace.lanes) or not named <= lanes:
            raise NotATrace("not a trace: something happens to nobody")
        return trace

    @property
    def story(self) -> str:
        """What two Pythons that do the same agree on: all but the version, stderr and count of turns."""
        left_out = ("python", "stderr", "turns")
        return "\n".join(row for row in _rows(self) if not row.startswith(tuple(f'"{x}"' for x in left_out)))


def _plain(value: Any) -> Any:
    """The value as JSON knows it; fields at their defaults are left out."""
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if is_dataclass(value):
        pairs = ((field, getattr(value, field.name)) for field in fields(value))
        return {field.name: _plain(inner) for field, inner in pairs if inner != field.default}
    return value


def _dump(value: Any) -> str:
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))


def _rows(trace: Trace) -> Iterator[str]:
    for field in fields(trace):
        value = getattr(trace, field.name)
        if not isinstance(value, tuple):
            yield f'"{field.name}":{_dump(value)}'
        elif value:
            yield f'"{field.name}":[\n' + ",\n".join(map(_dump, value)) + "\n]"


Reads = Callable[[Any], Any]


@cache
def _reads(kind: Any) -> Reads:
    """What makes a value of that type from JSON, and raises NotATrace from any other."""
    if is_dataclass(kind):
        return _reads_fields(kind)
    inner = get_args(kind)
    if get_origin(kind) is tuple:
        read = _reads(inner[0])
        return lambda value: tuple(map(read, value)) if type(value) is list else _refuse(value)
    if get_origin(kind) is UnionType:  # with None
        some = _reads(inner[0])
        return lambda value: None if value is None else some(value)
    if get_origin(kind) is Literal:
        return lambda value: value if type(value) is str and value in inner else _refuse(value)
    if kind is float:
        return lambda value: value if type(value) in (float, int) and isfinite(value) else _refuse(value)
    return lambda value: value if type(value) is kind else _refuse(value)


def _reads_fields(kind: Any) -> Reads:
    reads = {name: _reads(hint) for name, hint in get_type_hints(kind).items()}
    owed = {field.name for field in fields(kind) if field.default is MISSING}

    def read(value: Any) -> Any:
        if type(value) is not dict or not owed <= value.keys() <= reads.keys():
            _refuse(value)
        return kind(**{name: reads[name](inner) for name, inner in value.items()})

    return read


def _named(event: Event) -> Iterator[int]:
    """The lanes that an event names."""
    yield event.lane
    yield from event.starved
    if event.by is not None:
        yield event.by
    if event.awaiting:
        yield from event.awaiting.lanes


def _refuse(value: Any) -> NoReturn:
    raise NotATrace(f"not a trace: {reprlib.repr(value)}")


def _no_number(text: str) -> NoReturn:
    raise NotATrace(f"not a trace: {text} is no number")
