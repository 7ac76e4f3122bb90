"""What the docs promise is proven by tests that exist."""

from pathlib import Path

import pytest

from tests.promises import ROOT, faults_of

TABLES = [("security.md", "T", 32)]


@pytest.mark.parametrize(("page", "letter", "count"), TABLES)
def test_each_promise_is_proven_by_a_test_that_exists_or_says_what_is_open(
    page: str, letter: str, count: int
) -> None:
    assert faults_of(ROOT / "docs" / page, letter, count) == []


def test_a_promise_without_a_proof_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    mine = "`tests/test_promises.py::test_a_promise_without_a_proof_is_found`"
    page.write_text(
        f"| T1 | x | {mine} |\n| T2 | x | soon |\n| T3 | x | `tests/test_promises.py::test_nothing` |\n"
        f"| T4 | x | Open: nobody has built such a thing yet |\n| T4 | x | {mine} |\n"
    )
    assert faults_of(page, "T", 5) == [
        "T5 is not there",
        "T4 stands there twice",
        "T2 names no test and does not say what is open",
        "T3: no tests/test_promises.py::test_nothing",
    ]
