"""A trace as a drawing: lanes, spans and marks in plain numbers, with the story that says the same in words.

Nothing here knows SVG or HTML. Lengths are pixels at the usual size of text. From left to right, virtual time
is drawn in proportion, and each thing that happens adds a step of its own, so that an instant in which much
happens, or a program that takes no time at all, can still be read.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from quizapp.lab import story
from quizapp.lab.story import Step
from quizapp.lab.trace import Awaiting, Event, EventKind, Trace

SpanKind = Literal["run", "wait", "ready", "block", "starved", "thread", "never"]
MarkKind = Literal["created", "cancel", "finished", "failed", "cancelled", "print", "never", "stuck", "held"]

MOST_EVENTS = 150
MOST_LANES = 16
"""Longer traces are cut, and `Timeline.cut` says so."""

WIDE, NARROW = 716, 358
"""The widths aimed at: a column of text, and a phone or half a column. What needs more room gets more."""

_TOP, _ROW, _NOTE_ROW, _MOST_NOTE_ROWS = 26, 32, 19, 8
_BAR = 18
_CODE, _UI = 7.3, 6.2  # the width of a character in code and in labels
_UNIT = 6.5  # the room for one thing that happens
_MIN_GAP, _MIN_BLOCK = 12.0, 91.0  # the least room for time that passes, and for a span with its words
_MANY_BLOCKS = 4
_EDGE = 12.0
_HOLDS, _NEVER = "holds the loop", "never awaited, never runs"

_ROOM: dict[EventKind, float] = {
    "task.create": 0.9,
    "task.start": 1.2,
    "task.resume": 1.2,
    "task.suspend": 0.3,
    "task.cancel": 0.9,
    "task.finish": 0.7,
    "task.cancelled": 0.7,
    "task.fail": 0.7,
    "unblock": 0.8,
    "print": 1.0,
    "never-awaited": 1.0,
    "thread.submit": 0.9,
    "thread.start": 1.0,
    "thread.resume": 1.0,
    "thread.end": 0.7,
    "sync": 0.3,
}


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a lane in one state; `label` is what fits of its words."""

    kind: SpanKind
    x: float
    width: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A point in a lane."""

    kind: MarkKind
    x: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A lane as drawn: `y` is the middle of its bar, `lane` its number in the trace (-1: it never ran)."""

    lane: int
    label: str
    y: float
    spans: tuple[Span, ...] = ()
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """Somebody makes, wakes or cancels somebody: a line from one lane to another."""

    kind: Literal["created", "woken", "cancel"]
    x: float
    y: float
    to: float


@dataclass(frozen=True, slots=True)
class Written:
    """A text below the lanes, what was printed or reported, and where its mark is."""

    kind: Literal["print", "report"]
    x: float
    y: float
    start: float
    text: str


@dataclass(frozen=True, slots=True)
class Tick:
    """An instant of virtual time and the room it takes; a tick without text would not fit its words."""

    x: float
    width: float
    text: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """One size of the drawing. `left` is where time begins, `cursors` has a point for each step."""

    width: float
    height: float
    left: float
    floor: float
    rows: tuple[Row, ...]
    links: tuple[Link, ...]
    written: tuple[Written, ...]
    ticks: tuple[Tick, ...]
    cursors: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """What a page shows: one story in a sentence, in steps, and drawn in two sizes.

    `kinds` are the kinds of spans that occur; `cut` says in a sentence what is left out, if anything is.
    """

    summary: str
    steps: tuple[Step, ...]
    wide: Drawing
    narrow: Drawing
    kinds: tuple[SpanKind, ...]
    cut: str = ""


def timeline(trace: Trace, program: str = "", *, until: float = 0.0) -> Timeline:
    """The timeline of a trace; with its program, tasks are named by the calls that made them.

    The axis goes on to `until` seconds if the trace is shorter: so two drawings can be compared.
    """
    names = story.lane_names(trace, program)
    events, cut = _kept(trace)
    shown = _shown_lanes(trace, events)
    steps = tuple(step for step in story.steps(trace, program) if step.event < len(events))
    scene = _Scene(trace, names, events, shown[:MOST_LANES], steps, until, len(events) == len(trace.events))
    if shown[MOST_LANES:]:
        cut = " ".join(filter(None, [cut, f"{len(shown) - MOST_LANES} more lanes are not drawn."]))
    wide, narrow = _draw(scene, WIDE), _draw(scene, NARROW)
    kinds = tuple(dict.fromkeys(span.kind for row in wide.rows for span in row.spans))
    return Timeline(story.summary(trace, program), steps, wide, narrow, kinds, cut)


