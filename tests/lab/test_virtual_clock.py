"""Time under the virtual clock: it jumps, it is exact, everything agrees on it."""

from __future__ import annotations

import time

import pytest

from quizapp import lab
from tests.lab.conftest import Run
from tests.lab.samples import BLOCKING, DEADLOCK, GATHER, TIMEOUT, events, main_of


def test_two_sleeps_at_once_take_as_long_as_the_longer(run: Run) -> None:
    trace = run(GATHER)
    assert trace.outcome == lab.Outcome("ok")
    assert trace.stdout == "A start\nB start\nB done\nA done\n['A', 'B']\n"
    assert trace.elapsed == 2.0
    assert trace.deterministic
    assert trace.clock == "virtual"


def test_a_day_of_sleep_costs_no_time(run: Run) -> None:
    began = time.monotonic()
    assert run(main_of("await asyncio.sleep(80_000)")).elapsed == 80_000
    assert time.monotonic() - began < 5


def test_a_tenth_and_two_tenths_are_three_tenths(run: Run) -> None:
    program = main_of("await asyncio.sleep(0.1)", "await asyncio.sleep(0.2)", "print(time.monotonic())")
    trace = run(program)
    assert (trace.elapsed, trace.stdout) == (0.3, "0.3\n")


def test_time_sleep_blocks_the_loop_and_says_who_starves(run: Run) -> None:
    trace = run(BLOCKING)
    assert (trace.stdout, trace.elapsed) == ("rude\npolite\n", 3.0)
    (block,) = events(trace, "block")
    polite, rude = (lane.id for lane in trace.lanes if lane.func in ("polite", "rude"))
    assert (block.lane, block.what, block.seconds, block.line) == (rude, "time.sleep", 3.0, 9)
    assert block.starved == (polite,)
    assert [event.t for event in events(trace, "unblock")] == [3.0]


def test_every_clock_of_the_program_agrees(run: Run) -> None:
    program = main_of(
        "await asyncio.sleep(90)",
        "time.sleep(0.5)",
        "print(time.monotonic(), time.perf_counter(), asyncio.get_running_loop().time())",
        "print(time.monotonic_ns(), time.perf_counter_ns())",
        "print(time.time() - 1767225600, time.time_ns() - 1767225600 * 10**9)",
        "print(datetime.datetime.now(), datetime.date.today(), time.strftime('%H:%M:%S'), time.ctime())",
        "print(datetime.datetime.now(datetime.timezone.utc).isoformat())",
        "print(isinstance(datetime.datetime.now(), datetime.datetime), datetime.datetime(2020, 1, 2))",
        head="import asyncio, datetime, time",
    )
    assert run(program).stdout.splitlines() == [
        "90.5 90.5 90.5",
        "90500000000 90500000000",
        "90.5 90500000000",
        "2026-01-01 00:01:30.500000 2026-01-01 00:01:30 Thu Jan  1 00:01:30 2026",
        "2026-01-01T00:01:30.500000+00:00",
        "True 2020-01-02 00:00:00",
    ]


def test_equal_deadlines_go_off_in_the_order_in_which_they_were_set(run: Run) -> None:
    program = main_of(
        "await asyncio.gather(*(after(name) for name in range(8)))",
        head="import asyncio\nasync def after(name):\n    await asyncio.sleep(1)\n    print(name, end=' ')",
    )
    trace = run(program)
    assert trace.stdout == "0 1 2 3 4 5 6 7 "
    assert trace.ties == 7


def test_nothing_left_to_wait_for_is_a_deadlock_that_says_who_waits_for_what(run: Run) -> None:
    trace = run(DEADLOCK)
    assert trace.outcome.kind == "deadlock"
    assert [(wait.lane, wait.awaiting.what, wait.line) for wait in trace.outcome.waiting] == [
        (1, "gather", 12),
        (2, "Lock.acquire", 7),
        (3, "Lock.acquire", 7),
    ]
    assert trace.outcome.waiting[1].awaiting.on != trace.outcome.waiting[2].awaiting.on
    assert "Task-2 waits for Lock.acquire on Lock#" in trace.outcome.why
    assert trace.elapsed == 1.0


def test_a_future_that_nobody_completes_is_a_deadlock(run: Run) -> None:
    trace = run(main_of("print('before')", "await asyncio.get_running_loop().create_future()"))
    assert (trace.outcome.kind, trace.stdout) == ("deadlock", "before\n")


