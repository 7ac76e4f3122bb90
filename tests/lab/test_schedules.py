"""Perturbed schedules find out what a result hangs on."""

from __future__ import annotations

import pytest

from quizapp import lab
from tests.lab.conftest import Run
from tests.lab.samples import ALL, main_of


def results(run: Run, program: str) -> list[tuple[str, str]]:
    traces = [run(program, schedule=schedule) for schedule in (lab.PLAIN, *lab.PERTURBED)]
    return [(trace.outcome.kind, trace.stdout) for trace in traces]


@pytest.mark.parametrize("program", ALL)
def test_a_sound_program_survives_them_all(run: Run, program: str) -> None:
    assert len(set(results(run, program))) == 1


@pytest.mark.parametrize(
    "program",
    [
        pytest.param("print({'a', 'b', 'c', 'd', 'e'})", id="order of a set of strings"),
        pytest.param("print(hash('a'))", id="hash of a string"),
        pytest.param("import random\nprint(random.random())", id="chance"),
        pytest.param(main_of("print(time.monotonic())"), id="where the clock starts"),
        pytest.param(
            main_of("t = time.monotonic()", "await asyncio.sleep(1)", "print(time.monotonic() - t)"),
            id="exact duration",
        ),
        pytest.param(
            main_of(
                "tasks = {asyncio.create_task(asyncio.sleep(0, n)) for n in range(9)}",
                "print([task.result() for task in (await asyncio.wait(tasks))[0]])",
            ),
            id="order of a set of tasks",
        ),
        pytest.param(
            main_of(
                "async with asyncio.TaskGroup() as group:",
                "    for n in range(9): group.create_task(work(n))",
                "    group.create_task(asyncio.wait_for(asyncio.Event().wait(), 1))",
                head="""
import asyncio
async def work(n):
    try: await asyncio.sleep(9)
    finally: print(n)
""",
            ),
            id="order in which a group cancels",
        ),
        pytest.param(
            main_of(
                "for future in asyncio.as_completed([work(n) for n in range(9)]): await future",
                head="import asyncio\nasync def work(n): print(n)",
            ),
            id="order in which as_completed begins",
        ),
        pytest.param(
            main_of(
                "await asyncio.gather(*(after(n) for n in range(3)))",
                head="import asyncio\nasync def after(n):\n    await asyncio.sleep(1)\n    print(n)",
            ),
            id="order of equal deadlines",
        ),
        pytest.param(
            main_of(
                "task = asyncio.create_task(asyncio.to_thread(print, 'thread'))",
                "await asyncio.sleep(0)",
                "print('loop')",
                "await task",
            ),
            id="race of a thread and the loop",
        ),
        pytest.param(
            "print(id(object()) % 1000003, sorted(map(id, map(object.__new__, [object] * 9))))",
            id="addresses",
        ),
    ],
)
def test_what_nobody_promised_is_found_out(run: Run, program: str) -> None:
    assert len(set(results(run, program))) > 1


def test_a_schedule_gives_the_same_trace_each_time(run: Run) -> None:
    for schedule in lab.PERTURBED:
        for program in ALL:
            assert run(program, schedule=schedule) == run(program, schedule=schedule)


def test_late_wake_ups_change_the_duration_by_milliseconds_only(run: Run) -> None:
    for program in ALL:
        plain, late = run(program), run(program, schedule=lab.Schedule(seed=5, late=True))
        assert plain.elapsed <= late.elapsed < plain.elapsed + 0.02