def side_by_side(programs: Iterable[tuple[Trace, str]]) -> tuple[Timeline, ...]:
    """Timelines to be compared: the axis of each is as long as that of the longest."""
    pairs = list(programs)
    until = max((trace.elapsed for trace, _ in pairs), default=0.0)
    return tuple(timeline(trace, program, until=until) for trace, program in pairs)


def _kept(trace: Trace) -> tuple[tuple[Event, ...], str]:
    """The events to draw, and a sentence if that is not all of them."""
    told = [place for place, event in enumerate(trace.events) if event.kind in _ROOM]
    if len(told) <= MOST_EVENTS:
        return trace.events, ""
    kept = trace.events[: told[MOST_EVENTS]]
    until = story.moment(kept[-1].t)
    return (
        kept,
        f"The drawing shows the beginning, up to {until} of {story.moment(trace.elapsed)}.",
    )


def _shown_lanes(trace: Trace, events: Sequence[Event]) -> list[int]:
    """Tasks and threads always, the program outside tasks where something happens in it."""
    outside = {"print", "block", "never-awaited", "uncaught"}
    begins = any(event.lane == 0 and event.kind in outside for event in events)
    return [lane.id for lane in trace.lanes if lane.kind != "main" or begins]


@dataclass(frozen=True)
class _Scene:
    """What is drawn, before it has a size."""

    trace: Trace
    names: dict[int, str]
    events: tuple[Event, ...]
    lanes: list[int]
    steps: tuple[Step, ...]
    until: float
    ended: bool

    @property
    def never(self) -> list[int]:
        """The places of the events that say which coroutines never ran."""
        return [place for place, event in enumerate(self.events) if event.kind == "never-awaited"][
            :MOST_LANES
        ]


# From left to right


@dataclass(frozen=True)
class _Axis:
    """Where each event stands, and the end. `instants` are (t, x of its begin, x of its end)."""

    xs: list[float]
    end: float
    instants: list[tuple[float, float, float]]

    def at(self, t: float) -> float:
        """Where this time is: within an instant its begin, between two of them in proportion."""
        place = bisect_right([instant[0] for instant in self.instants], t) - 1
        if place < 0:
            return self.instants[0][1]
        start, _, x = self.instants[place]
        if t == start or place + 1 == len(self.instants):
            return self.instants[place][1] if t == start else x
        end, to, _ = self.instants[place + 1]
        return x + (to - x) * (t - start) / (end - start)


def _axis(scene: _Scene, left: float, room: float) -> _Axis:
    """Place the events in about this much room."""
    times = [event.t for event in scene.events]
    end = max([scene.trace.elapsed, *times[-1:]]) if scene.ended else times[-1]
    until = max(end, scene.until)
    gaps = _gaps(scene, [*times, end, until])
    fixed = sum(_ROOM.get(event.kind, 0.0) for event in scene.events) * _UNIT
    share, most = (0.4, 4.5) if until else (0.9, 9.0)
    least = sum(least for _, least in gaps)
    stretch = max(1.0, min(most, share * room / fixed, (room - least) / fixed)) if fixed else 1.0
    widths = _widths(gaps, room - fixed * stretch)
    x, now = left, 0.0
    xs: list[float] = []
    instants = [(0.0, left, left)]
    rooms = [*(_ROOM.get(event.kind, 0.0) * _UNIT * stretch for event in scene.events), 0.0, 0.0]
    for t, width, room in zip([*times, end, until], widths, rooms, strict=True):
        if t > now:
            x, now = x + width, t
            instants.append((now, x, x))
        xs.append(x)
        x += room
        instants[-1] = (now, instants[-1][1], x)
    return _Axis(xs[:-2], xs[-2], instants)


