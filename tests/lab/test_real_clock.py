"""The real clock: for threads, files, sockets and processes."""

from __future__ import annotations

import subprocess
import time

import pytest

from tests.lab.conftest import Run
from tests.lab.samples import BLOCKING, GATHER, events, main_of


def test_the_same_program_gives_the_same_output_on_the_real_clock(run: Run) -> None:
    quick = GATHER.replace("2)", "0.2)").replace("1)", "0.1)")
    virtual, real = run(quick), run(quick, clock="real")
    assert real.stdout == virtual.stdout
    assert 0.2 <= real.elapsed < 5
    assert not real.deterministic
    assert [(e.kind, e.lane) for e in real.events] == [(e.kind, e.lane) for e in virtual.events]


@pytest.mark.parametrize(
    "program",
    [
        "import threading\nt = threading.Thread(target=print, args=['ok'])\nt.start()\nt.join()",
        "import threading\nthreading.Timer(0.01, print, ['ok']).start()",
        "import subprocess\nsubprocess.run(['echo', 'ok'])",
        "import os\nif os.fork() == 0: os.write(1, b'ok\\n'); os._exit(0)\nos.wait()",
        "import pathlib\nfile = pathlib.Path('f')\nfile.write_text('ok')\nprint(file.read_text())",
    ],
)
def test_threads_processes_and_files_work(run: Run, program: str) -> None:
    trace = run(program, clock="real")
    assert (trace.outcome.kind, trace.stdout, trace.stderr) == ("ok", "ok\n", "")


def test_sockets_work(run: Run) -> None:
    program = main_of(
        "server = await asyncio.start_server(echo, '127.0.0.1', 0)",
        "reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())",
        "writer.write(b'hi\\n')",
        "print(await reader.readline())",
        "writer.close()",
        "server.close()",
        head="""
import asyncio
async def echo(reader, writer):
    writer.write(await reader.readline())
    writer.close()
""",
    )
    trace = run(program, clock="real")
    assert (trace.outcome.kind, trace.stdout) == ("ok", "b'hi\\n'\n")
    assert "data" in {e.awaiting.what for e in events(trace, "task.suspend") if e.awaiting}


def test_processes_of_asyncio_work(run: Run) -> None:
    program = main_of(
        "process = await asyncio.create_subprocess_exec('echo', 'hi', stdout=-1)",
        "print(await process.communicate(), process.returncode)",
    )
    assert run(program, clock="real").stdout == "(b'hi\\n', None) 0\n"


def test_process_pools_work(run: Run) -> None:
    program = """
from concurrent.futures import ProcessPoolExecutor
if __name__ == "__main__":
    with ProcessPoolExecutor(1) as pool:
        print(pool.submit(abs, -3).result())
"""
    assert run(program, clock="real").stdout == "3\n"


def test_blocking_is_recorded_on_the_real_clock_too(run: Run) -> None:
    trace = run(BLOCKING.replace("3)", "0.05)").replace("1)", "0.01)"), clock="real")
    assert [(e.what, e.seconds, e.starved) for e in events(trace, "block")] == [("time.sleep", 0.05, (2,))]


def test_a_process_left_behind_does_not_survive(run: Run) -> None:
    trace = run("import subprocess\nprint(subprocess.Popen(['sleep', '60']).pid)", clock="real")
    deadline = time.monotonic() + 5
    while is_running(int(trace.stdout)):
        assert time.monotonic() < deadline


def is_running(pid: int) -> bool:
    """Whether the process lives; one that has ended may still be listed until somebody asks for its end."""
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return listed.stdout.strip()[:1] not in ("", "Z")
