"""What the trace tells about tasks, what they wait for, and what goes wrong."""

from __future__ import annotations

import sys

import pytest

from quizapp import lab
from tests.lab.conftest import Run
from tests.lab.samples import FORGOTTEN, GATHER, GROUP, QUEUE, events, kinds, main_of


def test_a_task_is_created_started_suspended_woken_and_finished(run: Run) -> None:
    trace = run(GATHER)
    assert [(lane.kind, lane.func, lane.name) for lane in trace.lanes] == [
        ("main", "module", ""),
        ("task", "main", "Task-1"),
        ("task", "fetch", "Task-2"),
        ("task", "fetch", "Task-3"),
    ]
    story = [e for e in trace.events if e.lane == 3 and e.kind != "print" and not e.kind.startswith("timer")]
    sleep = lab.Awaiting("sleep", 1.0)
    assert [(e.kind, e.t, e.line) for e in story] == [
        ("task.create", 0.0, 11),
        ("task.start", 0.0, 4),
        ("task.suspend", 0.0, 6),
        ("task.ready", 1.0, None),
        ("task.resume", 1.0, 6),
        ("task.finish", 1.0, None),
    ]
    assert story[0].by == 1
    assert story[2].awaiting == story[4].awaiting == sleep
    assert story[5].text == "'B'"
    assert [str(e.awaiting) for e in events(trace, "task.suspend")] == ["gather", "sleep(2)", "sleep(1)"]


def test_prints_carry_their_line_and_lane(run: Run) -> None:
    trace = run("print('a', 1)\nprint('b', end='')\nprint('c')")
    assert [(e.text, e.line, e.lane) for e in events(trace, "print")] == [("a 1\n", 1, 0), ("bc\n", 2, 0)]


def test_a_forgotten_await_is_told_with_the_line_of_the_call(run: Run) -> None:
    trace = run(FORGOTTEN)
    assert trace.stdout == "end\n"
    assert trace.warnings == (lab.Warned("RuntimeWarning", "coroutine 'save' was never awaited", 0.0, 8),)
    (event,) = events(trace, "never-awaited")
    assert (event.what, event.line, event.lane) == ("save", 8, 1)
    assert trace.stderr.splitlines()[0] == "program.py:8: RuntimeWarning: coroutine 'save' was never awaited"


def test_a_coroutine_left_in_a_name_is_told_when_the_program_ends(run: Run) -> None:
    trace = run("async def f(): pass\n\nleft = f()\nprint('end')")
    assert [warned.text for warned in trace.warnings] == ["coroutine 'f' was never awaited"]
    assert trace.warnings[0].line is None
    assert [event.line for event in events(trace, "never-awaited")] == [3]


def test_a_failing_child_ends_its_group(run: Run) -> None:
    trace = run(GROUP)
    assert trace.stdout == "fails ends\nother ends\n"
    raised = trace.outcome.raised
    assert raised is not None
    assert (trace.outcome.kind, raised.type, raised.leaves) == ("error", "ExceptionGroup", ("ValueError",))
    assert [(e.lane, e.what) for e in events(trace, "task.cancel")] == [
        (3, "TaskGroup"),
        (1, "TaskGroup"),
    ]
    assert kinds(trace, 2)[-1] == "task.fail"
    assert kinds(trace, 3)[-1] == "task.cancelled"
    (fail,) = [e for e in events(trace, "task.fail") if e.lane == 2]
    assert (fail.raised, fail.text, fail.line) == ("ValueError", "fails", 7)


def test_exception_groups_are_flattened(run: Run) -> None:
    program = "raise ExceptionGroup('a', [KeyError(), ExceptionGroup('b', [OSError(), ValueError()])])"
    raised = run(program).outcome.raised
    assert raised is not None
    assert raised.leaves == ("KeyError", "OSError", "ValueError")


def test_a_queue_shows_who_waits_and_what_moves(run: Run) -> None:
    trace = run(QUEUE)
    assert trace.stdout == "0\n1\n2\n"
    marks = [(e.what, e.on, e.text, e.size) for e in events(trace, "sync")]
    assert marks[:3] == [
        ("Queue.put", "Queue#1", "0", 1),
        ("Queue.get", "Queue#1", "0", 0),
        ("Queue.put", "Queue#1", "1", 1),
    ]
    awaited = {str(e.awaiting) for e in events(trace, "task.suspend")}
    assert awaited == {"gather", "Queue.put on Queue#1", "sleep(1)"}


@pytest.mark.parametrize(
    ("waiting", "what"),
    [
        ("await asyncio.sleep(0)", "next turn"),
        ("await asyncio.create_task(asyncio.sleep(1))", "task"),
        ("await asyncio.shield(asyncio.create_task(asyncio.sleep(1)))", "shield"),
        ("await asyncio.wait([asyncio.create_task(asyncio.sleep(1))])", "wait"),
        ("await next(iter(asyncio.as_completed([asyncio.sleep(1)])))", "as_completed"),
        ("await asyncio.Queue().get()", "Queue.get"),
        ("await asyncio.Event().wait()", "Event.wait"),
        ("await asyncio.Semaphore(0).acquire()", "Semaphore.acquire"),
        ("await asyncio.Barrier(2).wait()", "Barrier.wait"),
        ("await asyncio.to_thread(time.sleep, 1)", "thread"),
        ("await asyncio.Future()", "future"),
    ],
)
def test_what_a_task_waits_for_has_a_name(run: Run, waiting: str, what: str) -> None:
    trace = run(main_of(waiting))
    first = next(e for e in events(trace, "task.suspend") if e.lane == 1)
    assert first.awaiting is not None
    assert first.awaiting.what == what
    assert first.line == 3


