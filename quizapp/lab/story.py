"""The story of a trace: names for its lanes, a sentence for each step, and one sentence for the whole."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from quizapp.lab.trace import Awaiting, Event, EventKind, Lane, Trace

LONGEST_CALL = 18
"""A call of up to this many characters names its task: `job("a")`."""

LONGEST_QUOTE = 60
_OWN_NAME = re.compile(r"(Task-\d+)?")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened: when, in which lane, on which line; `text` has no time and no capital.

    `event` is its place among the trace's events, `ready` the names of those that could run now.
    """

    event: int
    t: float
    lane: int
    line: int | None
    text: str
    ready: tuple[str, ...] = ()

    @property
    def when(self) -> str:
        """The time, as it is read: `At 1.5 s`."""
        return f"At {moment(self.t)}"


def moment(t: float) -> str:
    """A time or a length of time: `0.25 s`."""
    return f"{round(t, 3):g} s"


def lane_names(trace: Trace, program: str = "") -> dict[int, str]:
    """A name for each lane: `main()`, `job("a")` where the program says so plainly, else `job() #1`.

    A name that the program gave to the task stands in front: `fast: job()`.
    """
    calls = _calls(trace, program)
    names = {lane.id: calls.get(lane.id) or _plain_name(lane) for lane in trace.lanes}
    count = Counter(names.values())
    seen: Counter[str] = Counter()
    for lane, name in names.items():
        if count[name] > 1:
            seen[name] += 1
            names[lane] = f"{name} #{seen[name]}"
    return names


def steps(trace: Trace, program: str = "") -> tuple[Step, ...]:
    """A sentence for each event that a reader needs, in the order of events."""
    names = lane_names(trace, program)
    ready: dict[int, None] = {}
    found = []
    for place, event in enumerate(trace.events):
        _follow(ready, event)
        tell = _TELLING.get(event.kind)
        text = tell(event, names) if tell else ""
        if text:
            text = f"{text} (line {event.line})." if event.line else f"{text}."
            waiting = tuple(names[lane] for lane in ready if lane != event.lane)
            found.append(Step(place, event.t, event.lane, event.line, text, waiting))
    return tuple(found)


def waits_for(awaiting: Awaiting | None) -> str:
    """What is awaited, in the words of the program: `sleep(2)`, `gather`, `Queue.get`."""
    if awaiting is None:
        return "something"
    if awaiting.what == "TaskGroup exit":
        return "end of TaskGroup"
    return f"sleep({awaiting.seconds:g})" if awaiting.seconds is not None else awaiting.what


