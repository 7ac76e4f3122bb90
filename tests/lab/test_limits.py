"""However a program ends, the run has a result."""

from __future__ import annotations

import signal
import sys

import pytest

from quizapp import lab
from tests.lab.conftest import Run
from tests.lab.samples import GATHER, main_of

SHORT = lab.Limits(seconds=0.5)


@pytest.mark.parametrize("clock", ["virtual", "real"])
@pytest.mark.parametrize(
    "program",
    [
        "print('begun')\nwhile True: pass",
        "print('begun')\nwhile True:\n  try:\n    while True: pass\n  except BaseException: pass",
        main_of("print('begun')", "while True: pass"),
    ],
)
def test_an_endless_loop_is_stopped(run: Run, program: str, clock: str) -> None:
    trace = run(program, limits=SHORT, clock=clock)
    assert trace.outcome == lab.Outcome("timeout", "more than 0.5 real seconds")
    assert trace.stdout == "begun\n"


def test_an_endless_loop_inside_c_is_killed(run: Run) -> None:
    trace = run("print('begun')\nsum(iter(int, 1))", limits=SHORT)
    assert (trace.outcome.kind, trace.stdout) == ("timeout", "begun\n")


def test_a_program_that_goes_round_for_ever_is_stopped_by_its_turns(run: Run) -> None:
    program = main_of("while True: await asyncio.sleep(0)")
    trace = run(program, limits=lab.Limits(turns=500))
    assert trace.outcome == lab.Outcome("timeout", "more than 500 turns of the loop")
    assert trace.turns == 501


def test_a_program_that_sleeps_for_ever_is_stopped_by_the_virtual_clock(run: Run) -> None:
    trace = run(main_of("while True: await asyncio.sleep(60)"), limits=lab.Limits(virtual_seconds=3600))
    assert trace.outcome == lab.Outcome("timeout", "more than 3600 virtual seconds")


def test_a_flood_of_output_is_cut(run: Run) -> None:
    trace = run("while True: print('x' * 99)", limits=lab.Limits(output=1_000))
    assert trace.outcome == lab.Outcome("output-limit", "more than 1,000 characters printed")
    assert len(trace.stdout) <= 1_000
    assert set(trace.stdout) == {"x", "\n"}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps this limit")
def test_memory_is_limited(run: Run) -> None:
    trace = run("print('begun')\nkept = bytearray(1 << 29)", limits=lab.Limits(memory=1 << 28))
    assert trace.outcome.raised is not None
    assert (trace.outcome.raised.type, trace.stdout) == ("MemoryError", "begun\n")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps this limit")
def test_a_program_that_has_used_up_its_memory_is_still_reported(run: Run) -> None:
    fill = "try:\n    while True: kept.append(bytes(100_000))\nexcept MemoryError: print('full')"
    program = f"kept = []\n{fill}\n" + main_of("await asyncio.Event().wait()")
    trace = run(program, limits=lab.Limits(memory=1 << 28))
    assert (trace.outcome.kind, trace.stdout) == ("deadlock", "full\n")


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGKILL", "SIGABRT"])
def test_a_crash_is_a_result(run: Run, name: str) -> None:
    trace = run(f"import os, signal\nprint('begun')\nos.kill(os.getpid(), signal.{name})")
    assert (trace.outcome.kind, trace.outcome.signal) == ("crash", name)
    assert trace.stdout == "begun\n"
    assert signal.Signals[name]


def test_after_a_crash_the_next_program_runs(run: Run) -> None:
    run("import os\nos.abort()")
    assert run(GATHER).outcome.kind == "ok"


@pytest.mark.parametrize("version", ["3.12.1"])
def test_a_known_crash_of_an_interpreter_is_told(batch: lab.Batch, version: str) -> None:
    path = next((python.path for python in lab.interpreters() if python.version == version), None)
    if path is None:
        pytest.skip(f"there is no CPython {version}")
    program = main_of(
        "asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)",
        "task = asyncio.create_task(done())",
        "print(task.get_coro())",
        head="import asyncio\nasync def done(): pass",
    )
    assert batch.run(program, python=path).outcome.signal == "SIGSEGV"


def test_a_syntax_error_is_told_with_its_line(run: Run) -> None:
    trace = run("print('never')\nawait f(\n")
    raised = trace.outcome.raised
    assert raised is not None
    assert (trace.outcome.kind, raised.type, raised.line, trace.stdout) == (
        "syntax-error",
        "SyntaxError",
        2,
        "",
    )
    assert "SyntaxError" in trace.stderr


@pytest.mark.parametrize(
    ("leave", "code", "told"),
    [
        ("sys.exit()", 0, ""),
        ("sys.exit(3)", 3, ""),
        ("sys.exit('bye')", 1, "bye\n"),
        ("os._exit(4)", 4, ""),
        ("raise SystemExit(5)", 5, ""),
    ],
)
def test_leaving_early_tells_the_exit_code(run: Run, leave: str, code: int, told: str) -> None:
    trace = run(f"import os, sys\nprint('begun')\n{leave}\nprint('never')")
    assert (trace.outcome.kind, trace.outcome.code) == ("exit", code)
    assert (trace.stdout, trace.stderr) == ("begun\n", told)


def test_leaving_from_inside_a_task_ends_the_program(run: Run) -> None:
    trace = run(main_of("asyncio.create_task(leave())", "await asyncio.sleep(9)", head=LEAVE))
    assert (trace.outcome.kind, trace.outcome.code, trace.elapsed) == ("exit", 7, 0.0)


LEAVE = "import asyncio, sys\nasync def leave(): sys.exit(7)"


def test_there_is_nothing_to_read_from_standard_input(run: Run) -> None:
    trace = run("input('name? ')")
    assert trace.outcome.raised is not None
    assert (trace.outcome.raised.type, trace.stdout) == ("EOFError", "name? ")


def test_exit_handlers_run_and_their_output_counts(run: Run) -> None:
    assert run("import atexit\natexit.register(print, 'bye')\nprint('end')").stdout == "end\nbye\n"


def test_what_is_written_to_the_file_descriptor_counts(run: Run) -> None:
    assert run(
        "import os, sys\nprint('a')\nos.write(1, b'b\\n')\nsys.stdout.buffer.write(b'c\\n')"
    ).stdout == ("a\nb\nc\n")


def test_a_program_begins_in_an_empty_folder(run: Run) -> None:
    program = "import os\nprint(os.listdir())\nopen('left', 'w').close()\nprint(os.listdir())"
    assert [run(program).stdout for _ in range(2)] == ["[]\n['left']\n"] * 2


def test_only_the_standard_library_can_be_imported(run: Run) -> None:
    for module in ("yaml", "pydantic", "pytest", "quizapp.bank", "tests"):
        raised = run(f"import {module}").outcome.raised
        assert raised is not None
        assert raised.type in ("ModuleNotFoundError", "ImportError")