def test_a_condition_and_a_joined_queue_have_names_too(run: Run) -> None:
    condition = run(main_of("c = asyncio.Condition()", "async with c:", "    await c.wait()"))
    queue = run(main_of("q = asyncio.Queue()", "q.put_nowait(1)", "await q.join()"))
    assert str(condition.outcome.waiting[0].awaiting) == "Condition.wait on Condition#1"
    assert str(queue.outcome.waiting[0].awaiting) == "Queue.join on Queue#1"


def test_nested_awaits_are_all_named(run: Run) -> None:
    trace = run(
        main_of("await outer()", head="import asyncio\nasync def outer():\n    await asyncio.sleep(1)")
    )
    (suspend,) = events(trace, "task.suspend")
    assert suspend.stack == (lab.Place("main", 5), lab.Place("outer", 3))
    assert suspend.line == 3


def test_cancelling_tells_by_whom_and_where(run: Run) -> None:
    program = main_of(
        "task = asyncio.create_task(asyncio.sleep(9))",
        "await asyncio.sleep(1)",
        "task.cancel()",
        "try: await task",
        "except asyncio.CancelledError: print('cancelled')",
    )
    trace = run(program)
    (cancel,) = events(trace, "task.cancel")
    assert (cancel.lane, cancel.by, cancel.line, cancel.what, cancel.t) == (2, 1, 5, "", 1.0)
    assert kinds(trace, 2)[-2:] == ["task.resume", "task.cancelled"]
    assert [e.raised for e in events(trace, "task.resume") if e.lane == 2] == ["CancelledError"]


def test_a_shield_keeps_the_inner_task_going(run: Run) -> None:
    program = main_of(
        "inner = asyncio.create_task(asyncio.sleep(3))",
        "try:",
        "    async with asyncio.timeout(1): await asyncio.shield(inner)",
        "except TimeoutError: print('gave up')",
        "await inner",
    )
    trace = run(program)
    assert (trace.stdout, trace.elapsed) == ("gave up\n", 3.0)
    assert kinds(trace, 2)[-1] == "task.finish"
    assert {e.lane for e in events(trace, "task.cancel")} == {1}


def test_what_nobody_caught_reaches_the_loop(run: Run) -> None:
    program = main_of(
        "asyncio.create_task(fail())",
        "await asyncio.sleep(1)",
        "import gc; gc.collect()",
        head="import asyncio\nasync def fail():\n    1 / 0",
    )
    trace = run(program)
    assert trace.loop_errors == (
        lab.LoopError("Task exception was never retrieved", 0.0, "ZeroDivisionError", 2),
    )
    assert "ZeroDivisionError: division by zero" in trace.stderr


def test_tracebacks_show_the_lines_of_the_program_alone(run: Run) -> None:
    trace = run(main_of("await fail()", head="import asyncio\nasync def fail():\n    1 / 0"))
    frames = [line.strip() for line in trace.stderr.splitlines() if line.startswith("  File")]
    assert frames == [
        'File "program.py", line 6, in <module>',
        'File "program.py", line 5, in main',
        'File "program.py", line 3, in fail',
    ]
    raised = trace.outcome.raised
    assert raised is not None
    assert (raised.type, raised.text, raised.line) == ("ZeroDivisionError", "division by zero", 3)
    assert trace.outcome.why == "ZeroDivisionError: division by zero"


def test_tasks_of_the_programs_own_factory_are_recorded(run: Run) -> None:
    program = main_of(
        "loop = asyncio.get_running_loop()",
        "loop.set_task_factory(lambda loop, coro, **kw: asyncio.Task(coro, loop=loop, **kw))",
        "await asyncio.create_task(asyncio.sleep(1))",
    )
    trace = run(program)
    assert kinds(trace, 2)[-1] == "task.finish"


@pytest.mark.skipif(sys.version_info < (3, 12), reason="new in 3.12")
def test_an_eager_task_starts_inside_its_creator(run: Run) -> None:
    program = main_of(
        "asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)",
        "task = asyncio.create_task(hello())",
        "print('after', task.done())",
        head="import asyncio\nasync def hello(): print('hello')",
    )
    trace = run(program)
    assert trace.stdout == "hello\nafter True\n"
    assert kinds(trace, 2) == ["task.create", "task.start", "task.finish"]


def test_a_task_tells_its_own_coroutine(run: Run) -> None:
    program = main_of("print(asyncio.current_task().get_coro())", "print(asyncio.all_tasks())")
    assert run(program).stdout.startswith("<coroutine object main at 0x…>\n{<Task pending name='Task-1'")


def test_debug_mode_measures_slow_steps_on_the_virtual_clock(run: Run) -> None:
    program = "import asyncio, time\nasync def main(): time.sleep(0.5)\nasyncio.run(main(), debug=True)"
    assert "took 0.500 seconds" in run(program).stderr


def test_no_address_and_no_place_of_the_machine_gets_into_a_trace(run: Run) -> None:
    trace = run("import asyncio\nprint(object(), asyncio.__file__)\nraise ValueError(object())")
    assert trace.stdout == "<object object at 0x…> <python>/asyncio/__init__.py\n"
    assert [note.kind for note in trace.notes] == ["address"]
    assert "0x7" not in trace.to_json()


def test_past_the_limit_of_events_the_run_goes_on(run: Run) -> None:
    program = main_of("for i in range(100): await asyncio.sleep(1)", "print('end')")
    trace = run(program, limits=lab.Limits(events=50))
    assert (trace.outcome.kind, trace.stdout, len(trace.events)) == ("ok", "end\n", 50)
    assert [note.kind for note in trace.notes] == ["events"]
