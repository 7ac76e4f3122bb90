"""The trace as a value and as text: stable from run to run, from child to child, from Python to Python."""

from __future__ import annotations

import json

import pytest

from quizapp import lab
from tests.lab.conftest import Run
from tests.lab.samples import ALL, GATHER, GROUP, main_of


@pytest.mark.parametrize("program", ALL)
def test_a_trace_survives_its_text(run: Run, program: str) -> None:
    trace = run(program)
    assert lab.Trace.from_json(trace.to_json()) == trace


def test_text_that_is_no_trace_is_refused() -> None:
    for text in ("", "[]", "{}", "null", '{"format": 2}', '{"format": 1}', '{"format": 1, "colour": "red"}'):
        with pytest.raises(lab.NotATrace):
            lab.Trace.from_json(text)


HEAD = '{"format": 1, "python": "3.11.7", "clock": "virtual", "outcome": {"kind": "ok"}'


@pytest.mark.parametrize(
    "rest",
    [
        ', "elapsed": "1"}',
        ', "elapsed": NaN}',
        ', "elapsed": 1e999}',
        ', "turns": true}',
        ', "turns": ' + "9" * 5_000 + "}",
        ', "clock": "sun"}',
        ', "lanes": [1]}',
        ', "lanes": {"0": {}}}',
        ', "events": ' + "[" * 100_000,
        ', "events": [{"kind": "print", "t": 0, "lane": 7}]}',
        ', "lanes": [{"id": 1, "kind": "task", "func": "f"}, {"id": 1, "kind": "task", "func": "g"}]}',
    ],
    ids=lambda rest: rest[:40],
)
def test_a_trace_with_a_value_that_can_not_be_is_refused_when_it_is_read_and_not_when_it_is_shown(
    rest: str,
) -> None:
    assert lab.Trace.from_json(HEAD + "}").outcome.kind == "ok"
    with pytest.raises(lab.NotATrace):
        lab.Trace.from_json(HEAD + rest)


def test_each_event_stands_on_a_line_of_its_own(run: Run) -> None:
    trace = run(GATHER)
    lines = trace.to_json().splitlines()
    assert json.loads(trace.to_json())["format"] == lab.FORMAT
    assert sum(line.startswith('{"kind":"task.') for line in lines) == sum(
        event.kind.startswith("task.") for event in trace.events
    )


@pytest.mark.parametrize("program", ALL)
def test_fifty_runs_give_fifty_times_the_same_bytes(run: Run, program: str) -> None:
    assert len({run(program).to_json() for _ in range(50)}) == 1


def test_children_of_their_own_give_the_same_bytes() -> None:
    assert len({lab.run(GROUP).to_json() for _ in range(3)}) == 1


@pytest.mark.parametrize("program", ALL)
def test_every_python_tells_the_same_story(batch: lab.Batch, program: str) -> None:
    traces = [batch.run(program, python=python.path) for python in lab.interpreters()]
    assert len({trace.story for trace in traces}) == 1


def test_where_pythons_differ_the_stories_do(batch: lab.Batch) -> None:
    program = main_of("import sys; print(sys.version_info.minor)")
    pythons = lab.interpreters()
    traces = [batch.run(program, python=python.path) for python in pythons]
    assert len({trace.story for trace in traces}) == len(pythons)
    assert [trace.python for trace in traces] == [python.version for python in pythons]
