"""The trace: what one run of a program did, as frozen values with one JSON text each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal

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
            data = json.loads(text)
            if data.pop("format") != FORMAT:
                raise NotATrace(f"not a trace of format {FORMAT}")
            trace: Trace = _read(Trace, data)
            return trace
        except (AttributeError, KeyError, TypeError, json.JSONDecodeError) as error:
            raise NotATrace(f"not a trace: {error}") from error

    @property
    def story(self) -> str:
        """What two Pythons that do the same agree on: all but the version, stderr and count of turns."""
        left_out = ("python", "stderr", "turns")
        return "\n".join(row for row in _rows(self) if not row.startswith(tuple(f'"{x}"' for x in left_out)))


_ONE = {"outcome": Outcome, "raised": Raised, "awaiting": Awaiting}
_MANY = {
    "warnings": Warned,
    "loop_errors": LoopError,
    "notes": Note,
    "lanes": Lane,
    "events": Event,
    "waiting": Waiting,
    "stack": Place,
}


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


def _read(kind: Any, data: dict[str, Any]) -> Any:
    return kind(**{key: _read_field(key, value) for key, value in data.items()})


def _read_field(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        return _read(_ONE[key], value)
    if isinstance(value, list):
        return tuple(_read(_MANY[key], item) if isinstance(item, dict) else item for item in value)
    return value