def _gaps(scene: _Scene, times: list[float]) -> list[tuple[float, float]]:
    """For each event and the end: how much time passes before it, and the least room for that."""
    held = sum(event.kind == "block" for event in scene.events)
    most = _MIN_BLOCK if held <= _MANY_BLOCKS else _MIN_GAP * 2
    gaps, now, is_held = [], 0.0, False
    for place, t in enumerate(times):
        passed = t - now
        gaps.append((passed, (most if is_held else _MIN_GAP) if passed > 0 else 0.0))
        now = max(now, t)
        if place < len(scene.events) and scene.events[place].kind in ("block", "unblock"):
            is_held = scene.events[place].kind == "block"
    return gaps


def _widths(gaps: list[tuple[float, float]], room: float) -> list[float]:
    """Share the room in proportion to time, but give each gap its least."""
    narrow: set[int] = set()
    while True:
        rest = room - sum(gaps[place][1] for place in narrow)
        total = sum(passed for place, (passed, _) in enumerate(gaps) if place not in narrow)
        scale = max(rest, 0.0) / total if total else 0.0
        more = {place for place, (passed, least) in enumerate(gaps) if passed * scale < least} - narrow
        if not more:
            return [
                least if place in narrow else passed * scale for place, (passed, least) in enumerate(gaps)
            ]
        narrow |= more


# Lanes


@dataclass
class _Lane:
    """A lane while its spans are found."""

    state: SpanKind | None = None
    since: float = 0.0
    words: tuple[str, ...] = ()
    due: float | None = None
    spans: list[tuple[SpanKind, float, float, tuple[str, ...]]] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)

    def turn(self, state: SpanKind | None, x: float, *words: str) -> None:
        """From here on the lane is in this state."""
        if self.state and x > self.since:
            self.spans.append((self.state, self.since, x, self.words))
        self.state, self.since, self.words = state, max(x, self.since), words


class _Drawer:
    """Walks through the events and keeps what each lane does."""

    def __init__(self, scene: _Scene, axis: _Axis, ys: dict[int, float]) -> None:
        """Nothing is drawn yet."""
        self.scene, self.axis, self.ys = scene, axis, ys
        self.lanes = {lane: _Lane() for lane in scene.lanes}
        self.links: list[Link] = []
        self.held: list[int] = []

    def draw(self) -> None:
        """Walk through all events."""
        for event, x in zip(self.scene.events, self.axis.xs, strict=True):
            if event.lane in self.lanes:
                self._lane(self.lanes[event.lane], event, x)
        stuck = {wait.lane for wait in self.scene.trace.outcome.waiting} if self.scene.ended else set()
        for number, lane in self.lanes.items():
            if lane.state:
                lane.turn(None, self.axis.end)
                if number in stuck:
                    lane.marks.append(Mark("stuck", self.axis.end, "never wakes"))

    def _lane(self, lane: _Lane, event: Event, x: float) -> None:
        kind = event.kind
        if kind in _ENDS:
            lane.turn(None, x)
            label = event.raised if kind == "task.fail" else "cancelled" if kind == "task.cancelled" else ""
            lane.marks.append(Mark(_ENDS[kind], x, label or ("" if kind != "thread.end" else event.raised)))
        elif kind in _TURNS:
            lane.turn(_TURNS[kind], x, *_words(event))
        elif kind in ("block", "unblock"):
            self._block(lane, event, x)
        elif kind == "task.ready" and lane.state in ("wait", "starved"):
            lane.turn("ready", x)
        elif kind == "timer.set":
            lane.due = event.at
        elif kind in ("print", "task.cancel"):
            lane.marks.append(Mark("print" if kind == "print" else "cancel", x, event.what))
        self._link(event, x)

    def _block(self, lane: _Lane, event: Event, x: float) -> None:
        if event.kind == "unblock":
            lane.turn("run" if event.lane else None, x)
            for number in self.held:
                if self.lanes[number].state == "starved":
                    self.lanes[number].turn("ready", x)
            self.held = []
            return
        line = f" · line {event.line}" if event.line else ""
        said = _HOLDS if event.lane else "stands still"
        how = f"{event.what}({event.seconds:g})" if event.seconds is not None else event.what
        lane.turn("block", x, f"{said} · {how}{line}", f"{said}{line}", said)
        self.held = [number for number in event.starved if number in self.lanes and number != event.lane]
        for number in self.held:
            self._starve(self.lanes[number], x)

    def _starve(self, lane: _Lane, x: float) -> None:
        """From when it could run it must wait: at once, or from the end of its sleep on."""
        due = self.axis.at(lane.due) if lane.due is not None and lane.state == "wait" else x
        if lane.state in ("ready", "wait"):
            lane.turn("starved", max(x, due), "could run, must wait", "must wait")

    def _link(self, event: Event, x: float) -> None:
        kinds: dict[EventKind, Literal["created", "woken", "cancel"]]
        kinds = {
            "task.create": "created",
            "task.ready": "woken",
            "task.cancel": "cancel",
            "thread.submit": "created",
        }
        start, end = self.ys.get(-1 if event.by is None else event.by), self.ys[event.lane]
        if event.kind in kinds and start is not None and start != end:
            self.links.append(Link(kinds[event.kind], _r(x), start, end))


