"""Tables of promises in the docs: what is promised under which number, and which tests prove it.

A row is `| T1 | … | tests |`: a number first, and last either tests, as `tests/web/test_x.py::test_y` in
backticks (in a class: `::Class::test_y`), or the word "Open" with the reason. A row may have both.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROW = re.compile(r"^\| *([A-Z]\d+) *\|(.*)\|\s*$", re.M)
CELLS = re.compile(r"(?<!\\)\|")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::([\w:]+)`")
OPEN = re.compile(r"\bOpen: \S.{15,}")


@dataclass(frozen=True)
class Promise:
    """One row: its number, the tests it names (file and name), and whether it says what is open, and why."""

    number: str
    tests: tuple[tuple[str, str], ...]
    is_open: bool


def promises(page: Path) -> tuple[Promise, ...]:
    """The rows of a page's table of promises."""
    return tuple(_promise(number, rest) for number, rest in ROW.findall(page.read_text()))


def _promise(number: str, rest: str) -> Promise:
    proof = CELLS.split(rest)[-1]
    return Promise(number, tuple(NAMED.findall(proof)), bool(OPEN.search(proof)))


def faults_of(page: Path, letter: str, count: int) -> list[str]:
    """What is wrong with a page's table of the promises `T1` … `T32`: each row that is missing, stands
    twice, proves nothing and is not open, or names a test that is not there."""
    rows = promises(page)
    numbers = [row.number for row in rows if row.number.startswith(letter)]
    expected = [f"{letter}{number}" for number in range(1, count + 1)]
    found = [f"{each} is not there" for each in expected if each not in numbers]
    found += [f"{each} stands there twice" for each in sorted(set(numbers)) if numbers.count(each) > 1]
    for row in rows:
        if not row.tests and not row.is_open:
            found.append(f"{row.number} names no test and does not say what is open")
        found += [f"{row.number}: no {file}::{name}" for file, name in row.tests if not is_test(file, name)]
    return found


def is_test(file: str, name: str) -> bool:
    """Whether a file has a test of that name."""
    return (ROOT / file).is_file() and name in _tests_in(ROOT / file)


@lru_cache
def _tests_in(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text())
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    names = {node.name for node in tree.body if isinstance(node, functions)}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}::{each.name}" for each in node.body if isinstance(each, functions)}
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            names.add(node.targets[0].id)  # `TestLife = Machine.TestCase`, as Hypothesis makes them
    return frozenset(name for name in names if re.search(r"(^|::)test_|^Test\w+$", name))