def test_a_sleep_without_end_is_a_deadlock(run: Run) -> None:
    assert run(main_of("await asyncio.sleep(float('inf'))")).outcome.kind == "deadlock"


def test_a_busy_wait_on_the_clock_ends_and_blocks_the_loop(run: Run) -> None:
    trace = run(
        main_of("end = time.time() + 2", "while time.time() < end: pass", "print(round(time.monotonic()))")
    )
    assert trace.stdout == "2\n"
    assert [note.kind for note in trace.notes] == ["spin"]
    assert [event.what for event in events(trace, "block")] == ["busy wait"]
    assert len(events(trace, "unblock")) == 1


def test_a_timeout_cancels_what_is_waited_for(run: Run) -> None:
    trace = run(TIMEOUT)
    assert (trace.stdout, trace.elapsed) == ("too late\n", 2.0)
    (cancel,) = events(trace, "task.cancel")
    assert (cancel.t, cancel.what, cancel.by) == (2.0, "timeout", None)


def test_the_loop_is_known_by_its_usual_name(run: Run) -> None:
    program = main_of(
        "loop = asyncio.get_running_loop()",
        "print(type(loop).__module__, type(loop).__name__)",
        "print(type(asyncio.current_task()), type(loop.create_future()))",
        "print(asyncio.current_task())",
    )
    assert run(program).stdout.splitlines() == [
        "asyncio.unix_events _UnixSelectorEventLoop",
        "<class '_asyncio.Task'> <class '_asyncio.Future'>",
        "<Task pending name='Task-1' coro=<main() running at program.py:6>"
        " cb=[_run_until_complete_cb() at <python>/asyncio/base_events.py]>",
    ]


@pytest.mark.parametrize(
    "start",
    [
        "asyncio.run(main())",
        "asyncio.Runner().run(main())",
        "with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner: runner.run(main())",
        "asyncio.new_event_loop().run_until_complete(main())",
        "loop = asyncio.SelectorEventLoop(); loop.run_until_complete(main()); loop.close()",
    ],
)
def test_every_way_to_run_a_loop_is_virtual(run: Run, start: str) -> None:
    trace = run(f"import asyncio\nasync def main():\n    await asyncio.sleep(3)\n    print('ok')\n{start}")
    assert (trace.outcome.kind, trace.stdout, trace.elapsed) == ("ok", "ok\n", 3.0)


def test_asyncio_run_tidies_up_as_ever(run: Run) -> None:
    program = main_of(
        "asyncio.create_task(worker())",
        "async for item in numbers():",
        "    break",
        "await asyncio.sleep(1)",
        head="""
import asyncio
async def worker():
    try:
        await asyncio.sleep(10)
    finally:
        print("cancelled")
async def numbers():
    try:
        yield 1
    finally:
        print("closed")
""",
    )
    trace = run(program)
    assert sorted(trace.stdout.split()) == ["cancelled", "closed"]
    assert [(e.what, e.t) for e in events(trace, "task.cancel")] == [("end of the run", 1.0)]


def test_two_runs_in_one_program_have_a_loop_each(run: Run) -> None:
    program = main_of("await asyncio.sleep(1)", "print(time.monotonic())") + "\nasyncio.run(main())"
    assert run(program).stdout == "1.0\n2.0\n"


def test_a_loop_inside_a_loop_is_refused_as_ever(run: Run) -> None:
    trace = run(main_of("asyncio.run(main())"))
    assert trace.outcome.raised is not None
    assert trace.outcome.raised.type == "RuntimeError"
    assert "cannot be called from a running event loop" in trace.outcome.raised.text


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("threading.Thread(target=print).start()", "a thread of the program's own"),
        ("await asyncio.create_subprocess_exec('true')", "a child process"),
        ("subprocess.run(['true'])", "a child process"),
        ("os.fork()", "a child process"),
        ("await asyncio.start_server(print, '127.0.0.1', 0)", "a socket"),
        ("asyncio.get_running_loop().add_reader(os.pipe()[0], print)", "a socket"),
        (
            "await asyncio.get_running_loop()"
            ".run_in_executor(concurrent.futures.ProcessPoolExecutor(1), print)",
            "",
        ),
    ],
)
def test_what_the_virtual_clock_cannot_see_needs_the_real_one(run: Run, line: str, what: str) -> None:
    trace = run(main_of(line, head="import asyncio, concurrent.futures, os, subprocess, threading"))
    assert trace.outcome.kind == "needs-real-clock"
    assert what in trace.outcome.why