_ENDS: dict[EventKind, MarkKind] = {
    "task.finish": "finished",
    "task.cancelled": "cancelled",
    "task.fail": "failed",
    "thread.end": "finished",
}
_TURNS: dict[EventKind, SpanKind] = {
    "task.create": "ready",
    "task.start": "run",
    "task.resume": "run",
    "task.suspend": "wait",
    "thread.submit": "ready",
    "thread.start": "thread",
    "thread.sleep": "thread",
    "thread.resume": "thread",
}


def _words(event: Event) -> tuple[str, ...]:
    """What a span says, the longest first."""
    if event.kind == "thread.sleep":
        return f"time.sleep({event.seconds:g}) in a thread", "in a thread"
    if event.kind != "task.suspend":
        return ()
    awaiting = event.awaiting or Awaiting("")
    what = story.waits_for(awaiting)
    line = f"line {event.line}" if event.line else ""
    return tuple(filter(None, [" · ".join(filter(None, [what, line])), what, line]))


# Put together


def _draw(scene: _Scene, target: float) -> Drawing:
    """A drawing of about this width: if texts stick out at the right, once more with less room for time."""
    left = _left(scene, target)
    room = target - left - _EDGE
    drawing = _drawn(scene, left, room)
    if drawing.width > target:
        drawing = _drawn(scene, left, max(room - (drawing.width - target), 0.0))
    return replace(drawing, width=max(drawing.width, target))


def _left(scene: _Scene, target: float) -> float:
    most = 22 if target > NARROW else 13
    labels = [
        *(scene.names[lane] for lane in scene.lanes),
        *(f"{scene.events[p].what}()" for p in scene.never),
    ]
    return _r(max([min(len(label), most) for label in labels] or [0]) * _CODE + 14)


def _drawn(scene: _Scene, left: float, room: float) -> Drawing:
    axis = _axis(scene, left, room) if scene.events else _Axis([], left + room, [(0.0, left, left + room)])
    order = [*scene.lanes, *(-2 - place for place in scene.never)]
    ys = {lane: _TOP + _ROW * (place + 0.5) for place, lane in enumerate(order)}
    drawer = _Drawer(scene, axis, ys)
    drawer.draw()
    fits = int((left - 14) / _CODE + 0.5)
    rows = [
        _row(number, story.only(scene.names[number], fits), ys[number], lane, axis.end)
        for number, lane in drawer.lanes.items()
    ]
    rows += [_never(scene.events[place], axis, axis.xs[place], ys[-2 - place]) for place in scene.never]
    floor = _TOP + _ROW * len(order)
    written, height = _written(scene, axis, ys, floor, 28 if room > NARROW else 18)
    ticks = tuple(_ticks(axis))
    ends = [
        axis.instants[-1][2],
        *(mark.x + 10 + _UI * len(mark.label) for row in rows for mark in row.marks),
    ]
    ends += [tick.x + _UI * len(tick.text) - _EDGE for tick in ticks]
    ends += [text.x + _CODE * len(text.text) - _EDGE for text in written]
    return Drawing(
        width=_r(max(ends) + _EDGE),
        height=height,
        left=left,
        floor=floor,
        rows=tuple(rows),
        links=tuple(drawer.links),
        written=written,
        ticks=ticks,
        cursors=tuple((_r(axis.xs[step.event]), ys.get(step.lane, _TOP)) for step in scene.steps),
    )


