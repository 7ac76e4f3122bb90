"""Worker threads under the virtual clock: real threads, one at a time."""

from __future__ import annotations

from quizapp import lab
from tests.lab.conftest import Run
from tests.lab.samples import TO_THREAD, events, kinds, main_of


def test_threads_sleep_on_the_virtual_clock(run: Run) -> None:
    trace = run(TO_THREAD)
    assert (trace.stdout, trace.elapsed) == ("quick\nslow\n['slow', 'quick']\n", 2.0)
    assert trace.deterministic
    assert [lane.func for lane in trace.lanes if lane.kind == "thread"] == ["work", "work"]
    lane = next(lane.id for lane in trace.lanes if lane.kind == "thread")
    assert kinds(trace, lane) == [
        "thread.submit",
        "thread.start",
        "thread.sleep",
        "thread.resume",
        "thread.end",
    ]


def test_the_loop_stays_free_while_a_thread_works(run: Run) -> None:
    program = main_of(
        "work = asyncio.create_task(asyncio.to_thread(time.sleep, 2.5))",
        "for tick in range(3):",
        "    print(tick, time.monotonic())",
        "    await asyncio.sleep(1)",
        "await work",
    )
    trace = run(program)
    assert (trace.stdout, trace.elapsed) == ("0 0.0\n1 1.0\n2 2.0\n", 3.0)
    assert events(trace, "block") == []


def test_a_pool_of_two_does_two_things_at_a_time(run: Run) -> None:
    program = main_of(
        "loop = asyncio.get_running_loop()",
        "with ThreadPoolExecutor(2, 'pool') as pool:",
        "    await asyncio.gather(*(loop.run_in_executor(pool, work) for _ in range(5)))",
        "print(time.monotonic())",
        head="""
import asyncio, threading, time
from concurrent.futures import ThreadPoolExecutor
def work():
    time.sleep(1)
    print(threading.current_thread().name)
""",
    )
    assert run(program).stdout.split() == ["pool_0", "pool_1", "pool_0", "pool_1", "pool_0", "3.0"]


def test_an_exception_in_a_thread_reaches_who_awaits_it(run: Run) -> None:
    trace = run(main_of("await asyncio.to_thread(int, 'x')"))
    assert trace.outcome.raised is not None
    assert trace.outcome.raised.type == "ValueError"
    assert [e.raised for e in events(trace, "thread.end")] == ["ValueError"]


def test_the_run_waits_for_its_threads_at_the_end(run: Run) -> None:
    program = main_of(
        "try: await asyncio.wait_for(asyncio.to_thread(work), 1)",
        "except TimeoutError: print('gave up', time.monotonic())",
        head="import asyncio, time\ndef work():\n    time.sleep(3)\n    print('done', time.monotonic())",
    )
    assert run(program).stdout == "gave up 1.0\ndone 3.0\n"


def test_a_thread_can_hand_work_to_the_loop_and_wait_for_it(run: Run) -> None:
    program = main_of(
        "loop = asyncio.get_running_loop()",
        "print(await asyncio.to_thread(ask, loop), time.monotonic())",
        head="""
import asyncio, time
async def answer():
    await asyncio.sleep(2)
    return 42
def ask(loop):
    return asyncio.run_coroutine_threadsafe(answer(), loop).result(5)
""",
    )
    assert run(program).stdout == "42 2.0\n"


def test_waiting_for_the_loop_inside_the_loop_times_out(run: Run) -> None:
    program = main_of(
        "future = asyncio.run_coroutine_threadsafe(asyncio.sleep(0), asyncio.get_running_loop())",
        "try: future.result(3)",
        "except TimeoutError: print('blocked', time.monotonic())",
    )
    trace = run(program)
    assert trace.stdout == "blocked 3.0\n"
    assert [e.what for e in events(trace, "block")] == ["waiting for a thread"]


def test_waiting_for_the_loop_inside_the_loop_without_a_timeout_is_a_deadlock(run: Run) -> None:
    program = main_of(
        "asyncio.run_coroutine_threadsafe(asyncio.sleep(0), asyncio.get_running_loop()).result()"
    )
    assert run(program).outcome.kind == "deadlock"


def test_threads_pass_things_through_a_queue(run: Run) -> None:
    program = main_of(
        "things = queue.Queue()",
        "await asyncio.gather(asyncio.to_thread(take, things), asyncio.to_thread(give, things))",
        head="""
import asyncio, queue, time
def give(things):
    time.sleep(1)
    things.put("a")
def take(things):
    print(things.get(timeout=5), time.monotonic())
    try: things.get(timeout=2)
    except queue.Empty: print("empty", time.monotonic())
""",
    )
    assert run(program).stdout == "a 1.0\nempty 3.0\n"


def test_a_context_goes_along_with_to_thread(run: Run) -> None:
    program = main_of(
        "name.set('set')",
        "print(await asyncio.to_thread(name.get))",
        "print(await asyncio.get_running_loop().run_in_executor(None, name.get, 'unset'))",
        head="import asyncio, contextvars\nname = contextvars.ContextVar('name')",
    )
    assert run(program).stdout == "set\nunset\n"


def test_starting_threads_at_once_is_another_schedule(run: Run) -> None:
    program = main_of(
        "task = asyncio.create_task(asyncio.to_thread(print, 'thread'))",
        "await asyncio.sleep(0)",
        "print('loop')",
        "await task",
    )
    assert run(program).stdout == "loop\nthread\n"
    assert run(program, schedule=lab.Schedule(threads="eager")).stdout == "thread\nloop\n"
