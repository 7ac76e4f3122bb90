"""The parent's side: children kept warm, shared by threads, found on the machine."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from quizapp import lab
from tests.lab.samples import GATHER


def test_many_threads_can_share_a_batch() -> None:
    programs = [f"print({number})" for number in range(40)]
    with lab.Batch() as batch, ThreadPoolExecutor(4) as pool:
        assert [trace.stdout for trace in pool.map(batch.run, programs)] == [f"{n}\n" for n in range(40)]


def test_a_fork_of_the_process_gets_children_of_its_own(batch: lab.Batch) -> None:
    batch.run(GATHER)
    pid = os.fork()
    if pid == 0:
        os._exit(0 if batch.run(GATHER).elapsed == 2.0 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert batch.run(GATHER).elapsed == 2.0


def test_a_batch_that_is_closed_leaves_nothing_behind(tmp_path: Path) -> None:
    script = f"""
import os, tempfile
tempfile.tempdir = {str(tmp_path)!r}
from quizapp import lab
with lab.Batch() as batch:
    batch.run("print(1)")
    batch.run("print(1)", clock="real")
try:
    os.waitpid(-1, 0)
except ChildProcessError:
    print("no child is left")
"""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment)
    assert (done.stdout, done.stderr) == ("no child is left\n", "")
    assert list(tmp_path.iterdir()) == []


def test_an_interpreter_that_does_not_run_is_a_fault_of_the_lab(tmp_path: Path) -> None:
    false = tmp_path / "python"
    false.write_text("#!/bin/sh\nexit 3\n")
    false.chmod(0o755)
    with pytest.raises(lab.LabBroken):
        lab.run("print(1)", python=str(false))


def test_the_running_interpreter_or_a_newer_micro_is_found() -> None:
    found = {python.number[:2]: python for python in lab.interpreters()}
    assert found[sys.version_info[:2]].number >= sys.version_info[:3]
    assert all(python.number >= (3, 11, 0) for python in found.values())


def test_named_interpreters_are_taken_as_they_are(tmp_path: Path) -> None:
    (python,) = lab.interpreters([sys.executable])
    assert python == lab.Interpreter(sys.version_info[:3], platform.python_version(), python.path)
    for name in (str(tmp_path / "python9"), "/bin/true"):
        with pytest.raises(lab.NoSuchPython):
            lab.interpreters([name])


def test_the_child_runs_with_nothing_installed() -> None:
    lab_folder = Path(lab.__file__).parent
    command = [sys.executable, "-I", "-S", str(lab_folder / "child.py")]
    done = subprocess.run(command, input="", capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_door_imports_the_standard_library_alone() -> None:
    script = "import sys; import quizapp.lab; print(*{name.partition('.')[0] for name in sys.modules})"
    root = Path(lab.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-S", "-c", script], capture_output=True, text=True, env={"PYTHONPATH": str(root)}
    )
    loaded = set(done.stdout.split()) - {"__main__", "quizapp"}
    assert done.stderr == ""
    assert loaded <= sys.stdlib_module_names | {"__mp_main__"}
