from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quizapp import lab
from quizapp.lab import Awaiting, Drawing, Event, Lane, Outcome, Timeline, Trace, timeline
from tests.lab import programs

MOST_LANES = 16


@pytest.fixture(scope="module")
def traces() -> dict[str, tuple[Trace, str]]:
    with lab.Batch() as batch:
        everything = {**programs.SIX, "sleeping": programs.SLEEPING}
        return {name: (batch.run(program), program) for name, program in everything.items()}


@st.composite
def made_up(draw: st.DrawFn) -> Trace:
    """Any order of events that a lane could have, and some that it could not."""
    count = draw(st.integers(1, 5))
    lanes = [Lane(0, "main", "module"), *(Lane(n, "task", "job", f"Task-{n}") for n in range(1, count + 1))]
    kinds = (
        "task.start",
        "task.resume",
        "task.suspend",
        "task.ready",
        "print",
        "block",
        "unblock",
        "task.cancel",
    )
    ends = ("task.finish", "task.fail", "task.cancelled")
    events = [Event("task.create", 0.0, lane.id, line=1, by=0) for lane in lanes[1:]]
    t = 0.0
    for _ in range(draw(st.integers(0, 40))):
        t += draw(st.sampled_from([0.0, 0.0, 0.001, 0.5, 1.0, 3600.0]))
        kind = draw(st.sampled_from([*kinds, *ends]))
        more: dict[str, Any] = {
            "task.suspend": {"awaiting": Awaiting("sleep", 1.0), "line": 3},
            "block": {"seconds": 1.0, "what": "time.sleep", "starved": (1,)},
            "print": {"text": draw(st.text(max_size=50))},
            "task.fail": {"raised": "ValueError"},
        }.get(kind, {})
        events.append(Event(kind, t, draw(st.integers(0 if kind == "print" else 1, count)), **more))
    rest = draw(st.sampled_from([0.0, 0.25]))
    return Trace(
        "3.11.7", "virtual", Outcome("ok"), elapsed=t + rest, lanes=tuple(lanes), events=tuple(events)
    )


def both(shown: Timeline) -> tuple[Drawing, Drawing]:
    return shown.wide, shown.narrow


@settings(deadline=None)
@given(made_up())
def test_spans_of_a_lane_follow_each_other_within_the_drawing(trace: Trace) -> None:
    for drawing in both(timeline(trace)):
        for row in drawing.rows:
            for span, after in pairwise(row.spans):
                assert span.x + span.width <= after.x + 0.05
            for span in row.spans:
                assert span.width > 0
                assert drawing.left <= span.x
                assert span.x + span.width <= drawing.width
            assert all(drawing.left <= mark.x <= drawing.width for mark in row.marks)
        assert all(0 <= x <= drawing.width and 0 <= y <= drawing.height for x, y in drawing.cursors)


@settings(deadline=None)
@given(made_up())
def test_each_task_has_a_lane_with_a_name_of_its_own(trace: Trace) -> None:
    for drawing in both(timeline(trace)):
        tasks = [row for row in drawing.rows if row.lane > 0]
        assert [row.lane for row in tasks] == [lane.id for lane in trace.lanes if lane.kind == "task"]
        assert len({row.label for row in tasks}) == len(tasks)


@settings(deadline=None)
@given(made_up())
def test_each_print_has_a_mark(trace: Trace) -> None:
    prints = sum(event.kind == "print" for event in trace.events)
    for drawing in both(timeline(trace)):
        assert sum(mark.kind == "print" for row in drawing.rows for mark in row.marks) == prints


@settings(deadline=None)
@given(made_up())
def test_steps_come_in_order_of_time_and_so_do_their_cursors(trace: Trace) -> None:
    shown = timeline(trace)
    assert [step.t for step in shown.steps] == sorted(step.t for step in shown.steps)
    for drawing in both(shown):
        xs = [x for x, _ in drawing.cursors]
        assert len(xs) == len(shown.steps)
        assert xs == sorted(xs)


@settings(deadline=None)
@given(made_up())
def test_no_text_below_the_lanes_is_crossed_by_the_line_to_another(trace: Trace) -> None:
    for drawing in both(timeline(trace)):
        for text in drawing.written:
            for other in drawing.written:
                if other.y > text.y:
                    assert not text.x < other.x < text.x + 7 * len(text.text)


@settings(deadline=None)
@given(made_up())
def test_the_same_trace_gives_the_same_drawing(trace: Trace) -> None:
    assert timeline(trace) == timeline(Trace.from_json(trace.to_json()))


@pytest.mark.parametrize("name", programs.SIX)
def test_the_six_programs_fit_a_column_and_a_phone(traces: dict[str, tuple[Trace, str]], name: str) -> None:
    shown = timeline(*traces[name])
    assert shown.wide.width <= 730
    assert shown.narrow.width <= 364
    assert not shown.cut


def test_longer_time_is_drawn_longer(traces: dict[str, tuple[Trace, str]]) -> None:
    rows = {row.label: row for row in timeline(*traces["gather"]).wide.rows}
    a, b = (
        next(span for span in rows[name].spans if span.kind == "wait")
        for name in ('job("a", 2)', 'job("b", 1)')
    )
    assert a.label == "sleep(2) · line 4"
    assert a.width > 1.8 * b.width


