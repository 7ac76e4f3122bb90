"""Finds the interpreters of this machine that programs can be run on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

OLDEST = (3, 11)
MINORS = range(11, 20)

_ASK = """
import platform, sys, sysconfig
if sys.implementation.name == "cpython" and not sysconfig.get_config_var("Py_GIL_DISABLED"):
    print(platform.python_version(), *sys.version_info[:3], sys.executable, sep="\\n")
"""


class NoSuchPython(LookupError):
    """A named interpreter does not run, or is no CPython from 3.11 on."""


@dataclass(frozen=True, order=True)
class Interpreter:
    """A CPython: `number` is such as (3, 12, 1), `version` such as `3.12.1`, `path` runs it."""

    number: tuple[int, int, int]
    version: str
    path: str


def interpreters(named: Iterable[str] = ()) -> tuple[Interpreter, ...]:
    """Those named (a path, or a command on PATH), else all CPythons found, oldest first.

    Found are the running one, `python3.x` on PATH and pyenv's versions, if they really run; of each minor
    version only the newest. Builds without the GIL are left out. Raises NoSuchPython for a name that is none.
    """
    wanted = list(dict.fromkeys(named))
    if wanted:
        asked = _ask([shutil.which(name) or name for name in wanted])
        for name, answer in zip(wanted, asked, strict=True):
            if answer is None:
                raise NoSuchPython(f"{name} is no CPython from 3.11 on that runs here")
        return tuple(sorted({answer for answer in asked if answer}))
    newest: dict[tuple[int, int], Interpreter] = {}
    for found in _ask(dict.fromkeys(_candidates())):
        if found and (best := newest.setdefault(found.number[:2], found)).number < found.number:
            newest[best.number[:2]] = found
    return tuple(sorted(newest.values()))


def _candidates() -> Iterator[str]:
    yield sys.executable
    for minor in MINORS:
        for folder in os.get_exec_path():
            if Path(folder).name != "shims":  # pyenv's, which stand for the versions below or for none
                yield from map(str, Path(folder).glob(f"python3.{minor}"))
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for minor in MINORS:
        yield from map(str, sorted(root.glob(f"versions/3.{minor}.*/bin/python")))


def _ask(paths: Iterable[str]) -> list[Interpreter | None]:
    """What each says about itself, all asked at the same time; None for what does not run or does not do."""
    return [_answer(started) for started in [_start(path) for path in paths]]


def _start(path: str) -> subprocess.Popen[str] | None:
    try:
        return subprocess.Popen(  # noqa: S603 - an interpreter of this machine, found or named
            [path, "-I", "-S", "-c", _ASK], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
    except OSError:
        return None


def _answer(started: subprocess.Popen[str] | None) -> Interpreter | None:
    if started is None:
        return None
    lines = started.communicate()[0].splitlines()
    if started.returncode or len(lines) != 5:
        return None
    version, major, minor, micro, path = lines
    number = int(major), int(minor), int(micro)
    return Interpreter(number, version, path) if number[:2] >= OLDEST else None
