"""Runs CPython's own tests of asyncio on the lab's loop, with recording on: `make lab-conformance`.

    python -m tests.lab.conformance [--python EXE]…      every interpreter found, or those named
    EXE tests/lab/conformance.py FOLDER MODULE…          in one interpreter: what the first one starts

The tests run on the virtual clock; real sockets, pipes and threads are let through, which no program of the
bank gets. Nothing of this belongs to `make test`: it tests CPython's code on our loop, and needs its `test`
package.
"""

from __future__ import annotations

import io
import json
import sys
import time
import types
import unittest
from pathlib import Path
from typing import Any

MODULES = (
    "tasks",
    "taskgroups",
    "timeouts",
    "queues",
    "locks",
    "waitfor",
    "eager_task_factory",
    "futures",
    "runners",
    "streams",
)


# In each interpreter


def open_rooms(folder: str) -> None:
    for name, place in (("quizapp", folder), ("quizapp.lab", f"{folder}/lab")):
        package = types.ModuleType(name)
        package.__path__ = [place]
        sys.modules[name] = package


def install() -> Any:
    """Put the lab's loop and clock in place, with a recorder that forgets what it has written down."""
    from quizapp.lab import patches
    from quizapp.lab.jobs import Job, Limits
    from quizapp.lab.recording import Recorder

    class Forgetful(Recorder):
        seen = 0

        def event(self, *args: object, **rest: object) -> None:
            super().event(*args, **rest)
            self.seen += 1
            self.events.clear()

    endless = Limits(virtual_seconds=1e12, turns=1 << 60)

    def stopped() -> None:
        recorder.closed = False
        verdict, recorder.verdict = recorder.verdict, None
        raise RuntimeError(f"the lab stops the test: {verdict}")

    recorder = Forgetful(Job("", limits=endless), stopped)
    recorder.io_allowed = True
    patches.put_loop(recorder)
    patches.put_sync_marks(recorder)
    patches.put_set_order(recorder)
    patches.put_clock(recorder)
    patches.put_thread_waits(recorder)
    return recorder


def run_module(name: str) -> dict[str, object]:
    suite = unittest.defaultTestLoader.loadTestsFromName(f"test.test_asyncio.test_{name}")
    result = unittest.TextTestRunner(stream=io.StringIO()).run(suite)
    bad = [(str(test), text.strip().splitlines()[-1]) for test, text in result.failures + result.errors]
    bad += [(str(test), "passed, though it is expected to fail") for test in result.unexpectedSuccesses]
    skipped = [(str(test), reason) for test, reason in result.skipped]
    return {"module": name, "run": result.testsRun, "bad": bad, "skipped": skipped}


def run_here(folder: str, modules: list[str]) -> None:
    open_rooms(folder)
    recorder = install()
    for name in modules:
        try:
            row = run_module(name)
        except unittest.SkipTest as skip:
            row = {"module": name, "run": 0, "bad": [], "skipped": [(name, str(skip))]}
        sys.__stdout__.write(json.dumps(row) + "\n")
    sys.__stdout__.write(json.dumps({"turns": recorder.turns, "events": recorder.seen}) + "\n")


# In the project's own interpreter


def has_module(python: str, name: str) -> bool:
    import subprocess

    ask = f"import importlib.util, sys; sys.exit(not importlib.util.find_spec('{name}'))"
    return subprocess.run([python, "-c", ask], stderr=subprocess.DEVNULL).returncode == 0


def run_on(version: str, python: str) -> bool:
    import subprocess

    if not has_module(python, "test.test_asyncio"):
        print(f"CPython {version}: skipped, its installation has no `test.test_asyncio`")
        return True
    known = [name for name in MODULES if has_module(python, f"test.test_asyncio.test_{name}")]
    command = [python, "-P", __file__, str(Path(__file__).parents[2] / "quizapp"), *known]
    began = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"module"')]
    ours = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"turns"')]
    bad = sum(len(row["bad"]) for row in rows)
    total, seconds = sum(row["run"] for row in rows), time.perf_counter() - began
    print(f"CPython {version}: {total:,} tests, {bad} failed ({seconds:.0f} s)")
    for row in rows:
        counts = f"{row['run']:5} run {len(row['bad']):3} failed {len(row['skipped']):3} skipped"
        print(f"  {row['module']:20} {counts}")
        print(*(f"    FAILED {test}: {why}\n" for test, why in row["bad"]), sep="", end="")
        for reason in sorted({why for _, why in row["skipped"]}):
            count = sum(why == reason for _, why in row["skipped"])
            print(f"    skipped {count}: {reason}")
    for row in ours:
        print(f"  {row['turns']:,} turns of the lab's loop, {row['events']:,} events recorded")
    for name in sorted(set(MODULES) - set(known)):
        print(f"  {name:20} skipped: this version has no such tests")
    finished = done.returncode == 0 and len(rows) == len(known) and bool(ours)
    if not finished:
        print(f"  ended early, exit code {done.returncode}")
    return finished and not bad


def main(arguments: list[str]) -> int:
    from quizapp import lab

    named = [arguments[place + 1] for place, word in enumerate(arguments) if word == "--python"]
    results = [run_on(python.version, python.path) for python in lab.interpreters(named)]
    return not all(results)


if __name__ == "__main__":
    if len(sys.argv) > 2 and not sys.argv[1].startswith("-"):
        run_here(sys.argv[1], sys.argv[2:])
    else:
        sys.exit(main(sys.argv[1:]))