def test_blocking_is_drawn_and_told(traces: dict[str, tuple[Trace, str]]) -> None:
    shown = timeline(*traces["blocking"])
    held = 'job("a") holds the event loop from 0 to 1 s; job("b") holds the event loop from 1 to 2 s'
    assert shown.summary == f"{held}; in all 2 s."
    for drawing in both(shown):
        blocks = [span for row in drawing.rows for span in row.spans if span.kind == "block"]
        assert all("holds the loop" in span.label for span in blocks)
        assert len(blocks) == 2
        assert any(span.kind == "starved" for row in drawing.rows for span in row.spans)
    said = [f"{step.when} {step.text}" for step in shown.steps]
    assert (
        'At 0 s job("a") holds the loop for 1 s with time.sleep; job("b") could run but must wait (line 5).'
        in said
    )
    assert "At 0 s main() waits for gather (line 9)." in said


def test_a_forgotten_await_has_a_lane_that_never_runs(traces: dict[str, tuple[Trace, str]]) -> None:
    shown = timeline(*traces["forgotten"])
    assert shown.summary == "save() is never awaited, so nothing of it runs; no time passes."
    row = shown.wide.rows[-1]
    assert (row.label, [span.kind for span in row.spans]) == ("save()", ["never"])


def test_failure_and_cancellation_end_a_lane_with_their_names(traces: dict[str, tuple[Trace, str]]) -> None:
    marks = {row.label: row.marks[-1] for row in timeline(*traces["taskgroup"]).wide.rows}
    assert (marks["bad()"].kind, marks["bad()"].label) == ("failed", "ValueError")
    assert (marks["ok()"].kind, marks["ok()"].label) == ("cancelled", "cancelled")


def test_a_timeout_says_that_it_cancels(traces: dict[str, tuple[Trace, str]]) -> None:
    assert "timeout cancels" in [text.text for text in timeline(*traces["timeout"]).narrow.written]


def test_who_wakes_whom_is_linked(traces: dict[str, tuple[Trace, str]]) -> None:
    assert any(link.kind == "woken" for link in timeline(*traces["queue"]).wide.links)


def test_side_by_side_both_have_the_longer_axis(traces: dict[str, tuple[Trace, str]]) -> None:
    held, free = lab.side_by_side([traces["blocking"], traces["sleeping"]])
    assert [each.narrow.ticks[-1].text for each in (held, free)] == ["2 s", "2 s"]


def test_calls_name_tasks_only_where_the_program_leaves_no_doubt(
    traces: dict[str, tuple[Trace, str]],
) -> None:
    trace, program = traces["blocking"]
    assert [row.label for row in timeline(trace).wide.rows] == ["main()", "job() #1", "job() #2"]
    looped = program.replace('job("a"), job("b")', "*[job(name) for name in 'ab']")
    assert [row.label for row in timeline(trace, looped).wide.rows] == ["main()", "job() #1", "job() #2"]
    assert timeline(trace, "no python (").wide.rows


def test_a_program_without_events_is_an_empty_drawing() -> None:
    shown = timeline(Trace("3.11.7", "virtual", Outcome("syntax-error"), lanes=(Lane(0, "main", "module"),)))
    assert (shown.wide.rows, shown.steps, shown.summary) == ((), (), "No time passes.")


def test_a_deadlock_is_told_and_marked() -> None:
    trace = lab.run(
        "import asyncio\nasync def main():\n    await asyncio.Event().wait()\nasyncio.run(main())\n"
    )
    shown = timeline(trace)
    assert "main() would wait for ever" in shown.summary
    assert shown.wide.rows[0].marks[-1].label == "never wakes"


def test_a_sleeper_starves_from_when_its_sleep_is_over() -> None:
    trace = lab.run(
        "import asyncio, time\nasync def nap():\n    await asyncio.sleep(1)\n"
        "async def main():\n    task = asyncio.create_task(nap())\n    await asyncio.sleep(0)\n"
        "    time.sleep(3)\n    await task\nasyncio.run(main())\n"
    )
    nap = timeline(trace).wide.rows[1]
    assert [span.kind for span in nap.spans][-4:] == ["wait", "starved", "ready", "run"]


def test_threads_have_lanes() -> None:
    trace = lab.run(
        "import asyncio, time\ndef work():\n    time.sleep(1)\n"
        "async def main():\n    await asyncio.to_thread(work)\nasyncio.run(main())\n"
    )
    shown = timeline(trace)
    assert "thread" in shown.kinds
    assert any("in its thread" in step.text for step in shown.steps)


def test_what_is_too_long_is_cut_and_says_so() -> None:
    program = (
        "import asyncio\nasync def job():\n    for n in range(9):\n        await asyncio.sleep(1)\n"
        "async def main():\n    await asyncio.gather(*[job() for _ in range(40)])\nasyncio.run(main())\n"
    )
    shown = timeline(lab.run(program))
    assert "The drawing shows the beginning, up to 1 s of 9 s." in shown.cut
    assert "more lanes are not drawn" in shown.cut
    assert len(shown.wide.rows) == MOST_LANES