def listed(words: Sequence[str]) -> str:
    """Words as English lists them: `a, b and c`."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""


def only(text: str, most: int) -> str:
    """The text in up to so many characters, on one line."""
    text = " ⏎ ".join(text.rstrip("\n").split("\n"))
    return text if len(text) <= most else text[: most - 1] + "…"


def capital(text: str) -> str:
    """The text as a sentence begins; a name of the program keeps its letters."""
    first = text.split(" ", 1)[0]
    return text if "(" in first or "_" in first else text[:1].upper() + text[1:]


# Names


def _plain_name(lane: Lane) -> str:
    if lane.kind == "main":
        return "the program"
    func = lane.func.rpartition("<locals>.")[2]
    name = f"{func}()" if func.isidentifier() or "." in func else func
    return name if _OWN_NAME.fullmatch(lane.name) or lane.kind == "thread" else f"{lane.name}: {name}"


def _calls(trace: Trace, program: str) -> dict[int, str]:
    """The calls that made the tasks, for statements that make each of them by one call in plain sight."""
    try:
        tree = ast.parse(program)
    except (SyntaxError, ValueError):
        return {}
    made: dict[tuple[int, str], list[int]] = {}
    for event in trace.events:
        lane = trace.lanes[event.lane]
        if event.kind == "task.create" and event.line and _OWN_NAME.fullmatch(lane.name):
            made.setdefault((event.line, lane.func.rpartition(".")[2]), []).append(event.lane)
    found: dict[int, str] = {}
    for (line, func), lanes in made.items():
        calls = _calls_of(func, _statement(tree, line))
        texts = [ast.get_source_segment(program, call) or "" for call in calls]
        if len(calls) == len(lanes) and all(len(text) <= LONGEST_CALL for text in texts):
            found.update(zip(lanes, texts, strict=True))
    return found


def _statement(tree: ast.AST, line: int) -> ast.AST:
    """The innermost statement on this line."""
    found = tree
    for node in ast.walk(tree):  # outer ones come first
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or 0):
            found = node
    return found


def _calls_of(func: str, statement: ast.AST) -> list[ast.Call]:
    """The calls of a function with plain values, if they are arguments side by side; else none."""
    groups: list[list[ast.Call]] = []
    for node in ast.walk(statement):
        if isinstance(node, ast.Call):
            group = [arg for arg in node.args if isinstance(arg, ast.Call) and _is_plain(arg, func)]
            if group:
                groups.append(group)
    if len(groups) > 1 and all(len(group) == 1 for group in groups):
        return sorted((group[0] for group in groups), key=lambda call: (call.lineno, call.col_offset))
    return groups[0] if len(groups) == 1 else []


def _is_plain(call: ast.Call, func: str) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    return name == func and all(isinstance(each, ast.Constant) for each in given)


# Sentences

Names = dict[int, str]


def _follow(ready: dict[int, None], event: Event) -> None:
    """Keep the ready queue as far as the trace tells it."""
    if event.kind in ("task.create", "task.ready"):
        ready[event.lane] = None
    elif event.kind in ("task.start", "task.resume", "task.finish", "task.fail", "task.cancelled"):
        ready.pop(event.lane, None)


def _created(event: Event, names: Names) -> str:
    who = "the program" if event.by is None else names[event.by]
    return f"{who} makes a task of {names[event.lane]}"


def _started(event: Event, names: Names) -> str:
    if event.raised:
        return f"{names[event.lane]} gets {event.raised} before it has begun"
    return f"{names[event.lane]} begins"


def _suspended(event: Event, names: Names) -> str:
    who, awaiting = names[event.lane], event.awaiting
    if awaiting is None:
        return f"{who} waits"
    if awaiting.what == "next turn":
        return f"{who} lets the others go first"
    if awaiting.what == "TaskGroup exit":
        return f"{who} waits at the end of the TaskGroup"
    if awaiting.what == "task" and awaiting.lanes:
        return f"{who} waits for {listed([names[lane] for lane in awaiting.lanes])}"
    where = f" on {awaiting.on}" if awaiting.on and awaiting.seconds is None else ""
    return f"{who} waits for {waits_for(awaiting)}{where}"


def _resumed(event: Event, names: Names) -> str:
    if event.raised:
        return f"{event.raised} is raised where {names[event.lane]} waits"
    return f"{names[event.lane]} goes on"


def _cancelled_by(event: Event, names: Names) -> str:
    if event.what:
        by = event.what if event.what in ("gather", "wait_for", "Ctrl-C") else f"the {event.what}"
    else:
        by = names[event.by] if event.by is not None else "the program"
    return f"{by} cancels {names[event.lane]}"


def _finished(event: Event, names: Names) -> str:
    value = f" and returns {only(event.text, LONGEST_QUOTE)}" if event.text else ""
    return f"{names[event.lane]} is done{value}"


def _failed(event: Event, names: Names) -> str:
    text = f": {only(event.text, LONGEST_QUOTE)}" if event.text else ""
    return f"{names[event.lane]} fails with {event.raised}{text}"


def _blocked(event: Event, names: Names) -> str:
    who, how = names[event.lane], f" with {event.what}" if event.what else ""
    long = f" for {moment(event.seconds)}" if event.seconds is not None else ""
    if event.lane == 0:
        return f"{who} stands still{long}{how}"
    others = [names[lane] for lane in event.starved if lane != event.lane][:3]
    starved = f"; {listed(others)} could run but must wait" if others else ""
    return f"{who} holds the loop{long}{how}{starved}"


def _synced(event: Event, names: Names) -> str:
    who, item = names[event.lane], only(event.text, LONGEST_QUOTE) or "an item"
    holds = f", which now holds {event.size}" if event.size is not None else ""
    if event.what == "Queue.put":
        return f"{who} puts {item} into {event.on}{holds}"
    if event.what == "Queue.get":
        return f"{who} takes {item} out of {event.on}{holds}"
    return f"{who} calls {event.what} on {event.on}"


def _printed(event: Event, names: Names) -> str:
    text = only(event.text, LONGEST_QUOTE)
    return f"{names[event.lane]} prints “{text}”" if text else f"{names[event.lane]} prints an empty line"


def _warned(event: Event, names: Names) -> str:
    return "" if "was never awaited" in event.text else f"Python warns: {only(event.text, LONGEST_QUOTE)}"


def _uncaught(event: Event, names: Names) -> str:
    text = f": {only(event.text, LONGEST_QUOTE)}" if event.text else ""
    return f"the program ends with {event.raised}{text}"


def _thread_slept(event: Event, names: Names) -> str:
    return f"{names[event.lane]} sleeps for {moment(event.seconds or 0)} in its thread; the loop is free"


def _thread_ended(event: Event, names: Names) -> str:
    return f"{names[event.lane]} ends in its thread" + (f" with {event.raised}" if event.raised else "")


_TELLING: dict[EventKind, Callable[[Event, Names], str]] = {
    "task.create": _created,
    "task.start": _started,
    "task.suspend": _suspended,
    "task.resume": _resumed,
    "task.cancel": _cancelled_by,
    "task.finish": _finished,
    "task.cancelled": lambda event, names: f"{names[event.lane]} ends as cancelled",
    "task.fail": _failed,
    "block": _blocked,
    "print": _printed,
    "sync": _synced,
    "warning": _warned,
    "never-awaited": lambda event, names: f"{event.what}() was called but never awaited: nothing of it runs",
    "loop-error": lambda event, names: f"the loop reports: {only(event.text, LONGEST_QUOTE)}",
    "uncaught": _uncaught,
    "thread.submit": lambda event, names: f"{names[event.lane]} is handed to a thread",
    "thread.start": lambda event, names: f"{names[event.lane]} begins in its thread",
    "thread.sleep": _thread_slept,
    "thread.resume": lambda event, names: f"{names[event.lane]} goes on in its thread",
    "thread.end": _thread_ended,
}


# The whole in one sentence

_MOST_PARTS = 4


def summary(trace: Trace, program: str = "") -> str:
    """What a reader who can't see the drawing should know: who holds the loop, who waits, how it ends."""
    names = lane_names(trace, program)
    parts = [*_holding(trace, names), *_waiting(trace, names), *_ending(trace, names)][:_MOST_PARTS]
    total = f"in all {moment(trace.elapsed)}" if trace.elapsed else "no time passes"
    return f"{capital('; '.join([*parts, total]))}."


