"""Files for spreadsheets: every cell comes back as it was, and none is taken for a formula."""

import csv
import io
import re

import pytest
from flask import Flask, Response
from hypothesis import example, given
from hypothesis import strategies as st

from quizapp.web.compression import compress
from quizapp.web.sheets import MARK, RISKY, csv_file, file_name, harmless

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30)
NASTY = st.text(alphabet="'=+-@＝＋－＠\t\r\n\0 \u00a0\u200b\ufeffa1,;\"", max_size=8)
STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


def unsafe(cell: str) -> str:
    """The cell as it was before it was made harmless."""
    return cell[1:] if cell.startswith("'") and RISKY.match(cell[1:]) else cell


def written(header: list[str], rows: list[list[str]]) -> str:
    file: Response = csv_file("file", header, rows)
    return file.get_data(as_text=True)


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1", "＝1", " =1"]
)
def test_what_looks_like_a_formula_gets_an_apostrophe(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "1", "a=b", "Ann", "it's", "'quoted'", "’", "«=»"])
def test_what_does_not_stays_as_it_is(cell: str) -> None:
    assert harmless(cell) == cell


@given(TEXT | NASTY)
@example("'=1")
@example("''=1")
@example("'")
@example("' =1")
@example("\ufeff\0")
def test_no_cell_starts_a_formula_and_each_comes_back_as_it_was(cell: str) -> None:
    safe = harmless(cell)
    assert not safe.startswith(STARTS)
    assert not safe.lstrip(" \u00a0\u200b\ufeff").startswith(STARTS)
    assert unsafe(safe) == cell


@given(TEXT, TEXT, NASTY, NASTY)
def test_different_cells_stay_different(first: str, second: str, third: str, fourth: str) -> None:
    cells = {first, second, third, fourth, harmless(first), harmless(third)}
    assert len(set(map(harmless, cells))) == len(cells)


@given(
    st.lists(st.lists(TEXT | NASTY, min_size=3, max_size=3), max_size=5),
    st.lists(NASTY, min_size=3, max_size=3),
)
def test_a_whole_file_read_back_holds_the_same_cells(rows: list[list[str]], header: list[str]) -> None:
    text = written(header, rows)
    assert text.startswith(MARK)
    found = list(csv.reader(io.StringIO(text.removeprefix(MARK), newline="")))
    assert not any(cell.startswith(STARTS) for row in found for cell in row)
    assert [[unsafe(cell) for cell in row] for row in found] == [header, *rows]


def test_lines_end_as_the_standard_says_and_names_with_accents_are_marked_as_utf_8() -> None:
    file = csv_file("file", ["name"], [["Żaneta, “Z”"], ['a "b"']])
    assert (
        file.get_data() == b'\xef\xbb\xbfname\r\n"\xc5\xbbaneta, \xe2\x80\x9cZ\xe2\x80\x9d"\r\n"a ""b"""\r\n'
    )


def test_half_a_character_spoils_no_file() -> None:
    assert "?" in written(["name"], [["\ud800"]])


@given(st.lists(TEXT, max_size=4))
def test_the_name_of_a_file_is_safe_whatever_it_is_made_of(words: list[str]) -> None:
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?", file_name(*words))


def test_the_name_of_a_file_says_what_is_in_it() -> None:
    assert file_name("Asyncio básics: /../ week 2", "gradebook") == "asyncio-basics-week-2-gradebook"
    assert file_name("日本") == "file"


def test_a_file_is_sent_while_its_rows_are_made() -> None:
    app, made = Flask("sheets"), []

    @app.get("/")
    def file() -> Response:
        return csv_file("file", ["n", "text"], (made.append(n) or [str(n), "x" * 100] for n in range(10_000)))

    compress(app)
    page = app.test_client().get("/", headers={"Accept-Encoding": "gzip"})
    pieces = iter(page.response)
    first = next(pieces)
    assert 0 < len(made) < 500
    assert len(first) < 20_000
    assert len(b"".join([first, *pieces]).splitlines()) == 10_001
