"""Proof: what a run refutes, what is not determined, what differs between Pythons, what is kept of runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from quizapp import lab
from quizapp.lab.pythons import Interpreter

HERE = Interpreter(sys.version_info[:3], ".".join(map(str, sys.version_info[:3])), sys.executable)

GOOD = """
import asyncio
async def main():
    await asyncio.sleep(0.1)
    await asyncio.sleep(0.2)
    print("done")
asyncio.run(main())
"""
FORGOTTEN = """
import asyncio
async def job():
    pass
async def main():
    job()
    raise KeyError("x")
asyncio.run(main())
"""

Prove = Callable[..., lab.Verdict]


@pytest.fixture
def prove(batch: lab.Batch) -> Prove:
    def proven(program: str, claims: lab.Claims, **more: object) -> lab.Verdict:
        given = {"logbook": lab.Logbook(batch), "pythons": (HERE,)} | more
        return lab.prove(program, claims, **given)

    return proven


def findings(verdict: lab.Verdict) -> list[tuple[str, str, str, str]]:
    return [(each.kind, each.claim, each.claimed, each.seen) for each in verdict.findings]


def test_what_is_claimed_and_so_is_proven(prove: Prove) -> None:
    verdict = prove(GOOD, lab.Claims(prints="done\n", takes=0.3))
    assert verdict.proven
    assert verdict.pythons == (HERE.version,)
    assert verdict.facts[HERE.version].takes == pytest.approx(0.3)


def test_the_last_end_of_line_does_not_count_and_any_other_blank_does(prove: Prove) -> None:
    assert prove("print('a ')", lab.Claims(prints="a ")).proven
    assert prove("print('a')", lab.Claims(prints="a\n")).proven
    for wrong in ("a", " a ", "a \n\n", "A "):
        assert not prove("print('a ')", lab.Claims(prints=wrong)).proven, wrong


def test_each_claim_that_is_not_so_is_told_with_what_was_seen(prove: Prove) -> None:
    assert findings(prove(GOOD, lab.Claims("gone", 0.25, "OSError", "UserWarning"))) == [
        ("refuted", "raises", "raises OSError", "no exception"),
        ("refuted", "warns", "warns UserWarning", "no warning"),
        ("refuted", "prints", "prints 'gone'", "'done'"),
        ("refuted", "takes", "takes 0.25 s", "0.3 s"),
    ]


def test_an_exception_and_a_warning_that_nobody_claims_are_refuted(prove: Prove) -> None:
    assert findings(prove(FORGOTTEN, lab.Claims(prints=""))) == [
        ("refuted", "raises", "no exception", "KeyError: 'x'"),
        ("refuted", "warns", "no warning", "RuntimeWarning"),
    ]
    assert prove(FORGOTTEN, lab.Claims("", 0, "KeyError", "RuntimeWarning")).proven


def test_leaving_by_sys_exit_counts_as_raising(prove: Prove) -> None:
    assert prove("import sys\nsys.exit(2)", lab.Claims(raises="SystemExit")).proven


@pytest.mark.parametrize(
    ("program", "seen"),
    [
        ("print(list({'one', 'two', 'three', 'four', 'five'}))", "hashes"),
        ("import random\nprint(random.random())", "hashes"),
        ("import time\nprint(time.monotonic())", "late"),
        (
            "import asyncio\nasync def job(n):\n    await asyncio.sleep(1)\n    print(n)\n"
            "async def main():\n    await asyncio.gather(job(1), job(2))\nasyncio.run(main())",
            "the other order",
        ),
    ],
)
def test_what_hangs_on_something_nobody_promised_is_not_determined(
    prove: Prove, program: str, seen: str
) -> None:
    verdict = prove(program, lab.Claims())
    assert [each.kind for each in verdict.findings] == ["undetermined"]
    assert seen in verdict.findings[0].when


def test_a_program_that_waits_for_ever_is_a_deadlock(prove: Prove) -> None:
    program = (
        "import asyncio\nasync def main():\n    await asyncio.get_running_loop().create_future()\n"
        "asyncio.run(main())"
    )
    assert [each.kind for each in prove(program, lab.Claims()).findings] == ["deadlock"]


def test_a_crash_and_a_thread_of_its_own_are_told_as_such(prove: Prove) -> None:
    crash = prove("import os\nos.abort()", lab.Claims())
    assert [each.kind for each in crash.findings] == ["crash"]
    thread = "import threading\nthreading.Thread(target=print, args=('x',)).start()"
    assert [each.kind for each in prove(thread, lab.Claims()).findings] == ["needs-real-clock"]
    assert prove(thread, lab.Claims(prints="x"), clock="real", repeats=2).proven


def test_one_run_on_the_real_clock_can_be_wished_for(prove: Prove, batch: lab.Batch) -> None:
    logbook = lab.Logbook(batch)
    assert prove(GOOD, lab.Claims(prints="done", takes=0.3), logbook=logbook, real=True).proven
    runs = logbook.runs
    assert prove("import time\ntime.sleep(60)", lab.Claims(takes=60), logbook=logbook, real=True).proven
    assert logbook.runs == runs * 2 - 1, "a minute is not waited for"


def test_pythons_that_do_not_agree_are_named(batch: lab.Batch) -> None:
    pythons = lab.interpreters()
    if len(pythons) < 2:
        pytest.skip("needs two Pythons")
    program = "import sys\nprint(sys.version_info[1])"
    logbook = lab.Logbook(batch)
    first, *others = pythons
    claimed = lab.prove(
        program, lab.Claims(prints=str(first.number[1])), logbook=logbook, pythons=pythons
    ).findings
    assert [(each.kind, each.pythons) for each in claimed] == [
        ("differs", (each.version,)) for each in others
    ]
    unclaimed = lab.prove(program, lab.Claims(), logbook=logbook, pythons=pythons).findings
    assert {each.kind for each in unclaimed} == {"differs"}
    assert f"on CPython {others[0].version}" in str(unclaimed[0])


def test_nothing_is_proven_where_no_python_is_admitted(prove: Prove) -> None:
    verdict = prove(GOOD, lab.Claims(), pythons=())
    assert (verdict.proven, verdict.findings) == (False, ())


def test_a_logbook_remembers_runs_from_one_day_to_the_next(
    prove: Prove, batch: lab.Batch, tmp_path: Path
) -> None:
    path = tmp_path / "runs.json"
    first = lab.Logbook(batch, path)
    verdict = prove(GOOD, lab.Claims(prints="done"), logbook=first)
    assert first.runs == 1 + len(lab.PERTURBED)
    first.save()
    second = lab.Logbook(batch, path)
    assert prove(GOOD, lab.Claims(prints="done"), logbook=second) == verdict
    assert not prove(GOOD, lab.Claims(prints="other"), logbook=second).proven
    assert second.runs == 0
    prove(GOOD + "\n", lab.Claims(), logbook=second)
    assert second.runs == 1 + len(lab.PERTURBED)


def test_a_logbook_that_is_damaged_is_as_good_as_none(prove: Prove, batch: lab.Batch, tmp_path: Path) -> None:
    path = tmp_path / "runs.json"
    logbook = lab.Logbook(batch, path)
    prove("print(1)", lab.Claims(), logbook=logbook)
    logbook.save()
    path.write_text(path.read_text().replace('"warns":[]', '"warned":[]'))
    assert prove("print(1)", lab.Claims(prints="1"), logbook=lab.Logbook(batch, path)).proven
    for text in ("", "[]", "{", '{"a":'):
        path.write_text(text)
        assert prove("print(1)", lab.Claims(prints="1"), logbook=lab.Logbook(batch, path)).proven


def test_what_is_forgotten_is_run_again(prove: Prove, batch: lab.Batch, tmp_path: Path) -> None:
    path = tmp_path / "runs.json"
    logbook = lab.Logbook(batch, path)
    prove("print(1)", lab.Claims(), logbook=logbook)
    logbook.forget("print(1)")
    logbook.save()
    assert path.read_text() == "{}"


def test_a_logbook_in_a_place_that_can_not_be_written_harms_nobody(prove: Prove, batch: lab.Batch) -> None:
    logbook = lab.Logbook(batch, Path("/proc/no-such-place/runs.json"))
    prove("print(1)", lab.Claims(), logbook=logbook)
    logbook.save()