def _holding(trace: Trace, names: Names) -> Iterator[str]:
    held = [event for event in trace.events if event.kind == "block" and event.lane and event.seconds]
    for event in held[:3]:
        assert event.seconds is not None  # noqa: S101 - see above
        yield f"{names[event.lane]} holds the event loop {_from_to(event.t, event.t + event.seconds)}"
    if held[3:]:
        yield f"the loop is held {len(held)} times"


def _waiting(trace: Trace, names: Names) -> Iterator[str]:
    """The waits that take time and are not just for other tasks, a clause for each task."""
    begun: dict[int, Event] = {}
    spans: dict[int, list[tuple[float, float]]] = {}
    for event in trace.events:
        if event.kind == "task.suspend" and not (event.awaiting and _is_for_tasks(event.awaiting)):
            begun[event.lane] = event
        elif event.kind in ("task.ready", "task.resume") and event.lane in begun:
            start = begun.pop(event.lane).t
            if event.t > start:
                spans.setdefault(event.lane, []).append((start, event.t))
    for lane, waits in list(spans.items())[:3]:
        often = "" if len(waits) == 1 else f" {len(waits)} times"
        yield f"{names[lane]} waits{often} {_from_to(waits[0][0], waits[-1][1])}"


def _is_for_tasks(awaiting: Awaiting) -> bool:
    return bool(awaiting.lanes) or awaiting.what == "TaskGroup exit"


def _ending(trace: Trace, names: Names) -> Iterator[str]:
    for event in trace.events:
        if event.kind == "task.fail":
            yield f"{names[event.lane]} fails with {event.raised} at {moment(event.t)}"
        elif event.kind in ("task.cancelled", "task.cancel") and not event.by:
            yield from _cancellation(event, names)
        elif event.kind == "never-awaited":
            yield f"{event.what}() is never awaited, so nothing of it runs"
    stuck = [names[wait.lane] for wait in trace.outcome.waiting]
    if stuck:
        yield f"{listed(stuck[:4])} would wait for ever"
    if trace.outcome.raised:
        yield f"the program ends with {trace.outcome.raised.type}"


def _cancellation(event: Event, names: Names) -> Iterable[str]:
    if event.kind == "task.cancelled":
        yield f"{names[event.lane]} is cancelled at {moment(event.t)}"
    elif event.what == "timeout":
        yield f"the timeout cancels {names[event.lane]} at {moment(event.t)}"


def _from_to(start: float, end: float) -> str:
    return f"from {round(start, 3):g} to {moment(end)}"