def _row(number: int, label: str, y: float, lane: _Lane, end: float) -> Row:
    spans = tuple(
        Span(kind, _r(x), _r(to) - _r(x), _fitting(words, to - x))
        for kind, x, to, words in lane.spans
        if _r(to) > _r(x)
    )
    return Row(number, label, y, spans, tuple(_labelled(lane.marks, spans, end)))


def _fitting(words: Sequence[str], room: float) -> str:
    return next((text for text in words if len(text) * _UI + 4 <= room), "")


def _labelled(marks: Sequence[Mark], spans: Sequence[Span], end: float) -> Iterable[Mark]:
    """Marks keep their words where nothing stands to the right of them in the lane."""
    last = max((span.x + span.width for span in spans), default=0.0)
    for mark in marks:
        is_free = mark.kind in ("failed", "cancelled", "finished", "stuck") and mark.x >= last - 0.2
        yield replace(mark, x=_r(mark.x), label=mark.label if is_free else "")


def _never(event: Event, axis: _Axis, x: float, y: float) -> Row:
    end = max(axis.end, x + 8 + _UI * len(_NEVER))
    span = Span("never", _r(x + 8), _r(end - x - 8), _NEVER)
    return Row(-1, f"{event.what}()", y, (span,), (Mark("never", _r(x)),))


def _ticks(axis: _Axis) -> Iterable[Tick]:
    """A tick for each instant; the last and the first have their words, others where there is room."""
    texts = [story.moment(t) for t, _, _ in axis.instants]
    free, last = 0.0, len(texts) - 1
    reserved = axis.instants[-1][1] - _UI * len(texts[-1]) - 6
    for place, ((_, x, end), text) in enumerate(zip(axis.instants, texts, strict=True)):
        fits = x >= free and (x + _UI * len(text) <= reserved or place in (0, last))
        if fits:
            free = x + _UI * len(text) + 8
        yield Tick(_r(x), _r(end) - _r(x), text if fits else "")


def _written(
    scene: _Scene, axis: _Axis, ys: dict[int, float], floor: float, most: int
) -> tuple[tuple[Written, ...], float]:
    """What was printed, below its marks, the last placed first: so no line to a mark crosses a text."""
    starts: list[float] = []  # where the leftmost text of each line of text begins
    found: list[Written] = []
    for event, x, text in reversed(list(_texts(scene, axis, most))):
        if event.lane not in ys:
            continue
        width = len(text) * _CODE + 10
        row = next((row for row, start in enumerate(starts) if x + width <= start), len(starts))
        starts = [min(start, x) for start in starts[:row]] + [x] + starts[row + 1 :]
        if row < _MOST_NOTE_ROWS:
            kind: Literal["print", "report"] = "print" if event.kind == "print" else "report"
            found.append(Written(kind, _r(x), floor + 16 + row * _NOTE_ROW, ys[event.lane], text))
    rows = min(len(starts), _MOST_NOTE_ROWS)
    return tuple(reversed(found)), floor + 10 + rows * _NOTE_ROW


def _texts(scene: _Scene, axis: _Axis, most: int) -> Iterator[tuple[Event, float, str]]:
    """What stands below the lanes: what is printed, who cancels, what ends the program."""
    said: set[tuple[float, str]] = set()
    for event, x in zip(scene.events, axis.xs, strict=True):
        if event.kind == "print":
            yield event, x, story.only(event.text, most) or "(empty line)"
        elif event.kind == "uncaught":
            yield event, x, story.only(event.raised, most)
        elif event.kind == "task.cancel" and event.what and (event.t, event.what) not in said:
            said.add((event.t, event.what))
            yield event, x, f"{event.what} cancels"


def _r(number: float) -> float:
    return round(number, 1)
